"""Shared budgets: accounts that share one are answered again, one after the other, until together they keep it.

Every account is first answered as if the others of its budget did nothing today. Where together they would use more
than is left, the one with the least benefit yields first: it is answered again with what the others propose counted
as realized. The order is by benefit, then by account_id, so that no order of rows can change it.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from trimtab.desk.day import Day, nothing_proposed
from trimtab.desk.outcome import Outcome
from trimtab.optimize.problem import Bools, Floats, Ints
from trimtab.optimize.years import AccountYears

_CENT = 0.01
_TURNS = 2
"""How often one account is asked to yield; an excess that is left then is forced, and told with its conflict."""


@dataclass(frozen=True, slots=True, eq=False)
class Yielded:
    """How often each account has yielded, and what its proposal was worth at first; in the order of the years."""

    times: Ints
    worth: Floats

    @classmethod
    def none(cls, day: Day, outcome: Outcome) -> "Yielded":
        """Nobody yet."""
        worth = _in_order(day, outcome.accounts.with_columns(_worth()), "worth")
        return cls(np.zeros(len(worth), np.int64), worth)


def _worth() -> pl.Expr:
    return (pl.col("objective_no_trade") - pl.col("objective")).alias("worth")


def proposed(day: Day, accounts: pl.DataFrame) -> tuple[Floats, Floats]:
    """Short and long gains of today's proposals in the order of the years; unknown ones count as nothing."""
    return _in_order(day, accounts, "realized_short"), _in_order(day, accounts, "realized_long")


def _in_order(day: Day, accounts: pl.DataFrame, column: str) -> Floats:
    ids = pl.DataFrame({"account_id": day.years.account_ids}, schema={"account_id": pl.String})
    found = ids.join(
        accounts.select("account_id", column), on="account_id", how="left", maintain_order="left"
    )
    values: Floats = found[column].cast(pl.Float64).fill_null(0.0).to_numpy()
    return values


def budget_used(day: Day, accounts: pl.DataFrame) -> pl.DataFrame:
    """account_id, used: tax due this year for all that shares the account's budget, today's proposals included; null
    where nothing is taxed.
    """
    short, long = proposed(day, accounts)
    counted = day.sharing.counting(short, long)
    used = pl.Series(np.where(counted.taxed, counted.budget_used(short, long), np.nan), nan_to_null=True)
    return pl.DataFrame({"account_id": counted.account_ids, "used": used}, schema_overrides=_TYPES)


_TYPES = {"account_id": pl.String, "used": pl.Float64}


def over_budget(day: Day, outcome: Outcome, before: Yielded) -> tuple[Day, pl.DataFrame, Yielded]:
    """The day as the accounts that have to yield must see it, those accounts (account_id; none when every shared budget
    is kept), and who has yielded then.
    """
    short, long = proposed(day, outcome.accounts)
    counted = day.sharing.counting(short, long)
    who = _next(day, counted, (short, long), before)
    times = before.times.copy()
    times[who] += 1
    names = pl.DataFrame(
        {"account_id": [day.years.account_ids[i] for i in who]}, schema={"account_id": pl.String}
    )
    return replace(day, years=day.years.put(who, counted)), names, replace(before, times=times)


def _next(day: Day, counted: AccountYears, gains: tuple[Floats, Floats], before: Yielded) -> Ints:
    """One account of each budget that is exceeded: of those whose gains of today add to it, the least worth."""
    group, count = day.sharing.group, np.bincount(day.sharing.group)
    adding = _excess(day, counted, gains) & (count[group] > 1) & (before.times < _TURNS)
    at = np.flatnonzero(adding)
    order = at[np.lexsort((at, before.worth[at], before.times[at], group[at]))]
    first = np.unique(group[order], return_index=True)[1]
    return np.sort(order[first])


def _excess(day: Day, counted: AccountYears, gains: tuple[Floats, Floats]) -> Bools:
    """Accounts that add tax, or net gains, to a budget that today's proposals exceed."""
    short, long = gains
    none = nothing_proposed(counted)
    limits = day.budgets.select("tax_budget", "gain_budget")
    tax, gain = (limits[name].to_numpy() for name in ("tax_budget", "gain_budget"))
    used, without = counted.budget_used(short, long), counted.budget_used(*none)
    by_tax = (used > tax + _CENT) & (used > without + _CENT)
    net = counted.own_short + counted.own_long + counted.elsewhere_gain
    by_gain = (net + short + long > gain + _CENT) & (short + long > _CENT)
    return np.asarray(counted.taxed & (by_tax | by_gain))


def settled_years(day: Day, outcome: Outcome, before: Yielded) -> Day:
    """The day in which every account that yielded counts what the others of its budget propose in the end."""
    who = np.flatnonzero(before.times)
    if len(who) == 0:
        return day
    counted = day.sharing.counting(*proposed(day, outcome.accounts))
    return replace(day, years=day.years.put(who, counted))

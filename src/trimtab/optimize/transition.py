"""Transition: what still stands over target after a proposal, and the day on which yearly budgets have let it go.

Prices stand still. Each year's budget starts afresh on 1 January; of a prorated one the periods begun are released.
Lots go least tax first, each at the term that it has on the day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trimtab.ledger.columns import first_long_day
from trimtab.market.ratio import ratio
from trimtab.optimize.problem import Bools, Floats, Ints
from trimtab.optimize.realign import least_tax_sales
from trimtab.optimize.years import AccountYears

HORIZON: Final = 30
"""Years that are looked ahead: what takes longer never ends as far as this says."""
SLACK: Final = 0.0025
"""Of V: a slot that stands this far over its target is done."""
_EDGE: Final = 1e-7
_DAYS: Final = 31
"""A lot that turns long-term within this many days of a step waits for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Budgets:
    """What each account may realize, one value an account, dollars; infinite for none.

    `tax_now`, `gain_now`: of the year that runs, all of what is realized in it counted. `tax`, `gain`: of each later
    year until `until` (days since 1970; the largest integer for no end), then `tax_then`, `gain_then`. `parts`: in
    how many parts a later year's budget is released (1, 4, 12).
    """

    tax_now: Floats
    gain_now: Floats
    tax: Floats
    gain: Floats
    until: Ints
    tax_then: Floats
    gain_then: Floats
    parts: Ints


def left_to_sell(lines: pl.DataFrame, facts: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """The lots, or parts of lots, that a transition still has to sell once a proposal is done, least tax first.

    `lines`: account_id, security_id, slot, weight_after, target, no_sell (text: may not be sold), value. `facts`: those
    of `lotfacts`; `sales`: account_id, security_id, lot_id, quantity. Gives account_id, security_id, lot_id, realized
    (dollars; null where unknown), first_long and worth (dollars).
    """
    keys = ["account_id", "security_id", "lot_id"]
    free = lines.filter(pl.col("no_sell").is_null()).select("account_id", "security_id")
    sold = sales.select(*keys, sold="quantity")
    stays = ratio(pl.col("quantity") - pl.col("sold").fill_null(0), pl.col("quantity"))
    lots = (
        facts.filter(pl.col("kept").is_null())
        .join(free, on=keys[:2], how="semi")
        .join(sold, on=keys, how="left")
        .with_columns(stays=stays)
        .filter(pl.col("stays") > 0)
        .with_columns(
            size=pl.col("size").cast(pl.Float64) * pl.col("stays"),
            gain=pl.col("gain").cast(pl.Float64) * pl.col("stays"),
        )
        .join(lines.select(*keys[:2], "slot"), on=keys[:2])
    )
    over = (
        lines.sort("account_id", "slot", "security_id")
        .group_by("account_id", "slot", maintain_order=True)
        .agg(over=pl.col("weight_after").sum() - pl.col("target").sum(), value=pl.col("value").first())
        .filter(pl.col("over") > SLACK)
        .select("account_id", "slot", sell=pl.col("over") * pl.col("value"))
    )
    # What may be sold today stands before what only waits for its term.
    return (
        least_tax_sales(over, lots, by="slot")
        .select(*keys, "realized", first_long=first_long_day("since"), worth=pl.col("part") * pl.col("size"))
        .sort(keys)
    )


def finish_dates(
    left: pl.DataFrame, years: AccountYears, budgets: Budgets, *, realized: tuple[Floats, Floats], as_of: date
) -> pl.DataFrame:
    """account_id, finish: the first day with nothing left to sell; null where that day does not come or a gain is
    unknown. `realized`: short and long gains of the proposal of the day itself, per account.
    """
    place = {name: row for row, name in enumerate(years.account_ids)}
    rows = left.sort("account_id", "security_id", "lot_id")
    who = np.array([place[name] for name in rows["account_id"]], dtype=np.int64)
    owed = years.taxed[who]
    doubt = rows["realized"].is_null().to_numpy() | rows["first_long"].is_null().to_numpy()
    unknown = np.bincount(who[owed & doubt], minlength=len(years.account_ids)) > 0
    going = _Going(
        years,
        who,
        np.where(owed, np.nan_to_num(rows["realized"].cast(pl.Float64).to_numpy()), 0.0),
        _days(rows["first_long"]),
        realized[0].copy(),
        realized[1].copy(),
    )
    finish = np.full(len(years.account_ids), -1, np.int64)
    pending = np.bincount(who, minlength=len(finish)) > 0
    finish[~pending] = _day(as_of)
    pending &= ~unknown
    for step in _steps(as_of, going, budgets):
        if not pending.any():
            break
        if step.fresh:
            going.new_year()
        if step.day > _day(as_of):
            going.sell(step.day, *_caps(step, budgets))
        done = pending & ~going.anything()
        finish[done] = step.day
        pending &= ~done
    days = pl.Series(finish).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame({"account_id": years.account_ids}, schema={"account_id": pl.String}).with_columns(
        finish=pl.when(pl.Series(finish >= 0)).then(days)
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A day on which something is set free: `fresh` where a year begins; `later` once the first year is over."""

    day: int
    month: int
    fresh: bool
    later: bool


@dataclass(slots=True, eq=False)
class _Going:
    """Lots still to go, each of one account (`who`), and what the year has realized so far."""

    years: AccountYears
    who: Ints
    gain: Floats
    first_long: Ints
    short: Floats
    long: Floats

    def new_year(self) -> None:
        """A year in which nothing is realized yet, outside or inside."""
        nothing = np.zeros(len(self.years.account_ids))
        self.short, self.long = nothing.copy(), nothing.copy()
        self.years = replace(
            self.years,
            others_short=nothing,
            others_long=nothing,
            own_short=nothing,
            own_long=nothing,
            outside_short=nothing,
            outside_long=nothing,
            elsewhere=nothing,
            elsewhere_gain=nothing,
        )

    def anything(self) -> Bools:
        """Which accounts still have a lot to go."""
        return np.asarray(np.bincount(self.who, minlength=len(self.years.account_ids)) > 0)

    def sell(self, day: int, tax: Floats, gain: Floats) -> None:
        """Sell what the budgets of the year allow, in order of tax; a lot may go in part."""
        is_long = self.first_long <= day
        waits = ~is_long & (self.first_long - day <= _DAYS) & (self.gain > 0)
        short_rate, long_rate = self.years.marginal_rates()
        owed = self.gain * np.where(is_long, long_rate[self.who], short_rate[self.who])
        order = np.lexsort((np.arange(len(owed)), owed, waits, self.who))
        who, amount, is_long = self.who[order], self.gain[order], is_long[order]
        held, kept = waits[order], self.first_long[order]
        short, long = (
            start[who] + _within(who, np.where(of_term, amount, 0.0))
            for start, of_term in ((self.short, ~is_long), (self.long, is_long))
        )
        own = self.years.take(who)
        used = own.budget_used(short, long)
        net = own.own_short + own.own_long + own.elsewhere_gain + short + long
        fits = (used <= tax[who] + _EDGE) & (net <= gain[who] + _EDGE) & ~held
        fits = _unbroken(who, fits)
        start = self.years.budget_used(self.short, self.long)
        begun = (
            self.years.own_short + self.years.own_long + self.years.elsewhere_gain + self.short + self.long
        )
        part = _first_part(who, fits, held=held, used=(start, used, tax), net=(begun, net, gain))
        gone = np.where(fits, 1.0, part) * amount
        self.short += np.bincount(who, np.where(is_long, 0.0, gone), len(self.short))
        self.long += np.bincount(who, np.where(is_long, gone, 0.0), len(self.long))
        stays = ~fits
        self.who, self.first_long = who[stays], kept[stays]
        self.gain = ((1.0 - part) * amount)[stays]


def _within(who: Ints, values: Floats) -> Floats:
    """Running sums within each account; rows stand by account."""
    total = np.cumsum(values)
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    base = np.repeat(total[starts] - values[starts], np.diff(np.append(starts, len(who))))
    return np.asarray(total - base)


def _unbroken(who: Ints, fits: Bools) -> Bools:
    """Only those that fit with every one of their account before them."""
    return np.asarray(_within(who, np.where(fits, 0.0, 1.0)) < 0.5)


_Measure = tuple[Floats, Floats, Floats]
"""Of what a budget counts: at the start (per account), once each lot is gone (per lot), at most (per account)."""


def _first_part(who: Ints, fits: Bools, *, held: Bools, used: _Measure, net: _Measure) -> Floats:
    """Of the first lot of each account that does not fit as a whole, the part that does; 0 for all others.

    Tax is convex along the way, so that the part of the straight line is within the budget.
    """
    part = np.zeros(len(who))
    first = ~fits & (np.append([True], fits[:-1]) | (np.diff(who, prepend=-1) != 0)) & ~held
    for row in np.flatnonzero(first):
        opens = row == 0 or who[row - 1] != who[row]
        share = 1.0
        for start, now, cap in (used, net):
            before = float(start[who[row]] if opens else now[row - 1])
            step = float(now[row]) - before
            if step > 0.0:
                share = min(share, (float(cap[who[row]]) - before) / step)
        part[row] = min(max(share, 0.0), 1.0)
    return part


def _steps(as_of: date, going: _Going, budgets: Budgets) -> Iterator[_Step]:
    """The day itself, then every day on which a lot turns long-term, a period begins or a year does."""
    months = {1}
    for parts in np.unique(budgets.parts).tolist():
        months |= set(range(1, 13, 12 // int(parts)))
    last = date(as_of.year + HORIZON, 1, 1)
    days = {
        _day(date(year, month, 1)) for year in range(as_of.year, last.year + 1) for month in sorted(months)
    }
    days |= set(going.first_long[going.first_long < _day(last)].tolist())
    year = as_of.year
    for day in sorted({_day(as_of)} | {day for day in days if day > _day(as_of)}):
        on = date.fromordinal(day + _EPOCH)
        yield _Step(day, on.month, fresh=on.year != year, later=on.year != as_of.year)
        year = on.year


def _caps(step: _Step, budgets: Budgets) -> tuple[Floats, Floats]:
    """What each account may have realized by a step in its year: tax, gain."""
    if not step.later:
        return budgets.tax_now, budgets.gain_now
    standing = step.day <= budgets.until
    begun = (step.month - 1) * budgets.parts // 12 + 1
    share = begun / budgets.parts
    return (
        np.where(standing, budgets.tax, budgets.tax_then) * share,
        np.where(standing, budgets.gain, budgets.gain_then) * share,
    )


_EPOCH: Final = date(1970, 1, 1).toordinal()


def _day(on: date) -> int:
    return on.toordinal() - _EPOCH


def _days(days: pl.Series) -> Ints:
    out: Ints = days.cast(pl.Int32).fill_null(0).to_numpy().astype(np.int64)
    return out

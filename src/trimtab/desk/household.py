"""Household: no account buys what another of its wash scope sells at a loss in the same run, and accounts that share a
budget keep it together.

A wash conflict that the answers show ties its accounts into one unit. Where they cannot be one, the buyer yields: it is
answered again without that purchase, with a stand-in where its slot has one. Each round only widens units or adds
purchases that are not made, so that the rounds end; no order of accounts can change the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from trimtab.desk.answer import Answered
from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.shared_budget import Yielded, over_budget, settled_years
from trimtab.desk.units import Ties, lend_stand_ins, widen, with_stand_ins
from trimtab.ledger.shard import scopes

_KEYS = ["account_id", "security_id"]


def washing_buys(day: Day, outcome: Outcome) -> pl.DataFrame:
    """account_id, security_id, seller: purchases that another account's sale at a loss today rules out.

    Every security of the group is named; sorted by account, security and seller.
    """
    own, members = scopes(day.tables["accounts"], day.settings.wide)
    groups = day.tables["securities"].select(
        "security_id", group=pl.coalesce("identical_group", "security_id")
    )
    sellers = own.filter("taxable").select("account_id", "scope_id")
    lost = (
        outcome.sales.filter(pl.col("gain") < 0)
        .join(sellers, on="account_id")
        .join(groups, on="security_id")
        .select("scope_id", "group", seller="account_id")
        .unique()
    )
    bought = (
        outcome.trades.filter(pl.col("side") == "buy")
        .join(groups, on="security_id")
        .select("account_id", "group")
        .unique()
    )
    seen = lost.join(members, on="scope_id").join(bought, on=["account_id", "group"])
    others = seen.filter(pl.col("seller") != pl.col("account_id"))
    return others.join(groups, on="group").select(*_KEYS, "seller").unique().sort(*_KEYS, "seller")


def without_buys(day: Day, washing: pl.DataFrame) -> Day:
    """The day with these purchases barred, and the stand-ins that may now be needed as lines."""
    barred = washing.group_by(_KEYS).agg(
        no_buy=pl.format("{} sells it at a loss today", pl.col("seller").min())
    )
    rules = (
        day.rules.join(barred.rename({"no_buy": "barred"}), on=_KEYS, how="full", coalesce=True)
        .with_columns(no_buy=pl.coalesce("no_buy", "barred"))
        .drop("barred")
        .sort(_KEYS)
    )
    return replace(with_stand_ins(day, barred, rules), rules=rules)


def settle(
    day: Day,
    answered: Sequence[Answered],
    *,
    asking: pl.DataFrame,
    tied: Ties,
    conclude: Callable[[Day, Sequence[Answered]], Outcome],
    solve: Callable[[Day, pl.DataFrame, Ties], list[Answered]],
) -> tuple[Day, list[Answered], Outcome]:
    """Tie buyers to sellers where that is exact, else bar such purchases, and answer their accounts again until there
    are none; then let accounts yield until every shared budget is kept: the day, answers and outcome then.

    `asking` are the accounts that were answered, `tied` their units; `solve` answers the accounts of a frame of them.
    """
    groups = list(answered)
    outcome = conclude(day, groups)
    yielded = Yielded.none(day, outcome)
    while True:
        washing = washing_buys(day, outcome)
        wider = widen(day, asking, tied, pairs=washing.select("account_id", "seller").unique())
        if wider is not tied:
            who = wider.accounts.join(tied.accounts, on=["account_id", "unit_id"], how="anti")
            day, tied = lend_stand_ins(day, wider), wider
        elif len(washing):
            day, who = without_buys(day, washing), washing.select("account_id").unique().sort("account_id")
        else:
            day, who, yielded = over_budget(day, outcome, yielded)
        if len(who) == 0:
            break
        who = tied.mates(who.select("account_id"))
        groups = [_dropped(group, who["account_id"]) for group in groups]
        groups += solve(day, asking.join(who, on="account_id", how="semi"), tied)
        outcome = conclude(day, groups)
    final = settled_years(day, outcome, yielded)
    return final, groups, outcome if final is day else conclude(final, groups)


def _dropped(group: Answered, accounts: pl.Series) -> Answered:
    """A group of answers without those of some accounts."""
    gone = pl.Series(group.asked.assembled.account_ids).is_in(accounts.implode()).to_numpy()
    if not gone.any():
        return group
    status = np.where(gone, -1, group.answers.status)
    kept = tuple(one for one in group.collisions if not gone[one.account])
    return replace(group, answers=replace(group.answers, status=status), collisions=kept)

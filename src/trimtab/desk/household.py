"""Household: no account buys what another of its wash scope sells at a loss in the same run, and accounts that share a
budget keep it together.

Of a wash conflict the buyer yields: it is answered again without that purchase, with a stand-in where its slot has one.
Each round only adds purchases that are not made, so that the rounds end; no order of accounts can change the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from trimtab.desk import marks
from trimtab.desk.answer import Answered
from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.shared_budget import Yielded, over_budget, settled_years
from trimtab.ledger.shard import scopes
from trimtab.optimize.lines import account_lines
from trimtab.optimize.valuation import Valuation

_KEYS = ["account_id", "security_id"]


def washing_buys(day: Day, outcome: Outcome) -> pl.DataFrame:
    """account_id, security_id, no_buy (why): purchases that another account's sale at a loss today rules out.

    Every security of the group is named; sorted by account and security.
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
        .group_by("scope_id", "group")
        .agg(seller=pl.col("account_id").min(), sellers=pl.col("account_id").n_unique())
    )
    bought = (
        outcome.trades.filter(pl.col("side") == "buy")
        .join(groups, on="security_id")
        .select("account_id", "group")
        .unique()
    )
    seen = lost.join(members, on="scope_id").join(bought, on=["account_id", "group"])
    others = seen.filter((pl.col("seller") != pl.col("account_id")) | (pl.col("sellers") > 1))
    return (
        others.join(groups, on="group")
        .group_by(_KEYS)
        .agg(no_buy=pl.format("{} sells it at a loss today", pl.col("seller").min()))
        .sort(_KEYS)
    )


def without_buys(day: Day, barred: pl.DataFrame) -> Day:
    """The day with these purchases barred, and the stand-ins that may now be needed as lines."""
    rules = (
        day.rules.join(barred.rename({"no_buy": "barred"}), on=_KEYS, how="full", coalesce=True)
        .with_columns(no_buy=pl.coalesce("no_buy", "barred"))
        .drop("barred")
        .sort(_KEYS)
    )
    return replace(with_stand_ins(day, barred, rules), rules=rules)


def with_stand_ins(day: Day, pairs: pl.DataFrame, rules: pl.DataFrame) -> Day:
    """The day with the stand-ins as lines that the accounts of `pairs` need where `rules` hold (account_id,
    security_id, no_buy).
    """
    who = pairs.select("account_id").unique()
    found = day.valuation
    mine = Valuation(
        *(
            frame.join(who, on="account_id", how="semi")
            for frame in (found.accounts, found.holdings, found.lots)
        )
    )
    facts = day.facts.join(who, on="account_id", how="semi")
    wanted = marks.stand_ins(facts, day.targets, rules.join(who, on="account_id", how="semi"))
    lines = account_lines(mine, day.targets, securities=day.tables["securities"], stand_ins=wanted)
    rest = day.lines.join(who, on="account_id", how="anti")
    return replace(day, lines=pl.concat([rest, lines]).sort(_KEYS))


def settle(
    day: Day,
    answered: Sequence[Answered],
    *,
    conclude: Callable[[Day, Sequence[Answered]], Outcome],
    solve: Callable[[Day, pl.DataFrame], list[Answered]],
    mates: Callable[[pl.DataFrame], pl.DataFrame],
) -> tuple[Day, list[Answered], Outcome]:
    """Bar such purchases and answer their accounts again until there are none, then let accounts yield until every
    shared budget is kept: the day, answers and outcome then.

    `solve` answers the accounts of a frame of account_id; `mates` adds to such a frame all that are tied to them.
    """
    groups = list(answered)
    outcome = conclude(day, groups)
    yielded = Yielded.none(day, outcome)
    while True:
        barred = washing_buys(day, outcome)
        if len(barred):
            day, who = without_buys(day, barred), barred.select("account_id").unique().sort("account_id")
        else:
            day, who, yielded = over_budget(day, outcome, yielded)
        if len(who) == 0:
            break
        who = mates(who)
        groups = [_dropped(group, who["account_id"]) for group in groups]
        groups += solve(day, who)
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

"""Location: which households hold one target over all their accounts today, and the day with their common lines."""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.located import LOCATED, common_lines
from trimtab.desk.propose import Before, stand
from trimtab.desk.units import MOST_ACCOUNTS, MOST_LINES, plain

MOST_SECURITIES: Final = 100
"""Of a household: each is a factor of its own."""
_ALIKE: Final = ("model_id", "firm_id", "risk_aversion", "tax_weight", "carry_value", "cross_hedge_points")
_FLAG: Final = "unhonoured:location"


def stand_located(day: Day, before: Before, *, changed: frozenset[str]) -> tuple[Day, Before]:
    """The day with its located households, and where every account stands in it; `before`: as without them."""
    found = _located(day, before.accounts)
    if len(found) == 0:
        return day, before
    lines = common_lines(day.lines, found, targets=day.targets)
    count = (
        lines.join(found, on="account_id")
        .group_by("unit_id")
        .agg(lines=pl.len(), securities=pl.col("security_id").n_unique())
    )
    small = count.filter((pl.col("lines") <= MOST_LINES) & (pl.col("securities") <= MOST_SECURITIES))
    found = found.join(small, on="unit_id", how="semi", maintain_order="left")
    told = day.flags.filter(
        (pl.col("flag") == _FLAG) & pl.col("account_id").is_in(found["account_id"].implode())
    )
    day = replace(
        day,
        located=found,
        lines=common_lines(day.lines, found, targets=day.targets),
        flags=day.flags.join(told, on=["account_id", "flag"], how="anti", maintain_order="left"),
    )
    return day, stand(day, changed=changed)


def _located(day: Day, accounts: pl.DataFrame) -> pl.DataFrame:
    """The accounts of households that may be solved as one (`Day.located`), sorted."""
    on = accounts.filter(pl.col("location") == "on")
    if len(on) == 0:
        return pl.DataFrame(schema=LOCATED)
    homes = day.tables["accounts"].select("account_id", "household_id", "taxpayer_id")
    lonely = np.bincount(day.sharing.group)[day.sharing.group] == 1
    years = pl.DataFrame(
        {
            "account_id": day.years.account_ids,
            "taxed": day.years.taxed,
            "payer": day.years.payer,
            "lonely": lonely,
        },
        schema_overrides={"account_id": pl.String},
    )
    aims = day.targets.account.select("account_id", "model_id", "firm_id")
    mine = on
    for part in (homes, years, aims):
        mine = mine.join(part, on="account_id", how="left", maintain_order="left")
    mine = mine.filter(pl.col("household_id").is_not_null())
    taxed = pl.col("taxed")
    fit = mine.group_by("household_id").agg(
        several=pl.len().is_between(2, MOST_ACCOUNTS),
        ready=(pl.col("hold").is_null() | (pl.col("hold") == "within_bands")).all(),
        alike=pl.all_horizontal(*(pl.col(name).n_unique() == 1 for name in _ALIKE)),
        plain=(plain() & ~_told_to_sell(day) & ~pl.col("planned")).all(),
        owned=(_net() > 0).all(),
        one_year=(taxed.sum() <= 1)
        | ((pl.col("payer").filter(taxed).n_unique() == 1) & (pl.col("payer").filter(taxed).min() >= 0)),
        lonely=pl.col("lonely").filter(taxed).all(),
        payers=pl.col("payer").filter(taxed & (pl.col("payer") >= 0)),
    )
    fit = fit.filter(pl.all_horizontal("several", "ready", "alike", "plain", "owned", "one_year", "lonely"))
    elsewhere = years.filter(pl.col("taxed") & ~pl.col("account_id").is_in(mine["account_id"].implode()))
    shared = fit.explode("payers").filter(pl.col("payers").is_in(elsewhere["payer"].unique().implode()))
    fit = fit.join(shared, on="household_id", how="anti")
    chosen = mine.join(fit, on="household_id", how="semi", maintain_order="left")
    return chosen.select(
        "account_id",
        unit_id=pl.col("account_id").min().over("household_id"),
        share=pl.col("value") * _net() / (pl.col("value") * _net()).sort().sum().over("household_id"),
        net=_net(),
    ).sort("account_id")


def _net() -> pl.Expr:
    """What of an account's value is its owner's: of a deferred one without the tax that is owed on it."""
    owed = pl.col("ira_haircut").cast(pl.Float64)
    return 1.0 - pl.when(pl.col("tax_type") == "tax_deferred").then(owed).otherwise(0.0)


def _told_to_sell(day: Day) -> pl.Expr:
    """Whether some of an account is to go before the rest is weighed."""
    return pl.col("account_id").is_in(day.disposed["account_id"].unique().implode())

"""Located: accounts that hold one target together, their common lines, and what is measured on their sums."""

from typing import Final

import numpy as np
import polars as pl

from trimtab.market.ratio import ratio
from trimtab.optimize.limits import class_rows
from trimtab.optimize.years import AccountYears
from trimtab.policy.target import Targets

_KEYS: Final = ["account_id", "security_id"]
LOCATED: Final = {"account_id": pl.String, "unit_id": pl.String, "share": pl.Float64, "net": pl.Float64}
"""`Day.located`: who holds a target together (unit_id: the first account), each one's part of what the household owns,
and what of its own value is its owner's (1 less `ira_haircut` where tax is deferred).
"""
_SHARED_ROWS: Final = ("class:", "node:")


def pooled(frame: pl.DataFrame, located: pl.DataFrame, *, by: list[str], columns: list[str]) -> pl.DataFrame:
    """The frame (account_id, `by`) with `columns` of located accounts summed over their household by value; every
    account of one has all its rows, so that each then shows the household's.
    """
    if len(located) == 0:
        return frame
    joined = frame.join(located, on="account_id", how="left", maintain_order="left")
    sums = {
        name: pl.when(pl.col("unit_id").is_not_null())
        .then((pl.col(name) * pl.col("share")).sort().sum().over("unit_id", *by))
        .otherwise(name)
        for name in columns
    }
    return joined.with_columns(**sums).drop("unit_id", "share", "net")


def common_lines(lines: pl.DataFrame, located: pl.DataFrame, *, targets: Targets) -> pl.DataFrame:
    """The lines with every security of a located household in each of its accounts, exposures of a slot the same.

    What an account's own target has no product for may be held but not bought; a slot has the exposures of the first
    product that the household's largest account (the first of equals) has in it.
    """
    if len(located) == 0:
        return lines
    mine = lines.join(located, on="account_id", how="inner", maintain_order="left")
    rest = lines.join(located, on="account_id", how="anti", maintain_order="left")
    keys = ["unit_id", "security_id", "legacy", "share", "account_id"]
    ranked = mine.sort(keys, descending=[False, False, False, True, False])
    known = ranked.unique(["unit_id", "security_id"], keep="first", maintain_order=True).select(
        "unit_id", "security_id", "slot", "first", "asset_class", "unit_value"
    )
    leading = (
        mine.filter(~pl.col("legacy"))
        .sort("unit_id", "slot", "share", "account_id", descending=[False, False, True, False])
        .unique(["unit_id", "slot"], keep="first", maintain_order=True)
        .select("unit_id", "slot", lead="first")
    )
    added = _missing(mine, known, located, targets=targets)
    every = pl.concat([mine.select(lines.columns), added.select(lines.columns)])
    led = (
        every.join(located.select("account_id", "unit_id"), on="account_id")
        .join(leading, on=["unit_id", "slot"], how="left")
        .with_columns(first=pl.coalesce("lead", "first"))
        .select(lines.columns)
    )
    return pl.concat([rest, led]).sort(_KEYS)


def _missing(
    mine: pl.DataFrame, known: pl.DataFrame, located: pl.DataFrame, *, targets: Targets
) -> pl.DataFrame:
    """Empty lines for what other accounts of the household have and the account has not."""
    slots = targets.slots.select(
        "target_id", "security_id", "hurdle_bps", "hold_only", "buyable", own_slot="slot_id"
    ).drop_nulls("security_id")
    own = (
        located.select("account_id")
        .join(targets.account.select("account_id", "target_id"), on="account_id")
        .join(slots, on="target_id")
        .drop("target_id")
    )
    asked = located.select("account_id", "unit_id").join(known, on="unit_id")
    missing = asked.join(mine, on=_KEYS, how="anti").join(own, on=_KEYS, how="left")
    none = mine.clear()
    return missing.select(
        *_KEYS,
        "slot",
        "first",
        "asset_class",
        legacy=pl.col("own_slot").is_null(),
        quantity=pl.lit(0).cast(none.schema["quantity"]),
        unit_value="unit_value",
        held=pl.lit(0).cast(none.schema["held"]),
        weight=pl.lit(0.0),
        target=pl.lit(0.0),
        hurdle=pl.col("hurdle_bps").fill_null(0.0) / 1e4,
        hold_only=pl.col("hold_only").fill_null(value=False),
        buyable=pl.col("buyable").fill_null(value=False),
        frozen=pl.when(pl.col("unit_value").is_null()).then(pl.lit("unpriced")),
    )


def yield_costs(
    lines: pl.DataFrame, located: pl.DataFrame, *, securities: pl.DataFrame, years: AccountYears
) -> pl.DataFrame:
    """The lines with the tax that a year's dividends cost a located taxed account added to `hurdle` (per year).

    An unknown yield adds nothing; an unknown qualified_fraction counts as none.
    """
    rates = pl.DataFrame(
        {
            "account_id": years.account_ids,
            "on_long": np.where(years.taxed, years.params.long_rate, 0.0),
            "on_ordinary": np.where(years.taxed, years.params.ordinary_rate, 0.0),
        },
        schema_overrides={"account_id": pl.String},
    ).join(located, on="account_id", how="semi")
    paid = securities.select(
        "security_id",
        paid=pl.col("dividend_yield").cast(pl.Float64),
        qualified=pl.col("qualified_fraction").cast(pl.Float64).fill_null(0.0),
    )
    cost = pl.col("paid") * (
        pl.col("qualified") * pl.col("on_long") + (1.0 - pl.col("qualified")) * pl.col("on_ordinary")
    )
    return (
        lines.join(rates, on="account_id", how="left", maintain_order="left")
        .join(paid, on="security_id", how="left", maintain_order="left")
        .with_columns(hurdle=pl.col("hurdle") + cost.fill_null(0.0))
        .drop("on_long", "on_ordinary", "paid", "qualified")
    )


def set_free(limits: pl.DataFrame, located: pl.DataFrame) -> pl.DataFrame:
    """The accounts' rows, those of classes and nodes open where the household has them."""
    shared = pl.any_horizontal(*(pl.col("row").str.starts_with(start) for start in _SHARED_ROWS))
    open_row = shared & pl.col("account_id").is_in(located["account_id"].implode())
    return limits.with_columns(
        lower=pl.when(open_row).then(float("-inf")).otherwise("lower"),
        upper=pl.when(open_row).then(float("inf")).otherwise("upper"),
    )


def house_rows(
    accounts: pl.DataFrame, lines: pl.DataFrame, limits: pl.DataFrame, located: pl.DataFrame
) -> pl.DataFrame:
    """unit_id, row, lower, upper of each household's summed trades, in fractions of its value, sorted.

    `accounts`, `lines` and `limits` are the accounts', as for `limits.class_rows`; nodes are bound on their sums.
    """
    whose = located.join(accounts.select("account_id", "value", "target_cash", "lowest_cash", "cross_hedge_points"),
                         on="account_id")  # fmt: skip
    homes = whose.group_by("unit_id").agg(
        pl.col("cross_hedge_points").min(),
        (pl.col("value", "lowest_cash") * pl.col("net")).sort().sum(),
        target_cash=(pl.col("target_cash") * pl.col("share")).sort().sum(),
    )
    sums = pooled(lines, located, by=["security_id"], columns=["weight", "target"])
    firsts = sums.filter(pl.col("account_id").is_in(homes["unit_id"].implode()))
    classes = class_rows(firsts, homes.rename({"unit_id": "account_id"})).rename({"account_id": "unit_id"})
    nodes = (
        limits.filter(pl.col("row").str.starts_with("node:"))
        .join(located, on="account_id")
        .group_by("unit_id", "row")
        .agg((pl.col("lower", "upper") * pl.col("share")).sort().sum())
    )
    return pl.concat([classes, nodes.select(classes.columns)]).sort("unit_id", "row")


def cash_slots(accounts: pl.DataFrame, free: str) -> pl.DataFrame:
    """account_id, weight, target of each account's cash slot; `free` names its cash (dollars)."""
    return accounts.select(
        "account_id",
        weight=ratio(pl.col(free), pl.col("value")),
        target=pl.col("target_cash").fill_null(0.0),
    )

"""What the tax policy says of each lot: whether its loss earns credit, and whether it may be sold unforced."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from trimtab.core.dates import WASH_DAYS
from trimtab.market.ratio import ratio
from trimtab.optimize.relief import behind, turns

_GATE_JANUARY: Final = 0.65
_GATE_DECEMBER: Final = 0.16
"""A loss must reach this many standard deviations of the security in January and December (linear between)."""


def lot_facts(
    lots: pl.DataFrame,
    *,
    accounts: pl.DataFrame,
    settings: pl.DataFrame,
    marks: pl.DataFrame,
    young: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Add to valued lots what the solve needs of each, sorted as they came.

    `accounts`: account_id, taxed, short_rate, long_rate (marginal). `marks`: account_id, security_id, sigma (annual
    volatility, null when unknown), no_gain, no_short_gain, held_lots (lot ids that a restriction keeps), all_go (the
    whole position must be sold today) and washed (a purchase within thirty days would refuse some of its losses).
    `young`: account_id, security_id, lot_id, young (why a fund objects to its sale so soon).
    Adds: taxed, rate (of the lot's term), credited (a gain is always counted, a loss past its gate only), waits (why
    the lot is not sold unless a limit forces it; null when it may be), kept (why it is never sold; null when it may
    be), saved (dollars of tax that its loss saves at its rate; 0 where not credited or not to be sold), turn (its place
    in the order in which `lot_relief` sells its position; null where the solve chooses).
    """
    keys = [
        "lot_relief",
        "harvest",
        "harvest_gate",
        "harvest_ratio_january",
        "harvest_ratio_december",
        "harvest_min_loss",
    ]
    joined = (
        lots.join(accounts, on="account_id", how="left", maintain_order="left")
        .join(settings.select("account_id", *keys), on="account_id", how="left", maintain_order="left")
        .join(marks, on=["account_id", "security_id"], how="left", maintain_order="left")
        .join(young, on=["account_id", "security_id", "lot_id"], how="left", maintain_order="left")
    )
    joined = joined.join(
        turns(joined), on=["account_id", "security_id", "lot_id"], how="left", maintain_order="left"
    )
    loss = pl.col("gain") < 0
    rate = pl.when("long").then("long_rate").otherwise("short_rate")
    facts = joined.with_columns(rate=rate, past_gate=_past_gate(as_of)).with_columns(
        credited=~loss | (pl.col("harvest") & pl.col("past_gate")).fill_null(value=False),
        kept=_kept(),
    )
    facts = facts.with_columns(waits=_waits(as_of)).with_columns(kept=behind("kept"), waits=behind("waits"))
    saved = -pl.col("gain").cast(pl.Float64) * pl.col("rate")
    return facts.with_columns(
        saved=pl.when(loss & pl.col("credited") & pl.col("taxed") & _free()).then(saved).otherwise(0.0)
    ).drop(
        *keys,
        "past_gate",
        "short_rate",
        "long_rate",
        "no_gain",
        "no_short_gain",
        "held_lots",
        "sigma",
        "washed",
        "young",
        "all_go",
    )


def _past_gate(as_of: date) -> pl.Expr:
    """Whether a loss is deep enough for the season (book.md, The objective: losses)."""
    season = (as_of.month - 1) / 11
    price, basis = pl.col("unit_value").cast(pl.Float64), pl.col("unit_basis").cast(pl.Float64)
    needed = _GATE_JANUARY + (_GATE_DECEMBER - _GATE_JANUARY) * season
    january, december = pl.col("harvest_ratio_january"), pl.col("harvest_ratio_december")
    by_volatility = 1.0 - ratio(price, basis) >= needed * pl.col("sigma")
    by_ratio = price <= basis * (january + (december - january) * season)
    gate = pl.col("harvest_gate")
    deep = (
        pl.when(gate == "volatility").then(by_volatility).when(gate == "ratio").then(by_ratio).otherwise(True)
    )
    return deep & (-pl.col("gain") >= pl.col("harvest_min_loss"))


def _free() -> pl.Expr:
    return pl.col("kept").is_null() & pl.col("waits").is_null()


def _waits(as_of: date) -> pl.Expr:
    """A lot of unknown basis, one about to turn long-term with a gain, one whose loss a recent purchase would wash, or
    one that its fund takes a fee for so soon is not sold unless a limit forces it.

    Where all lots at a loss could go together without a wash sale, only the recent one goes alone: the engine is free
    to sell a part, and the part must be lawful by itself. Where all must go today, they go together.
    """
    unknown = pl.col("taxed") & (pl.col("gain").is_null() | pl.col("since").is_null())
    soon = pl.col("taxed") & pl.col("long_soon") & (pl.col("gain") > 0)
    recent = (pl.col("acquired") >= as_of - timedelta(days=WASH_DAYS)).fill_null(value=False)
    another = recent.sum().over("account_id", "security_id").cast(pl.Int64) > recent.cast(pl.Int64)
    stays = pl.col("kept").is_not_null() | unknown | soon | pl.col("young").is_not_null()
    together = pl.col("all_go").fill_null(value=False) & ~stays.any().over("account_id", "security_id")
    alone = another & ~together
    washed = pl.col("taxed") & (pl.col("gain") < 0) & (pl.col("washed").fill_null(value=False) | alone)
    return (
        pl.when(unknown)
        .then(pl.lit("missing_basis"))
        .when(soon)
        .then(pl.lit("wait_long_term"))
        .when(washed)
        .then(pl.lit("wash_sale"))
        .otherwise("young")
    )


def _kept() -> pl.Expr:
    gains = pl.col("gain").is_null() | (pl.col("gain") > 0)
    no_gain = pl.col("no_gain").fill_null(value=False) & gains
    no_short = pl.col("no_short_gain").fill_null(value=False) & gains & ~pl.col("long")
    held = pl.col("held_lots").list.contains(pl.col("lot_id")).fill_null(value=False)
    return (
        pl.when(held)
        .then(pl.lit("hold_lot"))
        .when(no_gain)
        .then(pl.lit("no_gain"))
        .when(no_short)
        .then(pl.lit("no_short_gain"))
    )

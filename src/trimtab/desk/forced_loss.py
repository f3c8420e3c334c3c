"""Forced losses: what was asked for and could not be realized, told as a conflict."""

import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome

_CENT = 0.01


def shortfalls(day: Day, outcome: Outcome) -> pl.DataFrame:
    """Conflicts of accounts whose forced losses are not all there with today's proposal: account_id, limit, shortfall
    (dollars of losses missing), relaxation, relaxation_cost.

    While the losses are protected, a gain of today is to be offset as well.
    """
    sums = outcome.sales.group_by("account_id").agg(
        lost=-pl.col("gain").filter(pl.col("gain") < 0).sum(),
        won=pl.col("gain").filter(pl.col("gain") > 0).sum(),
    )
    given = pl.col("lost").cast(pl.Float64).fill_null(0.0)
    undone = pl.when("protected").then(pl.col("won").cast(pl.Float64).fill_null(0.0)).otherwise(0.0)
    missing = pl.col("wanted").cast(pl.Float64) + undone - given
    return (
        day.losses_wanted.join(outcome.accounts.select("account_id"), on="account_id", how="semi")
        .join(sums, on="account_id", how="left", maintain_order="left")
        .filter(missing > _CENT)
        .select(
            "account_id",
            limit=pl.lit("force_loss"),
            shortfall=missing.round(2),
            relaxation=pl.lit("no more losses may be realized today: ask for less, or wait for lots to fall"),
            relaxation_cost=pl.lit(None, dtype=pl.Float64),
        )
        .sort("account_id")
    )

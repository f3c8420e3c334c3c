"""Yielded: classes that ended past their limits because a limit that goes before them had to be met."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from trimtab.desk.answer import Answered
from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.rows import charged, yields_of
from trimtab.market.ratio import ratio
from trimtab.optimize.limits import class_rows

_COLUMNS: Final = {
    "account_id": pl.String(),
    "limit": pl.String(),
    "shortfall": pl.Float64(),
    "relaxation": pl.String(),
    "relaxation_cost": pl.Float64(),
}


def yielded(day: Day, answered: Sequence[Answered], outcome: Outcome) -> pl.DataFrame:
    """Conflicts of accounts that propose: account_id, limit (`class:…`), shortfall (dollars by which the class passes
    its limit, where that is more than its dearest share), relaxation, relaxation_cost (unknown).
    """
    if not answered:
        return pl.DataFrame(schema=_CONFLICTS)
    proposing = outcome.accounts.filter(pl.col("decision") == "propose").select("account_id")
    moves = (
        outcome.lines.join(proposing, on="account_id", how="semi")
        .group_by("account_id", row=pl.concat_str([pl.lit("class:"), "asset_class"]))
        .agg(
            move=(pl.col("weight_after") - pl.col("weight")).sort().sum(),
            dearest=pl.col("unit_value").max().cast(pl.Float64),
        )
    )
    parts = [
        class_rows(
            charged(day, group.asked.accounts, group.asked.lines.drop("ticket", strict=False)),
            group.asked.accounts,
        )
        .join(yields_of(day, group.asked.lines, group.asked.accounts), on=["account_id", "row"])
        .filter((pl.col("gone") > 0.0) | (pl.col("taken") > 0.0))
        .join(moves, on=["account_id", "row"])
        .join(group.asked.accounts.select("account_id", "value"), on="account_id")
        for group in answered
    ]
    beyond = pl.max_horizontal(pl.col("move") - pl.col("upper"), pl.col("lower") - pl.col("move"))
    words = (
        pl.when(pl.col("move") > 0.0)
        .then(pl.lit("open a fund of the classes that the cash is missing in"))
        .otherwise(pl.lit("open a fund of this class to take the place of what must go"))
    )
    if not parts:
        return pl.DataFrame(schema=_COLUMNS)
    return (
        pl.concat(parts)
        .filter(beyond > ratio(pl.col("dearest"), pl.col("value")))
        .select(
            "account_id",
            limit="row",
            shortfall=(beyond * pl.col("value")).round(2),
            relaxation=words,
            relaxation_cost=pl.lit(None, dtype=pl.Float64),
        )
        .unique(["account_id", "limit"], keep="first", maintain_order=True)
    )


def _loosened(day: Day, group: Answered) -> pl.DataFrame:
    """The rows of classes that yielded, as they were before."""
    accounts, lines = group.asked.accounts, group.asked.lines
    bare = lines.select("account_id", "security_id", "asset_class", "weight", "target")
    yields = yields_of(day, lines, accounts).filter((pl.col("gone") > 0.0) | (pl.col("taken") > 0.0))
    return class_rows(charged(day, accounts, bare), accounts).join(
        yields, on=["account_id", "row"], how="semi", maintain_order="left"
    )


_CONFLICTS: Final[dict[str, type[pl.DataType]]] = {
    "account_id": pl.String,
    "limit": pl.String,
    "shortfall": pl.Float64,
    "relaxation": pl.String,
    "relaxation_cost": pl.Float64,
}

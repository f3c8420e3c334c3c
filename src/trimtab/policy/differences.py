"""What changed between two versions of models, row by row."""

from typing import Final

import polars as pl

_KEY: Final = ["model_id", "node_id"]
_FIELDS: Final = ("parent_node_id", "kind", "ref", "weight", "lower", "upper", "firm_id", "version", "name")


def model_differences(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Compare two `models` tables: model_id, node_id, change (added, removed, changed), field, before, after.

    An added or removed node has one row per field that it says something in; values are text.
    """
    fields = list(_FIELDS)

    def long(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        texts = frame.select(*_KEY, *[pl.col(field).cast(pl.String) for field in fields])
        said = texts.unpivot(on=fields, index=_KEY, variable_name="field", value_name=name)
        return said.drop_nulls(name)

    def nodes(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        return frame.select(*_KEY, pl.lit(value=True).alias(name))

    both = long(before, "before").join(long(after, "after"), on=[*_KEY, "field"], how="full", coalesce=True)
    both = both.join(nodes(before, "was"), on=_KEY, how="left").join(nodes(after, "is"), on=_KEY, how="left")
    change = (
        pl.when(pl.col("was").is_null())
        .then(pl.lit("added"))
        .when(pl.col("is").is_null())
        .then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
        .alias("change")
    )
    moved = both.filter(pl.col("before").ne_missing(pl.col("after"))).with_columns(change)
    return moved.select(*_KEY, "change", "field", "before", "after").sort(*_KEY, "field")

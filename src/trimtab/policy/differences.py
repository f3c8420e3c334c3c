"""What changed between two versions of models: row by row, and in weights."""

from collections.abc import Mapping
from math import fsum
from typing import Final

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from trimtab.policy.trees import Tree

_KEY: Final = ["model_id", "node_id"]
_WEIGHTS: Final[dict[str, DataType | DataTypeClass]] = {
    **dict.fromkeys(("model_id", "part", "name", "ref"), pl.String),
    **dict.fromkeys(("before", "after"), pl.Float64),
}
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


def weight_differences(before: Mapping[str, Tree], after: Mapping[str, Tree]) -> pl.DataFrame:
    """What models weigh before and after, models of models followed down: model_id, part (class, slot), name (the
    asset class, or the path of a leaf), ref (what the leaf names), before, after (shares of the whole model).

    Only models of which something differs, with the parts that do.
    """
    rows = [
        (model, *key, was.get(key), now.get(key))
        for model in sorted(before.keys() | after.keys())
        for was, now in [(_weights(before.get(model)), _weights(after.get(model)))]
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]
    return pl.DataFrame(rows, schema=_WEIGHTS, orient="row")


def _weights(tree: Tree | None) -> dict[tuple[str, str, str], float]:
    """Weight by (part, name, ref)."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for leaf in tree.leaves if tree else ():
        found.setdefault(("slot", leaf.path, leaf.ref), []).append(leaf.weight)
        if leaf.asset_class:
            found.setdefault(("class", leaf.asset_class, ""), []).append(leaf.weight)
    return {key: fsum(parts) for key, parts in found.items()}

"""Filled trees as frames: one block per shape, then one per distinct target with its cash."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Final

import polars as pl

from trimtab.market.ratio import ratio
from trimtab.policy.slots import Filled
from trimtab.policy.trees import CASH, Tree

_SLOTS: Final = {
    "shape": pl.String,
    "slot_id": pl.String,
    "security_id": pl.String,
    "asset_class": pl.String,
    "share": pl.Float64,
    "rank": pl.Int64,
    "hurdle_bps": pl.Float64,
    "hold_only": pl.Boolean,
    "buyable": pl.Boolean,
    "slot_first": pl.String,
    "constituent": pl.Boolean,
}
_SHAPES: Final = {
    "shape": pl.String,
    "cash_node": pl.Float64,
    "invested": pl.Float64,
    "has_unfilled": pl.Boolean,
}
_CLASSES: Final = {"shape": pl.String, "asset_class": pl.String, "share": pl.Float64}
_BOUNDS: Final = {
    "shape": pl.String,
    "node": pl.String,
    "parent": pl.String,
    "asset_class": pl.String,
    "lower_of_parent": pl.Float64,
    "upper_of_parent": pl.Float64,
    "parent_share": pl.Float64,
    "beside": pl.Float64,
}
_MEMBERS: Final = {"shape": pl.String, "node": pl.String, "security_id": pl.String}


@dataclass(frozen=True, slots=True)
class Laid:
    """The frames of `Targets` that have one block per distinct target."""

    slots: pl.DataFrame
    classes: pl.DataFrame
    class_bounds: pl.DataFrame
    class_members: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TargetFrames:
    """The same per shape: shares of the whole model, cash apart."""

    shapes: pl.DataFrame
    slots: pl.DataFrame
    classes: pl.DataFrame
    bounds: pl.DataFrame
    members: pl.DataFrame

    def lay(self, targets: pl.DataFrame) -> Laid:
        """One block per target (target_id, shape, scale, target_cash): shares × scale, and its cash row."""
        weight = (pl.col("share") * pl.col("scale")).alias("weight")
        slots = targets.join(self.slots, on="shape", maintain_order="left_right").with_columns(weight)
        slots = slots.drop("shape", "scale", "target_cash", "share")
        cash = targets.select(
            "target_id",
            slot_id=pl.lit(CASH),
            security_id=pl.lit(None, dtype=pl.String),
            asset_class=pl.lit(CASH),
            rank=pl.lit(1, dtype=pl.Int64),
            hurdle_bps=pl.lit(0.0),
            hold_only=pl.lit(value=False),
            buyable=pl.lit(value=False),
            slot_first=pl.lit(None, dtype=pl.String),
            constituent=pl.lit(value=False),
            weight="target_cash",
        )
        order = ["target_id", "slot_id", "weight", "rank", "security_id"]
        slots = pl.concat([slots, cash]).sort(order, descending=[False, False, True, False, False])
        classes = targets.join(self.classes, on="shape").with_columns(weight)
        classes = classes.select("target_id", "asset_class", "weight")
        cash_class = targets.select("target_id", asset_class=pl.lit(CASH), weight="target_cash")
        classes = pl.concat([classes, cash_class]).sort("target_id", "asset_class")
        invested = (1.0 - pl.col("target_cash")).alias("invested")
        bounds = targets.join(self.bounds, on="shape").with_columns(invested)
        share = pl.when(pl.col("invested") > 0.0).then(
            ratio(pl.col("parent_share") * pl.col("scale"), pl.col("invested"))
        )
        beside = pl.when(pl.col("invested") > 0.0).then(
            ratio(pl.col("beside") * pl.col("scale"), pl.col("invested"))
        )
        bounds = bounds.select(
            "target_id",
            "node",
            "parent",
            "asset_class",
            (pl.col("lower_of_parent") * share + beside).alias("lower"),
            (pl.col("upper_of_parent") * share + beside).alias("upper"),
            "lower_of_parent",
            "upper_of_parent",
            "invested",
        ).sort("target_id", "node")
        members = targets.select("target_id", "shape").join(self.members, on="shape").drop("shape")
        return Laid(slots, classes, bounds, members.sort("target_id", "node", "security_id"))


def frames_of(
    filled: Mapping[str, Filled], trees: Mapping[str, Tree], classes: Mapping[str, str]
) -> TargetFrames:
    """The frames of filled shapes, by name, in order; a slot has the asset class of its first product."""
    shapes: list[tuple[object, ...]] = []
    slots: list[tuple[object, ...]] = []
    sums: list[tuple[object, ...]] = []
    bounds: list[tuple[object, ...]] = []
    members: list[tuple[object, ...]] = []
    for name in sorted(filled):
        one = filled[name]
        cash = one.cash if one.has_cash_node else None
        flagged = any(not part.securities for part in one.unfilled)
        shapes.append((name, cash, fsum(slot.weight for slot in one.slots), flagged))
        slots += _slot_rows(name, one, classes)
        sums += _class_rows(name, one, classes)
        for bound in trees[name].bounds:
            bounds.append(
                (
                    name,
                    bound.path,
                    bound.parent_path,
                    bound.asset_class,
                    bound.lower,
                    bound.upper,
                    bound.parent_weight,
                    _beside(bound.path, one, trees[name]),
                )
            )
            members += [(name, bound.path, security) for security in _under(bound.path, one)]
    return TargetFrames(
        pl.DataFrame(shapes, schema=_SHAPES, orient="row"),
        pl.DataFrame(slots, schema=_SLOTS, orient="row"),
        pl.DataFrame(sums, schema=_CLASSES, orient="row"),
        pl.DataFrame(bounds, schema=_BOUNDS, orient="row"),
        pl.DataFrame(members, schema=_MEMBERS, orient="row"),
    )


def _slot_rows(name: str, one: Filled, classes: Mapping[str, str]) -> list[tuple[object, ...]]:
    return [
        (
            name,
            slot.paths[0],
            product.security_id,
            classes.get(slot.first, ""),
            slot.weight if product.security_id == slot.first else 0.0,
            product.rank,
            product.hurdle_bps,
            product.hold_only,
            product.buyable,
            slot.first,
            slot.constituent,
        )
        for slot in one.slots
        for product in slot.products
    ]


def _class_rows(name: str, one: Filled, classes: Mapping[str, str]) -> list[tuple[object, ...]]:
    parts: dict[str, list[float]] = {}
    for slot in one.slots:
        parts.setdefault(classes.get(slot.first, ""), []).append(slot.weight)
    return [(name, asset_class, fsum(weights)) for asset_class, weights in sorted(parts.items())]


def _beside(path: str, one: Filled, tree: Tree) -> float:
    """What of a node's securities the model wants for nodes beside it, where a security serves several: the account
    cannot tell the parts apart, so that the node's bounds move by the target of the others.
    """
    below = path + "/"

    def inside(place: str) -> bool:
        return place == path or place.startswith(below)

    members = [slot for slot in one.slots if any(inside(place) for place in slot.paths)]
    if all(inside(place) for slot in members for place in slot.paths):
        return 0.0
    own = fsum(leaf.weight for leaf in tree.leaves if inside(leaf.path))
    return max(fsum(slot.weight for slot in members) - own, 0.0)


def _under(path: str, one: Filled) -> list[str]:
    """The securities of the slots that stand under a node."""
    below = path + "/"
    return sorted(
        {
            product.security_id
            for slot in one.slots
            if any(place == path or place.startswith(below) for place in slot.paths)
            for product in slot.products
        }
    )

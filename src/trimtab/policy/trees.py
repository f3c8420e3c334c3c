"""Model trees as the `models` table writes them, and what a tree is when it is resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

KINDS: Final = ("class", "sleeve", "security", "model", "index", "cash")
TOLERANCE: Final = 1e-6
CASH: Final = "cash"


@dataclass(frozen=True, slots=True)
class Node:
    """One row of `models`: `weight` is its share of the parent, `lower` and `upper` hard shares of the parent."""

    node_id: str
    parent: str
    kind: str
    ref: str
    weight: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Model:
    """A tree of nodes of one firm ("" is published by the desk); `children` by parent, sorted by node_id."""

    model_id: str
    firm_id: str
    children: Mapping[str, tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a resolved tree ends in: `weight` is its share of the whole model.

    `path` names the nodes from the root, the nodes of models of models included; `model_id` and `node_id` are the
    tree and node that products speak of; `asset_class` is the nearest class above, else empty.
    """

    path: str
    model_id: str
    node_id: str
    kind: str
    ref: str
    asset_class: str
    weight: float


@dataclass(frozen=True, slots=True)
class Bound:
    """A hard bound on the sum under `path`, as shares of the sum under `parent_path` ("" is the whole model).

    `parent_weight` is the parent's own share of the whole; `asset_class` is set where the node is a class.
    """

    path: str
    parent_path: str
    asset_class: str
    parent_weight: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Tree:
    """A model resolved: its leaves (weights sum to 1) and hard bounds, in order of path."""

    model_id: str
    firm_id: str
    leaves: tuple[Leaf, ...]
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What references may point to: securities, and indexes with constituents."""

    securities: frozenset[str]
    indexes: frozenset[str]


def read_models(models: pl.DataFrame) -> dict[str, Model]:
    """The trees of the `models` table by model_id; nothing is checked yet."""
    out: dict[str, Model] = {}
    columns = ["model_id", "node_id", "parent_node_id", "kind", "ref", "weight", "lower", "upper", "firm_id"]
    texts = ["parent_node_id", "ref", "firm_id"]
    frame = models.select(columns).with_columns(pl.col(texts).fill_null("")).sort("model_id", "node_id")
    for part in frame.partition_by("model_id", maintain_order=True):
        children: dict[str, list[Node]] = {}
        for _, node_id, parent, kind, ref, weight, lower, upper, _ in part.iter_rows():
            children.setdefault(parent, []).append(Node(node_id, parent, kind, ref, weight, lower, upper))
        firm_id = str(part.get_column("firm_id").max() or "")
        frozen = {parent: tuple(nodes) for parent, nodes in children.items()}
        model_id = str(part.get_column("model_id")[0])
        out[model_id] = Model(model_id, firm_id, frozen)
    return out


Branches = Mapping[str, tuple[Model, Node]]
"""By node_id of a tree: the node of another tree that stands in its place, and that tree."""


def branches_of(tree: Model, node: Node) -> Branches:
    """What the nodes under a `model` node put in the place of nodes of the model that it refers to."""
    assert node.kind == "model"
    return {child.node_id: (tree, child) for child in tree.children.get(node.node_id, ())}


def path_of(above: str, node_id: str) -> str:
    """The path of a node under another ("" is the root): no two nodes have one path, and none has that of cash."""
    name = node_id.replace("%", "%25").replace("/", "%2F")
    if above:
        return f"{above}/{name}"
    return "%63ash" if name == CASH else name

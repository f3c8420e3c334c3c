"""Model trees: read from the `models` table, checked, and resolved to flat leaves, models of models included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import fsum
from typing import Final

import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.policy.settings import nearest

KINDS: Final = ("class", "sleeve", "security", "model", "index", "cash")
TOLERANCE: Final = 1e-6
_BOUND: Final = 1e-9


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


def resolve_models(
    models: pl.DataFrame, known: Known, *, users: Mapping[str, tuple[str, ...]]
) -> ValueWithFailures[dict[str, Tree]]:
    """Every sound model resolved once; an unsound one is a failure, and so is each that refers to it.

    `users` gives the accounts that have a model for their target: a failure of the model names them.
    """
    read = read_models(models)
    mixed = dict(_mixed(models))
    found = {name: [*mixed.get(name, ()), *_faults(model, read, known)] for name, model in read.items()}
    bad = {name for name, faults in found.items() if faults}
    reached = {name: _reachable(model, read) for name, model in read.items()}
    for name, through in reached.items():
        if name in through and name not in bad:
            message = f"model {name} contains itself"
            found[name].append(_failure(read[name], "", "ref", name, message, "break the circle"))
    bad = {name for name, faults in found.items() if faults}
    for name, through in reached.items():
        if name not in bad and through & bad:
            worst = min(through & bad)
            message = f"model {name} contains {worst}, which cannot be used"
            found[name].append(_failure(read[name], "", "ref", worst, message, f"mend model {worst}"))
    trees = {name: _resolve(model, read) for name, model in read.items() if not found[name]}
    named = [replace(f, accounts=users.get(name, ())) for name, faults in found.items() for f in faults]
    return ValueWithFailures.of(trees, named)


def _failure(model: Model, node_id: str, field: str, value: object, message: str, remedy: str) -> Failure:
    row = f"{model.model_id}/{node_id}" if node_id else model.model_id
    text = "" if value is None else str(value)
    return Failure(Reason.INVALID, "models", row, field, text, message, remedy)


def _mixed(models: pl.DataFrame) -> Iterator[tuple[str, list[Failure]]]:
    """A model whose rows name several firms or several versions."""
    out: dict[str, list[Failure]] = {}
    for field in ("firm_id", "version"):
        counts = models.group_by("model_id").agg(pl.col(field).fill_null("").unique().sort().alias("said"))
        for model_id, said in counts.filter(pl.col("said").list.len() > 1).sort("model_id").iter_rows():
            words = ", ".join(word or "(empty)" for word in said)
            message = f"rows of model {model_id} differ in {field}: {words}"
            remedy = f"give one {field} to all rows of the model"
            failure = Failure(Reason.CONFLICT, "models", str(model_id), field, words, message, remedy)
            out.setdefault(str(model_id), []).append(failure)
    yield from out.items()


def _faults(model: Model, read: Mapping[str, Model], known: Known) -> Iterator[Failure]:
    nodes = {node.node_id: node for siblings in model.children.values() for node in siblings}
    if not model.children.get(""):
        yield _failure(model, "", "parent_node_id", "", "no node stands at the top", "leave one parent empty")
    for parent, siblings in sorted(model.children.items()):
        if parent and parent not in nodes:
            near = nearest(parent, list(nodes))
            remedy = f"did you mean {near}?" if near else "name a node of the same model"
            yield _failure(
                model, siblings[0].node_id, "parent_node_id", parent, f"there is no node {parent}", remedy
            )
        if parent and parent in nodes and nodes[parent].kind not in ("class", "sleeve"):
            message = f"a {nodes[parent].kind} node has nodes under it"
            yield _failure(model, parent, "kind", nodes[parent].kind, message, "make it a class or a sleeve")
        yield from _sum_fault(model, parent, siblings)
        for node in siblings:
            yield from _node_faults(model, node, read, known)
    lost = sorted(set(nodes) - _reached(model))
    if lost and model.children.get("") and all(p in nodes for p in model.children if p):
        message = "nodes stand under one another and never reach the top: " + ", ".join(lost)
        yield _failure(model, lost[0], "parent_node_id", nodes[lost[0]].parent, message, "break the circle")


def _sum_fault(model: Model, parent: str, siblings: tuple[Node, ...]) -> Iterator[Failure]:
    weights = [node.weight for node in siblings]
    if any(weight is None for weight in weights):
        return
    total = fsum(weights)
    if not abs(total - 1.0) <= TOLERANCE:
        message = f"weights under {parent or 'the model'} sum to {total:.6f}, not 1"
        yield _failure(model, parent, "weight", f"{total:.6f}", message, "let siblings sum to 1")


def _node_faults(model: Model, node: Node, read: Mapping[str, Model], known: Known) -> Iterator[Failure]:
    def fault(field: str, value: object, message: str, remedy: str) -> Failure:
        return _failure(model, node.node_id, field, value, message, remedy)

    if node.weight is None or not 0.0 <= node.weight <= 1.0 + TOLERANCE:
        yield fault("weight", node.weight, "a weight must lie from 0 to 1", "correct the weight")
        return
    lower = 0.0 if node.lower is None else node.lower
    upper = 1.0 if node.upper is None else node.upper
    if not (0.0 <= lower <= node.weight + _BOUND and node.weight - _BOUND <= upper <= 1.0 + TOLERANCE):
        message = f"the weight {node.weight:g} lies outside its bounds {lower:g} to {upper:g}"
        yield fault("weight", node.weight, message, "let lower ≤ weight ≤ upper")
    if node.kind not in KINDS:
        near = nearest(node.kind or "", list(KINDS))
        remedy = f"did you mean {near}?" if near else "write one of " + ", ".join(KINDS)
        yield fault("kind", node.kind, f"there is no kind {node.kind}", remedy)
        return
    yield from _reference_fault(model, node, read, known)


def _reference_fault(model: Model, node: Node, read: Mapping[str, Model], known: Known) -> Iterator[Failure]:
    if node.kind == "class" and not node.ref:
        yield _failure(model, node.node_id, "ref", "", "the class has no ref", "name its asset class")
    names = {
        "security": known.securities,
        "index": known.indexes,
        "model": frozenset(read),
    }.get(node.kind)
    if names is None:
        return
    if node.ref not in names:
        near = nearest(node.ref, sorted(names)) if node.ref else ""
        remedy = f"did you mean {near}?" if near else f"name a known {node.kind}"
        message = f"there is no {node.kind} {node.ref}" if node.ref else f"the {node.kind} has no ref"
        yield _failure(model, node.node_id, "ref", node.ref, message, remedy)
    elif node.kind == "model":
        owner = read[node.ref].firm_id
        if owner and owner != model.firm_id:
            whose = f"firm {model.firm_id}" if model.firm_id else "the desk"
            message = f"model {node.ref} belongs to firm {owner}, not to {whose}"
            remedy = "refer to the firm's own models and those the desk publishes"
            yield _failure(model, node.node_id, "ref", node.ref, message, remedy)


def _reached(model: Model) -> set[str]:
    seen: set[str] = set()
    front = [""]
    while front:
        for node in model.children.get(front.pop(), ()):
            if node.node_id not in seen:
                seen.add(node.node_id)
                front.append(node.node_id)
    return seen


def _referred(model: Model) -> list[str]:
    return sorted({n.ref for nodes in model.children.values() for n in nodes if n.kind == "model"})


def _reachable(model: Model, read: Mapping[str, Model]) -> set[str]:
    """The models that a model refers to, near or far; itself where it stands in a circle."""
    seen: set[str] = set()
    front = _referred(model)
    while front:
        name = front.pop()
        if name in read and name not in seen:
            seen.add(name)
            front += _referred(read[name])
    return seen


def _resolve(model: Model, read: Mapping[str, Model]) -> Tree:
    leaves: list[Leaf] = []
    bounds: list[Bound] = []

    def walk(tree: Model, parent: str, above: tuple[str, str, float]) -> None:
        path, asset_class, share = above
        siblings = tree.children[parent]
        total = fsum(node.weight for node in siblings)
        for node in siblings:
            here = f"{path}/{node.node_id}" if path else node.node_id
            weight = share * (node.weight / total)
            own_class = node.ref if node.kind == "class" else ""
            inside = own_class or asset_class
            if node.lower is not None or node.upper is not None:
                bounds.append(Bound(here, path, own_class, share, node.lower, node.upper))
            if node.kind == "model":
                walk(read[node.ref], "", (here, inside, weight))
            elif node.node_id in tree.children:
                walk(tree, node.node_id, (here, inside, weight))
            else:
                leaves.append(Leaf(here, tree.model_id, node.node_id, node.kind, node.ref, inside, weight))

    walk(model, "", ("", "", 1.0))
    leaves.sort(key=lambda leaf: leaf.path)
    bounds.sort(key=lambda bound: bound.path)
    assert abs(fsum(leaf.weight for leaf in leaves) - 1.0) <= TOLERANCE
    return Tree(model.model_id, model.firm_id, tuple(leaves), tuple(bounds))

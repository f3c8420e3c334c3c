"""What can be wrong with a model, each fault with its node and its remedy."""

from collections.abc import Collection, Iterator, Mapping
from math import fsum
from typing import Final

import polars as pl

from trimtab.core.result import Failure, Reason
from trimtab.policy.settings import nearest
from trimtab.policy.trees import KINDS, TOLERANCE, Known, Model, Node, branches_of

_BOUND: Final = 1e-9
_PARENTS: Final = ("class", "sleeve", "model")


def failure_of(
    model: Model, node_id: str, field: str, *, value: object, message: str, remedy: str
) -> Failure:
    """A failure of a model, or of one of its nodes."""
    row = f"{model.model_id}/{node_id}" if node_id else model.model_id
    text = "" if value is None else str(value)
    return Failure(Reason.INVALID, "models", row, field, text, message, remedy)


def mixed_rows(models: pl.DataFrame) -> Iterator[tuple[str, list[Failure]]]:
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


def faults_of(model: Model, read: Mapping[str, Model], known: Known) -> Iterator[Failure]:
    """Everything that is wrong with one model by itself."""
    nodes = {node.node_id: node for siblings in model.children.values() for node in siblings}
    if not model.children.get(""):
        yield failure_of(
            model,
            "",
            "parent_node_id",
            value="",
            message="no node stands at the top",
            remedy="leave one parent empty",
        )
    for parent, siblings in sorted(model.children.items()):
        if parent and parent not in nodes:
            near = nearest(parent, list(nodes))
            remedy = f"did you mean {near}?" if near else "name a node of the same model"
            yield failure_of(
                model,
                siblings[0].node_id,
                "parent_node_id",
                value=parent,
                message=f"there is no node {parent}",
                remedy=remedy,
            )
        if parent and parent in nodes and nodes[parent].kind not in _PARENTS:
            message = f"a {nodes[parent].kind} node has nodes under it"
            yield failure_of(
                model,
                parent,
                "kind",
                value=nodes[parent].kind,
                message=message,
                remedy="make it a class or a sleeve",
            )
        if parent in nodes and nodes[parent].kind == "model":
            yield from _branch_faults(model, nodes[parent], read)
        else:
            yield from _sum_fault(model, parent, siblings)
        for node in siblings:
            yield from _node_faults(model, node, read=read, known=known)
    lost = sorted(set(nodes) - _reached(model))
    if lost and model.children.get("") and all(p in nodes for p in model.children if p):
        message = "nodes stand under one another and never reach the top: " + ", ".join(lost)
        yield failure_of(
            model,
            lost[0],
            "parent_node_id",
            value=nodes[lost[0]].parent,
            message=message,
            remedy="break the circle",
        )


def _sum_fault(model: Model, parent: str, siblings: tuple[Node, ...]) -> Iterator[Failure]:
    weights = [node.weight for node in siblings]
    if any(weight is None for weight in weights):
        return
    total = fsum(weights)
    if not abs(total - 1.0) <= TOLERANCE:
        message = f"weights under {parent or 'the model'} sum to {total:.6f}, not 1"
        yield failure_of(
            model, parent, "weight", value=f"{total:.6f}", message=message, remedy="let siblings sum to 1"
        )


def _branch_faults(model: Model, node: Node, read: Mapping[str, Model]) -> Iterator[Failure]:
    """Nodes under a `model` node take the place of that model's nodes: each must have one, and sums must hold."""
    if node.ref not in read:
        return
    base = read[node.ref]
    places = {child.node_id: child for siblings in base.children.values() for child in siblings}
    branches = branches_of(model, node)
    for name in sorted(branches):
        if name not in places:
            near = nearest(name, list(places))
            remedy = f"did you mean {near}?" if near else f"take the place of a node of model {base.model_id}"
            message = f"model {base.model_id} has no node {name}"
            yield failure_of(model, name, "node_id", value=name, message=message, remedy=remedy)
        elif _stands_under(name, branches.keys(), places):
            message = f"the branch that holds {name} is itself replaced"
            yield failure_of(
                model,
                name,
                "node_id",
                value=name,
                message=message,
                remedy="change only the upper one of the two",
            )
    for parent, siblings in sorted(base.children.items()):
        stand = [branches[child.node_id][1] if child.node_id in branches else child for child in siblings]
        if any(child.node_id in branches for child in siblings):
            yield from _sum_fault(model, parent or node.node_id, tuple(stand))


def _stands_under(name: str, others: Collection[str], places: Mapping[str, Node]) -> bool:
    """Whether a node stands somewhere under one of the others."""
    seen = {name}
    above = places[name].parent
    while above in places and above not in seen:
        if above in others:
            return True
        seen.add(above)
        above = places[above].parent
    return False


def _node_faults(model: Model, node: Node, *, read: Mapping[str, Model], known: Known) -> Iterator[Failure]:
    def fault(field: str, message: str, remedy: str) -> Failure:
        value = node.kind if field == "kind" else node.weight
        return failure_of(model, node.node_id, field, value=value, message=message, remedy=remedy)

    if node.weight is None or not 0.0 <= node.weight <= 1.0 + TOLERANCE:
        yield fault("weight", "a weight must lie from 0 to 1", "correct the weight")
        return
    lower = 0.0 if node.lower is None else node.lower
    upper = 1.0 if node.upper is None else node.upper
    if not (0.0 <= lower <= node.weight + _BOUND and node.weight - _BOUND <= upper <= 1.0 + TOLERANCE):
        message = f"the weight {node.weight:g} lies outside its bounds {lower:g} to {upper:g}"
        yield fault("weight", message, "let lower ≤ weight ≤ upper")
    if node.kind not in KINDS:
        near = nearest(node.kind or "", list(KINDS))
        remedy = f"did you mean {near}?" if near else "write one of " + ", ".join(KINDS)
        yield fault("kind", f"there is no kind {node.kind}", remedy)
        return
    yield from _reference_fault(model, node, read=read, known=known)


def _reference_fault(
    model: Model, node: Node, *, read: Mapping[str, Model], known: Known
) -> Iterator[Failure]:
    if node.kind == "class" and not node.ref:
        yield failure_of(
            model,
            node.node_id,
            "ref",
            value="",
            message="the class has no ref",
            remedy="name its asset class",
        )
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
        yield failure_of(model, node.node_id, "ref", value=node.ref, message=message, remedy=remedy)
    elif node.kind == "model":
        owner = read[node.ref].firm_id
        if owner and owner != model.firm_id:
            whose = f"firm {model.firm_id}" if model.firm_id else "the desk"
            message = f"model {node.ref} belongs to firm {owner}, not to {whose}"
            remedy = "refer to the firm's own models and those the desk publishes"
            yield failure_of(model, node.node_id, "ref", value=node.ref, message=message, remedy=remedy)


def _reached(model: Model) -> set[str]:
    seen: set[str] = set()
    front = [""]
    while front:
        for node in model.children.get(front.pop(), ()):
            if node.node_id not in seen:
                seen.add(node.node_id)
                front.append(node.node_id)
    return seen

"""Model trees resolved to flat leaves, models of models included; what cannot be resolved is told."""

from collections.abc import Mapping
from dataclasses import replace
from math import fsum

import polars as pl

from trimtab.core.result import ValueWithFailures
from trimtab.policy.model_faults import failure_of, faults_of, mixed_rows
from trimtab.policy.trees import (
    TOLERANCE,
    Bound,
    Branches,
    Known,
    Leaf,
    Model,
    Tree,
    branches_of,
    path_of,
    read_models,
)

__all__ = ["Known", "containing", "resolve_models"]


def resolve_models(
    models: pl.DataFrame, known: Known, *, users: Mapping[str, tuple[str, ...]]
) -> ValueWithFailures[dict[str, Tree]]:
    """Every sound model resolved once; an unsound one is a failure, and so is each that refers to it.

    `users` gives the accounts that have a model for their target: a failure of the model names them.
    """
    read = read_models(models)
    mixed = dict(mixed_rows(models))
    found = {name: [*mixed.get(name, ()), *faults_of(model, read, known)] for name, model in read.items()}
    bad = {name for name, faults in found.items() if faults}
    reached = {name: _reachable(model, read) for name, model in read.items()}
    for name, through in reached.items():
        if name in through and name not in bad:
            message = f"model {name} contains itself"
            found[name].append(
                failure_of(read[name], "", "ref", value=name, message=message, remedy="break the circle")
            )
    bad = {name for name, faults in found.items() if faults}
    for name, through in reached.items():
        if name not in bad and through & bad:
            worst = min(through & bad)
            message = f"model {name} contains {worst}, which cannot be used"
            found[name].append(
                failure_of(read[name], "", "ref", value=worst, message=message, remedy=f"mend model {worst}")
            )
    trees = {name: _resolve(model, read) for name, model in read.items() if not found[name]}
    named = [replace(f, accounts=users.get(name, ())) for name, faults in found.items() for f in faults]
    return ValueWithFailures.of(trees, named)


def containing(models: pl.DataFrame, names: frozenset[str]) -> frozenset[str]:
    """The models of a table that are one of `names`, or contain one, near or far."""
    read = read_models(models)
    return frozenset(one for one, model in read.items() if one in names or _reachable(model, read) & names)


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

    def walk(tree: Model, parent: str, above: tuple[str, str, float], *, branches: Branches) -> None:
        path, asset_class, share = above
        siblings = [branches.get(node.node_id, (tree, node)) for node in tree.children[parent]]
        total = fsum(node.weight for _, node in siblings)
        for owner, node in siblings:
            here = path_of(path, node.node_id)
            weight = share * (node.weight / total)
            own_class = node.ref if node.kind == "class" else ""
            inside = (here, own_class or asset_class, weight)
            if node.lower is not None or node.upper is not None:
                bounds.append(Bound(here, path, own_class, share, node.lower, node.upper))
            if node.kind == "model":
                walk(read[node.ref], "", inside, branches=branches_of(owner, node))
            elif node.node_id in owner.children:
                walk(owner, node.node_id, inside, branches=branches if owner is tree else {})
            else:
                leaves.append(
                    Leaf(here, owner.model_id, node.node_id, node.kind, node.ref, inside[1], weight)
                )

    walk(model, "", ("", "", 1.0), branches={})
    leaves.sort(key=lambda leaf: leaf.path)
    bounds.sort(key=lambda bound: bound.path)
    assert abs(fsum(leaf.weight for leaf in leaves) - 1.0) <= TOLERANCE
    return Tree(model.model_id, model.firm_id, tuple(leaves), tuple(bounds))

"""Model trees: what is refused and why, and what a sound tree resolves to."""

import pytest

from trimtab.policy.models import resolve_models
from trimtab.policy.trees import Known

KNOWN = Known(frozenset({"VTI", "VEA", "BND"}), frozenset({"sp500"}))


def node(name, kind, ref, weight, parent=None, model="m", **more):
    return {
        "model_id": model,
        "node_id": name,
        "kind": kind,
        "ref": ref,
        "weight": weight,
        "parent_node_id": parent,
        **more,
    }


@pytest.fixture
def grow(book):
    def run(*rows, users=None):
        return resolve_models(book(models=rows)["models"], KNOWN, users=users or {})

    return run


def leaves(result, model="m"):
    return {leaf.path: (leaf.ref, pytest.approx(leaf.weight)) for leaf in result.value[model].leaves}


SOUND = (
    node("eq", "class", "us", 0.6),
    node("vti", "security", "VTI", 0.75, "eq"),
    node("vea", "security", "VEA", 0.25, "eq"),
    node("fi", "sleeve", None, 0.4),
    node("bnd", "security", "BND", 1.0, "fi"),
)


def test_weights_multiply_down_the_tree(grow):
    result = grow(*SOUND)
    assert result.failures == ()
    assert leaves(result) == {"eq/vea": ("VEA", 0.15), "eq/vti": ("VTI", 0.45), "fi/bnd": ("BND", 0.4)}
    classes = {leaf.path: leaf.asset_class for leaf in result.value["m"].leaves}
    assert classes == {"eq/vea": "us", "eq/vti": "us", "fi/bnd": ""}


def test_every_kind_of_leaf(grow):
    result = grow(
        node("a", "class", "us", 0.2),
        node("b", "sleeve", None, 0.2),
        node("c", "index", "sp500", 0.5),
        node("d", "cash", None, 0.1),
    )
    assert result.failures == ()
    assert [(leaf.kind, leaf.ref) for leaf in result.value["m"].leaves] == [
        ("class", "us"),
        ("sleeve", ""),
        ("index", "sp500"),
        ("cash", ""),
    ]


def test_a_model_in_a_model_keeps_its_own_name_for_products(grow):
    result = grow(
        node("core", "model", "inner", 0.5),
        node("bnd", "security", "BND", 0.5),
        node("x", "class", "us", 1.0, model="inner"),
        node("vti", "security", "VTI", 1.0, "x", model="inner"),
    )
    core = next(leaf for leaf in result.value["m"].leaves if leaf.ref == "VTI")
    assert (core.path, core.model_id, core.node_id, core.weight) == ("core/x/vti", "inner", "vti", 0.5)


def test_bounds_know_their_parents_weight(grow):
    result = grow(
        node("eq", "class", "us", 0.6, lower=0.5, upper=0.7),
        node("vti", "security", "VTI", 0.75, "eq", upper=0.8),
        node("vea", "security", "VEA", 0.25, "eq"),
        node("fi", "security", "BND", 0.4),
    )
    bounds = [
        (b.path, b.parent_path, b.asset_class, b.parent_weight, b.lower, b.upper)
        for b in result.value["m"].bounds
    ]
    assert bounds == [("eq", "", "us", 1.0, 0.5, 0.7), ("eq/vti", "eq", "", 0.6, None, 0.8)]


def test_models_in_a_circle_and_those_that_contain_them(grow):
    result = grow(
        node("a", "model", "q", 1.0, model="p"),
        node("a", "model", "p", 1.0, model="q"),
        node("a", "model", "s", 1.0, model="s"),
        node("a", "model", "p", 0.5, model="user"),
        node("b", "security", "VTI", 0.5, model="user"),
        *SOUND,
        users={"user": ("a1",), "m": ("a2",)},
    )
    assert set(result.value) == {"m"}
    assert {failure.row: failure.value for failure in result.failures} == {
        "p": "p",
        "q": "q",
        "s": "s",
        "user": "p",
    }
    assert {failure.row: failure.accounts for failure in result.failures}["user"] == ("a1",)


def test_a_firm_refers_to_its_own_and_to_what_the_desk_publishes(grow):
    result = grow(
        node("a", "security", "VTI", 1.0, model="desk"),
        node("a", "security", "VTI", 1.0, model="own", firm_id="f1"),
        node("a", "model", "desk", 0.5, model="good", firm_id="f1"),
        node("b", "model", "own", 0.5, model="good", firm_id="f1"),
        node("a", "model", "own", 1.0, model="bad", firm_id="f2"),
        node("a", "model", "own", 1.0, model="published"),
        node("a", "model", "bad", 1.0, model="over", firm_id="f2"),
    )
    assert set(result.value) == {"desk", "own", "good"}
    said = {failure.row: failure.message for failure in result.failures}
    assert said["bad/a"] == "model own belongs to firm f1, not to firm f2"
    assert said["published/a"] == "model own belongs to firm f1, not to the desk"
    assert said["over"] == "model over contains bad, which cannot be used"


DESK = (
    node("eq", "class", "us", 0.6, model="desk"),
    node("vti", "security", "VTI", 1.0, "eq", model="desk"),
    node("fi", "class", "bond", 0.4, model="desk"),
    node("bnd", "security", "BND", 1.0, "fi", model="desk"),
)


def test_a_firm_changes_one_branch_and_keeps_the_rest(grow):
    own = (
        node("base", "model", "desk", 1.0, firm_id="f1"),
        node("fi", "class", "intl", 0.4, "base", firm_id="f1", upper=0.5),
        node("vea", "security", "VEA", 0.5, "fi", firm_id="f1"),
        node("bnd", "security", "BND", 0.5, "fi", firm_id="f1"),
    )
    result = grow(*DESK, *own)
    assert result.failures == ()
    assert leaves(result) == {
        "base/eq/vti": ("VTI", 0.6),
        "base/fi/bnd": ("BND", 0.2),
        "base/fi/vea": ("VEA", 0.2),
    }
    owners = {leaf.path: leaf.model_id for leaf in result.value["m"].leaves}
    assert owners == {"base/eq/vti": "desk", "base/fi/bnd": "m", "base/fi/vea": "m"}
    assert [(b.path, b.parent_path, b.upper) for b in result.value["m"].bounds] == [("base/fi", "base", 0.5)]
    assert leaves(result, "desk") == {"eq/vti": ("VTI", 0.6), "fi/bnd": ("BND", 0.4)}


def test_a_branch_may_be_a_single_product_or_another_model(grow):
    result = grow(
        *DESK,
        node("a", "security", "VEA", 1.0, model="other"),
        node("base", "model", "desk", 0.5),
        node("fi", "security", "VEA", 0.4, "base"),
        node("more", "model", "desk", 0.5),
        node("vti", "model", "other", 1.0, "more"),
    )
    assert result.failures == ()
    assert leaves(result) == {
        "base/eq/vti": ("VTI", 0.3),
        "base/fi": ("VEA", 0.2),
        "more/eq/vti/a": ("VEA", 0.3),
        "more/fi/bnd": ("BND", 0.2),
    }

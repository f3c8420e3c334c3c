"""What is refused of a model, and why."""

import pytest

from trimtab.core.result import Reason
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


SOUND = (
    node("eq", "class", "us", 0.6),
    node("vti", "security", "VTI", 0.75, "eq"),
    node("vea", "security", "VEA", 0.25, "eq"),
    node("fi", "sleeve", None, 0.4),
    node("bnd", "security", "BND", 1.0, "fi"),
)


DESK = (
    node("eq", "class", "us", 0.6, model="desk"),
    node("vti", "security", "VTI", 1.0, "eq", model="desk"),
    node("fi", "class", "bond", 0.4, model="desk"),
    node("bnd", "security", "BND", 1.0, "fi", model="desk"),
)


@pytest.mark.parametrize(
    ("last", "sound"),
    [(0.25 + 0.9e-6, True), (0.25 - 0.9e-6, True), (0.25 + 1.1e-6, False), (0.25 - 1.1e-6, False)],
)
def test_siblings_sum_to_one_within_a_millionth(grow, last, sound):
    rows = [*SOUND[:2], node("vea", "security", "VEA", last, "eq"), *SOUND[3:]]
    result = grow(*rows)
    assert bool(result.value) is sound
    assert len(result.failures) == (0 if sound else 1)
    if sound:
        assert sum(leaf.weight for leaf in result.value["m"].leaves) == pytest.approx(1.0, abs=1e-15)


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        (node("bnd", "security", "BNDD", 1.0, "fi"), "ref", "did you mean BND?"),
        (node("bnd", "security", None, 1.0, "fi"), "ref", "name a known security"),
        (node("bnd", "index", "sp50", 1.0, "fi"), "ref", "did you mean sp500?"),
        (node("bnd", "model", "zzz", 1.0, "fi"), "ref", "name a known model"),
        (node("bnd", "clas", "us", 1.0, "fi"), "kind", "did you mean class?"),
        (node("bnd", "class", None, 1.0, "fi"), "ref", "name its asset class"),
        (node("bnd", "security", "BND", 1.2, "fi"), "weight", "correct the weight"),
        (node("bnd", "security", "BND", None, "fi"), "weight", "correct the weight"),
        (node("bnd", "security", "BND", float("nan"), "fi"), "weight", "correct the weight"),
        (
            node("bnd", "security", "BND", 1.0, "fi", lower=0.2, upper=0.9),
            "weight",
            "let lower ≤ weight ≤ upper",
        ),
        (node("bnd", "security", "BND", 1.0, "fi", upper=1.5), "weight", "let lower ≤ weight ≤ upper"),
        (node("bnd", "security", "BND", 1.0, "fi", lower=-0.1), "weight", "let lower ≤ weight ≤ upper"),
        (node("bnd", "security", "BND", 1.0, "fii"), "parent_node_id", "did you mean fi?"),
        (node("bnd", "security", "BND", 1.0, "vti"), "kind", "make it a class or a sleeve"),
        (node("bnd", "sleeve", None, 1.0, "bnd"), "parent_node_id", "break the circle"),
    ],
)
def test_a_bad_node_names_itself_and_the_accounts(grow, row, field, words):
    result = grow(*SOUND[:4], row, users={"m": ("a1", "a2")})
    assert "m" not in result.value
    assert (field, words) in [(failure.field, failure.remedy) for failure in result.failures]
    for failure in result.failures:
        assert failure.table == "models"
        assert failure.row.startswith("m")
        assert failure.accounts == ("a1", "a2")


def test_a_model_without_a_top(grow):
    result = grow(node("a", "sleeve", None, 1.0, "b"), node("b", "sleeve", None, 1.0, "a"))
    assert [failure.message for failure in result.failures] == ["no node stands at the top"]


@pytest.mark.parametrize("field", ["version", "firm_id"])
def test_rows_of_several_versions_or_firms(grow, field):
    rows = [dict(SOUND[0], **{field: "x"}), *SOUND[1:]]
    result = grow(*rows, users={"m": ("a1",)})
    (failure,) = result.failures
    assert failure.reason is Reason.CONFLICT
    assert (failure.field, failure.value, failure.accounts) == (field, "(empty), x", ("a1",))
    assert result.value == {}


@pytest.mark.parametrize(
    ("rows", "field", "words"),
    [
        ([node("fii", "class", "bond", 0.4, "base")], "node_id", "did you mean fi?"),
        ([node("xyz", "class", "bond", 0.4, "base")], "node_id", "take the place of a node of model desk"),
        ([node("fi", "security", "VEA", 0.3, "base")], "weight", "let siblings sum to 1"),
        (
            [node("fi", "security", "VEA", 0.4, "base"), node("bnd", "security", "VEA", 1.0, "base")],
            "node_id",
            "change only the upper one of the two",
        ),
    ],
)
def test_a_branch_that_does_not_fit(grow, rows, field, words):
    result = grow(*DESK, node("base", "model", "desk", 1.0), *rows)
    assert [(failure.field, failure.remedy) for failure in result.failures] == [(field, words)]
    assert set(result.value) == {"desk"}


def test_a_sum_names_the_place_where_it_is_wrong(grow):
    result = grow(
        *DESK,
        node("base", "model", "desk", 1.0),
        node("fi", "security", "VEA", 0.3, "base"),
        node("x", "sleeve", None, 1.0, model="deep"),
        node("y", "security", "VTI", 0.5, "x", model="deep"),
        node("z", "security", "VTI", 0.5, model="flat"),
    )
    assert {failure.row: failure.message for failure in result.failures} == {
        "deep/x": "weights under x sum to 0.500000, not 1",
        "flat": "weights under the model sum to 0.500000, not 1",
        "m/base": "weights under base sum to 0.900000, not 1",
    }

import json

import pytest

from trimtab.core.result import Reason
from trimtab.ledger.conformance import RUNNERS, compare, run_cases

CASE = {"id": "1", "kind": "fake", "input": {"x": "1"}, "expected": {"value": "1.00"}}


def run(*cases, runner=lambda given, policy: {"value": given["x"], "policy": dict(policy)}):
    return run_cases({"cases": list(cases)}, {"fake": runner})


def test_agreement_within_a_cent_of_what_is_expected_only():
    assert run(CASE).value[0].agrees
    assert run({**CASE, "expected": {"value": "1.01"}}).value[0].agrees
    off = run({**CASE, "expected": {"value": "1.02"}}).value[0]
    assert (off.agrees, off.differences) == (False, ("value: expected 1.02, found 1",))
    assert run({**CASE, "expected": {"value": "1.02"}, "tolerance": "0.02"}).value[0].agrees
    assert not run({**CASE, "expected": {"value": "1.001"}, "tolerance": "0"}).value[0].agrees


@pytest.mark.parametrize(
    ("expected", "found", "agrees"),
    [
        (True, True, True),
        (True, False, False),
        (False, None, False),
        ("", None, True),
        (None, "", True),
        ("L", "S", False),
        (34, 34, True),
        ("0.00", None, False),
        (None, "0.00", False),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        ({"a": 1}, 1, False),
        (1, True, False),
    ],
)
def test_values_of_every_shape(expected, found, agrees):
    assert (compare({"kind": "x"}, {"v": expected}, {"v": found}) == []) is agrees


def test_a_place_keeps_its_name_whatever_it_begins_with():
    assert compare({"kind": "x"}, {"X": {"XX": 1}}, {"X": {"XX": 2}}) == ["X.XX: expected 1, found 2"]


def test_lists_name_the_place():
    assert compare({"kind": "x"}, {"years": [{"a": 1}, {"a": 2}]}, {"years": [{"a": 1}, {"a": 5}]}) == [
        "years[2].a: expected 2, found 5"
    ]


def test_alternatives_run_under_their_settings_over_the_case_s_own():
    seen = []

    def runner(given, policy):
        seen.append(dict(policy))
        return {"value": policy.get("read", "1")}

    case = {
        **CASE,
        "policy": {"keep": 1},
        "alternatives": [
            {"policy": {"read": "2"}, "reading": "other", "expected": {"value": "2"}},
            {"policy": {"read": "3"}, "reading": "third", "expected": {"value": "9"}},
        ],
    }
    row = run(case, runner=runner).value[0]
    assert seen == [{"keep": 1}, {"keep": 1, "read": "2"}, {"keep": 1, "read": "3"}]
    assert row.differences == ("[third] value: expected 9, found 3",)
    assert row.output == {"value": "1"}


@pytest.mark.parametrize("missing", ["id", "kind", "input", "expected"])
def test_a_case_without_a_part_is_a_failure_and_the_rest_runs(missing):
    broken = {name: value for name, value in CASE.items() if name != missing}
    ran = run(broken, CASE)
    assert [row.agrees for row in ran.value] == [True]
    assert (ran.failures[0].reason, ran.failures[0].field) == (Reason.INVALID, missing)
    assert ran.failures[0].message == f"the case has no {missing}"
    assert (ran.failures[0].table, ran.failures[0].value) == ("cases", "")
    assert ran.failures[0].remedy == "write the case in the form the header of the case file states"
    assert ran.failures[0].row == "1"


def test_an_unknown_kind_and_an_unreadable_input_are_failures():
    ran = run({**CASE, "kind": "magic"}, {**CASE, "id": "2", "input": {}})
    assert [row.agrees for row in ran.value] == [False, False]
    assert [failure.row for failure in ran.failures] == ["1", "2"]
    assert ran.failures[0].message == "kind 'magic' is not one of fake"
    assert ran.failures[1].message == "the input cannot be read: KeyError 'x'"
    assert [(failure.field, failure.value) for failure in ran.failures] == [
        ("kind", "magic"),
        ("kind", "fake"),
    ]


def test_a_file_without_cases():
    for document in ({}, {"cases": {}}):
        ran = run_cases(document, {})
        assert (ran.value, ran.failures[0].field) == ((), "cases")
        assert ran.failures[0].message == "the file has no list `cases`"
        assert (ran.failures[0].row, ran.failures[0].value) == ("", "")


def test_all_that_is_missing_is_named():
    assert run({"id": "1", "kind": "fake"}).failures[0].message == "the case has no input, expected"


LOTS = {
    "closed": [
        {
            "sell": "S",
            "lot": "L",
            "account": "A",
            "symbol": "X",
            "acquired": "a",
            "adjusted_acquired": "a",
            "disposed": "d",
            "term": "L",
            "qty": "10",
            "gain": "-5.00",
            "code": "W",
        }
    ],
    "open": [],
    "totals": {
        "short": "0",
        "long": "-5",
        "disallowed": "3",
        "permanently_disallowed": "0",
        "open_basis": "0",
    },
}


def lots(found, **case):
    return compare({"kind": "lots", **case}, LOTS, found)


def test_rows_of_lots_are_summed_by_what_makes_them_equal():
    row = LOTS["closed"][0]
    split = [{**row, "qty": "4", "gain": "-5.00"}, {**row, "qty": "6", "gain": "0.00", "code": ""}]
    assert lots({**LOTS, "closed": split[::-1]}) == []
    assert lots({**LOTS, "closed": [{**row, "qty": "9"}]}) == [
        "closed.S L A X a a d L.qty: expected 10, found 9"
    ]
    assert lots({**LOTS, "closed": [{**row, "term": "S"}]}) == [
        "closed.S L A X a a d L: expected {'qty': '10', 'gain': '-5.00', 'code': 'W'}, found nothing",
        "closed.S L A X a a d S: not expected",
    ]
    extra = [
        {
            "lot": "L",
            "account": "A",
            "symbol": "X",
            "acquired": "a",
            "adjusted_acquired": "a",
            "qty": "1",
            "basis": "2",
        }
    ]
    assert lots({**LOTS, "open": extra}) == ["open.L A X a a: not expected"]


def test_totals_only_looks_at_what_is_recognized_lost_and_left():
    off = {"closed": [], "open": [], "totals": {**LOTS["totals"], "disallowed": "99"}}
    assert lots(off, compare="totals") == []
    for name in ("short", "long", "permanently_disallowed", "open_basis"):
        wrong = {**off, "totals": {**off["totals"], name: "77"}}
        assert lots(wrong, compare="totals") == [f"totals.{name}: expected {LOTS['totals'][name]}, found 77"]


@pytest.mark.shared
def test_every_shared_case_agrees_under_every_reading(shared):
    ran = run_cases(json.loads((shared / "cases" / "tax_lots.json").read_text()))
    assert not ran.failures
    assert {row.case_id: row.differences for row in ran.value if not row.agrees} == {}
    assert len(ran.value) == 123
    assert {row.kind for row in ran.value} == set(RUNNERS)


def test_an_input_that_breaks_a_law_or_has_another_form_does_not_stop_the_rest():
    sound = {
        "id": "sound",
        "kind": "holding_period",
        "input": {"acquired": "2024-05-01", "adjusted_acquired": "2023-11-01", "disposed": "2024-11-02"},
        "expected": {"term": "L", "first_date_held_more_than": "2024-11-02"},
        "alternatives": [{"reading": "without settings", "expected": {"term": "L"}}],
    }
    transfer = {"id": "T", "type": "transfer", "date": "2024-01-02", "from": "A", "to": "A", "symbol": "X"}
    spin_off = {"id": "M", "type": "spinoff", "date": "2024-01-03", "symbol": "X", "child": "Y", "new": "1"}
    spin_off |= {"old": "1", "child_basis_fraction": "1.5"}
    broken = [
        ("lots", "no object"),
        ("lots", {"accounts": [{"id": "A"}], "transactions": [{**transfer, "lots": "L1"}]}),
        ("lots", {"accounts": [{"id": "A"}], "transactions": [spin_off]}),
        ("holding_period", {"acquired": "2023-01-01", "threshold_months": -2}),
        ("state", {"rule": "ordinary", "lt_gains": "5", "tiers": [{"up_to": "4", "rate": "0.1"}]}),
    ]
    cases = [
        {"id": str(n), "kind": kind, "input": given, "expected": {}} for n, (kind, given) in enumerate(broken)
    ]
    result = run_cases({"cases": [*cases, "no case", sound]})
    assert [row.agrees for row in result.value] == [False] * len(broken) + [True]
    assert [failure.row for failure in result.failures] == ["0", "1", "2", "3", "4", "6"]

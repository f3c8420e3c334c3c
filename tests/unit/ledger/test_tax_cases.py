"""Every case file of tax rules agrees: ours, and the shared vectors of the same kinds."""

import json
from pathlib import Path

import pytest

from trimtab.ledger.conformance import run_cases
from trimtab.ledger.taxcases import RUNNERS

OWN = sorted((Path(__file__).resolve().parents[2] / "cases" / "tax").glob("*.json"))


def _differences(document):
    ran = run_cases(document, RUNNERS)
    assert not ran.failures
    return {row.case_id: row.differences for row in ran.value if not row.agrees}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_cases_agree(path):
    assert _differences(json.loads(path.read_text())) == {}


def test_there_are_sixty_own_cases_of_every_kind():
    cases = [case for path in OWN for case in json.loads(path.read_text())["cases"]]
    assert len(cases) >= 60
    assert {case["kind"] for case in cases} == set(RUNNERS)
    assert len({case["id"] for case in cases}) == len(cases)


@pytest.mark.shared
def test_shared_cases_agree(shared):
    document = json.loads((shared / "cases" / "tax_lots.json").read_text())
    ours = [case for case in document["cases"] if case["kind"] in RUNNERS]
    assert len(ours) == 47
    assert _differences({"cases": ours}) == {}

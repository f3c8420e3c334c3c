import json

import pytest

from trimtab.cli.main import run

CASE = {
    "id": "a",
    "kind": "metric",
    "input": {"metric": "loss_value", "loss": "100", "rate": "0.2"},
    "expected": {"value": "20"},
}
OFF = {**CASE, "id": "b", "expected": {"value": "21"}}


@pytest.fixture
def file(tmp_path):
    def write(*cases):
        path = tmp_path / "cases.json"
        path.write_text(json.dumps({"cases": list(cases)}))
        return str(path)

    return write


def test_all_agree(file, capsys):
    assert run(["conformance", file(CASE)]) == 0
    assert capsys.readouterr().out == "1 of 1 cases agree (metric 1/1)\n"


def test_one_does_not_and_is_shown(file, capsys):
    assert run(["conformance", file(CASE, OFF)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "case\tkind\tdifference",
        "b\tmetric\tvalue: expected 21, found 20.00",
        "1 of 2 cases agree (metric 1/2)",
    ]


def test_outputs_are_in_the_form_of_expected(file, tmp_path):
    out = tmp_path / "out.json"
    assert run(["conformance", file(CASE, OFF), "--outputs", str(out)]) == 1
    assert json.loads(out.read_text()) == [
        {"id": "a", "output": {"value": "20.00"}},
        {"id": "b", "output": {"value": "20.00"}},
    ]


def test_json_holds_cases_and_failures(file, capsys):
    assert run(["conformance", file(CASE, {"id": "c"}), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["cases"] == [{"id": "a", "kind": "metric", "agrees": True, "differences": []}]
    assert (said["failures"][0]["row"], said["failures"][0]["reason"]) == ("c", "invalid")


def test_a_case_that_cannot_be_read_is_named(file, capsys):
    assert run(["conformance", file({**CASE, "input": {}})]) == 1
    assert "the input cannot be read: KeyError 'metric'" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"\xff\xfe{", b"not json", b"[]"])
def test_a_file_that_is_no_case_file_is_a_bad_call(tmp_path, capsys, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert run(["conformance", str(path)]) == 2
    assert "bad.json" in capsys.readouterr().err


def test_a_file_without_cases_is_not_agreement(tmp_path):
    path = tmp_path / "empty.json"
    path.write_text('{"cases": []}')
    assert run(["conformance", str(path)]) == 1
    assert run(["conformance", str(tmp_path / "none.json")]) == 2


def test_numbers_without_quotes_are_read_exactly(file):
    bare = {
        "id": "n",
        "kind": "metric",
        "input": {"metric": "loss_value", "loss": 0.1, "rate": 3},
        "tolerance": 0,
        "expected": {"value": 0.3},
    }
    assert run(["conformance", file(bare)]) == 0

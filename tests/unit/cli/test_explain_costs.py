"""`trimtab explain --costs` and `--statement`: as lines and as JSON."""

import json
from pathlib import Path

import pytest
from tests.e2e.tiny import lay

from trimtab.cli.main import run


@pytest.fixture
def book(tmp_path: Path) -> str:
    return str(lay("limits", tmp_path / "book"))


def test_costs_as_lines(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "CAP", "--costs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split("\t") == ["preference", "set by", "tracking error", "tax", "dollars a year"]
    assert any(line.startswith("max_weight security:OLD 0.1\taccount CAP\t") for line in lines)


def test_costs_as_json(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "CAP", "--costs", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["account_id"] == "CAP"
    assert {"preference", "scope", "set_by", "tracking_error_change", "tax_change", "dollars_a_year"} <= said[
        "costs"
    ][0].keys()


def test_what_is_not_solved_has_no_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = str(lay("decisions", tmp_path / "decisions"))
    assert run(["explain", book, "--account", "FROZEN", "--costs"]) == 0
    assert "not solved" in capsys.readouterr().out


def test_statement_names_who_set_what(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "SCREEN", "--statement"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Investment policy statement of SCREEN")
    assert "budget_tax: 0 dollars [account SCREEN]" in said
    assert "never_own: tag:tobacco>=0.15 [account SCREEN]" in said


def test_statement_says_what_is_overridden(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(book) / "policies.csv").write_text(
        "scope,scope_id,key,value,locked,by\ndesk,,ticket,1,,\nfirm,ALPHA,ticket,3,true,cio\naccount,CAP,ticket,6,,\n"
    )
    assert run(["explain", book, "--account", "CAP", "--statement", "--json"]) == 0
    lines = {one["name"]: one for one in json.loads(capsys.readouterr().out)["lines"]}
    assert lines["ticket"]["value"] == "3 dollars"
    assert lines["ticket"]["set_by"] == "firm cio"
    assert lines["ticket"]["overrides"] == ["1 (desk)", "6 (account CAP)"]

"""`trimtab report`: narrowed to a firm or an account, with a baseline file, and bad calls."""

import json
from pathlib import Path

import pytest
from tests.e2e.tiny import lay

from trimtab.cli.main import run


@pytest.fixture
def book(tmp_path: Path) -> str:
    return str(lay("savings", tmp_path / "book"))


def test_a_firm_or_an_account_alone(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    for call, accounts in (
        (["--firm", "BETA"], {"S23-OTHER", "S23-UNKNOWN"}),
        (["--account", "S23"], {"S23"}),
    ):
        assert run(["report", book, "--savings", "--json", *call]) == 0
        told = json.loads(capsys.readouterr().out)
        assert {one["account_id"] for one in told["accounts"]} == accounts
        assert {one["account_id"] for one in told["lots"]} == accounts
        assert len(told["rests_on"]) == 3
        assert len(told["firms"]) == 1


def test_a_baseline_from_a_file(book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "control.csv"
    file.write_text("account_id,security_id,lot_id,term,gain\nS23,OLD,OLD-1,L,10000\n")
    assert run(["report", book, "--savings", "--json", "--baseline", str(file), "--account", "S23"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accounts"][0]["deferred"] == "2380.00"
    assert told["rests_on"][0] == "Baseline: as control.csv says."


@pytest.mark.parametrize(
    "text",
    ["account_id,gain\nS23,1\n", "account_id,security_id,lot_id,term,gain\nS23,OLD,OLD-1,X,1\n",
     "account_id,security_id,lot_id,term,gain\nS23,OLD,OLD-1,L,much\n"],
)  # fmt: skip
def test_a_baseline_that_cannot_be_read_is_a_bad_call(book: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "control.csv"
    file.write_text(text)
    assert run(["report", book, "--savings", "--baseline", str(file)]) == 2


@pytest.mark.parametrize(
    "call",
    [
        [],
        ["--savings", "--firm", "NOBODY"],
        ["--savings", "--account", "X"],
        ["--savings", "--discount-rate", "5"],
    ],
)
def test_bad_calls(book: str, call: list[str]) -> None:
    assert run(["report", book, *call]) == 2

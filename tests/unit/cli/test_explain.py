"""`trimtab explain`: why, in plain words and as data."""

import json
from pathlib import Path

import pytest
from tests.small_book import spoiled, write_small_book

from trimtab.cli.main import run

POLICY = "scope,scope_id,key,value,by\nfirm,F2,min_trade,150,CIO\n"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_small_book(tmp_path_factory.mktemp("book"), {"policies.csv": POLICY}))


def test_an_account_in_plain_words(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "A3"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0] == "A3, Second, 1 June 2020: $6,445"
    assert lines[1].startswith("Trades are proposed: a class left its band")
    assert "Sell some BND" in said.out
    assert "Buy VTI" in said.out
    assert "min_trade\t150\tfirm\tCIO" in lines
    assert "Conflicts: none" in lines
    assert any(line.startswith("US equity\t54.00%\t0.00%\t") for line in lines)


def test_of_one_security(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "A3", "--security", "VTI"]) == 0
    said = capsys.readouterr().out
    assert "Buy VTI" in said
    assert "Sell some BND" not in said
    assert "min_trade" not in said


def test_as_data(book: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, "--account", "A3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["evaluation"]["decision"] == "propose"
    assert {trade["side"] for trade in said["trades"]} == {"buy", "sell"}
    assert said["lots_sold"][0]["acquired"] == "2019-01-02"
    assert [row["set_by"] for row in said["settings"]] == ["CIO"]
    assert said["failures"] == []


def test_an_account_that_could_not_be_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = write_small_book(tmp_path, spoiled("lots.csv", "A2,L1,VTI,7,", "A2,L1,VTI,-7,"))
    assert run(["explain", str(book), "--account", "A2"]) == 0
    said = capsys.readouterr().out
    assert "The account could not be evaluated" in said
    assert "failure: lots A2/L1" in said


@pytest.mark.parametrize("more", [[], ["--account", "A9"], ["--account", "A1", "--security", "NONE"]])
def test_a_bad_call_is_two(book: str, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", book, *more]) == 2
    assert "Error" in capsys.readouterr().err

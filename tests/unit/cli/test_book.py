"""`trimtab book`: what a person reads, what a machine reads."""

import json
from pathlib import Path

import pytest
from tests.small_book import TABLES, spoiled, write_small_book

from trimtab.book.describe import datapackage, describe_book
from trimtab.cli.main import run


def test_a_sound_book_is_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["book", "check", str(write_small_book(tmp_path))]) == 0
    said = capsys.readouterr()
    assert said.out == "small of 2020-06-01: 4 accounts, 5 lots; 0 failures, 0 accounts isolated, 0 notices\n"
    assert said.err == ""


def test_failures_are_lines_in_a_pipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = spoiled("lots.csv", "VTI,7,", 'VTI,"seven\nshares",')
    assert run(["book", "check", str(write_small_book(tmp_path, changes))]) == 1
    head, row, summary = capsys.readouterr().out.splitlines()
    assert head.split("\t") == ["table", "row", "field", "value", "reason", "remedy", "accounts"]
    assert row.split("\t") == [
        "lots",
        "A2/L1 (row 4)",
        "quantity",
        "seven shares",
        "parsing: the value is not a decimal number",
        "write a plain decimal such as 1234.56, without separators or signs of currency",
        "1: A2",
    ]
    assert "1 failures, 1 accounts isolated" in summary


def test_a_limit_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_small_book(tmp_path, {"lots.csv": TABLES["lots.csv"].replace("VTI,", "VTI,-")})
    assert run(["book", "check", str(folder), "--limit", "1"]) == 1
    assert "… and 2 more failures; --limit 0 lists all" in capsys.readouterr().out
    run(["book", "check", str(folder), "--limit", "0"])
    assert "more failures" not in capsys.readouterr().out


def test_a_machine_reads_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_small_book(tmp_path, spoiled("accounts.csv", "75,,T2", "75,,"))
    assert run(["book", "check", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["as_of"], said["isolated_accounts"], said["flags"]) == ("2020-06-01", 0, {"unknown_tax": 1})
    assert said["rows"]["lots"] == 5
    assert len(said["digest"]) == 64


def test_a_book_without_a_date_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_small_book(tmp_path, {"book.toml": None})
    assert run(["book", "check", str(folder)]) == 1
    assert "of no date: 4 accounts" in capsys.readouterr().out
    run(["book", "check", str(folder), "--json"])
    assert json.loads(capsys.readouterr().out)["as_of"] is None


def test_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["book", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(describe_book()))
    assert run(["book", "schema", "--datapackage"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(datapackage()))

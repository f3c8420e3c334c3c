"""The page on versions of models: its commands run and say those lines, and the night decides as it tells."""

import csv
from pathlib import Path

import pytest
from tests.docs.worked import facts, follow, page
from tests.e2e.tiny import lay


def test_the_worked_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = page("models.md")
    lay("versions", tmp_path / "book")
    follow(text, tmp_path, capsys)
    with (tmp_path / "night" / "evaluations.csv").open(newline="") as lines:
        rows = {row["account_id"]: row for row in csv.DictReader(lines)}
    told = facts(text)
    assert len(told) == len(rows) == 4
    for account, column, value in told:
        assert value in rows[account][column].split(";")

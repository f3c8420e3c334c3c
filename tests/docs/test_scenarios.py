"""The page of scenarios: every account that it names is enrolled in its book and has facts; nothing is named twice."""

import csv
import re
from pathlib import Path

import pytest
from tests.docs.worked import page

CASES = Path(__file__).resolve().parents[1] / "cases"
REPOSITORY = CASES.parents[1]
TEXT = page("reference/scenarios.md")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d", line)
]


def column(file: Path) -> set[str]:
    with file.open(newline="", encoding="utf-8") as lines:
        return {row["account_id"] for row in csv.DictReader(lines)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_accounts_of_a_row_are_there_with_facts(row: list[str]) -> None:
    _, where, *named = row
    folder = CASES / where
    inside = folder / "before" if where.startswith("rehearsals") else folder
    accounts = [one.strip() for part in named for one in part.split(",")]
    assert accounts
    assert set(accounts) <= column(inside / "accounts.csv")
    assert set(accounts) <= column(folder / "expected.csv")


def test_every_scenario_of_these_books_has_a_row_and_every_test_named_exists() -> None:
    numbers = {int(re.match(r"\d+", row[0]).group()) for row in ROWS}  # type: ignore[union-attr]
    assert numbers == {*range(1, 19), 21, 23, 24}
    for file in re.findall(r"`(tests/\S+\.py)`", TEXT):
        assert (REPOSITORY / file).is_file(), file

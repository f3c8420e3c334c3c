"""The tables as data against the page of the contract: nothing invented, nothing left out."""

import re
from pathlib import Path

import pytest

from trimtab.book.tables_in import CASE_KINDS
from trimtab.book.tables_out import TABLES_OUT
from trimtab.book.tables_wishes import TABLES_IN

CASE_FIELDS = {
    "order", "underlying", "method", "lots", "new", "old", "new_symbol", "child", "child_basis_fraction", "fmv_parent",
    "fmv_child", "fmv_new", "fmv", "cash_per_share", "cash_in_lieu", "per_share", "from", "to", "donor_basis",
    "donor_acquired", "gift_tax_paid", "taxable_gift",
}  # fmt: skip


ADDED = {"model_versions", "list_proposals"}
"""Tables of our own beside the page's: adding is free, and docs/models.md and docs/rehearsal.md describe them."""
ON_THE_PAGE = [name for name in (*TABLES_IN, *TABLES_OUT) if name not in ADDED]


@pytest.fixture(scope="module")
def page(shared: Path) -> dict[str, str]:
    """The row of every table on the page, by table name."""
    rows: dict[str, str] = {}
    for line in (shared / "design" / "book.md").read_text().splitlines():
        if line.startswith("| `") and "trimtab" not in line:
            for name in re.findall(r"`(\w+)`", line.split("|")[1]):
                rows.setdefault(name, line)
    return rows


def test_every_table_of_the_page_is_known(page: dict[str, str]) -> None:
    assert set(page) | ADDED == set(TABLES_IN) | set(TABLES_OUT)


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_no_column_is_invented(page: dict[str, str], name: str) -> None:
    table = TABLES_IN.get(name) or TABLES_OUT[name]
    words = set(re.findall(r"\w+", page[name]))
    extra = CASE_FIELDS if name == "transactions" else set()
    aliases = {"lot_instructions"} if name == "orders" else set()
    assert set(table.names) - words - extra - aliases == set()


@pytest.mark.parametrize("name", [name for name in ON_THE_PAGE if name in TABLES_IN])
def test_the_key_and_the_required_columns_are_the_page_s(page: dict[str, str], name: str) -> None:
    cells = [cell.strip() for cell in page[name].split("|")[1:-1]]
    if len(cells) < 3 or not cells[1]:
        return
    assert ", ".join(TABLES_IN[name].key) == cells[1]
    required, _, optional = cells[2].partition("[")
    for column in TABLES_IN[name].columns:
        if column.name in TABLES_IN[name].key:
            assert column.required
        elif re.search(rf"\b{column.name}\b", required):
            assert column.required or name == "plans", column.name
        elif optional:
            assert not column.required, column.name


def test_every_evaluation_column_of_the_page_stands_in_its_order(page: dict[str, str]) -> None:
    prose = re.sub(r"\([^()]*\)", "", page["evaluations"].split("|")[3])
    assert re.findall(r"\w+", prose) == list(TABLES_OUT["evaluations"].names)


def test_the_five_required_tables() -> None:
    assert {name for name, table in TABLES_IN.items() if table.required} == {
        "firms", "securities", "models", "accounts", "lots",
    }  # fmt: skip


def test_references_lead_to_columns() -> None:
    for table in TABLES_IN.values():
        for column in table.columns:
            if column.references is not None:
                target, name = column.references.split(".")
                assert name in TABLES_IN[target].key


def test_transaction_kinds_are_those_of_the_cases(shared: Path) -> None:
    text = (shared / "cases" / "tax_lots.json").read_text()
    header = text[text.index('"transactions"') : text.index('"kinds"')]
    named = {
        word for key in re.findall(r'^\s*"([a-z_, ]+)":', header, re.MULTILINE) for word in key.split(", ")
    }
    assert named - {"transactions"} == set(CASE_KINDS)

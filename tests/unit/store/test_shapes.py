"""The store's columns are the book's: two descriptions on one floor, held equal here."""

import pytest

from trimtab.book.schema import Kind, Table
from trimtab.book.tables_out import TABLES_OUT
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.store.shapes import FACTS, RESULTS


def described(table: Table) -> dict[str, str]:
    return {
        column.name: "text" if column.kind is Kind.LIST else column.kind.value for column in table.columns
    }


@pytest.mark.parametrize("name", TABLES_IN)
def test_facts_have_the_columns_of_the_book(name: str) -> None:
    assert dict(FACTS[name].columns) == described(TABLES_IN[name])
    assert FACTS[name].key == TABLES_IN[name].key


@pytest.mark.parametrize("name", TABLES_OUT)
def test_results_have_the_columns_of_the_tables_out(name: str) -> None:
    ours = dict(RESULTS[name].columns)
    if name == "failures":
        assert ours.pop("ordinal") == "integer"
    if name == "evaluations":
        beyond = {name: ours.pop(name) for name in ("release_hits", "plan_progress", "plan_finish")}
        assert beyond == {"release_hits": "text", "plan_progress": "number", "plan_finish": "date"}
    if name == "orders":
        assert ours.pop("lot_method") == "text"
    assert ours == described(TABLES_OUT[name])


def test_no_table_is_forgotten() -> None:
    assert set(FACTS) == set(TABLES_IN)
    assert set(RESULTS) == set(TABLES_OUT)

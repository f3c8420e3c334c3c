"""Sheets: rows in key order, repeated keys found, faulty and set-aside rows not among the good."""

import polars as pl

from trimtab.book.faults import ROW
from trimtab.book.files import RawTable
from trimtab.book.sheets import open_sheet
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.core.result import Reason


def sheet(of: str, /, **columns: list[str | None]):
    table = TABLES_IN[of]
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame({ROW: range(2, 2 + height)}, schema={ROW: pl.UInt32}).with_columns(
        pl.Series(column, columns.get(column, [None] * height), dtype=pl.String) for column in table.names
    )
    return open_sheet(RawTable(table, frame))


def test_rows_are_sorted_by_key_and_keep_their_numbers() -> None:
    opened = sheet("firms", firm_id=["b", "a"], name=["x", "y"])
    assert opened.frame.select("firm_id", ROW).rows() == [("a", 3), ("b", 2)]
    assert opened.good().equals(opened.frame)


def test_every_row_of_a_repeated_key_is_faulty() -> None:
    opened = sheet("firms", firm_id=["a", "b", "a", "a"], name=["x", "y", "z", "w"])
    (fault,) = opened.faults
    assert fault.reason is Reason.DUPLICATE
    assert sorted(fault.rows.to_list()) == [2, 4, 5]
    assert fault.messages is not None
    assert set(fault.messages) == {"the key stands in rows 2, 4, 5"}
    assert opened.good()["firm_id"].to_list() == ["b"]


def test_an_empty_part_of_a_key_is_equal_to_itself() -> None:
    same = {"firm_id": ["F", "F"], "node_id": ["n", "n"], "security_id": ["S", "S"], "rank": ["1", "2"]}
    assert [fault.reason for fault in sheet("products", **same).faults] == [Reason.DUPLICATE]
    assert not sheet("products", **same, model_id=[None, "M"]).faults


def test_missing_keys_are_missing_not_repeated() -> None:
    opened = sheet("firms", firm_id=[None, None], name=["x", "y"])
    assert [fault.reason for fault in opened.faults] == [Reason.MISSING]


def test_rows_set_aside_leave_with_a_notice() -> None:
    opened = sheet("firms", firm_id=["a", "b"], name=["x", "y"])
    aside = opened.with_notice("one row less", opened.frame[ROW].head(1))
    assert aside.good().height == 1
    assert aside.notices == ("one row less",)
    assert not aside.faults

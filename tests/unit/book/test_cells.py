"""Cells of any source become typed values or faults, exactly."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.book.cells import parse_cells, parse_table
from trimtab.book.faults import ROW
from trimtab.book.files import RawTable
from trimtab.book.schema import EXACT, Column, Kind, Table, day, exact, integer, items, need, number, text
from trimtab.core.result import Reason


def parse(kind: Kind, *cells: object, dtype: object = pl.String) -> list[object]:
    return parse_cells(pl.Series(list(cells), dtype=dtype), kind).to_list()


def faults(column: Column, *cells: object, dtype: object = pl.String):
    frame = pl.DataFrame({ROW: range(2, 2 + len(cells)), column.name: pl.Series(list(cells), dtype=dtype)})
    raw = RawTable(Table("t", (), (column,)), frame.with_columns(pl.col(ROW).cast(pl.UInt32)))
    return [(fault.reason, fault.rows.to_list(), fault.values.to_list()) for fault in parse_table(raw)[1]]


def test_decimals_are_exact() -> None:
    assert parse(Kind.DECIMAL, "0.1", "123456789012345678.123456789", " 7 ", "1e3", None) == [
        Decimal("0.1"), Decimal("123456789012345678.123456789"), Decimal(7), Decimal(1000), None,
    ]  # fmt: skip


def test_floats_of_parquet_mean_their_shortest_text() -> None:
    assert parse(Kind.DECIMAL, 0.1, 123456789.12, 0.1 + 0.2, dtype=pl.Float64) == [
        Decimal("0.1"), Decimal("123456789.12"), Decimal("0.3"),
    ]  # fmt: skip


def test_decimals_of_parquet_keep_their_digits() -> None:
    assert parse(Kind.DECIMAL, Decimal("1.25"), dtype=pl.Decimal(10, 2)) == [Decimal("1.25")]
    assert parse(Kind.DECIMAL, 7, dtype=pl.Int32) == [Decimal(7)]


@pytest.mark.parametrize("word", ["NaN", "inf", "1,000", "$5", "0x1", "twelve", "1e40", "shares"])
def test_what_is_no_decimal_is_a_fault(word: str) -> None:
    assert faults(exact("q"), "1", word) == [(Reason.PARSING, [3], [word])]


def test_dates() -> None:
    assert parse(Kind.DATE, "2020-02-29", "2021-02-29", "01/02/2020", " 2020-01-02") == [
        date(2020, 2, 29), None, None, date(2020, 1, 2),
    ]  # fmt: skip
    moments = pl.Series(["2020-01-02T00:00:00", "2020-01-02T09:00:00"]).str.to_datetime()
    assert parse_cells(moments, Kind.DATE).to_list() == [date(2020, 1, 2), None]
    assert parse(Kind.DATE, 20200102, dtype=pl.Int64) == [None]
    assert faults(day("d"), "1066-10-14") == [(Reason.INVALID, [2], ["1066-10-14"])]


def test_flags() -> None:
    assert parse(Kind.FLAG, "true", "FALSE", "1", "0", "maybe", None) == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]
    assert parse(Kind.FLAG, True, None, dtype=pl.Boolean) == [True, None]


def test_text_of_any_source() -> None:
    assert parse(Kind.TEXT, 7, None, dtype=pl.Int64) == ["7", None]
    assert parse(Kind.TEXT, "a", "b", dtype=pl.Categorical) == ["a", "b"]


def test_nested_cells_are_faults() -> None:
    assert faults(text("a"), [1], dtype=pl.List(pl.Int64)) == [(Reason.PARSING, [2], ["[1]"])]


def test_an_empty_cell_is_unknown_and_a_fault_only_where_needed() -> None:
    assert faults(exact("q"), "", None) == []
    assert faults(need(exact("q")), "", "1") == [(Reason.MISSING, [2], [None])]


def test_ranges() -> None:
    assert faults(exact("q"), "-1", "0") == [(Reason.INVALID, [2], ["-1"])]
    assert faults(exact("q", above=True), "0", "1") == [(Reason.INVALID, [2], ["0"])]
    assert faults(number("w", low="0", high="1"), "1.1", "1", "NaN", "-inf") == [
        (Reason.INVALID, [4, 5], ["NaN", "-inf"]),
        (Reason.INVALID, [2], ["1.1"]),
    ]
    assert faults(integer("r", low="1"), "0", "1.5", "2") == [
        (Reason.PARSING, [3], ["1.5"]),
        (Reason.INVALID, [2], ["0"]),
    ]


def test_no_amount_is_so_large_that_a_product_would_not_fit() -> None:
    assert faults(exact("q"), "1000000000000000", "1000000000000001") == [
        (Reason.INVALID, [3], ["1000000000000001"])
    ]


def test_allowed_values_name_the_nearest() -> None:
    column = text("kind", allowed=("equity", "bond"))
    frame = pl.DataFrame({ROW: pl.Series([2, 3], dtype=pl.UInt32), "kind": ["equty", "bond"]})
    fault = parse_table(RawTable(Table("t", (), (column,)), frame))[1][0]
    assert fault.messages is not None
    assert fault.messages.to_list() == ["the value is not one of equity, bond; did you mean equity?"]


def test_every_item_of_a_list_is_checked() -> None:
    assert faults(items("l", allowed=("a", "b")), "a;b", "a; b", "a;c") == [(Reason.INVALID, [4], ["a;c"])]


def test_a_soft_cell_becomes_unknown_and_its_row_stays() -> None:
    column = Column("p", Kind.DECIMAL, minimum="0", above=True, soft=True)
    frame = pl.DataFrame({ROW: pl.Series([2, 3], dtype=pl.UInt32), "p": ["0", "1"]})
    typed, found = parse_table(RawTable(Table("t", (), (column,)), frame))
    assert typed["p"].to_list() == [None, Decimal(1)]
    assert typed["p"].dtype == EXACT
    assert [fault.fatal for fault in found] == [False]

"""A book in columns: every table, every column, exact types, whatever the format."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.small_book import TABLES, write_small_book

from trimtab.book.read import NotABookError, read_book
from trimtab.book.tables_wishes import TABLES_IN


def test_every_table_has_every_column_typed_and_sorted(read) -> None:
    book = read()
    assert list(book.tables) == list(TABLES_IN)
    for name, frame in book.tables.items():
        extra = {"unpriced": pl.Boolean, "unit_value": pl.Decimal(38, 9)} if name == "securities" else {}
        assert dict(frame.schema) == {**TABLES_IN[name].frame_schema, **extra}
        assert frame.equals(frame.sort(TABLES_IN[name].key))
    assert (book.as_of, book.name, book.currency) == (date(2020, 6, 1), "small", "USD")
    assert not book.failures
    assert not book.isolated


def test_parquet_with_its_own_types_is_the_same_book(tmp_path: Path) -> None:
    text = read_book(write_small_book(tmp_path / "text"))
    folder = write_small_book(tmp_path / "parquet", {name: None for name in TABLES if name.endswith(".csv")})
    for name in TABLES:
        if name.endswith(".csv"):
            frame = pl.read_csv(TABLES[name].encode(), try_parse_dates=True)
            frame.write_parquet(folder / name.replace(".csv", ".parquet"))
    columns = read_book(folder)
    assert columns.failures == ()
    assert columns.digest == text.digest


def test_a_path_that_is_no_folder_is_a_bad_call(tmp_path: Path) -> None:
    with pytest.raises(NotABookError, match="not a folder"):
        read_book(tmp_path / "nowhere")


def test_many_faults_at_once_are_all_named(read) -> None:
    book = read(
        {
            "lots.csv": TABLES["lots.csv"].replace("VTI,7,", "VTI,-7,"),
            "accounts.csv": TABLES["accounts.csv"].replace("A3,F2,taxable", "A3,F2,none"),
            "odd.csv": "a\n",
        }
    )
    assert [failure.table for failure in book.failures] == ["odd", "accounts", "lots"]
    assert list(book.isolated) == ["A2", "A3"]


def test_a_short_row_is_reported_once(read) -> None:
    book = read({"lots.csv": TABLES["lots.csv"].replace("A2,L1,VTI,7,99,2019-01-02", "A2,L1,VTI")})
    (failure,) = book.failures
    assert (failure.row, failure.accounts) == ("A2/L1 (row 4)", ("A2",))

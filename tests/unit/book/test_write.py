"""Files appear whole, in canonical text, and a rewritten book holds nothing of the old one."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.small_book import write_small_book

from trimtab.book.read import read_book
from trimtab.book.write import canonical_text, write_book, write_tables


def test_canonical_text() -> None:
    frame = pl.DataFrame(
        {
            "exact": pl.Series([Decimal("100.500"), Decimal(0), None], dtype=pl.Decimal(38, 9)),
            "whole": pl.Series([Decimal(100), Decimal(0), None], dtype=pl.Decimal(38, 0)),
            "number": [1.0, -0.0, float("nan")],
            "day": [date(2020, 1, 2), None, None],
            "flag": [True, False, None],
            "list": [["a", "b"], [], None],
            "count": [1, 2, None],
        }
    )
    assert canonical_text(frame).rows() == [
        ("100.5", "100", "1", "2020-01-02", "true", "a;b", "1"),
        ("0", "0", "0", None, "false", None, "2"),
        (None,) * 7,
    ]


def test_tables_are_written_in_both_formats_on_request(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x,y", None], "b": [0.25, None]})
    write_tables({"t": frame}, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["t.csv"]
    assert (tmp_path / "out" / "t.csv").read_bytes() == b'a,b\n"x,y",0.25\n,\n'
    write_tables({"t": frame}, tmp_path / "out", parquet=True)
    assert pl.read_parquet(tmp_path / "out" / "t.parquet").equals(frame)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_tables({"t": pl.DataFrame({"a": ["old"]})}, tmp_path)
    (tmp_path / ".t.csv.part").mkdir()
    with pytest.raises(OSError, match="part"):
        write_tables({"t": pl.DataFrame({"a": ["new"]})}, tmp_path)
    assert (tmp_path / "t.csv").read_text() == "a\nold\n"


def test_nothing_is_left_beside_what_was_written(tmp_path: Path) -> None:
    write_tables({"t": pl.DataFrame({"a": ["old"]})}, tmp_path, parquet=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.parquet"]


@pytest.mark.parametrize("parquet", [False, True])
def test_a_book_comes_back_as_it_was(tmp_path: Path, parquet: bool) -> None:
    book = read_book(write_small_book(tmp_path / "one"))
    write_book(book.tables, tmp_path / "two", as_of=book.as_of, name=book.name, parquet=parquet)
    again = read_book(tmp_path / "two")
    assert (again.digest, again.name, again.failures) == (book.digest, "small", ())
    assert all(again.tables[name].equals(frame) for name, frame in book.tables.items())


def test_a_rewritten_book_holds_nothing_of_the_old_one(tmp_path: Path) -> None:
    book = read_book(write_small_book(tmp_path / "one"))
    write_book(book.tables, tmp_path / "two", as_of=book.as_of)
    write_book(
        book.tables | {"prices": book.tables["prices"].clear()},
        tmp_path / "two",
        as_of=book.as_of,
        parquet=True,
    )
    names = {path.name for path in (tmp_path / "two").iterdir()}
    assert "prices.csv" not in names
    assert "prices.parquet" not in names
    assert "lots.csv" not in names
    assert "lots.parquet" in names


def test_only_tables_of_a_book_are_written_into_one(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="evaluations"):
        write_book({"evaluations": pl.DataFrame()}, tmp_path, as_of=date(2020, 6, 1))

"""Which files a book has, and what can be wrong with a file as a whole."""

from pathlib import Path

import polars as pl
import pytest
from tests.small_book import TABLES

from trimtab.book.faults import ROW
from trimtab.book.files import RawTable, find_files, read_table
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.core.result import Reason

LOTS = TABLES_IN["lots"]


def read_lots(folder: Path, data: str | bytes) -> RawTable:
    path = folder / "lots.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(LOTS, [path])


def test_tables_are_csv_and_parquet_files_that_are_not_hidden(tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet", "B.CSV", ".c.csv", "d.txt", ".lots.csv.part"):
        (tmp_path / name).touch()
    (tmp_path / "e.csv").mkdir()
    found = find_files(tmp_path)
    assert {name: [path.name for path in paths] for name, paths in found.items()} == {
        "B": ["B.CSV"],
        "a": ["a.csv", "a.parquet"],
    }


def test_rows_are_numbered_as_an_editor_shows_them(tmp_path: Path) -> None:
    raw = read_lots(tmp_path, TABLES["lots.csv"])
    assert raw.frame[ROW].to_list() == [2, 3, 4, 5, 6]
    assert set(raw.frame.columns) == {ROW, *LOTS.names}
    assert raw.frame["adjusted_acquired"].null_count() == 5
    assert not raw.broken


def test_parquet_rows_are_numbered_from_one(tmp_path: Path) -> None:
    path = tmp_path / "lots.parquet"
    pl.read_csv(TABLES["lots.csv"].encode()).write_parquet(path)
    assert read_table(LOTS, [path]).frame[ROW].to_list() == [1, 2, 3, 4, 5]


def test_windows_text_reads_the_same(tmp_path: Path) -> None:
    windows = b"\xef\xbb\xbf" + TABLES["lots.csv"].replace("\n", "\r\n").encode()
    assert read_lots(tmp_path, windows).frame.equals(read_lots(tmp_path, TABLES["lots.csv"]).frame)


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert read_lots(tmp_path, TABLES["lots.csv"] + "\n\n").frame.height == 5


def test_short_and_long_rows_are_faults_and_keep_their_owner(tmp_path: Path) -> None:
    raw = read_lots(tmp_path, TABLES["lots.csv"].replace("A2,L1,VTI,7,99,2019-01-02", "A2,L1,VTI,7"))
    (fault,) = raw.faults
    assert (fault.reason, fault.rows.to_list()) == (Reason.PARSING, [4])
    assert fault.messages is not None
    assert fault.messages.to_list() == ["the row has 4 fields where the header has 6"]
    assert raw.frame.filter(pl.col(ROW) == 4)["account_id"].to_list() == ["A2"]
    long = read_lots(tmp_path, TABLES["lots.csv"].replace("2019-01-02\nA3", "2019-01-02,x\nA3"))
    assert [fault.rows.to_list() for fault in long.faults] == [[4]]
    assert not long.broken


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", Reason.MISSING, "empty"),
        (b"\n\n", Reason.MISSING, "empty"),
        ("account_id".encode("utf-16"), Reason.PARSING, "UTF-16"),
        (b"PK\x03\x04....", Reason.PARSING, "spreadsheet"),
        (b"\x1f\x8b....", Reason.PARSING, "gzip"),
        (b"PAR1....", Reason.PARSING, "Parquet"),
        (b"account_id,lot_id,lot_id\n", Reason.DUPLICATE, "lot_id"),
    ],
)
def test_files_that_are_no_csv(tmp_path: Path, data: bytes, reason: Reason, words: str) -> None:
    raw = read_lots(tmp_path, data)
    assert raw.broken
    assert raw.faults[0].whole
    assert raw.faults[0].reason is reason
    assert words in raw.faults[0].message


def test_nul_bytes_spoil_their_row_only(tmp_path: Path) -> None:
    raw = read_lots(tmp_path, TABLES["lots.csv"].replace("A3,L1", "A3,\0\0"))
    assert [(fault.column, fault.rows.to_list()) for fault in raw.faults] == [("lot_id", [5])]


def test_an_absent_table_is_a_fault_only_where_required() -> None:
    assert read_table(LOTS, []).broken
    assert not read_table(TABLES_IN["tags"], []).faults


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    raw = read_table(LOTS, [tmp_path / "lots.csv"])
    assert raw.broken
    assert "cannot be read" in raw.faults[0].message


def test_unknown_columns_are_noticed_with_the_nearest_absent_one(tmp_path: Path) -> None:
    text = (
        TABLES["lots.csv"]
        .replace("acquired\n", "acquired,adjusted_aquired,zzz\n")
        .replace("-04\n", "-04,,\n")
    )
    raw = read_lots(tmp_path, text.replace("-02\n", "-02,,\n"))
    assert raw.notices == (
        "lots: unknown column adjusted_aquired is ignored; did you mean adjusted_acquired?",
        "lots: unknown column zzz is ignored",
    )
    assert set(raw.frame.columns) == {ROW, *LOTS.names}


def test_a_missing_required_column_breaks_the_table(tmp_path: Path) -> None:
    raw = read_lots(tmp_path, TABLES["lots.csv"].replace("quantity", "quantty"))
    assert raw.broken
    assert raw.frame.is_empty()
    assert raw.faults[0].remedy == "did you mean quantty?"

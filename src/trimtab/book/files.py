"""From files to raw tables: which files a book has, and their rows as text or as Parquet typed them."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.nearest import did_you_mean, nearest
from trimtab.book.records import Records, count_records
from trimtab.book.schema import Table
from trimtab.core.result import Reason

_WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
_ARCHIVES = {b"PK\x03\x04": "a spreadsheet or zip archive", b"\x1f\x8b": "a gzip archive", b"PAR1": "Parquet"}


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as its file gives it: the known columns, plus `__row`, the row's number in
    the file: from 2 in CSV, whose header is row 1, from 1 in Parquet.

    Rows that `faults` names are still in the frame, so that it can be said whose they are. `broken` says that
    rows may be missing: the file is absent though required, unreadable, ambiguous or cut.
    """

    table: Table
    frame: pl.DataFrame
    present: bool = True
    broken: bool = False
    faults: tuple[Fault, ...] = ()
    notices: tuple[str, ...] = ()


def find_files(folder: Path) -> dict[str, list[Path]]:
    """Table files of a folder by table name; hidden files and folders are no tables."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".csv", ".parquet"} and not path.name.startswith(".") and path.is_file():
            found.setdefault(path.stem, []).append(path)
    return found


def read_table(table: Table, paths: list[Path]) -> RawTable:
    """Read the file of a table; whatever is wrong with the file itself is a fault, never an exception."""
    if not paths:
        return _absent(table)
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths)
        return _unreadable(
            table, Reason.CONFLICT, names, f"{names} both hold this table", "keep one of the two files"
        )
    path = paths[0]
    try:
        raw = _read_parquet(table, path) if path.suffix.lower() == ".parquet" else _read_csv(table, path)
    except OSError as error:
        return _unreadable(
            table, Reason.PARSING, path.name, f"the file cannot be read: {error.strerror}", "check the file"
        )
    return _match_columns(raw)


def table_of_rows(table: Table, frame: pl.DataFrame) -> RawTable:
    """Rows that come from no file, as `read_table` gives those of one; rows are numbered from 1."""
    return _match_columns(RawTable(table, frame.with_row_index(ROW, offset=1)))


def _absent(table: Table) -> RawTable:
    if not table.required:
        return RawTable(table, _no_rows(table), present=False)
    fault = Fault(
        table.name,
        "",
        Reason.MISSING,
        "a required table is missing",
        f"add {table.name}.csv or {table.name}.parquet with columns {', '.join(_required(table))}",
    )
    return RawTable(table, _no_rows(table), present=False, broken=True, faults=(fault,))


def _unreadable(table: Table, reason: Reason, value: str, message: str, remedy: str) -> RawTable:
    fault = Fault(table.name, value, reason, message, remedy)
    return RawTable(table, _no_rows(table), broken=True, faults=(fault,))


def _no_rows(table: Table) -> pl.DataFrame:
    return pl.DataFrame(schema={name: pl.String() for name in table.names} | {ROW: pl.UInt32()})


def _required(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.required]


def _read_parquet(table: Table, path: Path) -> RawTable:
    try:
        frame = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, ValueError) as error:
        return _unreadable(
            table,
            Reason.PARSING,
            path.name,
            f"the Parquet file is cut or damaged: {_first_line(error)}",
            "write or send the file again",
        )
    return RawTable(table, frame.with_row_index(ROW, offset=1))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200]


def _read_csv(table: Table, path: Path) -> RawTable:
    data = path.read_bytes()
    if data.startswith(_WIDE_ENCODINGS):
        return _unreadable(
            table, Reason.PARSING, path.name, "the file is UTF-16, not UTF-8", "save it as CSV UTF-8"
        )
    for mark, what in _ARCHIVES.items():
        if data.startswith(mark):
            return _unreadable(
                table,
                Reason.PARSING,
                path.name,
                f"the file is {what}, not CSV",
                "write the table as CSV text",
            )
    records = count_records(data)
    if not records.header or not data.strip():
        return _unreadable(
            table,
            Reason.MISSING,
            path.name,
            "the file is empty",
            "add a header row, and rows if there are any",
        )
    repeated = sorted({name for name in records.header if records.header.count(name) > 1})
    if repeated:
        message = f"the header names a column twice: {', '.join(repeated)}"
        return _unreadable(table, Reason.DUPLICATE, path.name, message, "name each column once")
    return _csv_rows(table, path, records)


def _csv_rows(table: Table, path: Path, records: Records) -> RawTable:
    """Cells as text; records that are short, long, cut or not UTF-8 become faults instead of rows."""
    damaged = b"\0" in records.data
    try:
        frame = pl.read_csv(
            records.data, infer_schema=False, truncate_ragged_lines=not records.odd.is_empty()
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        damaged = True
        records = count_records(records.data, cut=records.cut, careful=True)
        try:
            frame = pl.read_csv(
                records.data, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy"
            )
        except pl.exceptions.PolarsError as error:
            message = f"the file cannot be read as CSV: {_first_line(error)}"
            remedy = "write the table again, quoted as RFC 4180 says"
            return _unreadable(table, Reason.PARSING, path.name, message, remedy)
    frame = frame.rename({name: name.strip() for name in frame.columns}).with_row_index(ROW, offset=2)
    faults = _odd_faults(table, records)
    if records.cut:
        message = f"the file ends in the middle of a row, after {frame.height} whole ones"
        faults.append(Fault(table.name, path.name, Reason.PARSING, message, "write or send the file again"))
    if damaged:
        faults.extend(_garbled_faults(table, frame))
    blank = pl.all_horizontal(pl.exclude(ROW).is_null())
    return RawTable(table, frame.filter(~blank), broken=records.cut, faults=tuple(faults))


def _odd_faults(table: Table, records: Records) -> list[Fault]:
    if records.odd.is_empty():
        return []
    fields = records.odd["fields"].cast(pl.String)
    return [
        Fault(
            table.name,
            "",
            Reason.PARSING,
            "the row does not have as many fields as the header",
            "quote a field that holds a comma; keep the commas of empty cells",
            rows=records.odd[ROW] + 2,
            values=fields + " fields",
            messages="the row has " + fields + f" fields where the header has {len(records.header)}",
        )
    ]


def _garbled_faults(table: Table, frame: pl.DataFrame) -> list[Fault]:
    """Rows whose bytes are not UTF-8 (read as U+FFFD) or hold NUL, by column."""
    faults = []
    for name in frame.columns:
        if name == ROW:
            continue
        hit = frame.filter(pl.col(name).str.contains("[\ufffd\0]"))
        if not hit.is_empty():
            message, remedy = "the text is not UTF-8", "save the file as UTF-8"
            faults.append(Fault(table.name, name, Reason.PARSING, message, remedy, hit[ROW], hit[name]))
    return faults


def _match_columns(raw: RawTable) -> RawTable:
    """Keep the columns of the contract; absent optional ones are unknown in every row."""
    table, frame = raw.table, raw.frame
    unknown = [name for name in frame.columns if name != ROW and name not in table.names]
    missing = [name for name in _required(table) if name not in frame.columns]
    notices = []
    for name in unknown:
        match = nearest(name, table.names)
        hint = f"; did you mean {match}?" if match is not None and match not in frame.columns else ""
        notices.append(f"{table.name}: unknown column {name} is ignored{hint}")
    faults = [
        Fault(
            table.name,
            name,
            Reason.MISSING,
            f"the required column {name} is missing",
            did_you_mean(name, unknown) if nearest(name, unknown) else f"add the column {name}",
        )
        for name in missing
    ]
    known = [name if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in table.names]
    matched = _no_rows(table) if missing else frame.select(ROW, *known)
    return RawTable(
        table,
        matched,
        broken=raw.broken or bool(missing),
        faults=raw.faults + tuple(faults),
        notices=raw.notices + tuple(notices),
    )

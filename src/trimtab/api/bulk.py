"""Tables on the wire: NDJSON and Parquet, in and out."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import polars as pl

from trimtab.api.columns import as_json
from trimtab.book.edit import rows_as_text
from trimtab.store.shapes import FACTS

NDJSON: Final = "application/x-ndjson"
PARQUET: Final = "application/vnd.apache.parquet"
TABLE: Final = "table"
_ROWS_A_CHUNK: Final = 1000


class UnreadableError(Exception):
    """The body cannot be read; the message says where."""


def from_ndjson(body: bytes) -> dict[str, pl.DataFrame]:
    """Tables out of lines of JSON, each a row with the name of its table; numbers stay as they are written."""
    rows: dict[str, list[dict[str, object]]] = {}
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise UnreadableError(f"line {number} is not JSON") from None
        if not isinstance(said, dict) or said.get(TABLE) not in FACTS:
            raise UnreadableError(f"line {number} is not a row with the name of its table")
        if not all(cell is None or isinstance(cell, str | bool) for cell in said.values()):
            raise UnreadableError(f"line {number} holds a list or an object")
        rows.setdefault(str(said.pop(TABLE)), []).append(said)
    try:
        return _sound({name: rows_as_text(name, lines) for name, lines in rows.items()})
    except UnicodeEncodeError:
        raise UnreadableError("a text is not Unicode") from None


def _sound(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Tables without a character that no database keeps."""
    for name, frame in tables.items():
        texts = frame.select(pl.col(pl.String).str.contains("\0", literal=True).any())
        if any(texts.row(0) if texts.width else ()):
            raise UnreadableError(f"{name}: a text holds NUL")
    return tables


def from_files(files: Iterable[tuple[str, bytes]]) -> dict[str, pl.DataFrame]:
    """Tables out of Parquet files, each named by its table."""
    tables = {}
    for name, body in files:
        table = name.removesuffix(".parquet")
        if table not in FACTS:
            raise UnreadableError(f"{name}: there is no such table")
        try:
            tables[table] = pl.read_parquet(io.BytesIO(body), glob=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OSError):
            raise UnreadableError(f"{name}: it is not Parquet, or cut") from None
    return _sound(tables)


def to_ndjson(tables: Iterable[tuple[str, pl.DataFrame]]) -> Iterator[bytes]:
    """Tables as lines of JSON, each a row with the name of its table; what is unknown is left out."""
    for name, frame in tables:
        for part in frame.iter_slices(_ROWS_A_CHUNK):
            yield b"".join(_line(name, row) for row in part.iter_rows(named=True))


def _line(name: str, row: Mapping[str, object]) -> bytes:
    cells = {column: as_json(value) for column, value in row.items() if value is not None}
    return json.dumps({TABLE: name, **cells}, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def to_parquet(frame: pl.DataFrame) -> bytes:
    """A table as one Parquet file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()

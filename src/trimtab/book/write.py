"""Write tables as canonical text or Parquet, whole or not at all; writing a book and reading it changes nothing."""

import json
import os
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from trimtab.book.schema import CURRENCY, SCHEMA_VERSION
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.title import FILE


def write_tables(frames: Mapping[str, pl.DataFrame], out: Path, *, parquet: bool = False) -> None:
    """Write each frame as `NAME.csv`, and as `NAME.parquet` beside it on request; each file appears whole."""
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        _write_csv(frame, out / f"{name}.csv")
        if parquet:
            _write_parquet(frame, out / f"{name}.parquet")


def write_book(
    tables: Mapping[str, pl.DataFrame],
    path: Path,
    *,
    as_of: date,
    name: str | None = None,
    isolated: Collection[str] = (),
    parquet: bool = False,
) -> None:
    """Write a book: book.toml and its tables in one format, replacing the book's tables that were there.

    Columns that the contract does not know (`unit_value`) and optional ones that say nothing are left out; so are
    optional tables without rows. `isolated` accounts must not trade, whatever the tables say of them.
    """
    assert set(tables) <= set(TABLES_IN), f"no tables of a book: {sorted(set(tables) - set(TABLES_IN))}"
    path.mkdir(parents=True, exist_ok=True)
    for table in TABLES_IN.values():
        frame = tables.get(table.name, table.empty())
        kept, gone = path / f"{table.name}.csv", path / f"{table.name}.parquet"
        if parquet:
            kept, gone = gone, kept
        gone.unlink(missing_ok=True)
        if frame.is_empty() and not table.required:
            kept.unlink(missing_ok=True)
            continue
        said = [
            column.name
            for column in table.columns
            if column.required
            or (column.name in frame.columns and frame[column.name].null_count() < frame.height)
        ]
        (_write_parquet if parquet else _write_csv)(frame.select(said), kept)
    title = {"as_of": as_of.isoformat(), "schema": SCHEMA_VERSION, "currency": CURRENCY}
    if name is not None:
        title["name"] = name
    lines = "".join(f"{key} = {_toml_text(value)}\n" for key, value in title.items())
    if isolated:
        lines += f"isolated = [{', '.join(map(_toml_text, sorted(isolated)))}]\n"
    _whole(path / FILE, lambda part: part.write_text(lines, encoding="utf-8", newline="\n"))


def canonical_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column as the one text of its values: no trailing zeros, ISO dates, `;` lists, true and false.

    Unknown is null; so are empty text, an empty list and a number that is not finite.
    """
    words = frame.select(_text(name, dtype) for name, dtype in frame.schema.items())
    return words.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Decimal):
        words = column.cast(pl.String)
        return words.str.strip_chars_end("0").str.strip_chars_end(".") if dtype.scale else words
    if dtype.is_float():
        finite = pl.when(column == 0).then(0.0).when(column.is_finite()).then(column)
        return finite.cast(pl.String).str.replace(r"\.0$", "").alias(name)
    if isinstance(dtype, pl.List):
        return column.list.eval(pl.element().cast(pl.String)).list.join(";")
    if dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    return column.cast(pl.String)


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    words = canonical_text(frame)
    _whole(path, lambda part: words.write_csv(part, line_terminator="\n"))


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    _whole(path, frame.write_parquet)


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place and move in at once: a reader sees the old file or the new one."""
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

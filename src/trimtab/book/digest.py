"""The fingerprint of a book: bytes of our own making over sorted columns, whatever the row order or file format."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from trimtab.book.schema import Column, Kind, Table
from trimtab.core.digest import digest


def digest_table(table: Table, frame: pl.DataFrame) -> str:
    """SHA-256 over the contract's columns of a frame sorted by key, column by column.

    A column that says nothing is left out, so that a column added to the contract leaves older books' digests alone.
    """
    sha = hashlib.sha256(f"{table.name};{frame.height};".encode())
    for column in table.columns:
        cells = frame[column.name]
        if cells.null_count() == frame.height:
            continue
        sha.update(f"{column.name};{column.kind.value};".encode())
        sha.update(np.packbits(cells.is_null().to_numpy()).tobytes())
        sha.update(_cell_bytes(column, cells.drop_nulls()))
    return sha.hexdigest()


def _cell_bytes(column: Column, cells: pl.Series) -> bytes:
    """Known cells: text with lengths, exact decimals as scaled integers, days as numbers, floats as IEEE bytes."""
    if column.kind in (Kind.TEXT, Kind.LIST):
        lengths = cells.str.len_bytes().to_numpy().astype("<u4").tobytes()
        return lengths + _joined(cells, "")
    if column.kind is Kind.DECIMAL:
        return _joined(cells.to_physical().cast(pl.String), ",")
    if column.kind is Kind.FLAG:
        return np.packbits(cells.to_numpy()).tobytes()
    if column.kind is Kind.NUMBER:
        return (cells.to_numpy() + 0.0).astype("<f8").tobytes()
    return cells.to_physical().to_numpy().astype("<i8").tobytes()


def _joined(words: pl.Series, separator: str) -> bytes:
    text = words.str.join(separator).item() if len(words) else ""
    assert isinstance(text, str)
    return text.encode()


def digest_book(
    said: Mapping[str, str], tables: Mapping[str, tuple[Table, pl.DataFrame]], isolated: Iterable[str]
) -> str:
    """One fingerprint of what book.toml said, every table, and who is isolated."""
    parts = {name: digest_table(table, frame) for name, (table, frame) in tables.items() if frame.height}
    return digest({"said": dict(said), "tables": parts, "isolated": sorted(set(isolated))})

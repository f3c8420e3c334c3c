"""Read a book: files to typed, checked, sorted frames, with everything that was wrong beside them."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from trimtab.book.cells import parse_table
from trimtab.book.defaults import finish
from trimtab.book.faults import ROW
from trimtab.book.files import find_files, read_table
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.core.result import Failure


@dataclass(frozen=True, slots=True)
class Book:
    """Everything needed to evaluate a set of accounts on one business date: frames by table name, and faults."""

    as_of: date
    name: str
    currency: str
    tables: dict[str, pl.DataFrame]
    failures: tuple[Failure, ...]
    notices: tuple[str, ...]
    digest: str


def read_book(path: Path) -> Book:
    """Read the book in a folder."""
    facts = tomllib.loads((path / "book.toml").read_text())
    files = find_files(path)
    tables = {}
    for name, table in TABLES_IN.items():
        raw = read_table(table, files.get(name, []))
        typed, faults = parse_table(raw)
        for fault in faults:
            typed = typed.filter(~pl.col(ROW).is_in(fault.rows.implode()))
        tables[name] = finish(table, typed)
    as_of = facts["as_of"]
    return Book(
        as_of if isinstance(as_of, date) else date.fromisoformat(as_of),
        facts.get("name", path.name),
        facts.get("currency", "USD"),
        tables,
        (),
        (),
        "",
    )

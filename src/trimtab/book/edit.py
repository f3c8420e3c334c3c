"""An edit: rows laid over a book that is kept, or whole tables put in place of its own, checked as any book is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trimtab.book.check import check_book
from trimtab.book.faults import ROW
from trimtab.book.files import table_of_rows
from trimtab.book.overlay import lay_rows
from trimtab.book.read import Book, read_sheets
from trimtab.book.sheets import Sheet, open_sheet
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.title import Title
from trimtab.core.result import Failure

Frames = Mapping[str, pl.DataFrame]
_TEXT: Final = {True: "true", False: "false"}


@dataclass(frozen=True, slots=True)
class Edited:
    """A book before and after an edit, and what the edit makes wrong that was not wrong before."""

    before: Book
    after: Book
    faults: tuple[Failure, ...]


def edit_book(
    title: Title,
    tables: Frames,
    *,
    over: Frames | None = None,
    instead: Frames | None = None,
    ahead: bool = False,
) -> Edited:
    """The book of kept `tables`, and that book edited: rows `over` its own (those marked `remove` go), or whole tables
    `instead`. Rows are text by column, as in a file. With `ahead` a version of a model that the rows announce is taken
    as in force already.
    """
    sheets = {name: _kept(name, tables[name]) for name in TABLES_IN}
    whole = {name: open_sheet(table_of_rows(TABLES_IN[name], rows)) for name, rows in (instead or {}).items()}
    laid = lay_rows({**sheets, **whole}, over or {}, as_of=title.as_of, ahead=ahead)
    before, after = read_sheets(title, sheets), read_sheets(title, laid)
    known = {_said(one) for one in check_book(before)}
    return Edited(before, after, tuple(one for one in check_book(after) if _said(one) not in known))


def _said(one: Failure) -> tuple[str, ...]:
    """What a failure says, whomever it concerns."""
    return (one.reason.value, one.table, one.row, one.field, one.value, one.message)


def _kept(name: str, frame: pl.DataFrame) -> Sheet:
    table = TABLES_IN[name]
    rows = frame.select(table.names).sort(table.key).with_row_index(ROW, offset=1)
    return Sheet(table, rows, broken=False, present=table.required or not rows.is_empty())


def rows_as_text(table: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows of values as a file of the table would have them: text, empty where unknown or not said."""
    names = list(dict.fromkeys([*TABLES_IN[table].names, *(name for row in rows for name in row)]))
    cells = {name: [_text(row.get(name)) for row in rows] for name in names}
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String()))


def _text(value: object) -> str | None:
    if value is None:
        return None
    return _TEXT[value] if isinstance(value, bool) else str(value)


def with_known(book: Book, failures: tuple[Failure, ...]) -> Book:
    """A book with failures that were known of it before; each once."""
    return replace(book, failures=tuple(dict.fromkeys((*failures, *book.failures))))

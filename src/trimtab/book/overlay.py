"""A change laid over a book: rows of the same key replace, new rows are added, rows marked `remove` are taken away."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from trimtab.book.faults import CHANGED_ROW, ROW, Fault
from trimtab.book.files import read_table
from trimtab.book.schema import Table, flag
from trimtab.book.sheets import Sheet, open_sheet

REMOVE: Final = "remove"
_WHOLE: Final = {"models": ("model_id",)}
"""Tables in which a change replaces everything of one name: half of an old tree and half of a new one is no tree."""


def lay_over(
    sheets: Mapping[str, Sheet], files: Mapping[str, list[Path]]
) -> tuple[dict[str, Sheet], dict[str, list[Path]]]:
    """Sheets with the changed tables of `files` (paths by table name) laid over, and the files that are no table."""
    changed = {
        name: _laid(sheets[name], _opened(sheets[name].table, files[name]))
        for name in files
        if name in sheets
    }
    strays = {name: paths for name, paths in files.items() if name not in sheets}
    return {**sheets, **changed}, strays


def _opened(table: Table, paths: list[Path]) -> Sheet:
    """The change's rows of a table, numbered apart from the book's; what is wrong with a row to be removed is moot."""
    wide = replace(table, columns=(*table.columns, flag(REMOVE)))
    sheet = open_sheet(read_table(wide, paths))
    gone = sheet.frame.filter(pl.col(REMOVE).fill_null(value=False))[ROW]
    kept = tuple(part for fault in sheet.faults if (part := _moved(_without(fault, gone))) is not None)
    numbered = sheet.frame.with_columns((pl.col(ROW) + CHANGED_ROW).cast(pl.UInt32))
    return replace(sheet, frame=numbered, faults=kept)


def _without(fault: Fault, rows: pl.Series) -> Fault | None:
    """A fault without some of its rows; None where nothing is left of it."""
    if fault.whole:
        return fault
    left = ~fault.rows.is_in(rows.implode())
    if not left.any():
        return None
    messages = None if fault.messages is None else fault.messages.filter(left)
    return replace(fault, rows=fault.rows.filter(left), values=fault.values.filter(left), messages=messages)


def _moved(fault: Fault | None) -> Fault | None:
    if fault is None or fault.whole:
        return fault
    return replace(fault, rows=(fault.rows + CHANGED_ROW).cast(pl.UInt32))


def _laid(base: Sheet, change: Sheet) -> Sheet:
    key = list(_WHOLE.get(base.table.name, base.table.key))
    names = change.frame.select(key).unique()
    stands = base.frame.join(names, on=key, how="anti", nulls_equal=True, maintain_order="left")
    fresh = change.frame.filter(~pl.col(REMOVE).fill_null(value=False)).select(stands.columns)
    dropped = base.frame.join(stands.select(ROW), on=ROW, how="anti")[ROW]
    wanted = change.frame.filter(pl.col(REMOVE).fill_null(value=False))
    absent = wanted.join(base.frame.select(key).unique(), on=key, how="anti", nulls_equal=True).height
    notices = [f"{base.table.name}: {absent} rows to remove are not in the book"] if absent else []
    faults = tuple(part for fault in base.faults if (part := _without(fault, dropped)) is not None)
    return replace(
        base,
        frame=pl.concat([stands, fresh]).sort(*base.table.key, ROW),
        broken=base.broken or change.broken,
        present=True,
        faults=(*faults, *change.faults),
        notices=(*base.notices, *change.notices, *notices),
    )

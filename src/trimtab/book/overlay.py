"""A change laid over a book: rows of the same key replace, new rows are added, rows marked `remove` are taken away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from trimtab.book.faults import CHANGED_ROW, ROW, Fault
from trimtab.book.files import RawTable, read_table, table_of_rows
from trimtab.book.schema import Table, flag
from trimtab.book.sheets import Sheet, open_sheet
from trimtab.book.versions import TABLE as VERSIONS

REMOVE: Final = "remove"
_NONE: Final = pl.Series("model_id", [], dtype=pl.String)
_WHOLE: Final = {"models": ("model_id",), "model_versions": ("model_id", "version")}
"""Tables in which a change replaces everything of one name: half of an old tree and half of a new one is no tree."""


def lay_over(
    sheets: Mapping[str, Sheet], files: Mapping[str, list[Path]], *, as_of: date, ahead: bool = False
) -> tuple[dict[str, Sheet], dict[str, list[Path]]]:
    """Sheets with the changed tables of `files` (paths by table name) laid over, and the files that are no table.

    A model that the change gives in `models`, or (with `ahead`) announces, takes the place of the versions begun.
    """
    raw = {name: read_table(_wide(sheets[name].table), files[name]) for name in files if name in sheets}
    strays = {name: paths for name, paths in files.items() if name not in sheets}
    return _laid_all(sheets, raw, as_of=as_of, ahead=ahead), strays


def lay_rows(
    sheets: Mapping[str, Sheet], rows: Mapping[str, pl.DataFrame], *, as_of: date, ahead: bool = False
) -> dict[str, Sheet]:
    """Sheets with rows that come from no file laid over, as `lay_over` does those of files."""
    raw = {name: table_of_rows(_wide(sheets[name].table), frame) for name, frame in rows.items()}
    return _laid_all(sheets, raw, as_of=as_of, ahead=ahead)


def _wide(table: Table) -> Table:
    return replace(table, columns=(*table.columns, flag(REMOVE)))


def _laid_all(
    sheets: Mapping[str, Sheet], raw: Mapping[str, RawTable], *, as_of: date, ahead: bool
) -> dict[str, Sheet]:
    fresh = {name: _opened(one) for name, one in raw.items()}
    replaced = fresh["models"].frame["model_id"] if "models" in fresh else _NONE
    if ahead and VERSIONS in fresh:
        fresh[VERSIONS], early = _brought_forward(fresh[VERSIONS], as_of)
        replaced = pl.concat([replaced, early])
    base = {**sheets, VERSIONS: _not_begun(sheets[VERSIONS], replaced, as_of)}
    return {**base, **{name: _laid(base[name], sheet) for name, sheet in fresh.items()}}


def _brought_forward(change: Sheet, as_of: date) -> tuple[Sheet, pl.Series]:
    """The change with the next announced version of each model in force from the business date, and those models."""
    day = pl.col("effective")
    first = change.frame.filter(day > as_of).group_by("model_id").agg(next=day.min())
    soon = change.frame.join(
        first, left_on=["model_id", "effective"], right_on=["model_id", "next"], how="semi"
    )
    moved = change.frame.with_columns(
        effective=pl.when(pl.col(ROW).is_in(soon[ROW].implode())).then(pl.lit(as_of)).otherwise(day)
    )
    told = [
        f"rehearsed as if in force: version {version} of {model} takes effect on {on}"
        for model, version, on in soon.select("model_id", "version", "effective")
        .unique()
        .sort("model_id")
        .iter_rows()
    ]
    return replace(change, frame=moved, notices=(*change.notices, *told)), soon["model_id"].unique()


def _not_begun(versions: Sheet, models: pl.Series, as_of: date) -> Sheet:
    """The versions without those of some models that had begun."""
    begun = pl.col("effective").is_null() | (pl.col("effective") <= as_of)
    gone = versions.frame.filter(pl.col("model_id").is_in(models.implode()) & begun)
    if gone.is_empty():
        return versions
    frame = versions.frame.join(gone.select(ROW), on=ROW, how="anti", maintain_order="left")
    faults = tuple(part for fault in versions.faults if (part := _without(fault, gone[ROW])) is not None)
    return replace(versions, frame=frame, faults=faults)


def _opened(raw: RawTable) -> Sheet:
    """The change's rows of a table, numbered apart from the book's; what is wrong with a row to be removed is moot."""
    sheet = open_sheet(raw)
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

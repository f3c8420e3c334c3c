"""Rows that name other rows: what they name must exist; what names a faulty row goes with it."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.nearest import nearest
from trimtab.book.schema import Column
from trimtab.book.sheets import Sheet
from trimtab.core.result import Reason

_ORDER = ("firms", "securities", "indexes", "models", "households", "taxpayers", "accounts")
_CHOICES_MAX, _HINTS_MAX = 20_000, 100
_MODEL_REFS = {"security": "securities.security_id", "model": "models.model_id", "index": "indexes.index_id"}
_SCOPE_REFS = {
    "firm": "firms.firm_id",
    "model": "models.model_id",
    "household": "households.household_id",
    "account": "accounts.account_id",
}


def check_references(sheets: Mapping[str, Sheet]) -> dict[str, Sheet]:
    """Check every reference, named tables first, so that a row's faults reach the rows that need it.

    A reference to an absent optional table is a plain label and is not checked.
    """
    checked = dict(sheets)
    for name in (*_ORDER, *(name for name in sheets if name not in _ORDER)):
        sheet = checked[name]
        for column in sheet.table.columns:
            if column.references is not None:
                sheet = _check(sheet, column, column.references, checked)
        if name in ("models", "model_versions"):
            sheet = _check_by(sheet, "kind", "ref", _MODEL_REFS, checked | {name: sheet})
        if name in ("policies", "restrictions"):
            sheet = _check_by(sheet, "scope", "scope_id", _SCOPE_REFS, checked)
        checked[name] = sheet
    return checked


def _check_by(
    sheet: Sheet, by: str, column: str, targets: Mapping[str, str], sheets: Mapping[str, Sheet]
) -> Sheet:
    """A reference whose table depends on another column of the row."""
    for kind, target in targets.items():
        sheet = _check(sheet, sheet.table.column(column), target, sheets, only=pl.col(by) == kind)
        nameless = sheet.good().filter((pl.col(by) == kind) & pl.col(column).is_null())
        if nameless.height:
            message, remedy = f"a {kind} must be named here", f"give a {target.split('.')[1]}"
            fault = sheet.fault(column, nameless, reason=Reason.MISSING, message=message, remedy=remedy)
            sheet = sheet.with_faults([fault])
    return sheet


def _check(
    sheet: Sheet, column: Column, target: str, sheets: Mapping[str, Sheet], *, only: pl.Expr | None = None
) -> Sheet:
    table, key = target.split(".")
    other = sheets[table]
    if not other.present and not other.table.required:
        return sheet
    rows = sheet.good()
    if only is not None:
        rows = rows.filter(only)
    known = other.frame[key].drop_nulls().unique()
    name = pl.col(column.name)
    lost = rows.filter(name.is_not_null() & ~name.is_in(known.implode()))
    if lost.height and column.loose:
        notice = f"{sheet.table.name}: {lost.height} rows about {column.name} not in {table} are set aside"
        sheet = sheet.with_notice(notice, lost[ROW])
    elif lost.height:
        sheet = sheet.with_faults([_unknown(sheet, column, lost, table, known)])
    return sheet if table == sheet.table.name else _without_orphans(sheet, column, rows, other, key)


def _unknown(sheet: Sheet, column: Column, lost: pl.DataFrame, table: str, known: pl.Series) -> Fault:
    """One fault for all unknown names; the nearest known name is looked up for the first hundred names."""
    message = f"there is no such row in {table}"
    choices = known.to_list() if len(known) <= _CHOICES_MAX else []
    hints = {}
    for name in lost[column.name].unique().sort().head(_HINTS_MAX).to_list():
        near = nearest(name, choices)
        hints[name] = message if near is None else f"{message}; did you mean {near}?"
    said = lost[column.name].replace_strict(hints, default=message, return_dtype=pl.String)
    remedy = f"add it to {table} or correct it"
    fault = sheet.fault(column.name, lost, reason=Reason.MISSING, message=message, remedy=remedy)
    return replace(fault, messages=said)


def _without_orphans(sheet: Sheet, column: Column, rows: pl.DataFrame, other: Sheet, key: str) -> Sheet:
    """Set aside rows that name a row which is itself faulty: that row's fault names the accounts already.

    Accounts stay, so that it can be said of each that it was not evaluated.
    """
    good = other.good()
    if good.height == other.frame.height or sheet.table.name == "accounts":
        return sheet
    gone = pl.Series(list(set(other.frame[key].drop_nulls()) - set(good[key].drop_nulls())), dtype=pl.String)
    orphans = rows.filter(pl.col(column.name).is_in(gone.implode()))
    if orphans.is_empty():
        return sheet
    notice = f"{sheet.table.name}: {orphans.height} rows that need a faulty row of {other.table.name} are set aside"
    return sheet.with_notice(notice, orphans[ROW])

"""From raw cells to typed columns: parse, and say which cells are missing, unreadable, out of range or not allowed."""

from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.files import RawTable
from trimtab.book.nearest import did_you_mean
from trimtab.book.schema import DTYPES, EXACT, Column, Kind
from trimtab.core.result import Reason

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
LARGEST = Decimal(10) ** 15
"""Products of a quantity, a price and a factor stay within thirty-eight digits."""
_REMEDY = {
    Kind.DECIMAL: "write a plain decimal such as 1234.56, without separators or signs of currency",
    Kind.NUMBER: "write a plain decimal such as 0.05",
    Kind.INTEGER: "write a whole number",
    Kind.DATE: "write the date as YYYY-MM-DD",
    Kind.FLAG: "write true or false",
    Kind.TEXT: "write text",
    Kind.LIST: "write the items with ; between them",
}
_WHAT = {
    Kind.DECIMAL: "a decimal number",
    Kind.NUMBER: "a number",
    Kind.INTEGER: "a whole number",
    Kind.DATE: "an ISO date",
    Kind.FLAG: "true or false",
    Kind.TEXT: "text",
    Kind.LIST: "a list",
}
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def parse_table(raw: RawTable) -> tuple[pl.DataFrame, list[Fault]]:
    """Type every column of a raw table; the frame keeps `__row` and all rows, faulty cells null.

    Rows whose record is already known to be bad are typed, so that their owner is known, but not checked again.
    """
    columns = [raw.frame[ROW]]
    faults: list[Fault] = []
    known_bad = [fault.rows for fault in raw.faults if not fault.whole]
    sound = ~raw.frame[ROW].is_in(pl.concat(known_bad).implode()) if known_bad else None
    for column in raw.table.columns:
        cells = _emptied(raw.frame[column.name])
        typed = parse_cells(cells, column.kind).rename(column.name)
        found = _cell_faults(_Cells(raw.table.name, column, raw.frame[ROW], cells, typed, sound))
        for fault in found:
            if column.soft:
                typed = typed.set(raw.frame[ROW].is_in(fault.rows.implode()), None)
        faults.extend(found)
        columns.append(typed)
    return pl.DataFrame(columns), faults


@dataclass(frozen=True, slots=True)
class _Cells:
    """One column of one table: raw and typed cells, and which rows are to be checked (none: all)."""

    table: str
    column: Column
    rows: pl.Series
    raw: pl.Series
    typed: pl.Series
    sound: pl.Series | None

    def fault(self, where: pl.Series, reason: Reason, message: str, remedy: str) -> list[Fault]:
        """The rows where a check fails as one fault, or nothing."""
        where = where.fill_null(value=False)
        if self.sound is not None:
            where = where & self.sound
        if not where.any():
            return []
        values = self.raw.filter(where)
        shown = (
            pl.Series([str(v) for v in values.to_list()])
            if values.dtype.is_nested()
            else values.cast(pl.String)
        )
        fatal = not self.column.soft
        return [
            Fault(
                self.table,
                self.column.name,
                reason,
                message,
                remedy,
                self.rows.filter(where),
                shown,
                fatal=fatal,
            )
        ]


def _emptied(cells: pl.Series) -> pl.Series:
    """Quoted empty text is an empty cell too; a Parquet category is text."""
    if isinstance(cells.dtype, pl.Categorical | pl.Enum):
        cells = cells.cast(pl.String)
    if cells.dtype != pl.String or not (cells == "").any():
        return cells
    return cells.set(cells == "", None)


def parse_cells(cells: pl.Series, kind: Kind) -> pl.Series:
    """Cells of any source type as the type of the kind; a cell that is no such thing becomes null."""
    if cells.dtype.is_nested() or cells.dtype in (pl.Binary, pl.Object):
        return pl.Series(cells.name, [None] * len(cells), dtype=DTYPES[kind])
    if kind is Kind.DATE:
        return _dates(cells)
    if kind is Kind.FLAG:
        return _flags(cells)
    if kind in (Kind.TEXT, Kind.LIST):
        return cells.cast(pl.String, strict=False)
    if kind is Kind.DECIMAL:
        return _decimals(cells)
    typed = cells.cast(DTYPES[kind], strict=False)
    if cells.dtype == pl.String and typed.null_count() > cells.null_count():
        typed = cells.str.strip_chars().cast(DTYPES[kind], strict=False)
    return typed


def _decimals(cells: pl.Series) -> pl.Series:
    """Exact decimals: text as written, floats by their shortest text so that both file formats say the same."""
    if not cells.dtype.is_float() and cells.dtype != pl.String:
        return cells.cast(EXACT, strict=False)
    words = cells.cast(pl.String)
    typed = words.cast(EXACT, strict=False)
    if typed.null_count() > cells.null_count():
        typed = words.str.strip_chars().cast(EXACT, strict=False)
    return typed


def _dates(cells: pl.Series) -> pl.Series:
    if cells.dtype == pl.Date:
        return cells
    if isinstance(cells.dtype, pl.Datetime):
        midnight = cells.dt.time() == time(0, 0)
        return cells.dt.date().set(~midnight.fill_null(value=True), None)
    if cells.dtype != pl.String:
        return pl.Series(cells.name, [None] * len(cells), dtype=pl.Date)
    typed = cells.str.to_date("%Y-%m-%d", strict=False)
    if typed.null_count() > cells.null_count():
        typed = cells.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    return typed


def _flags(cells: pl.Series) -> pl.Series:
    if cells.dtype == pl.Boolean:
        return cells
    words = cells.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)


def _cell_faults(cells: _Cells) -> list[Fault]:
    column, raw, typed = cells.column, cells.raw, cells.typed
    faults = []
    if column.needed and raw.null_count():
        faults += cells.fault(
            raw.is_null(), Reason.MISSING, "a required cell is empty", f"give {column.name}"
        )
    if typed.null_count() > raw.null_count():
        wrong = typed.is_null() & raw.is_not_null()
        message = f"the value is not {_WHAT[column.kind]}"
        faults += cells.fault(wrong, Reason.PARSING, message, _REMEDY[column.kind])
    faults += _range_faults(cells)
    faults += _allowed_faults(cells)
    if column.pattern is not None:
        wrong = ~typed.str.contains(column.pattern)
        remedy = "write it in one of the forms of the contract, such as security:VTI, class:us_equity or *"
        faults += cells.fault(wrong, Reason.PARSING, f"the {column.name} has no known form", remedy)
    return faults


def _range_faults(cells: _Cells) -> list[Fault]:
    column, typed = cells.column, cells.typed
    checks: list[tuple[pl.Series, str]] = []
    if column.kind is Kind.NUMBER:
        checks.append((~typed.is_finite(), "the value is not a finite number"))
        typed = typed.set(~typed.is_finite(), None)
    if column.kind is Kind.DECIMAL:
        beyond = (typed > LARGEST) | (typed < -LARGEST)
        checks.append((beyond, "the value is beyond any real amount"))
    if column.kind is Kind.DATE:
        checks.append(((typed < EARLIEST) | (typed > LATEST), f"the date is outside {EARLIEST} to {LATEST}"))
    if column.minimum is not None:
        low = _bound(column, column.minimum)
        checks.append(
            (typed <= low, f"the value is not above {column.minimum}")
            if column.above
            else (typed < low, f"the value is below {column.minimum}")
        )
    if column.maximum is not None:
        checks.append((typed > _bound(column, column.maximum), f"the value is above {column.maximum}"))
    remedy = _range_remedy(column)
    return [
        fault for where, message in checks for fault in cells.fault(where, Reason.INVALID, message, remedy)
    ]


def _bound(column: Column, bound: str) -> Decimal | float | int:
    if column.kind is Kind.DECIMAL:
        return Decimal(bound)
    return int(bound) if column.kind is Kind.INTEGER else float(bound)


def _range_remedy(column: Column) -> str:
    if column.kind is Kind.DATE:
        return "check the year"
    low = "" if column.minimum is None else f"{'above' if column.above else 'at least'} {column.minimum}"
    high = "" if column.maximum is None else f"at most {column.maximum}"
    wanted = " and ".join(part for part in (low, high) if part) or "a finite number"
    return f"write {wanted}" + ("" if column.needed else ", or leave the cell empty if unknown")


def _allowed_faults(cells: _Cells) -> list[Fault]:
    """Values outside a closed list, each with its nearest allowed one."""
    column, typed = cells.column, cells.typed
    if not column.allowed:
        return []
    if column.kind is Kind.LIST:
        each = pl.element().str.strip_chars().is_in(column.allowed)
        wrong = ~typed.str.split(";").list.eval(each).list.all()
    else:
        wrong = ~typed.is_in(column.allowed)
    listed = ", ".join(column.allowed)
    found = cells.fault(wrong, Reason.INVALID, f"the value is not one of {listed}", f"write one of {listed}")
    if not found:
        return []
    words = found[0].values.to_list()
    hints = {word: did_you_mean(word, column.allowed) for word in sorted(set(words))}
    said = pl.Series([f"the value is not one of {listed}; {hints[word]}" for word in words], dtype=pl.String)
    return [replace(found[0], messages=said)]

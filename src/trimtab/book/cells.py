"""From raw cells to typed columns: parse, and say which cells are missing, unreadable, out of range or not allowed."""

from dataclasses import replace
from datetime import date, time
from decimal import Decimal, InvalidOperation

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.files import RawTable
from trimtab.book.nearest import did_you_mean
from trimtab.book.schema import DTYPES, EXACT, PLACES, Column, Kind
from trimtab.core.result import Reason

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
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
    """Type every column of a raw table; the frame keeps `__row` and all rows, faulty cells null."""
    columns = [raw.frame[ROW]]
    faults: list[Fault] = []
    for column in raw.table.columns:
        cells = _emptied(raw.frame[column.name])
        typed = parse_cells(cells, column.kind).rename(column.name)
        faults.extend(_cell_faults(raw, column, cells, typed))
        columns.append(typed)
    return pl.DataFrame(columns), faults


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
    words = cells.cast(pl.String).str.strip_chars()
    typed = words.cast(EXACT, strict=False)
    if words.str.contains("[eE]").any():
        exponents = [_from_exponent(word) for word in words.filter(words.str.contains("[eE]"))]
        typed = typed.scatter(words.str.contains("[eE]").fill_null(value=False).arg_true(), exponents)
    return typed


def _from_exponent(word: str) -> Decimal | None:
    try:
        value = Decimal(word).quantize(Decimal(1).scaleb(-PLACES))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


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


def _cell_faults(raw: RawTable, column: Column, cells: pl.Series, typed: pl.Series) -> list[Fault]:
    faults = []
    if column.needed and cells.null_count():
        faults.append(
            _fault(
                raw,
                column,
                cells.is_null(),
                Reason.MISSING,
                "a required cell is empty",
                f"give {column.name}",
            )
        )
    if typed.null_count() > cells.null_count():
        wrong = typed.is_null() & cells.is_not_null()
        message = f"the value is not {_WHAT[column.kind]}"
        faults.append(_fault(raw, column, wrong, Reason.PARSING, message, _REMEDY[column.kind]))
    faults.extend(_range_faults(raw, column, typed))
    faults.extend(_allowed_faults(raw, column, typed))
    if column.pattern is not None:
        wrong = ~typed.str.contains(column.pattern).fill_null(value=True)
        if wrong.any():
            remedy = "write it in one of the forms of the contract"
            faults.append(
                _fault(raw, column, wrong, Reason.PARSING, f"the {column.name} has no known form", remedy)
            )
    return faults


def _fault(
    raw: RawTable, column: Column, where: pl.Series, reason: Reason, message: str, remedy: str
) -> Fault:
    hit = raw.frame.select(ROW, column.name).filter(where)
    values = hit[column.name]
    shown = (
        values.cast(pl.String, strict=False)
        if not values.dtype.is_nested()
        else values.map_elements(str, pl.String)
    )
    return Fault(raw.table.name, column.name, reason, message, remedy, hit[ROW], shown)


def _range_faults(raw: RawTable, column: Column, typed: pl.Series) -> list[Fault]:
    checks: list[tuple[pl.Series, str]] = []
    if column.kind is Kind.NUMBER:
        checks.append((~typed.is_finite(), "the value is not a finite number"))
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
        _fault(raw, column, where.fill_null(value=False), Reason.INVALID, message, remedy)
        for where, message in checks
        if where.any()
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
    return f"write {wanted}, or leave the cell empty if unknown" if not column.needed else f"write {wanted}"


def _allowed_faults(raw: RawTable, column: Column, typed: pl.Series) -> list[Fault]:
    """Values outside a closed list, each with its nearest allowed one."""
    if not column.allowed:
        return []
    if column.kind is Kind.LIST:
        listed = (
            typed.str.split(";").list.eval(pl.element().str.strip_chars().is_in(column.allowed)).list.all()
        )
        wrong = ~listed.fill_null(value=True)
    else:
        wrong = ~typed.is_in(column.allowed).fill_null(value=True)
    if not wrong.any():
        return []
    base = _fault(
        raw,
        column,
        wrong,
        Reason.INVALID,
        f"the value is not one of {', '.join(column.allowed)}",
        f"write one of {', '.join(column.allowed)}",
    )
    hints = {word: did_you_mean(word, column.allowed) for word in base.values.unique().to_list()}
    message = f"not one of {', '.join(column.allowed)}: "
    said = pl.Series([message + hints[word] for word in base.values.to_list()], dtype=pl.String)
    return [replace(base, messages=said)]

"""A table while it is checked: typed rows in key order, faulty ones still among them, and what was found so far."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from trimtab.book.cells import parse_table
from trimtab.book.faults import ROW, Fault
from trimtab.book.files import RawTable
from trimtab.book.schema import Table
from trimtab.core.result import Reason


@dataclass(frozen=True, slots=True)
class Sheet:
    """Typed rows of one table sorted by key (then row), its faults and notices; `set_aside` rows leave in silence."""

    table: Table
    frame: pl.DataFrame
    broken: bool
    present: bool
    faults: tuple[Fault, ...] = ()
    notices: tuple[str, ...] = ()
    set_aside: tuple[pl.Series, ...] = ()

    def with_faults(self, faults: Iterable[Fault]) -> "Sheet":
        """The sheet with more faults found."""
        return replace(self, faults=self.faults + tuple(faults))

    def with_notice(self, notice: str, rows: pl.Series) -> "Sheet":
        """The sheet with rows set aside and one notice that says so."""
        return replace(self, notices=(*self.notices, notice), set_aside=(*self.set_aside, rows))

    def good(self) -> pl.DataFrame:
        """The rows without a fatal fault that were not set aside."""
        gone = [fault.rows for fault in self.faults if fault.fatal and not fault.whole] + list(self.set_aside)
        if not gone:
            return self.frame
        return self.frame.filter(~pl.col(ROW).is_in(pl.concat(gone).unique().implode()))

    def fault(self, column: str, rows: pl.DataFrame, *, reason: Reason, message: str, remedy: str) -> Fault:
        """A fault of some of the sheet's rows in one column."""
        values = rows[column].cast(pl.String) if column else pl.Series([""] * rows.height, dtype=pl.String)
        return Fault(self.table.name, column, reason, message, remedy, rows[ROW], values)


def open_sheet(raw: RawTable) -> Sheet:
    """Parse a raw table, sort it by key and find repeated keys."""
    typed, faults = parse_table(raw)
    frame = typed.sort(*raw.table.key, ROW)
    sheet = Sheet(raw.table, frame, raw.broken, raw.present, raw.faults + tuple(faults), raw.notices)
    return sheet.with_faults(_repeated(sheet))


def _repeated(sheet: Sheet) -> list[Fault]:
    """Every row of a repeated key; an unreadable key has been reported already."""
    key = sheet.table.key
    same = [pl.col(name).eq_missing(pl.col(name).shift()) for name in key]
    again = sheet.frame.select(pl.all_horizontal(same).fill_null(value=False)).to_series()
    if sheet.frame.is_empty() or not again.any():
        return []
    needed = [name for name in key if sheet.table.column(name).needed]
    whole = sheet.frame.select(pl.all_horizontal(pl.col(needed).is_not_null())).to_series()
    again = again & whole & (sheet.frame[ROW] != sheet.frame[ROW][0])
    before = again.shift(-1).fill_null(value=False)
    rows = sheet.frame.filter(again | before)
    if rows.is_empty():
        return []
    together = rows.select(
        pl.format("the key stands in rows {}", pl.col(ROW).cast(pl.String).str.join(", ").over(key))
    ).to_series()
    column = key[-1]
    base = sheet.fault(
        column, rows, reason=Reason.DUPLICATE, message="the key is repeated", remedy="keep one of the rows"
    )
    return [replace(base, messages=together)]

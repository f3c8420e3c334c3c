"""Bytes to text to rows of cells: byte order marks, encodings, delimiters, preambles and footers."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trimtab.feeds.cells import CellError, day, heading, number

CELL_CHARACTERS_MAX = 100_000
ROWS_MAX = 2_000_000
_DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True)
class Record:
    """One row under a header: cells by the plain name of their column, and its line in the file."""

    line: int
    cells: Mapping[str, str]
    extra: tuple[str, ...] = ()
    short: bool = False

    @property
    def place(self) -> str:
        """How a failure names the row."""
        return f"line {self.line}"

    def get(self, *names: str) -> str:
        """The first of the columns that the file has, trimmed; empty where it has none."""
        for name in names:
            if name in self.cells:
                return self.cells[name].strip()
        return ""

    def number(self, *names: str) -> Decimal | None:
        """The first of the columns as a number; None where empty, CellError where it is none."""
        try:
            return number(self.get(*names))
        except CellError as error:
            raise CellError(str(error), self._field(names)) from None

    def day(self, *names: str) -> dt.date | None:
        """The first of the columns as a date; None where empty, CellError where it is none."""
        try:
            return day(self.get(*names))
        except CellError as error:
            raise CellError(str(error), self._field(names)) from None

    def _field(self, names: Sequence[str]) -> str:
        return next((name for name in names if name in self.cells), names[0])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A delimited file as numbered rows of cells; `damage` says where quoting ran away."""

    rows: tuple[tuple[int, tuple[str, ...]], ...]
    damage: str = ""

    def table(self, place: int, *, gaps: bool = False) -> Iterator[Record]:
        """The rows below the header at that place, up to the next blank row; with `gaps` over blank rows to the end."""
        names = [heading(cell) for cell in self.rows[place][1]]
        while names and not names[-1]:
            names.pop()
        for line, cells in self.rows[place + 1 :]:
            if not any(cell.strip() for cell in cells):
                if gaps:
                    continue
                return
            yield _record(names, line, cells)

    def unread(self, place: int) -> int:
        """The line of the first row after a blank one that is as full as a row of the table; 0 where none is."""
        width = sum(1 for cell in self.rows[place][1] if cell.strip())
        below = iter(self.rows[place + 1 :])
        for _, cells in below:
            if not any(cell.strip() for cell in cells):
                break
        return next((line for line, cells in below if sum(1 for c in cells if c.strip()) * 2 > width), 0)


def _record(names: Sequence[str], line: int, cells: Sequence[str]) -> Record:
    by_name: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        by_name.setdefault(name, cell)
    extra = tuple(cell for cell in cells[len(names) :] if cell.strip())
    return Record(line, by_name, extra, len(cells) < len(names))


def text_of(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else the Western code page brokers use."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "").removeprefix("\ufeff")


def sheet_of(text: str) -> Sheet:
    """Rows of cells with their line numbers, by the delimiter that most of the first lines use."""
    rows: list[tuple[int, tuple[str, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    start = 1
    damage = ""
    try:
        for cells in reader:
            rows.append((start, tuple(cells)))
            start = reader.line_num + 1
            if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
                damage = f"line {start}"
            if len(rows) > ROWS_MAX:
                return Sheet(tuple(rows), f"line {start}")
    except csv.Error:
        damage = f"line {start}"
    return Sheet(tuple(rows), damage)


def _delimiter(text: str) -> str:
    first = "\n".join(text.splitlines()[:30])
    return max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark)))

"""Cells as brokers write them: currency signs, thousands, parentheses, many date forms. Exact, and bounded."""

import datetime as dt
import re
from decimal import Decimal

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
LARGEST = Decimal(10) ** 15
_NOTHING = frozenset({"", "--", "-", "n/a", "na", "none", "null", "nan", "unknown"})
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,40})?(\.\d{0,40})?([eE][+-]?\d{1,2})?")
_DAYS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})"), (2, 0, 1)),
    (re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})"), (2, 0, 1)),
    (re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})"), (0, 1, 2)),
    (re.compile(r"(\d{4})(\d{2})(\d{2})"), (0, 1, 2)),
)
_WORDED = re.compile(r"([A-Za-z]{3})-(\d{1,2})-(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AFTER_DAY = re.compile(r"(?:[ T;,.]\s*|(?<=\d{8}))[0-9][0-9:.;]*\s*([AaPp][Mm])?(\[[^\]]*\])?|\[[^\]]*\]")


class CellError(ValueError):
    """A cell that is no such thing; the message says what was expected, `field` in which column."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def number(text: str) -> Decimal | None:
    """An exact decimal; None where the cell is empty or says it does not know. Parentheses and minus are negative."""
    cell = text.strip().replace("−", "-")
    if cell.lower() in _NOTHING:
        return None
    negative = cell.startswith("(") and cell.endswith(")")
    bare = cell[1:-1].strip() if negative else cell
    if bare[:1] in ("+", "-"):
        negative ^= bare[0] == "-"
        bare = bare[1:].strip()
    bare = bare.removeprefix("$").strip()
    if bare[:1] == "-" and not negative:
        negative, bare = True, bare[1:]
    found = _NUMBER.fullmatch(bare)
    if found is None or not (found[1] or len(found[2] or "") > 1):
        raise CellError(f"{text.strip()!r} is not a decimal number")
    value = Decimal(bare.replace(",", ""))
    if abs(value) > LARGEST:
        raise CellError(f"{text.strip()!r} is beyond any real amount")
    return -value if negative else value


def plain(value: Decimal | None) -> str | None:
    """Decimal text rounded to nine places, as shares and money are counted."""
    if value is None:
        return None
    exponent = value.as_tuple().exponent
    return exact_text(round(value, 9) if isinstance(exponent, int) and exponent < -9 else value)


def exact_text(value: Decimal | None) -> str | None:
    """Decimal text as long as it is: for ratios and rates."""
    return None if value is None else format(value, "f")


def day(text: str) -> dt.date | None:
    """A date, with or without a time after it; None where the cell is empty."""
    cell = text.strip()
    if cell.lower() in _NOTHING:
        return None
    for pattern, order in _DAYS:
        found = pattern.match(cell)
        if found and _nothing_but_time(cell[found.end() :], dense=found.end() == 8 and cell[:8].isdigit()):
            return _date(cell, tuple(int(found[place + 1]) for place in order))
    worded = _WORDED.fullmatch(cell)
    if worded and worded[1].lower() in _MONTHS:
        return _date(cell, (int(worded[3]), _MONTHS.index(worded[1].lower()) + 1, int(worded[2])))
    raise CellError(f"{cell!r} is not a date such as 2024-03-15 or 03/15/2024")


def _nothing_but_time(rest: str, *, dense: bool) -> bool:
    if not rest:
        return True
    if dense and rest[0].isdigit():
        rest = " " + rest
    return _AFTER_DAY.fullmatch(rest.rstrip()) is not None


def _date(cell: str, parts: tuple[int, ...]) -> dt.date:
    try:
        found = dt.date(*parts)
    except ValueError:
        raise CellError(f"{cell!r} is no day of the calendar") from None
    if not EARLIEST <= found <= LATEST:
        raise CellError(f"{cell!r} lies outside {EARLIEST.year} to {LATEST.year}")
    return found


def heading(text: str) -> str:
    """A column's heading as a plain name: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")

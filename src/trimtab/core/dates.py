"""Calendar arithmetic of the tax law: months are calendar months, days are trade dates."""

import calendar
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
WASH_DAYS = 30
"""Days on either side of a sale at a loss in which a purchase replaces it (26 USC 1091(a))."""


class Term(StrEnum):
    """Character of a gain by how long the shares were held."""

    SHORT = "S"
    LONG = "L"


def add_months(day: date, months: int) -> date:
    """The same day so many months on; where that month lacks the day, the first of the next month."""
    assert months >= 0, months
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month0 + 1)[1]
    if day.day > last:
        return date(year, month0 + 1, last) + ONE_DAY
    return date(year, month0 + 1, day.day)


def first_day_held_more_than(acquired: date, months: int = 12) -> date:
    """The first day on which a disposal finds the shares held more than so many months.

    The count starts the day after the acquisition and goes by calendar months (Rev. Rul. 66-7; 26 USC 1222).
    """
    return add_months(acquired + ONE_DAY, months)


def held_more_than(acquired: date, disposed: date, months: int = 12) -> bool:
    """Whether shares were held more than so many months, both days trade dates."""
    return disposed >= first_day_held_more_than(acquired, months)


def term(acquired: date, disposed: date) -> Term:
    """Short or long by the adjusted date of acquisition and the trade date of the disposal."""
    return Term.LONG if held_more_than(acquired, disposed) else Term.SHORT


def tax_year(traded: date) -> int:
    """The calendar year a disposal belongs to: that of the trade date, never of settlement (Rev. Rul. 93-84)."""
    return traded.year


def wash_window(sold: date) -> tuple[date, date]:
    """The first and the last of the 61 days around a sale."""
    return sold - timedelta(days=WASH_DAYS), sold + timedelta(days=WASH_DAYS)


def within_wash_window(sold: date, bought: date) -> bool:
    """Whether a purchase falls into the 61 days around a sale: thirty before, the day, thirty after."""
    return abs((bought - sold).days) <= WASH_DAYS

"""Numbers for people: dollars, percents and counts as text; unknown says so and is never zero."""

from datetime import date
from decimal import Decimal
from typing import Final

UNKNOWN: Final = "unknown"
MINUS: Final = "\N{MINUS SIGN}"
Number = float | int | Decimal


def money(amount: Number | None) -> str:
    """Whole dollars, as $1,234; a negative amount has its sign in front."""
    if amount is None:
        return UNKNOWN
    whole = round(amount)
    return f"{MINUS if whole < 0 else ''}${abs(whole):,}"


def cents(amount: Number | None) -> str:
    """Dollars and cents, as $1,234.50."""
    if amount is None:
        return UNKNOWN
    exact = round(Decimal(str(amount)), 2)
    return f"{MINUS if exact < 0 else ''}${abs(exact):,.2f}"


def short_money(amount: Number | None) -> str:
    """Dollars to three figures: $950, $12.3K, $4.56M, $1.20B."""
    if amount is None:
        return UNKNOWN
    size, sign = abs(float(amount)), MINUS if amount < 0 else ""
    for scale, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if size >= scale * 0.9995:
            figure = size / scale
            places = 2 if figure < 9.995 else 1 if figure < 99.95 else 0
            return f"{sign}${figure:.{places}f}{letter}"
    return f"{sign if round(size) else ''}${round(size)}"


def percent(share: Number | None, places: int = 2) -> str:
    """A share as a percentage, as 1.25%."""
    if share is None:
        return UNKNOWN
    text = f"{abs(float(share)) * 100:.{places}f}"
    return f"{MINUS if share < 0 and float(text) else ''}{text}%"


def count(number: int | None) -> str:
    """A whole number with its thousands apart."""
    return UNKNOWN if number is None else f"{number:,}"


def quantity(shares: Number | None) -> str:
    """Shares without the zeros that end them."""
    return UNKNOWN if shares is None else f"{Decimal(str(shares)).normalize():,f}"


def seconds(spent: float | None) -> str:
    """A duration: 12 ms, 3.2 s, 4 min 5 s."""
    if spent is None:
        return UNKNOWN
    if spent < 0.9995:
        return f"{spent * 1000:.0f} ms"
    if spent < 59.95:
        return f"{spent:.1f} s"
    minutes, rest = divmod(round(spent), 60)
    return f"{minutes} min {rest} s"


def day(value: date | None) -> str:
    """A date as 1 June 2020."""
    return UNKNOWN if value is None else f"{value.day} {value:%B %Y}"


def speed(per_second: float | None) -> str:
    """Things a second, to one place."""
    if per_second is None:
        return UNKNOWN
    return "under 0.1" if per_second < 0.05 else f"{per_second:,.1f}"


def memory(mebibytes: float | None) -> str:
    """Memory in MiB."""
    return UNKNOWN if mebibytes is None else f"{mebibytes:,.0f} MiB"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 account, 2 accounts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

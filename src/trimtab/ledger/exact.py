"""Exact rationals for tax arithmetic: rates multiply and shares divide, so amounts here are fractions until
printed.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from trimtab.core.amounts import Rounding, divide

Number = int | str | Decimal | Fraction
ZERO = Fraction(0)


def exact(value: Number) -> Fraction:
    """The rational a number or decimal text stands for; floats are refused: their text is not exact."""
    assert isinstance(value, Number), f"{value!r} is not an exact number"
    assert not isinstance(value, bool), f"{value!r} is not an exact number"
    return Fraction(value)


def above(value: Fraction, floor: Fraction = ZERO) -> Fraction:
    """What of a value lies above a floor: max(0, value - floor)."""
    return max(ZERO, value - floor)


def rounded(value: Fraction, places: int = 2) -> Decimal:
    """Half-up decimal with that many places (half away from zero below it), as a tax form rounds."""
    units = divide(value.numerator * 10**places, value.denominator, Rounding.HALF_UP)
    return Decimal(units).scaleb(-places)


def rounded_to_sum(values: Sequence[Fraction], places: int = 2) -> tuple[Decimal, ...]:
    """Each value rounded so that the parts add up to the rounded running total: no unit is lost or
    invented.
    """
    parts: list[Decimal] = []
    running, said = ZERO, Decimal(0)
    for value in values:
        running += value
        total = rounded(running, places)
        parts.append(total - said)
        said = total
    return tuple(parts)


def text(value: Fraction, places: int = 2) -> str:
    """Decimal text: exact where the number ends within 12 digits, else rounded there; at least `places`
    digits.
    """
    shown = rounded(value, 12)
    digits = format(shown, "f").rstrip("0")
    whole, _, fraction = digits.partition(".")
    return f"{whole}.{fraction.ljust(places, '0')}" if places or fraction else whole

"""Shares, dollars and prices as scaled integers: nothing is lost by adding, splitting or writing them down."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import ClassVar, Self

NANO = 1_000_000_000
"""Units in one share, one dollar, or one dollar a share."""
_DIGITS_MAX = 38  # what the columns hold: a decimal of 38 digits, nine of them after the point


class Rounding(StrEnum):
    """Where a quotient goes that does not come out even."""

    DOWN = "down"  # toward zero
    UP = "up"  # away from zero
    FLOOR = "floor"
    CEILING = "ceiling"
    HALF_UP = "half_up"  # a half goes away from zero, as tax forms round
    HALF_EVEN = "half_even"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Integer quotient under a named rounding mode; the denominator is positive."""
    assert denominator > 0, denominator
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    away = numerator < 0  # the floor is the value farther from zero
    if rounding is Rounding.FLOOR:
        return floor
    if rounding is Rounding.CEILING:
        return floor + 1
    if rounding is Rounding.DOWN:
        return floor + away
    if rounding is Rounding.UP:
        return floor + (not away)
    return floor + _half_goes_up(floor, 2 * rest - denominator, even=rounding is Rounding.HALF_EVEN)


def _half_goes_up(floor: int, past_half: int, *, even: bool) -> bool:
    if past_half != 0:
        return past_half > 0
    return floor % 2 == 1 if even else floor >= 0


def portion(total: int, part: int, whole: int) -> int:
    """The first `part` of `whole` shares' portion of a total, rounded down.

    Portions of growing parts differ by what each step adds, so pieces cut one after the other always add up,
    whatever the cuts.
    """
    assert 0 <= part <= whole, (part, whole)
    assert whole > 0, whole
    return total * part // whole


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Cut a total in proportion to weights, each piece rounded down, the remainder to the last piece."""
    whole = sum(weights)
    assert whole > 0, "nothing to split over"
    assert min(weights) >= 0, "a weight below zero"
    pieces = [total * weight // whole for weight in weights[:-1]]
    return [*pieces, total - sum(pieces)]


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """A decimal number with nine places, held as an integer count of billionths."""

    SIGNED: ClassVar[bool] = True
    """Whether amounts of this kind may be below zero."""

    nano: int

    def __post_init__(self) -> None:
        assert isinstance(self.nano, int), f"billionths are counted in whole numbers: {self.nano!r}"

    @classmethod
    def parse(cls, text: str | int | Decimal) -> Self:
        """Exact from decimal text, a Decimal or a whole number; ValueError where this kind of amount cannot hold it."""
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{text!r} is not a decimal number") from None
        if not value.is_finite():
            raise ValueError(f"{text!r} is not a finite number")
        nano = _nanos(value)
        if nano < 0 and not cls.SIGNED:
            raise ValueError(f"{value} is below zero")
        return cls(nano)

    @classmethod
    def rounded(cls, value: Decimal, rounding: Rounding = Rounding.HALF_EVEN) -> Self:
        """From a decimal of any length, rounded to nine places."""
        numerator, denominator = value.as_integer_ratio()
        return cls(divide(numerator * NANO, denominator, rounding))

    def decimal(self) -> Decimal:
        """The same number as a Decimal, exactly."""
        return Decimal(self.text())

    def text(self, places_min: int = 0) -> str:
        """Decimal text without loss; trailing zeros only up to `places_min`."""
        assert 0 <= places_min <= 9, places_min
        whole, rest = divmod(abs(self.nano), NANO)
        places = f"{rest:09d}".rstrip("0").ljust(places_min, "0")
        sign = "-" if self.nano < 0 else ""
        return f"{sign}{whole}.{places}" if places else f"{sign}{whole}"

    def __str__(self) -> str:
        return self.text()

    def __bool__(self) -> bool:
        return self.nano != 0


def _nanos(value: Decimal) -> int:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) + exponent + 9 > _DIGITS_MAX:
        raise ValueError(f"{value} is larger than {_DIGITS_MAX} digits hold")
    if exponent < -_DIGITS_MAX * 2:
        raise ValueError(f"{value} has more than nine decimal places")
    numerator, denominator = value.as_integer_ratio()
    nano, rest = divmod(abs(numerator) * NANO, denominator)
    if rest:
        raise ValueError(f"{value} has more than nine decimal places")
    return -nano if sign else nano


class Money(Amount):
    """Dollars, positive or negative, in billionths of a dollar."""

    __slots__ = ()

    def __add__(self, other: "Money") -> "Money":
        return Money(self.nano + other.nano)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.nano - other.nano)

    def __neg__(self) -> "Money":
        return Money(-self.nano)

    def of(self, part: "Quantity", whole: "Quantity") -> "Money":
        """The portion of this money that belongs to the first `part` of `whole` shares, rounded down."""
        return Money(portion(self.nano, part.nano, whole.nano))


class Quantity(Amount):
    """Shares in billionths; fewer than none cannot be written."""

    __slots__ = ()
    SIGNED = False

    def __post_init__(self) -> None:
        assert self.nano >= 0, f"a quantity below zero: {self.nano}"

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.nano + other.nano)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.nano - other.nano)

    def fraction(self) -> "Quantity":
        """The part of a share beyond the whole ones."""
        return Quantity(self.nano % NANO)


class Price(Amount):
    """Dollars a share in billionths, never negative."""

    __slots__ = ()
    SIGNED = False

    def __post_init__(self) -> None:
        assert self.nano >= 0, f"a price below zero: {self.nano}"

    def times(self, quantity: Quantity, rounding: Rounding = Rounding.HALF_EVEN) -> Money:
        """The money for so many shares at this price."""
        return Money(divide(self.nano * quantity.nano, NANO, rounding))


ZERO = Money(0)
NONE = Quantity(0)
FREE = Price(0)


def total(amounts: Sequence[Money]) -> Money:
    """The sum of amounts of money."""
    return Money(sum(amount.nano for amount in amounts))

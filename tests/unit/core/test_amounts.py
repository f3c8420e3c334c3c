"""Scaled integers: text in and out without loss, splits that add up, rounding by name."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.core.amounts import (
    FREE,
    NANO,
    NONE,
    ZERO,
    Amount,
    Money,
    Price,
    Quantity,
    Rounding,
    divide,
    portion,
    split,
    total,
)


@pytest.mark.parametrize(
    ("text", "nano", "back"),
    [
        ("0", 0, "0"),
        ("1", NANO, "1"),
        ("1.50", 1_500_000_000, "1.5"),
        ("-0.000000001", -1, "-0.000000001"),
        ("-2.5", -2_500_000_000, "-2.5"),
        ("33.333333333", 33_333_333_333, "33.333333333"),
        ("1e3", 1000 * NANO, "1000"),
        ("12E-2", 120_000_000, "0.12"),
        ("-0", 0, "0"),
        ("99999999999999999999999999999.999999999", 10**38 - 1, "99999999999999999999999999999.999999999"),
    ],
)
def test_text_in_and_out(text: str, nano: int, back: str) -> None:
    assert Money.parse(text) == Money(nano)
    assert Money(nano).text() == back
    assert Money.parse(Money(nano).text()).nano == nano


@pytest.mark.parametrize(
    "text", ["", "a", "1.0000000001", "nan", "inf", "-Infinity", "1,000", "1e30", "1e-99999", "--1"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|finite|digits"):
        Money.parse(text)


def test_the_longest_amounts_are_the_columns_own() -> None:
    assert Money.parse("9" * 29).nano == int("9" * 29) * NANO
    with pytest.raises(ValueError, match="larger than 38 digits"):
        Money.parse("1" + "0" * 29)


def test_a_hundred_thousand_round_trips() -> None:
    rng = random.Random(7)
    for _ in range(100_000):
        nano = rng.randrange(-(10 ** rng.randint(1, 24)), 10 ** rng.randint(1, 24))
        money = Money(nano)
        assert Money.parse(money.text()) == money
        assert Money.parse(money.decimal()) == money


def test_whole_numbers_and_decimals_are_taken_floats_are_not() -> None:
    assert Quantity.parse(3) == Quantity(3 * NANO)
    assert Price.parse(Decimal("2.25")).decimal() == Decimal("2.25")
    with pytest.raises(AssertionError):
        Money(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(("places", "text"), [(0, "-1.5"), (1, "-1.5"), (2, "-1.50"), (9, "-1.500000000")])
def test_text_has_as_many_places_as_asked(places: int, text: str) -> None:
    assert Money.parse("-1.5").text(places) == text
    assert str(Money.parse("-1.5")) == "-1.5"


def test_text_of_more_than_nine_places_is_our_fault() -> None:
    with pytest.raises(AssertionError):
        Money(1).text(10)
    with pytest.raises(AssertionError):
        Money(1).text(-1)


def test_arithmetic_and_order() -> None:
    two, three = Money.parse(2), Money.parse(3)
    assert two + three == Money.parse(5)
    assert two - three == Money.parse(-1)
    assert -two == Money.parse(-2)
    assert two < three
    assert Quantity.parse(5) - Quantity.parse(2) + Quantity.parse(1) == Quantity.parse(4)
    assert total([two, three, -three]) == two
    assert total([]) == ZERO
    assert not ZERO
    assert Money(-1)
    assert NONE.nano == FREE.nano == 0


def test_unlike_amounts_are_never_equal_and_never_compared() -> None:
    assert Money(1) != Quantity(1)
    with pytest.raises(TypeError):
        assert Money(1) < Quantity(2)


def test_below_zero_cannot_be_written() -> None:
    with pytest.raises(AssertionError, match="below zero"):
        Quantity(-1)
    with pytest.raises(AssertionError, match="below zero"):
        Quantity.parse(1) - Quantity.parse(2)
    with pytest.raises(AssertionError, match="below zero"):
        Price(-1)
    assert Amount(-1).nano == -1


@pytest.mark.parametrize("kind", [Quantity, Price])
def test_text_below_zero_is_the_datas_fault(kind: type[Quantity | Price]) -> None:
    with pytest.raises(ValueError, match="-1 is below zero"):
        kind.parse("-1")
    assert kind.parse("-0").nano == 0
    assert Money.parse("-1").nano == -NANO


def test_the_fraction_of_a_share() -> None:
    assert Quantity.parse("82.5").fraction() == Quantity.parse("0.5")
    assert Quantity.parse(82).fraction() == NONE


MODES = {
    Rounding.DOWN: [-2, -2, -2, -1, 1, 2, 2, 2],
    Rounding.UP: [-2, -3, -3, -2, 2, 3, 3, 2],
    Rounding.FLOOR: [-2, -3, -3, -2, 1, 2, 2, 2],
    Rounding.CEILING: [-2, -2, -2, -1, 2, 3, 3, 2],
    Rounding.HALF_UP: [-2, -2, -3, -2, 2, 3, 2, 2],
    Rounding.HALF_EVEN: [-2, -2, -2, -2, 2, 2, 2, 2],
}


@pytest.mark.parametrize("mode", list(Rounding))
def test_rounding_by_name(mode: Rounding) -> None:
    cases = [(-8, 4), (-9, 4), (-10, 4), (-6, 4), (6, 4), (10, 4), (9, 4), (8, 4)]
    assert [divide(a, b, mode) for a, b in cases] == MODES[mode]
    assert divide(7, 2, Rounding.HALF_EVEN) == 4
    assert divide(11, 4, Rounding.HALF_EVEN) == 3
    assert divide(-11, 4, Rounding.HALF_UP) == -3
    assert divide(1, 2, Rounding.HALF_UP) == 1
    assert divide(-1, 2, Rounding.HALF_UP) == -1


def test_division_by_nothing_is_our_fault() -> None:
    for bad in (0, -1):
        with pytest.raises(AssertionError):
            divide(1, bad, Rounding.DOWN)
    assert divide(5, 1, Rounding.DOWN) == 5


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**12))
def test_rounding_stays_within_one_and_halves_within_a_half(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    for mode in Rounding:
        assert abs(divide(numerator, denominator, mode) - exact) < 1
    for mode in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        assert abs(divide(numerator, denominator, mode) - exact) <= Fraction(1, 2)
    assert divide(numerator, denominator, Rounding.HALF_EVEN) == round(exact)


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=9).filter(any))
def test_a_split_adds_up_and_is_in_proportion(amount: int, weights: list[int]) -> None:
    pieces = split(amount, weights)
    assert sum(pieces) == amount
    for piece, weight in zip(pieces[:-1], weights, strict=False):
        assert 0 <= Fraction(amount * weight, sum(weights)) - piece < 1


def test_the_remainder_goes_to_the_last_piece() -> None:
    assert split(100, [1, 1, 1]) == [33, 33, 34]
    assert split(-100, [1, 1, 1]) == [-34, -34, -32]
    assert split(7, [5]) == [7]
    for bad in ([0, 0], [2, -1]):
        with pytest.raises(AssertionError):
            split(1, bad)


@given(st.integers(0, 10**15), st.lists(st.integers(1, 10**9), min_size=1, max_size=9))
def test_portions_cut_in_any_steps_add_up(amount: int, steps: list[int]) -> None:
    whole, taken, seen = sum(steps), 0, 0
    for step in steps:
        before = portion(amount, taken, whole)
        taken += step
        seen += portion(amount, taken, whole) - before
    assert seen == amount


def test_a_portion_is_of_something_and_no_more_than_it() -> None:
    assert portion(100, 1, 3) == 33
    assert portion(100, 0, 3) == 0
    assert portion(100, 3, 3) == 100
    for part, whole in ((4, 3), (-1, 3), (0, 0)):
        with pytest.raises(AssertionError):
            portion(100, part, whole)
    assert Money(100).of(Quantity(1), Quantity(3)) == Money(33)


def test_price_times_quantity_rounds_a_half_to_even() -> None:
    assert Price.parse("2.5").times(Quantity.parse("4")) == Money.parse(10)
    assert Price(500_000_000).times(Quantity(1)) == Money(0)
    assert Price(500_000_000).times(Quantity(3)) == Money(2)
    assert Price(500_000_000).times(Quantity(1), Rounding.UP) == Money(1)


def test_a_longer_decimal_is_rounded_by_name() -> None:
    assert Money.rounded(Decimal("0.0000000005")) == Money(0)
    assert Money.rounded(Decimal("0.0000000015")) == Money(2)
    assert Money.rounded(Decimal("-0.0000000005"), Rounding.HALF_UP) == Money(-1)

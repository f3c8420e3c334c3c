from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.ledger.exact import above, exact, rounded, rounded_to_sum, text


def test_numbers_and_text_are_taken_exactly():
    assert exact("0.1") + exact("0.2") == exact("0.3")
    assert exact(Decimal("1.005")) == Fraction(201, 200)
    assert exact(3) == exact(Fraction(3))


@pytest.mark.parametrize("value", [0.1, True])
def test_floats_and_flags_are_no_amounts(value):
    with pytest.raises(AssertionError, match="exact"):
        exact(value)


def test_above():
    assert above(Fraction(5), Fraction(3)) == 2
    assert above(Fraction(2), Fraction(3)) == 0
    assert above(Fraction(-1)) == 0


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("0.0049", 2, "0.00"),
        ("2.5", 0, "3"),
        ("1/3", 3, "0.333"),
    ],
)
def test_halves_go_away_from_zero(value, places, shown):
    assert str(rounded(Fraction(value), places)) == shown


@given(st.lists(st.fractions(-1000, 1000), max_size=12))
def test_rounded_parts_add_up_to_the_rounded_whole(parts):
    assert sum(rounded_to_sum(parts), Decimal(0)) == rounded(sum(parts, Fraction(0)))
    assert all(
        abs(Fraction(said) - part) <= Fraction(1, 100)
        for said, part in zip(rounded_to_sum(parts), parts, strict=True)
    )


def test_parts_that_are_not_whole_cents_keep_the_sum():
    thirds = [Fraction(1, 3)] * 3
    assert rounded_to_sum(thirds) == (Decimal("0.33"), Decimal("0.34"), Decimal("0.33"))


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        ("1", 2, "1.00"),
        ("1.5", 2, "1.50"),
        ("-2.125", 2, "-2.125"),
        ("1/3", 2, "0.333333333333"),
        ("331/1000", 0, "0.331"),
        ("20", 0, "20"),
        ("0", 2, "0.00"),
    ],
)
def test_text_keeps_what_is_exact(value, places, shown):
    assert text(Fraction(value), places) == shown


def test_text_shows_cents_unless_told():
    assert text(Fraction(1)) == "1.00"

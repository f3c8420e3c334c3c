"""Calendar months, terms, tax years and the sixty-one days."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.core.dates import (
    Term,
    add_months,
    first_day_held_more_than,
    held_more_than,
    tax_year,
    term,
    within_wash_window,
)

D = dt.date.fromisoformat


@pytest.mark.parametrize(
    ("acquired", "first"),
    [
        ("2023-03-01", "2024-03-02"),
        ("2023-02-28", "2024-03-01"),
        ("2024-02-28", "2025-03-01"),
        ("2024-02-29", "2025-03-01"),
        ("2012-09-19", "2013-09-20"),
        ("2023-12-31", "2025-01-01"),
        ("2024-12-30", "2025-12-31"),
        ("1999-02-28", "2000-03-01"),
    ],
)
def test_first_long_term_day(acquired: str, first: str) -> None:
    assert first_day_held_more_than(D(acquired)) == D(first)
    assert term(D(acquired), D(first)) is Term.LONG
    assert term(D(acquired), D(first) - dt.timedelta(days=1)) is Term.SHORT


@pytest.mark.parametrize(
    ("acquired", "months", "first"),
    [
        ("1972-11-30", 6, "1973-06-01"),
        ("2024-08-30", 6, "2025-03-01"),
        ("2023-06-19", 6, "2023-12-20"),
        ("2024-01-30", 1, "2024-03-01"),
    ],
)
def test_months_are_calendar_months(acquired: str, months: int, first: str) -> None:
    assert first_day_held_more_than(D(acquired), months) == D(first)
    assert held_more_than(D(acquired), D(first), months)
    assert not held_more_than(D(acquired), D(first) - dt.timedelta(days=1), months)


def test_a_missing_day_is_the_first_of_the_next_month() -> None:
    assert add_months(D("2024-01-31"), 1) == D("2024-03-01")
    assert add_months(D("2023-01-29"), 1) == D("2023-03-01")
    assert add_months(D("2024-01-29"), 1) == D("2024-02-29")
    assert add_months(D("2024-12-31"), 0) == D("2024-12-31")
    assert add_months(D("2024-12-31"), 12) == D("2025-12-31")
    with pytest.raises(AssertionError):
        add_months(D("2024-12-31"), -1)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)))
def test_a_second_count_day_by_day(acquired: dt.date) -> None:
    """Held more than a year: the same day of the next year has come, counting from the day after."""
    start = acquired + dt.timedelta(days=1)
    day = start
    while (day.year, day.month, day.day) < (start.year + 1, start.month, start.day):
        day += dt.timedelta(days=1)
    assert first_day_held_more_than(acquired) == day


def test_the_tax_year_is_the_trade_dates() -> None:
    assert tax_year(D("2024-12-31")) == 2024


@pytest.mark.parametrize(
    ("sold", "bought", "inside"),
    [
        ("2024-01-31", "2024-03-01", True),
        ("2024-01-31", "2024-03-02", False),
        ("2023-01-31", "2023-03-02", True),
        ("2023-01-31", "2023-03-03", False),
        ("2024-06-15", "2024-05-16", True),
        ("2024-06-15", "2024-05-15", False),
        ("2024-06-15", "2024-06-15", True),
    ],
)
def test_thirty_days_on_either_side(sold: str, bought: str, inside: bool) -> None:
    assert within_wash_window(D(sold), D(bought)) is inside

"""Sessions and settlement: known holidays of New York, a book's own calendar, and the days beyond it."""

from datetime import date, timedelta

import pytest

from trimtab.core.calendar import Calendar, calendar_of, new_york

FRIDAY, MONDAY = date(2020, 7, 10), date(2020, 7, 13)


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2020, 6, 1), True),
        (date(2020, 7, 3), False),  # Independence Day observed
        (date(2022, 6, 20), False),  # Juneteenth observed, the first year
        (date(2021, 6, 18), True),  # the year before it was kept
        (date(2012, 10, 29), False),  # Hurricane Sandy
        (date(2020, 6, 6), False),
    ],
)
def test_new_york_knows_its_holidays(day: date, open_: bool) -> None:
    assert new_york().is_session(day) is open_


def test_new_york_agrees_with_real_prices(shared) -> None:
    import polars as pl

    prices = pl.read_parquet(shared / "data" / "prices_etf.parquet", columns=["symbol", "date"])
    days = prices.filter(pl.col("symbol") == "SPY")["date"].to_list()
    assert all(new_york().is_session(day) for day in days)
    assert new_york().sessions_between(days[0], days[-1]) == len(days) - 1


def test_a_trade_settles_on_the_next_session() -> None:
    assert new_york().settlement_date(date(2020, 7, 2)) == date(2020, 7, 6)
    assert new_york().settlement_date(date(2020, 7, 6), sessions=2) == date(2020, 7, 8)


def test_next_and_previous_are_strict() -> None:
    assert new_york().next_session(date(2020, 7, 2)) == date(2020, 7, 6)
    assert new_york().previous_session(date(2020, 7, 6)) == date(2020, 7, 2)
    assert new_york().next_session(date(2020, 7, 4)) == date(2020, 7, 6)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, MONDAY), (1, MONDAY), (-1, FRIDAY), (2, date(2020, 7, 14))]
)
def test_sessions_are_added_from_a_day_that_is_none(count: int, expected: date) -> None:
    assert new_york().add_sessions(date(2020, 7, 11), count) == expected


def test_zero_sessions_after_a_session_is_that_session() -> None:
    assert new_york().add_sessions(FRIDAY, 0) == FRIDAY


def test_a_book_calendar_may_be_open_on_a_sunday() -> None:
    sunday = date(2020, 7, 12)
    calendar = calendar_of([MONDAY, sunday, FRIDAY, sunday])
    assert calendar.sessions == (FRIDAY, sunday, MONDAY)
    assert calendar.next_session(FRIDAY) == sunday
    assert not calendar.is_session(date(2020, 7, 11))


def test_beyond_its_ends_a_calendar_counts_weekdays() -> None:
    calendar = Calendar((date(2020, 7, 9), FRIDAY))
    assert calendar.settlement_date(FRIDAY) == MONDAY
    assert calendar.is_session(MONDAY)
    assert not calendar.is_session(date(2020, 7, 11))
    assert calendar.previous_session(date(2020, 7, 9)) == date(2020, 7, 8)
    assert calendar.next_session(date(2020, 7, 1)) == date(2020, 7, 2)
    assert calendar.next_session(date(2020, 7, 8)) == date(2020, 7, 9)
    assert calendar.previous_session(MONDAY + timedelta(days=1)) == MONDAY
    assert calendar.previous_session(date(2020, 7, 12)) == FRIDAY


def test_previous_undoes_next_from_every_session() -> None:
    calendar = new_york()
    for day in calendar.sessions[:-1:37]:
        assert calendar.previous_session(calendar.next_session(day)) == day


def test_sessions_between() -> None:
    assert new_york().sessions_between(date(2020, 7, 2), date(2020, 7, 6)) == 1
    assert new_york().sessions_between(date(2020, 7, 3), date(2020, 7, 5)) == 0


def test_a_calendar_needs_sessions_in_order() -> None:
    with pytest.raises(AssertionError):
        Calendar(())
    with pytest.raises(AssertionError):
        Calendar((MONDAY, FRIDAY))

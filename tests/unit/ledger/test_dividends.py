from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.ledger.dividends import Span, dividend_test

EX = date(2024, 7, 12)
days = st.dates(date(2024, 1, 1), date(2024, 12, 31))


def counted_day_by_day(acquired, disposed, reach, spans):
    window = [EX + timedelta(days=k) for k in range(-reach, reach + 1)]
    return sum(
        acquired < day
        and (disposed is None or day <= disposed)
        and not any(s.first <= day <= s.last for s in spans)
        for day in window
    )


@given(days, st.none() | days, st.booleans(), st.lists(st.tuples(days, days), max_size=3))
def test_days_are_those_counted_one_by_one(acquired, disposed, preferred, ranges):
    spans = tuple(Span(min(pair), max(pair)) for pair in ranges)
    test = dividend_test(acquired, disposed, ex_date=EX, preferred=preferred, diminished=spans)
    reach = 90 if preferred else 60
    assert test.days_held == counted_day_by_day(acquired, disposed, reach, spans)
    owned = acquired < EX and (disposed is None or disposed >= EX)
    assert test.qualified == (owned and test.days_held > reach)
    assert test.window_end - test.window_start == timedelta(days=2 * reach)
    assert test.window_start == EX - timedelta(days=reach)


@pytest.mark.parametrize(("out", "qualified"), [(60, True), (61, False), (500, False)])
def test_a_count_of_days_at_no_risk_comes_off(out, qualified):
    test = dividend_test(date(2020, 1, 1), None, ex_date=EX, diminished_days=out)
    assert test.qualified is qualified
    assert test.days_held == max(0, 121 - out)


def test_bought_on_the_ex_date_there_is_nothing_to_qualify():
    assert not dividend_test(EX, None, ex_date=EX).qualified
    preferred = dividend_test(EX - timedelta(days=1), None, ex_date=EX)
    assert preferred.qualified

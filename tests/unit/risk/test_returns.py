from datetime import date

import numpy as np
import polars as pl
import pytest

from risk.samples import AS_OF, prices_of
from trimtab.core.result import Reason
from trimtab.risk.returns import weekly_rates, weekly_returns


def calm(seed: int, weeks: int, n: int, size: float = 0.02) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=(weeks, n))


def frame(rows: list[tuple[date, str, float, float | None]]) -> pl.DataFrame:
    schema = {
        "date": pl.Date,
        "security_id": pl.String,
        "close": pl.Float64,
        "total_return_index": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_last_close_on_or_before_friday_and_no_unfinished_week() -> None:
    prices = frame(
        [
            (date(2020, 11, 27), "A", 100.0, None),
            (date(2020, 11, 30), "A", 150.0, None),
            (date(2020, 12, 3), "A", 110.0, None),  # Thursday: no Friday close that week
            (date(2020, 12, 11), "A", 99.0, None),
            (date(2020, 12, 14), "A", 500.0, None),  # the week of as_of is not over
        ]
    )
    out = weekly_returns(prices, ("A",), as_of=date(2020, 12, 15)).value
    assert out.values[:, 0] == pytest.approx([0.10, -0.10])
    assert out.weeks[-1] == (date(2020, 12, 11) - date(1970, 1, 1)).days


def test_total_return_where_both_weeks_have_it_else_the_close() -> None:
    prices = frame(
        [
            (date(2020, 11, 27), "A", 100.0, None),
            (date(2020, 12, 4), "A", 90.0, 50.0),
            (date(2020, 12, 11), "A", 90.0, 55.0),
        ]
    )
    out = weekly_returns(prices, ("A",), as_of=AS_OF).value
    assert out.values[:, 0] == pytest.approx([-0.10, 0.10])


def test_a_week_without_a_price_leaves_two_returns_unknown() -> None:
    returns = np.full((5, 1), 0.01)
    prices = prices_of(returns, ["A"]).filter(pl.col("date") != date(2020, 11, 27))
    out = weekly_returns(prices, ("A", "B"), as_of=AS_OF).value
    assert np.isnan(out.values[:, 0]).tolist() == [False, False, True, True, False]
    assert np.isnan(out.values[:, 1]).all()


def test_prices_that_are_not_positive_numbers_are_reported() -> None:
    prices = pl.concat(
        [prices_of(np.full((3, 1), 0.01), ["A"]), frame([(date(2020, 12, 10), "A", -1.0, None)])]
    )
    prices = prices.with_columns(close=pl.when(pl.col("date") == AS_OF).then(0.0).otherwise("close"))
    outcome = weekly_returns(prices, ("A",), as_of=AS_OF)
    assert outcome.value.values.shape == (2, 1)
    assert [(f.reason, f.row, f.value) for f in outcome.failures] == [(Reason.INVALID, "A", "2")]


def test_decimal_prices_are_read() -> None:
    prices = prices_of(np.full((3, 1), 0.02), ["A"]).with_columns(pl.col("close").cast(pl.Decimal(38, 9)))
    assert weekly_returns(prices, ("A",), as_of=AS_OF).value.values[:, 0] == pytest.approx(0.02, abs=1e-9)


def test_a_missed_split_in_a_calm_week_is_set_aside_and_named() -> None:
    returns = calm(1, 120, 5)
    returns[60, 2] = -0.51
    outcome = weekly_returns(prices_of(returns, list("ABCDE")), tuple("ABCDE"), as_of=AS_OF)
    assert np.isnan(outcome.value.values[60, 2])
    assert int(np.isnan(outcome.value.values).sum()) == 1
    assert "missed split" in outcome.failures[0].message
    assert outcome.failures[0].row.startswith("C ")


def test_a_wrong_price_takes_both_its_weeks_out() -> None:
    returns = calm(2, 120, 5)
    returns[60, 1], returns[61, 1] = 0.9, 1 / 1.9 - 1
    outcome = weekly_returns(prices_of(returns, list("ABCDE")), tuple("ABCDE"), as_of=AS_OF)
    assert np.flatnonzero(np.isnan(outcome.value.values[:, 1])).tolist() == [60, 61]
    assert "wrong price" in outcome.failures[0].message


def test_a_crash_that_everybody_shares_is_kept() -> None:
    returns = calm(3, 120, 5)
    returns[60] = -0.5
    outcome = weekly_returns(prices_of(returns, list("ABCDE")), tuple("ABCDE"), as_of=AS_OF)
    assert not outcome.failures
    assert not np.isnan(outcome.value.values).any()


def test_other_wild_returns_are_capped_at_ten_deviations() -> None:
    returns = calm(4, 120, 5)
    returns[60, 0] = 3.7
    outcome = weekly_returns(prices_of(returns, list("ABCDE")), tuple("ABCDE"), as_of=AS_OF)
    assert not outcome.failures
    assert 0.28 <= outcome.value.values[60, 0] < 0.4


def test_no_prices_give_no_weeks() -> None:
    out = weekly_returns(frame([]), ("A",), as_of=AS_OF).value
    assert out.values.shape == (0, 1)


def test_a_week_earns_the_rate_known_at_its_beginning() -> None:
    free = pl.DataFrame({"date": [date(2020, 12, 11), date(2020, 12, 1)], "rate": [0.052, 0.026]})
    fridays = [date(2020, 12, day) for day in (4, 11, 18)]
    weeks = np.array([(day - date(1970, 1, 1)).days for day in fridays])
    assert weekly_rates(free, weeks) == pytest.approx([0.0, 0.0005, 0.001])
    assert not weekly_rates(None, weeks).any()

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from risk.samples import (
    AS_OF,
    TWELVE_FUNDS,
    factor_returns,
    prices_of,
    real_frames,
    sector_market,
    securities_of,
    sigma_of,
)
from trimtab.core.result import Reason
from trimtab.risk.build import build_risk_model
from trimtab.risk.measure import tracking_error, volatilities
from trimtab.risk.model import RiskModel


def apart(model: RiskModel, a: str, b: str) -> float:
    rows = np.array([model.row_of[a], model.row_of[b]])
    return tracking_error(model, rows, np.array([1.0, -1.0]))


def mixed(seed: int, *, stocks: int = 90, funds: int = 8) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """Stocks on market and sectors, funds that hold all of them equally but for a little; true annual covariance."""
    returns, sectors, truth = sector_market(seed, weeks=520, n=stocks)
    rng = np.random.default_rng(seed + 1)
    noise = 0.004 * rng.normal(size=(520, funds))
    fund_returns = returns.mean(axis=1, keepdims=True) + noise
    names = [f"S{i:03d}" for i in range(stocks)] + [f"F{i}" for i in range(funds)]
    securities = securities_of(
        names,
        kind=["equity"] * stocks + ["etf"] * funds,
        sector=[*sectors, *[None] * funds],
    )
    w = np.vstack([np.eye(stocks), np.full((funds, stocks), 1 / stocks)])
    sigma = w @ truth @ w.T
    sigma[stocks:, stocks:] += 0.004**2 * np.eye(funds)
    return prices_of(np.hstack([returns, fund_returns]), names), securities, 52 * sigma


def test_a_book_of_funds_recovers_its_covariance() -> None:
    returns, truth = factor_returns(1, weeks=520, n=10, factors=3)
    names = [f"F{i}" for i in range(10)]
    outcome = build_risk_model(prices_of(returns, names), securities_of(names), as_of=AS_OF)
    assert not outcome.failures
    model = outcome.value
    assert model.common == 0
    sample = 52 * np.cov(returns.T)
    np.testing.assert_allclose(sigma_of(model), sample, atol=0.02 * sample.max())
    assert np.linalg.norm(sigma_of(model) - 52 * truth) < 0.2 * np.linalg.norm(52 * truth)


def test_stocks_and_funds_are_one_model() -> None:
    prices, securities, truth = mixed(2)
    model = build_risk_model(prices, securities, as_of=AS_OF).value
    order = [model.row_of[name] for name in securities["security_id"]]
    sigma = sigma_of(model)[np.ix_(order, order)]
    np.testing.assert_allclose(np.sqrt(np.diag(sigma)), np.sqrt(np.diag(truth)), rtol=0.15)
    w = np.zeros(98)
    w[:90], w[90] = 1 / 90, -1.0
    # the fund against what it holds: the model knows it to within the stocks' own risk, which averages out
    assert np.sqrt(w @ sigma @ w) < 0.05
    assert 2 <= model.common <= 25
    assert not model.exposures[order[:90], model.common :].any()


def test_the_same_bits_whatever_the_row_order() -> None:
    prices, securities, _ = mixed(3, stocks=70, funds=5)
    a = build_risk_model(prices, securities, as_of=AS_OF).value
    shuffled = prices.sample(fraction=1.0, shuffle=True, seed=1)
    b = build_risk_model(shuffled, securities.sample(fraction=1.0, shuffle=True, seed=2), as_of=AS_OF).value
    assert a.digest == b.digest
    assert a.security_ids == b.security_ids
    np.testing.assert_array_equal(a.exposures, b.exposures)
    np.testing.assert_array_equal(a.specific, b.specific)
    assert a.notes == b.notes


def test_cash_has_no_risk_and_the_unknown_takes_its_peers() -> None:
    returns, _ = factor_returns(4, weeks=200, n=6, factors=2)
    names = [f"F{i}" for i in range(6)]
    securities = securities_of(
        [*names, "CASH", "NEW", "GOLD"],
        kind=["etf"] * 6 + ["cash", "etf", "other"],
        asset_class=["us"] * 4 + ["bonds"] * 2 + ["cash", "bonds", "gold"],
    )
    prices = prices_of(np.hstack([returns, np.full((200, 1), 0.0001)]), [*names, "CASH"])
    model = build_risk_model(prices, securities, as_of=AS_OF).value
    vol = dict(zip(model.security_ids, volatilities(model), strict=True))
    assert vol["CASH"] == 0.0
    assert model.proxied == {"NEW", "GOLD"}
    assert model.missing == {"GOLD"}
    assert vol["NEW"] == pytest.approx(np.sqrt((vol["F4"] ** 2 + vol["F5"] ** 2) / 2))
    assert any(note.startswith("NEW: no history") for note in model.notes)


def test_fewer_than_half_a_year_is_no_history() -> None:
    returns, _ = factor_returns(5, weeks=200, n=4, factors=2)
    returns[:175, 3] = np.nan
    names = list("ABCD")
    model = build_risk_model(prices_of(returns, names), securities_of(names), as_of=AS_OF).value
    assert model.proxied == {"D"}
    returns[150:, 3] = 0.01 * np.random.default_rng(6).normal(size=50)
    assert not build_risk_model(prices_of(returns, names), securities_of(names), as_of=AS_OF).value.proxied


def test_prices_that_never_move_are_not_taken_for_safety() -> None:
    returns, _ = factor_returns(7, weeks=200, n=4, factors=2)
    returns[:, 3] = 0.0
    names = list("ABCD")
    model = build_risk_model(prices_of(returns, names), securities_of(names, kind="bond"), as_of=AS_OF).value
    assert model.proxied == {"D"}
    assert volatilities(model).min() > 0.01


def test_no_history_at_all_is_assumed_and_said() -> None:
    securities = securities_of(["A", "B", "C"], kind=["etf", "etf", "cash"], asset_class=["x", "y", "cash"])
    prices = prices_of(np.full((3, 1), 0.01), ["A"])
    for history in (prices, prices.clear()):
        outcome = build_risk_model(history, securities, as_of=AS_OF)
        assert [f.reason for f in outcome.failures] == [Reason.MISSING]
        assert outcome.value.missing == {"A", "B"}
        assert volatilities(outcome.value) == pytest.approx([0.15, 0.15, 0.0], abs=1e-9)


def test_an_empty_book_has_an_empty_model() -> None:
    outcome = build_risk_model(prices_of(np.full((3, 1), 0.01), ["A"]), securities_of([]), as_of=AS_OF)
    assert outcome.value.security_ids == ()
    assert not outcome.failures


def test_a_stormy_past_beyond_ten_years_scales_the_whole() -> None:
    returns, _ = factor_returns(9, weeks=1040, n=5, factors=2)
    returns[:520] *= 1.4
    names = list("ABCDE")
    model = build_risk_model(prices_of(returns, names), securities_of(names), as_of=AS_OF).value
    expected = np.sqrt(52 * returns.var(axis=0))
    np.testing.assert_allclose(volatilities(model), expected, rtol=0.08)
    assert any("long run" in note for note in model.notes)


def test_share_classes_and_declared_groups_stay_together() -> None:
    prices, securities, _ = mixed(10, stocks=70, funds=2)
    twin = prices.filter(pl.col("security_id") == "S004").with_columns(
        security_id=pl.lit("S004B"), close=pl.col("close") * 0.99
    )
    more = securities_of(["S004B"], kind="equity", sector=["Materials"])
    model = build_risk_model(pl.concat([prices, twin]), pl.concat([securities, more]), as_of=AS_OF).value
    assert apart(model, "S004", "S004B") < 0.005
    assert apart(model, "S004", "S010") > 0.2


@pytest.mark.shared
def test_near_twins_and_opposites_on_real_funds(shared: Path) -> None:
    prices, securities = real_frames(shared, funds=TWELVE_FUNDS, stocks=False)
    model = build_risk_model(prices, securities, as_of=date(2022, 12, 30)).value
    assert apart(model, "VTI", "ITOT") < 0.01
    assert 0.04 < apart(model, "VTI", "VUG") < 0.08
    assert apart(model, "VTI", "BND") > 0.14
    vol = dict(zip(model.security_ids, volatilities(model), strict=True))
    assert 0.14 < vol["VTI"] < 0.21
    assert 0.03 < vol["BND"] < 0.06


@pytest.mark.shared
def test_real_stocks_and_funds_together(shared: Path) -> None:
    prices, securities = real_frames(shared, funds=(*TWELVE_FUNDS, "SPY", "IVV", "AGG", "XLF"), stocks=True)
    outcome = build_risk_model(prices, securities, as_of=date(2020, 12, 11))
    model = outcome.value
    assert 15 <= model.common <= 25
    assert apart(model, "SPY", "IVV") < 0.01
    assert apart(model, "GOOG", "GOOGL") < 0.04
    assert apart(model, "SPY", "AAPL") > 0.2
    stocks = [model.row_of[s] for s in securities.filter(pl.col("kind") == "equity")["security_id"]]
    local = (model.exposures[stocks][:, model.common :] != 0.0).sum(axis=0)
    assert set(local.tolist()) <= {0, 2, 3}  # twins only; the funds' columns are exactly zero for stocks
    vol = volatilities(model)
    assert vol.min() > 0.01
    assert np.median(vol[stocks]) == pytest.approx(0.33, abs=0.08)
    spread = np.zeros(len(model.security_ids))
    spread[stocks] = 1 / len(stocks)
    spread[model.row_of["SPY"]] = -1.0
    assert 0.02 < tracking_error(model, np.arange(spread.size), spread) < 0.08


def test_risk_is_that_of_returns_in_excess_of_the_risk_free_rate() -> None:
    """A fund that moves with the rate alone: its risk is the rate's, and vanishes in excess of it."""
    returns, _ = factor_returns(4, weeks=300, n=6, factors=2)
    weeks = 0.001 * (1.0 + np.sin(np.arange(300)))
    names = [f"F{i}" for i in range(6)]
    prices = prices_of(returns + weeks[:, None], names)
    fridays = sorted(prices["date"].unique().to_list())
    free = pl.DataFrame({"date": fridays[:-1], "rate": 52 * weeks[: len(fridays) - 1]})
    plain = build_risk_model(prices_of(returns, names), securities_of(names), as_of=AS_OF).value
    excess = build_risk_model(prices, securities_of(names), as_of=AS_OF, risk_free=free).value
    np.testing.assert_allclose(sigma_of(excess), sigma_of(plain), rtol=2e-3, atol=1e-6)

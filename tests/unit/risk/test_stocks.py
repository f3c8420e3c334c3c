import numpy as np
import pytest

from risk.samples import sector_market
from trimtab.risk.stocks import fit_stocks, leading_components, ridge_each, row_means

NO_FUNDS = np.full((520, 0), np.nan)


def model_sigma(returns: np.ndarray, sectors: list[str]) -> np.ndarray:
    fit = fit_stocks(returns, tuple(sectors), NO_FUNDS)
    omega = fit.series.T @ fit.series / (returns.shape[0] - 1)
    return fit.loadings @ omega @ fit.loadings.T + np.diag(fit.specific)


def test_market_and_sectors_are_recovered() -> None:
    returns, sectors, truth = sector_market(1, weeks=520, n=120)
    sigma = model_sigma(returns, sectors)
    sample = np.cov(returns.T)
    assert np.linalg.norm(sigma - truth) < 0.9 * np.linalg.norm(sample - truth)
    np.testing.assert_allclose(np.sqrt(np.diag(sigma)), np.sqrt(np.diag(truth)), rtol=0.15)
    rng = np.random.default_rng(2)
    for _ in range(20):  # tracking portfolios, where a sample covariance is worst
        w = np.zeros(120)
        w[rng.choice(120, 30, replace=False)] += 1 / 30
        w -= 1 / 120
        assert w @ sigma @ w == pytest.approx(w @ truth @ w, rel=0.25)


def test_a_factor_nobody_names_becomes_a_statistical_one() -> None:
    returns, sectors, _ = sector_market(3, weeks=520, n=120)
    rng = np.random.default_rng(4)
    hidden = 0.02 * np.outer(rng.normal(size=520), np.where(rng.random(120) < 0.5, 1.0, -1.0))
    assert "statistical 1" not in fit_stocks(returns, tuple(sectors), NO_FUNDS).names
    fit = fit_stocks(returns + hidden, tuple(sectors), NO_FUNDS)
    assert "statistical 1" in fit.names
    assert "statistical 2" not in fit.names


def test_a_style_that_funds_trade_in_becomes_a_factor_of_stocks() -> None:
    returns, sectors, _ = sector_market(10, weeks=520, n=120)
    rng = np.random.default_rng(11)
    tilt = np.where(np.arange(120) < 12, 1.0, 0.0)  # a dozen giants move together and funds are full of them
    returns = returns + 0.02 * np.outer(rng.normal(size=520), tilt)
    weights = np.where(tilt > 0, 6.0, 1.0)
    funds = returns @ (weights / weights.sum())[:, None] + 0.001 * rng.normal(size=(520, 8))
    fit = fit_stocks(returns, tuple(sectors), funds)
    assert "style 1" in fit.names
    style = fit.loadings[:, fit.names.index("style 1")]
    giants, others = np.abs(style[:12]).mean(), np.abs(style[12:]).mean()
    assert giants > 3 * others
    bonds = 0.01 * rng.normal(size=(520, 8))
    assert "style 1" not in fit_stocks(returns, tuple(sectors), bonds).names


def test_short_histories_are_pulled_to_their_peers() -> None:
    returns, sectors, _ = sector_market(5, weeks=520, n=120)
    market = returns.mean(axis=1)
    returns[:, 0] = 3.0 * (market - market.mean())  # so far: three times the market and nothing of its own
    returns[:494, 0] = np.nan
    fit = fit_stocks(returns, tuple(sectors), NO_FUNDS)
    assert 1.5 < fit.loadings[0, 0] < 2.6  # half of the evidence is the prior's
    peers = [i for i in range(120) if sectors[i] == sectors[0] and i > 0]
    returns[494:, 0] = returns[494:, peers].mean(
        axis=1
    )  # nothing of its own, and nothing for the prior to move
    fit = fit_stocks(returns, tuple(sectors), NO_FUNDS)
    assert fit.specific[0] > 0.4 * fit.specific[peers].mean()
    assert np.isnan(fit.residuals[:494, 0]).all()


def test_few_or_unknown_sectors_leave_the_market_only() -> None:
    returns, _, _ = sector_market(6, weeks=200, n=60)
    assert fit_stocks(returns, ("",) * 60, NO_FUNDS[:200]).names[0] == "market"
    names = fit_stocks(returns, ("Energy",) * 4 + ("",) * 56, NO_FUNDS[:200]).names
    assert "Energy" not in names


def test_ridge_is_least_squares_where_the_prior_is_weak() -> None:
    rng = np.random.default_rng(7)
    f = rng.normal(size=(300, 4))
    y = f @ rng.normal(size=(4, 3)) + 0.1 * rng.normal(size=(300, 3))
    uses = np.ones((3, 4), dtype=bool)
    b, v = ridge_each(y, f, uses, np.zeros((3, 4)), 1e-9)
    expected, residuals, _, _ = np.linalg.lstsq(f, y, rcond=None)
    np.testing.assert_allclose(b, expected.T, atol=1e-9)
    np.testing.assert_allclose(v, residuals / (300 - 1 - 4), rtol=1e-9)
    uses[:, 2] = False
    assert not ridge_each(y, f, uses, np.zeros((3, 4)), 1e-9)[0][:, 2].any()


def test_a_strong_prior_wins() -> None:
    rng = np.random.default_rng(8)
    f = rng.normal(size=(50, 1))
    b, _ = ridge_each(3.0 * f, f, np.ones((1, 1), dtype=bool), np.ones((1, 1)), 1e9)
    assert b[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_leading_components_agree_with_lapack() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(80, 30)) * np.r_[5.0, 4.0, 3.0, np.ones(27)]
    values, vectors = leading_components(x, 3)
    expected, directions = np.linalg.eigh(x.T @ x)
    np.testing.assert_allclose(values, expected[::-1][:3], rtol=1e-8)
    np.testing.assert_allclose(np.abs(vectors.T @ directions[:, ::-1][:, :3]), np.eye(3), atol=1e-6)


def test_row_means_skip_the_unknown() -> None:
    values = np.array([[1.0, np.nan, 5.0], [np.nan, np.nan, 2.0]])
    assert row_means(values, np.array([True, True, False])).tolist() == [1.0, 0.0]

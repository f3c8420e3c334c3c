import numpy as np
import pytest

from risk.samples import factor_returns
from trimtab.risk.dense import choose_window, complete, explain_by_few, fit_dense

NO_FACTORS = np.zeros((520, 0))


def test_full_histories_give_the_sample_covariance_but_for_shrinkage() -> None:
    returns, truth = factor_returns(1, weeks=520, n=12, factors=3)
    fit = fit_dense(returns, NO_FACTORS)
    np.testing.assert_allclose(np.diag(fit.covariance), np.diag(np.cov(returns.T)), rtol=1e-3)
    assert np.linalg.norm(fit.covariance - truth) < 0.2 * np.linalg.norm(truth)
    assert fit.weeks == 520
    assert fit.extended.size == 0


def test_holes_are_filled_by_what_the_others_say() -> None:
    returns, _ = factor_returns(2, weeks=520, n=8, factors=2, own=0.002)
    holed = returns.copy()
    rng = np.random.default_rng(3)
    holes = rng.random(returns.shape) < 0.05
    holed[holes] = np.nan
    filled, doubt = complete(holed)
    error = (filled - (returns - returns.mean(axis=0)))[holes]
    assert error.std() < 0.4 * returns[holes].std()
    assert np.linalg.eigvalsh(doubt)[0] > -1e-12
    s = filled.T @ filled / 520 + doubt
    np.testing.assert_allclose(s, np.cov(returns.T), atol=0.05 * np.cov(returns.T).max())


def test_filled_holes_do_not_look_like_calm() -> None:
    rng = np.random.default_rng(11)
    returns = 0.02 * rng.normal(size=(520, 5))  # strangers: a hole is filled with nothing but the mean
    holed = np.where(rng.random(returns.shape) < 0.09, np.nan, returns)
    variance = np.diag(fit_dense(holed, NO_FACTORS).covariance)
    np.testing.assert_allclose(variance, np.nanvar(holed, axis=0), rtol=0.03)


def test_a_new_twin_inherits_the_old_ones_history() -> None:
    returns, _ = factor_returns(4, weeks=520, n=8, factors=3)
    returns[:260] *= 2.0  # the earlier half was wilder
    returns[:, 7] = returns[:, 0] + 0.0005 * np.random.default_rng(5).normal(size=520)
    returns[:400, 7] = np.nan
    fit = fit_dense(returns, NO_FACTORS)
    c = fit.covariance
    assert fit.extended.tolist() == [7]
    assert c[7, 7] == pytest.approx(c[0, 0], rel=0.05)
    assert np.sqrt(c[0, 0] + c[7, 7] - 2 * c[0, 7]) < 0.0015
    assert np.linalg.eigvalsh(c)[0] > 0.0


def test_a_new_stranger_keeps_its_own_variance() -> None:
    returns, _ = factor_returns(6, weeks=520, n=8, factors=3)
    own = 0.03 * np.random.default_rng(7).normal(size=520)
    returns[:, 7] = own
    returns[:460, 7] = np.nan
    c = fit_dense(returns, NO_FACTORS).covariance
    assert c[7, 7] == pytest.approx(0.03**2, rel=0.4)
    assert abs(c[7, 0]) < 0.4 * np.sqrt(c[7, 7] * c[0, 0])


def test_what_factors_explain_is_not_in_the_covariance() -> None:
    rng = np.random.default_rng(8)
    factors = 0.02 * rng.normal(size=(520, 2))
    loadings = rng.normal(size=(6, 2))
    returns = factors @ loadings.T + 0.005 * rng.normal(size=(520, 6))
    fit = fit_dense(returns, factors)
    np.testing.assert_allclose(fit.loadings, loadings, atol=0.05)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), 0.005, rtol=0.15)


def test_the_window_is_where_most_fund_weeks_are() -> None:
    known = np.ones((520, 10), dtype=bool)
    assert choose_window(known) == 0
    known[:300, 1:] = False
    assert choose_window(known) == 286  # nine of ten begin at 300, a tenth of it may be missing
    known[:, :] = False
    known[490:, :] = True
    assert choose_window(known) == 494  # the new funds of a book together, rather than one by one


def test_the_few_that_explain_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(9)
    x = rng.normal(size=(200, 30))
    y = 0.7 * x[:, 4] - 0.3 * x[:, 20] + 0.1 * rng.normal(size=200)
    weights, left = explain_by_few(y, x, 5)
    assert np.flatnonzero(weights).tolist() == [4, 20]
    assert weights[[4, 20]] == pytest.approx([0.7, -0.3], abs=0.05)
    assert left == pytest.approx(0.01, rel=0.3)
    assert not explain_by_few(rng.normal(size=200), x, 5)[0].any()
    assert explain_by_few(y, x, 0)[1] == pytest.approx(float(y @ y) / 199)

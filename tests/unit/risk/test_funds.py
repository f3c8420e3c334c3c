import numpy as np
import pytest

from risk.samples import factor_returns
from trimtab.risk.funds import fund_rows

NO_FACTORS = np.zeros((520, 0))


def test_a_few_are_the_split_of_their_covariance() -> None:
    returns, _ = factor_returns(1, weeks=520, n=9, factors=3)
    rows = fund_rows(returns, NO_FACTORS)
    sigma = rows.exposures @ rows.exposures.T + np.diag(rows.specific)
    sample = np.cov(returns.T)
    np.testing.assert_allclose(sigma, sample, atol=0.03 * sample.max())
    assert rows.weeks == 520


def test_the_many_are_explained_by_those_with_the_longest_history() -> None:
    returns, truth = factor_returns(2, weeks=520, n=40, factors=2, own=0.004)
    returns[:100, :10] = np.nan
    rows = fund_rows(returns, NO_FACTORS, most=30)
    sigma = rows.exposures @ rows.exposures.T + np.diag(rows.specific)
    np.testing.assert_allclose(np.sqrt(np.diag(sigma)), np.sqrt(np.diag(truth)), rtol=0.2)
    for i in range(10):
        assert sigma[i, 20] / np.sqrt(sigma[i, i] * sigma[20, 20]) == pytest.approx(
            truth[i, 20] / np.sqrt(truth[i, i] * truth[20, 20]), abs=0.1
        )
    assert np.linalg.eigvalsh(sigma)[0] > 0.0


def test_loadings_on_stock_factors_pass_through_to_the_many() -> None:
    rng = np.random.default_rng(3)
    factors = 0.02 * rng.normal(size=(520, 1))
    returns = factors @ np.linspace(0.5, 1.5, 12)[None, :] + 0.002 * rng.normal(size=(520, 12))
    returns[:60, 11] = np.nan
    rows = fund_rows(returns, factors, most=11)
    np.testing.assert_allclose(rows.loadings[:, 0], np.linspace(0.5, 1.5, 12), atol=0.05)

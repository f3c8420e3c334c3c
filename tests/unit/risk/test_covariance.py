import numpy as np
import pytest

from trimtab.risk.covariance import (
    repair_correlation,
    shrink_eigenvalues,
    shrunk_eigenvalues,
    split_covariance,
)


def test_split_restores_sigma_and_splits_twins() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(520, 8)) * 0.02
    x[:, 1] = x[:, 0] + 0.0005 * rng.normal(size=520)
    sigma = 52 * np.cov(x.T)
    g, d = split_covariance(sigma)
    np.testing.assert_allclose(g @ g.T + np.diag(d), sigma, atol=1e-7 * sigma.max())
    assert (d >= 0).all()
    assert (d <= np.diag(sigma) * (1 + 1e-12)).all()
    apart = np.zeros(8)
    apart[:2] = 1.0, -1.0
    assert np.sqrt(((apart @ g) ** 2).sum() + (apart**2 * d).sum()) == pytest.approx(
        0.0005 * 52**0.5, rel=0.1
    )


def test_shrinkage_comes_closer_to_the_truth() -> None:
    rng = np.random.default_rng(2)
    n, weeks = 30, 90
    half = rng.normal(size=(n, n)) / n**0.5 + 2 * np.eye(n)
    truth = half @ half.T
    sample = np.cov((rng.normal(size=(weeks, n)) @ half.T).T)
    shrunk = shrink_eigenvalues(sample, weeks - 1)
    assert np.linalg.norm(shrunk - truth) < 0.85 * np.linalg.norm(sample - truth)
    np.testing.assert_allclose(np.diag(shrunk), np.diag(sample), rtol=1e-12)


def test_shrinkage_leaves_near_twins_near() -> None:
    rng = np.random.default_rng(3)
    x = 0.02 * rng.normal(size=(520, 1)) + 0.01 * rng.normal(size=(520, 40))
    x[:, 1] = x[:, 0] + 1e-6 * rng.normal(size=520)
    s = np.cov(x.T)
    shrunk = shrink_eigenvalues(s, 519)
    before = s[0, 0] + s[1, 1] - 2 * s[0, 1]
    after = shrunk[0, 0] + shrunk[1, 1] - 2 * shrunk[0, 1]
    assert after < 4 * before


@pytest.mark.parametrize("weeks", [20, 60, 520])
def test_shrunk_eigenvalues_are_positive_and_keep_their_middle(weeks: int) -> None:
    rng = np.random.default_rng(4)
    sample = np.cov(rng.normal(size=(weeks + 1, 40)).T)
    values = np.linalg.eigvalsh(sample)
    out = shrunk_eigenvalues(np.maximum(values, 0.0), weeks)
    assert (out > 0.0).all()
    assert out.min() > values.min()
    assert out.max() < values.max()
    assert out.mean() == pytest.approx(1.0, rel=0.35)


def test_repair_leaves_a_correlation_matrix_alone() -> None:
    r = np.array([[1.0, 0.5], [0.5, 1.0]])
    np.testing.assert_array_equal(repair_correlation(r), r)

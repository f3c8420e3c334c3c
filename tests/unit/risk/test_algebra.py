import numpy as np
import pytest

from trimtab.risk import algebra


def random_spd(seed: int, n: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(2 * n, n))
    return x.T @ x / (2 * n)


@pytest.mark.parametrize("n", [1, 2, 7, 25])
def test_cholesky_inverse_and_solve_agree_with_lapack(n: int) -> None:
    a = random_spd(n, n)
    lower = np.empty_like(a)
    assert algebra.cholesky(a, lower)
    np.testing.assert_allclose(lower, np.linalg.cholesky(a), atol=1e-12)
    np.testing.assert_allclose(algebra.inverse(lower) @ a, np.eye(n), atol=1e-9)
    b = np.arange(1.0, n + 1.0)
    np.testing.assert_allclose(a @ algebra.solve_lower(lower, b), b, atol=1e-9)


def test_cholesky_says_no_to_an_indefinite_matrix() -> None:
    a = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert not algebra.cholesky(a, np.empty_like(a))
    assert not algebra.cholesky(np.array([[np.nan]]), np.empty((1, 1)))


@pytest.mark.parametrize("n", [1, 2, 9, 30])
def test_eigen_agrees_with_lapack_and_signs_its_vectors(n: int) -> None:
    a = random_spd(50 + n, n)
    values, vectors = algebra.eigen(a)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(a)[::-1], atol=1e-12)
    np.testing.assert_allclose(vectors.T @ np.diag(values) @ vectors, a, atol=1e-12)
    assert all(row[np.argmax(np.abs(row))] > 0 for row in vectors)


def test_semidefinite_factor_finds_the_rank() -> None:
    x = np.random.default_rng(3).normal(size=(6, 2))
    a = x @ x.T
    factor = algebra.semidefinite_factor(a, 1e-10)
    assert factor.shape == (6, 2)
    np.testing.assert_allclose(factor @ factor.T, a, atol=1e-12)


def test_products_agree_with_blas() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(7, 5)), rng.normal(size=(5, 3))
    np.testing.assert_allclose(algebra.gram(x), x.T @ x, atol=1e-12)
    np.testing.assert_allclose(algebra.outer_gram(x), x @ x.T, atol=1e-12)
    np.testing.assert_allclose(algebra.product(x, y), x @ y, atol=1e-12)
    np.testing.assert_allclose(algebra.row_squares(x), (x * x).sum(axis=1), atol=1e-12)


def test_pairwise_correlations_use_common_weeks_only() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 3))
    x[:, 1] = x[:, 0] + 0.1 * x[:, 1]
    x[:80, 1] = np.nan
    x[:150, 2] = np.nan
    c = algebra.pairwise_correlations(x)
    a, b = x[80:, 0], x[80:, 1]
    assert c[0, 1] == pytest.approx((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))
    assert c[0, 2] == 0.0  # fifty weeks in common are too few
    np.testing.assert_array_equal(np.diag(c), 1.0)

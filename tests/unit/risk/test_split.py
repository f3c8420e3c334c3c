import numpy as np
import pytest

from trimtab.risk.covariance import LARGEST_SPLIT, SPLIT_GAP, split_covariance
from trimtab.risk.split import maximal_diagonal, scaled_diagonal, set_hashes, split_unit, unlike


def correlation(seed: int, n: int, factors: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(520, factors)) @ rng.normal(size=(factors, n))
    x = x + rng.normal(size=(520, n)) * rng.uniform(0.05, 1.0, n)
    return np.corrcoef(x.T)


@pytest.mark.parametrize(("n", "factors"), [(3, 1), (12, 4), (30, 6), (60, 8)])
def test_the_split_is_as_good_as_the_semidefinite_program(n: int, factors: int) -> None:
    cvxpy = pytest.importorskip("cvxpy")
    r = correlation(n, n, factors)
    d, _ = maximal_diagonal(r, SPLIT_GAP, 200)
    x = cvxpy.Variable(n)
    problem = cvxpy.Problem(cvxpy.Maximize(cvxpy.sum(x)), [r - cvxpy.diag(x) >> 0, x >= 0])
    problem.solve(solver=cvxpy.CLARABEL)
    assert d.sum() == pytest.approx(problem.value, rel=1e-4)
    assert np.linalg.eigvalsh(r - np.diag(d))[0] > -1e-12
    assert d.min() > 0.0


def test_one_common_factor_is_taken_apart_exactly() -> None:
    loading = np.array([0.9, 0.8, 0.7, 0.5, 0.4])
    r = np.outer(loading, loading)
    np.fill_diagonal(r, 1.0)
    g, d = split_unit(r, SPLIT_GAP, LARGEST_SPLIT)
    assert g.shape == (5, 1)
    np.testing.assert_allclose(g[:, 0], loading, atol=1e-5)
    np.testing.assert_allclose(d, 1.0 - loading**2, atol=1e-5)


def test_the_bisection_keeps_the_rest_definite_and_serves_large_books() -> None:
    r = correlation(8, 40, 5)
    d = scaled_diagonal(r)
    assert d.min() > 0.0
    assert np.linalg.eigvalsh(r - np.diag(d))[0] >= -1e-9
    g, share = split_unit(r, SPLIT_GAP, 10)
    np.testing.assert_allclose(g @ g.T + np.diag(share), r, atol=1e-7)
    assert 0.9 * d.sum() < share.sum() <= maximal_diagonal(r, SPLIT_GAP, 200)[0].sum() + 1e-6


def test_equal_twins_and_certain_cash_survive() -> None:
    sigma = np.zeros((4, 4))
    sigma[:3, :3] = 0.04 * np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]])
    g, d = split_covariance(sigma)
    np.testing.assert_allclose(g @ g.T + np.diag(d), sigma, atol=1e-9)
    assert d[0] < 1e-8
    assert not g[3].any()
    assert d[3] == 0.0


def test_a_matrix_that_is_not_psd_is_repaired() -> None:
    sigma = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    g, d = split_covariance(sigma)
    repaired = g @ g.T + np.diag(d)
    np.testing.assert_allclose(np.diag(repaired), 1.0, atol=1e-9)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-9


def test_equal_marks_are_checked_entry_by_entry() -> None:
    offsets = np.array([0, 2, 4, 6, 7])
    rows = np.array([1, 2, 1, 2, 2, 1, 1])
    marks = set_hashes(offsets, rows)
    assert marks[0] == marks[1]
    assert len(set(marks.tolist())) == 3
    assert unlike(offsets, rows, np.array([0, 0, 0, 0])).tolist() == [2, 3]

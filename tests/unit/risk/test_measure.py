import numpy as np
import pytest

from risk.samples import sigma_of
from trimtab.risk.measure import contributions, risk_gradients, tracking_error, tracking_errors, volatilities
from trimtab.risk.model import RiskModel, freeze_model

OFFSETS = np.array([0, 3, 3, 7])
ROWS = np.array([4, 0, 2, 1, 3, 5, 0])


@pytest.fixture(scope="module")
def model() -> RiskModel:
    rng = np.random.default_rng(1)
    g = 0.1 * rng.normal(size=(6, 3))
    return freeze_model(tuple("ABCDEF"), g, rng.uniform(0.0, 0.04, 6), common=3)


@pytest.fixture
def active() -> np.ndarray:
    return 0.05 * np.random.default_rng(2).normal(size=7)


def test_tracking_errors_agree_with_the_dense_matrix(model: RiskModel, active: np.ndarray) -> None:
    sigma = sigma_of(model)
    te = tracking_errors(model, OFFSETS, ROWS, active)
    for a in range(3):
        part = slice(OFFSETS[a], OFFSETS[a + 1])
        w, s = active[part], sigma[np.ix_(ROWS[part], ROWS[part])]
        assert te[a] == pytest.approx(np.sqrt(w @ s @ w))
    assert te[1] == 0.0
    assert tracking_error(model, ROWS[:3], active[:3]) == te[0]
    np.testing.assert_allclose(volatilities(model), np.sqrt(np.diag(sigma)))


def test_contributions_sum_to_the_tracking_error(model: RiskModel, active: np.ndarray) -> None:
    parts = contributions(model, OFFSETS, ROWS, active)
    te = tracking_errors(model, OFFSETS, ROWS, active)
    assert parts[:3].sum() == pytest.approx(te[0])
    assert parts[3:].sum() == pytest.approx(te[2])
    assert not contributions(model, OFFSETS, ROWS, np.zeros(7)).any()


def test_gradients_are_sigma_times_active(model: RiskModel, active: np.ndarray) -> None:
    s = sigma_of(model)[np.ix_(ROWS[:3], ROWS[:3])]
    np.testing.assert_allclose(risk_gradients(model, OFFSETS, ROWS, active)[:3], s @ active[:3])


def test_a_security_given_twice_is_one_security(model: RiskModel) -> None:
    rows, active = np.array([2, 2]), np.array([0.3, -0.3])
    assert tracking_error(model, rows, active) == 0.0
    once = tracking_error(model, np.array([2]), np.array([0.5]))
    assert tracking_error(model, rows, np.array([0.2, 0.3])) == pytest.approx(once)


def test_rows_outside_the_model_are_our_fault(model: RiskModel) -> None:
    with pytest.raises(AssertionError):
        tracking_error(model, np.array([6]), np.array([0.1]))

import numpy as np
import polars as pl
import pytest

from risk.samples import securities_of, sigma_of
from trimtab.core.result import Reason
from trimtab.risk.outside import risk_model_from_outside

SECURITIES = securities_of(["A", "B", "C", "CASH"], kind=["equity", "equity", "equity", "cash"])
EXPOSURES = pl.DataFrame(
    {"security_id": ["B", "A", "A"], "factor": ["m", "v", "m"], "exposure": [0.8, -0.5, 1.1]}
)
COVARIANCE = pl.DataFrame(
    {"factor_a": ["m", "v", "v"], "factor_b": ["m", "m", "v"], "covariance": [0.04, 0.006, 0.01]}
)
SPECIFIC = pl.DataFrame({"security_id": ["A", "B"], "variance": [0.02, 0.03]})


def test_sigma_is_x_omega_x_plus_the_specific() -> None:
    outcome = risk_model_from_outside(EXPOSURES, COVARIANCE, SPECIFIC, SECURITIES)
    assert not outcome.failures
    x, omega = np.array([[1.1, -0.5], [0.8, 0.0]]), np.array([[0.04, 0.006], [0.006, 0.01]])
    sigma = sigma_of(outcome.value)
    np.testing.assert_allclose(sigma[:2, :2], x @ omega @ x.T + np.diag([0.02, 0.03]), atol=1e-10)
    assert not sigma[3].any()
    assert outcome.value.proxied == {"C"}
    assert sigma[2, 2] == pytest.approx((sigma[0, 0] + sigma[1, 1]) / 2)


def test_row_order_does_not_matter() -> None:
    a = risk_model_from_outside(EXPOSURES, COVARIANCE, SPECIFIC, SECURITIES).value
    b = risk_model_from_outside(
        EXPOSURES.reverse(), COVARIANCE.reverse(), SPECIFIC.reverse(), SECURITIES.reverse()
    ).value
    assert a.digest == b.digest
    np.testing.assert_array_equal(a.exposures, b.exposures)


def test_directions_that_disagree_and_missing_variances_are_named() -> None:
    covariance = pl.concat(
        [COVARIANCE, pl.DataFrame({"factor_a": ["m"], "factor_b": ["v"], "covariance": [0.5]})]
    ).filter(pl.col("covariance") != 0.01)
    outcome = risk_model_from_outside(EXPOSURES, covariance, SPECIFIC, SECURITIES)
    assert {f.reason for f in outcome.failures} == {Reason.CONFLICT, Reason.MISSING}
    assert {f.table for f in outcome.failures} == {"factor_covariance"}


def test_a_covariance_that_is_not_psd_is_repaired() -> None:
    covariance = COVARIANCE.with_columns(
        covariance=pl.when(pl.col("factor_a") != pl.col("factor_b")).then(0.5).otherwise("covariance")
    )
    sigma = sigma_of(risk_model_from_outside(EXPOSURES, covariance, SPECIFIC, SECURITIES).value)
    assert np.linalg.eigvalsh(sigma)[0] > -1e-12


def test_negative_variances_are_refused_and_their_security_proxied() -> None:
    specific = SPECIFIC.with_columns(variance=pl.Series([0.02, -0.03]))
    outcome = risk_model_from_outside(EXPOSURES, COVARIANCE, specific, SECURITIES)
    assert [(f.reason, f.table, f.row) for f in outcome.failures] == [(Reason.INVALID, "specific_risk", "B")]
    assert outcome.value.proxied == {"B", "C"}


def test_empty_tables_give_the_assumed_model_and_say_so() -> None:
    outcome = risk_model_from_outside(EXPOSURES.clear(), COVARIANCE.clear(), SPECIFIC.clear(), SECURITIES)
    assert outcome.value.missing == {"A", "B", "C"}
    assert outcome.failures[0].reason is Reason.MISSING
    assert np.sqrt(np.diag(sigma_of(outcome.value)))[:3] == pytest.approx(0.15)

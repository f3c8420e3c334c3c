"""What a model says of active weights: tracking error and who contributes to it, over accounts in columns."""

import math

import numpy as np

from trimtab.risk.algebra import row_squares
from trimtab.risk.jit import Floats, Ints, kernel, owned
from trimtab.risk.model import RiskModel


def volatilities(model: RiskModel) -> Floats:
    """Annual volatility of every security, in the model's order."""
    return np.sqrt(row_squares(model.exposures) + model.specific)


def tracking_errors(model: RiskModel, offsets: Ints, rows: Ints, active: Floats) -> Floats:
    """Annual tracking error of each account: entries offsets[a]:offsets[a+1] hold its securities' model rows.

    `active` are weights less target weights. A row that appears twice in an account counts as one security.
    """
    return _risk(model, offsets, rows, active)[0]


def risk_gradients(model: RiskModel, offsets: Ints, rows: Ints, active: Floats) -> Floats:
    """(Σ·active) of each entry within its account: half the slope of the variance in that weight."""
    return _risk(model, offsets, rows, active)[1]


def contributions(model: RiskModel, offsets: Ints, rows: Ints, active: Floats) -> Floats:
    """Each entry's part of its account's tracking error; they sum to it. Zero where there is no tracking error."""
    root, slopes = _risk(model, offsets, rows, active)
    per_entry = np.repeat(root, np.diff(offsets))
    return np.divide(active * slopes, per_entry, out=np.zeros_like(active), where=per_entry > 0.0)


def tracking_error(model: RiskModel, rows: Ints, active: Floats) -> float:
    """Annual tracking error of one set of active weights."""
    return float(tracking_errors(model, np.array([0, rows.size], dtype=np.int64), rows, active)[0])


def _risk(model: RiskModel, offsets: Ints, rows: Ints, active: Floats) -> tuple[Floats, Floats]:
    assert rows.shape == active.shape
    assert offsets[0] == 0
    assert offsets[-1] == rows.size
    assert rows.size == 0 or (int(rows.min()) >= 0 and int(rows.max()) < len(model.security_ids))
    weights = np.require(active, dtype=np.float64, requirements=["C", "W"])
    return batch_risk(model.exposures, model.specific, owned(offsets), owned(rows), weights)


@kernel
def batch_risk(
    exposures: Floats, specific: Floats, offsets: Ints, rows: Ints, active: Floats
) -> tuple[Floats, Floats]:
    """Tracking error per account and Σ·active per entry."""
    accounts = offsets.shape[0] - 1
    k = exposures.shape[1]
    root = np.zeros(accounts)
    slopes = np.zeros(rows.shape[0])
    factor = np.zeros(k)
    pooled = np.zeros(specific.shape[0])
    for a in range(accounts):
        first = offsets[a]
        last = offsets[a + 1]
        for j in range(k):
            factor[j] = 0.0
        for i in range(first, last):
            row = rows[i]
            pooled[row] += active[i]
            for j in range(k):
                factor[j] += exposures[row, j] * active[i]
        variance = 0.0
        for j in range(k):
            variance += factor[j] * factor[j]
        for i in range(first, last):
            row = rows[i]
            slope = specific[row] * pooled[row]
            variance += active[i] * slope
            for j in range(k):
                slope += exposures[row, j] * factor[j]
            slopes[i] = slope
        for i in range(first, last):
            pooled[rows[i]] = 0.0
        root[a] = math.sqrt(max(variance, 0.0))
    return root, slopes

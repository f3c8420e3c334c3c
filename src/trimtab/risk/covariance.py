"""Covariance matrices: shrinkage that leaves twins twins, and the split into a diagonal and exposures."""

import math

import numpy as np

from trimtab.risk.algebra import eigen, gram, product
from trimtab.risk.jit import Floats, kernel
from trimtab.risk.split import split_unit

SPLIT_GAP = 1e-6  # of the sum of diagonal shares
LARGEST_SPLIT = 240
HELD = 30  # funds among which one account chooses: what the sample errors are multiplied by


def split_covariance(sigma: Floats) -> tuple[Floats, Floats]:
    """(G, D) with sigma = G Gᵀ + diag(D) and Σ Dᵢ/Σᵢᵢ as large as a psd rest allows (`docs/spec/risk.md`).

    Deterministic. A matrix that is not psd is repaired first; a row of zero variance gets zeros.
    """
    assert sigma.shape == (sigma.shape[0], sigma.shape[0])
    assert bool(np.isfinite(sigma).all())
    variance = np.diag(sigma).copy()
    alive = np.flatnonzero(variance > 0.0)
    scale = np.sqrt(variance[alive])
    unit = sigma[np.ix_(alive, alive)] / scale[:, None] / scale[None, :]
    unit = repair_correlation(0.5 * (unit + unit.T))
    g, d = split_unit(unit, SPLIT_GAP, LARGEST_SPLIT)
    exposures = np.zeros((sigma.shape[0], g.shape[1]))
    exposures[alive] = g * scale[:, None]
    specific = np.zeros(sigma.shape[0])
    specific[alive] = d * variance[alive]
    return exposures, specific


def repair_correlation(unit: Floats) -> Floats:
    """The matrix with negative eigenvalues cut to zero and its diagonal restored to one; untouched where psd."""
    unit = np.ascontiguousarray(unit)
    np.fill_diagonal(unit, 1.0)
    values, vectors = eigen(unit)
    if values.size == 0 or values[-1] >= -1e-10:
        return unit
    half = vectors * np.sqrt(np.maximum(values, 0.0))[:, None]
    out = gram(half)
    root = np.sqrt(np.diag(out))
    unit = np.ascontiguousarray(out / root[:, None] / root[None, :])
    np.fill_diagonal(unit, 1.0)
    return unit


def shrink_eigenvalues(covariance: Floats, weeks: int) -> Floats:
    """Ledoit and Wolf's analytical nonlinear shrinkage (2020), on correlations; variances stay as they are.

    A pull toward a fixed target would tear near twins apart; moving eigenvalues alone keeps them together. An account
    holds some thirty funds, so of a book with more only their share of the correction is applied.
    """
    n = covariance.shape[0]
    scale = np.sqrt(np.diag(covariance))
    if n < 3 or weeks < 12 or not bool((scale > 0.0).all()):
        return covariance.copy()
    values, vectors = eigen(np.ascontiguousarray(covariance / scale[:, None] / scale[None, :]))
    shrunk = shrunk_eigenvalues(np.ascontiguousarray(values[::-1]), weeks)[::-1]
    out = product(np.ascontiguousarray(vectors.T * shrunk), vectors)
    root = np.sqrt(np.diag(out)) / scale
    out = out / root[:, None] / root[None, :]
    share = min(1.0, HELD / n)
    return np.ascontiguousarray((1.0 - share) * covariance + share * 0.5 * (out + out.T))


@kernel
def shrunk_eigenvalues(ascending: Floats, weeks: int) -> Floats:
    """The oracle's eigenvalues by a kernel estimate of the sample spectrum and its Hilbert transform."""
    p = ascending.shape[0]
    start = max(p - weeks, 0)
    width = weeks ** (-1.0 / 3.0)
    root5 = math.sqrt(5.0)
    c = p / weeks
    out = np.empty(p)
    count = p - start
    floor = 1e-12 * ascending[p - 1]
    mean_inverse = 0.0
    for i in range(start, p):
        here = max(ascending[i], floor)
        density = 0.0
        hilbert = 0.0
        for j in range(start, p):
            other = max(ascending[j], floor)
            h = width * other
            x = (here - other) / h
            bump = 0.75 / root5 * max(1.0 - x * x / 5.0, 0.0)
            density += bump / h
            hilbert += _bump_transform(x) / h
        density /= count
        hilbert /= count
        mean_inverse += 1.0 / here / count
        if start == 0:
            a = math.pi * c * here * density
            b = 1.0 - c - math.pi * c * here * hilbert
            out[i] = here / (a * a + b * b)
        else:
            out[i] = here / (math.pi**2 * here * here * (density * density + hilbert * hilbert))
    if start > 0:
        turn = -_bump_transform(1.0 / width) / width
        null = 1.0 / (math.pi * (p - weeks) / weeks * (turn * mean_inverse))
        for i in range(start):
            out[i] = null
    return out


@kernel
def _bump_transform(x: float) -> float:
    """Hilbert transform of Epanechnikov's kernel of unit variance; far away by its moments, or the terms cancel."""
    root5 = math.sqrt(5.0)
    if abs(x) > 30.0:
        y = 1.0 / (x * x)
        return -(1.0 + y * (1.0 + y * 15.0 / 7.0)) / (math.pi * x)
    out = -0.3 / math.pi * x
    if abs(abs(x) - root5) > 1e-12:
        out += 0.75 / root5 / math.pi * (1.0 - x * x / 5.0) * math.log(abs((root5 - x) / (root5 + x)))
    return out

# ruff: noqa: E741
"""Proof that the limits cannot be met: multipliers under which even the best point of the box misses them."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean

INF = np.inf


@lean
def refutes(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, M: at.Array, y: at.Array
) -> float:
    """Positive when multipliers y alone (no objective) prove that no point of the box meets the rows."""
    k = D[at.FACTORS]
    first_extra = k + D[at.ROWS]
    total: float = 0.0
    for a in range(k, D[at.SIZE]):
        if y[a] > 0.0:
            total -= y[a] * V[at.HIGH, a]
        elif y[a] < 0.0:
            total -= y[a] * V[at.LOW, a]
    for i in range(D[at.N]):
        mode = I[at.MODE, i]
        slope = 0.0
        for a in range(k, D[at.SIZE]):
            slope += M[i, a] * y[a]
        buy = 0.0
        sell = 0.0
        if I[at.COST, i] >= 0:
            buy = y[I[at.COST, i]] * F[at.CB, i]
            sell = y[I[at.COST, i]] * F[at.CS, i]
        for r in range(D[at.EXTRA]):
            buy += y[first_extra + r] * F[at.F_EXTRA + 4 * r + at.GB, i]
        low = F[at.LB, i]
        high = F[at.UB, i]
        if mode & 7 == at.BUY:
            low = max(low, 0.0)
        elif mode & 7 == at.SELL:
            high = min(high, 0.0)
        elif mode & 7 == at.ZERO:
            low = 0.0
            high = 0.0
        elif mode & 7 == at.SELL | at.ZERO:
            high = min(high, 0.0)
        total += _least(i, slope, buy, sell, low, high, D, I, L, y)
        if D[at.TICKETED] >= 0 and mode & 7 != at.ZERO:
            total += min(0.0, y[first_extra + D[at.TICKETED]] * F[at.COUNTED, i])
    return total


@lean
def _least(
    i: int,
    slope: float,
    buy: float,
    sell: float,
    low: float,
    high: float,
    D: at.Array,
    I: at.Array,
    L: at.Array,
    y: at.Array,
) -> float:
    """Least of slope·x + buy·bought + Σ (sell + y·row)·sale over low ≤ x ≤ high, or something below it."""
    first_extra = D[at.FACTORS] + D[at.ROWS]
    churns = I[at.MODE, i] & at.CHURN != 0
    if low >= 0.0 and not churns:
        return min((slope + buy) * low, (slope + buy) * high)
    gain = 0.0
    cheapest = INF
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        c = sell - slope
        for r in range(D[at.EXTRA]):
            row = at.L_EXTRA + 2 * r + 1 - I[at.ORDERED, i]  # of an ordered asset as given, joined or not
            c += y[first_extra + r] * L[row, l]
        cheapest = min(cheapest, c)
        gain += min(c, 0.0) * L[at.SIZE_W, l]
    if churns and buy + slope + cheapest < 0.0:
        return -INF
    if low >= 0.0:
        return min((slope + buy) * low, (slope + buy) * high)
    if cheapest == INF:
        return 0.0
    if D[at.EXTRA] == 0:
        gain = max(gain, min(cheapest, 0.0) * -low)
    if high < 0.0:
        return gain + max(cheapest, 0.0) * -high
    return gain + min((slope + buy) * high, 0.0)

"""Wrong prices too small to look wild: the closest peer contradicts them and the next week takes them back."""

import numpy as np

from trimtab.risk.algebra import pairwise_correlations
from trimtab.risk.jit import Floats, Ints

CLOSE = 0.9  # correlation a peer needs to be heard
SPIKE = 8.0  # robust deviations from the peer
BACK = 4.0
UNDONE = 0.35  # of the spike may remain after the next week


def contradicted(values: Floats) -> tuple[Floats, Ints]:
    """Returns (weeks, n) with such weeks made unknown, and how many prices of each column were found wrong.

    Of two that disagree the one is wrong that also lies farther from the next closest.
    """
    n = values.shape[1]
    correlation = pairwise_correlations(values)
    np.fill_diagonal(correlation, -1.0)
    out = values.copy()
    found = np.zeros(n, dtype=np.int64)
    spread = np.array([_deviation(values[:, i]) for i in range(n)])
    for i in range(n):
        order = np.argsort(-correlation[i], kind="stable")[:2]
        if n < 3 or correlation[i, order[0]] < CLOSE or not spread[i] > 0.0:
            continue
        first = _against(values, i, int(order[0]), spread)
        second = _against(values, i, int(order[1]), spread)
        other = _against(values, int(order[0]), int(order[1]), spread)
        limit = _deviation(first)
        for week in np.flatnonzero(np.abs(first[:-1]) > SPIKE * limit):
            a, b = float(first[week]), float(first[week + 1])
            undone = abs(b) > BACK * limit and abs(a + b) < UNDONE * max(abs(a), abs(b))
            if limit > 0.0 and undone and abs(second[week]) * spread[order[0]] > abs(other[week]) * spread[i]:
                out[week, i] = out[week + 1, i] = np.nan
                found[i] += 1
    return out, found


def _against(values: Floats, i: int, j: int, spread: Floats) -> Floats:
    """What is left of i's returns after as much of j's as makes their deviations equal."""
    return values[:, i] - values[:, j] * (spread[i] / spread[j] if spread[j] > 0.0 else 0.0)


def _deviation(r: Floats) -> float:
    known = r[~np.isnan(r)]
    if known.size == 0:
        return 0.0
    return 1.4826 * float(np.median(np.abs(known - np.median(known))))

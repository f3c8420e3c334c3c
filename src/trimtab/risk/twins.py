"""Stocks that move as one – share classes, identical groups – share what the factors leave of them."""

import math

import numpy as np

from trimtab.risk.covariance import split_covariance
from trimtab.risk.jit import Floats, Ints, kernel

TWIN_CORRELATION = 0.8  # of specific returns; between rivals of one industry it stays below
TWIN_WEEKS = 52


def twin_columns(residuals: Floats, specific: Floats, groups: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Exposures (stocks, columns) of twins to what they share, and the specific variances that remain.

    Twins are declared (`identical_group`) or seen: specific returns correlated above 0.8 over a year or more.
    """
    n = specific.size
    correlation = specific_correlations(residuals)
    root = list(range(n))
    pairs = [(i, j) for i, j in zip(*np.nonzero(np.tril(correlation, -1) > TWIN_CORRELATION), strict=True)]
    declared: dict[str, int] = {}
    for i, group in enumerate(groups):
        if group:
            pairs.append((i, declared.setdefault(group, i)))
    for i, j in pairs:
        a, b = _find(root, int(i)), _find(root, int(j))
        root[max(a, b)] = min(a, b)
    clusters: dict[int, list[int]] = {}
    for i in range(n):
        clusters.setdefault(_find(root, i), []).append(i)
    columns: list[Floats] = []
    rest = specific.copy()
    for head in sorted(clusters):
        rows = np.array(clusters[head], dtype=np.int64)
        if rows.size > 1:
            g, rest[rows] = _split_block(correlation, specific, rows)
            columns.extend(_placed(g[:, k], rows, n) for k in range(g.shape[1]))
    exposures = np.column_stack(columns) if columns else np.zeros((n, 0))
    return np.ascontiguousarray(exposures), rest


def _split_block(correlation: Floats, specific: Floats, rows: Ints) -> tuple[Floats, Floats]:
    size = np.sqrt(specific[rows])
    block = correlation[np.ix_(rows, rows)] * size[:, None] * size[None, :]
    return split_covariance(block)


def _placed(values: Floats, rows: Ints, n: int) -> Floats:
    out = np.zeros(n)
    out[rows] = values
    return out


def _find(root: list[int], i: int) -> int:
    while root[i] != i:
        i = root[i]
    return i


@kernel
def specific_correlations(residuals: Floats) -> Floats:
    """Correlations (n, n) of residuals over common weeks; 0 where they have fewer than 52 in common, 1 with itself."""
    rows, n = residuals.shape
    turned = np.zeros((n, rows))
    known = np.zeros((n, rows))
    for t in range(rows):
        for i in range(n):
            if not math.isnan(residuals[t, i]):
                turned[i, t] = residuals[t, i]
                known[i, t] = 1.0
    cross = np.zeros((n, n))
    square = np.zeros((n, n))
    common = np.zeros((n, n))
    by_week = np.zeros(n)
    for t in range(rows):
        for i in range(n):
            by_week[i] = turned[i, t]
        for i in range(n):
            if known[i, t] > 0.0:
                v = by_week[i]
                for j in range(n):
                    cross[i, j] += v * by_week[j]
                    square[i, j] += v * v * known[j, t]
                    common[i, j] += known[j, t]
    out = np.eye(n)
    for i in range(n):
        for j in range(i):
            size = square[i, j] * square[j, i]
            if common[i, j] >= 52.0 and size > 0.0:
                out[i, j] = cross[i, j] / math.sqrt(size)
                out[j, i] = out[i, j]
    return out

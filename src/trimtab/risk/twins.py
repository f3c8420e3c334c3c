"""Stocks that move as one – share classes, identical groups – share what the factors leave of them."""

import numpy as np

from trimtab.risk.algebra import pairwise_correlations
from trimtab.risk.covariance import split_covariance
from trimtab.risk.jit import Floats, Ints

TWIN_CORRELATION = 0.8  # of specific returns; between rivals of one industry it stays below


def twin_columns(residuals: Floats, specific: Floats, groups: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Exposures (stocks, columns) of twins to what they share, and the specific variances that remain.

    Twins are declared (`identical_group`) or seen: specific returns correlated above 0.8 over a year or more.
    """
    n = specific.size
    correlation = pairwise_correlations(residuals)
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

"""Funds' rows of the model: the dense covariance split, and funds too many for it explained by those in it."""

from dataclasses import dataclass

import numpy as np

from trimtab.risk.algebra import product
from trimtab.risk.covariance import LARGEST_SPLIT, split_covariance
from trimtab.risk.dense import explained_by_peers, fit_dense
from trimtab.risk.jit import Floats


@dataclass(frozen=True, slots=True)
class FundRows:
    """Weekly loadings (n, K) on the stock factors, exposures (n, L) of the funds' own, specific variances (n)."""

    loadings: Floats
    exposures: Floats
    specific: Floats
    weeks: int


def fund_rows(values: Floats, factors: Floats, *, most: int = LARGEST_SPLIT) -> FundRows:
    """Rows of funds with returns (weeks, n; NaN unknown), given the stock factors' returns (weeks, K; K may be 0).

    The `most` with the longest history are estimated together. Each other one holds a few of those, and what they
    leave of it is its own: two such funds share only what their holdings share.
    """
    n = values.shape[1]
    counts = (~np.isnan(values)).sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    inner, outer = np.sort(order[:most]), np.sort(order[most:])
    fit = fit_dense(np.ascontiguousarray(values[:, inner]), factors)
    g, d = split_covariance(fit.covariance)
    loadings, exposures, specific = np.zeros((n, factors.shape[1])), np.zeros((n, g.shape[1])), np.zeros(n)
    loadings[inner], exposures[inner], specific[inner] = fit.loadings, g, d
    for i in outer:
        weights, own = explained_by_peers(values[-fit.weeks :, i], fit.completed)
        row = weights[None, :]
        loadings[i], exposures[i] = product(row, fit.loadings)[0], product(row, g)[0]
        specific[i] = own + product(row * row, np.ascontiguousarray(d[:, None]))[0, 0]
    return FundRows(loadings, exposures, specific, fit.weeks)

"""The dense covariance of funds: what stock factors leave, completed where history is short or has holes."""

import math
from dataclasses import dataclass

import numpy as np

from trimtab.risk.algebra import cholesky, gram, inverse, product
from trimtab.risk.covariance import shrink_eigenvalues
from trimtab.risk.jit import Flags, Floats, Ints, kernel
from trimtab.risk.stocks import column_means, ridge_each

COVERED = 0.9  # of the window: below it a fund's history is extended by its peers'
ROUNDS = 12
PEERS_MOST = 5
WEEKS_PER_PEER = 15
FACTOR_PRIOR_WEEKS = 0.5  # only enough to settle factors that add up to nothing
LEAST_SHARE = 1e-4  # of a fund's variance is its own, however well peers explain it
LEAST_VARIANCE = 0.001**2 / 52.0  # 0.1 % a year


@dataclass(frozen=True, slots=True)
class DenseFit:
    """Loadings (funds, K) on the stock factors and the weekly covariance (funds, funds) of what they leave.

    `completed` are the window's returns (weeks, funds), holes filled; `extended` the funds that peers lent history.
    """

    loadings: Floats
    covariance: Floats
    completed: Floats
    weeks: int
    extended: Ints


def fit_dense(values: Floats, factors: Floats) -> DenseFit:
    """Fit funds' returns (weeks, n; NaN unknown; newest last) on factors (weeks, K; K may be 0).

    Funds that cover the window are estimated together; each other one, longest first, is explained by a few of
    those (Stambaugh 1997), so that it inherits their longer history and keeps its own variance besides.
    """
    known = ~np.isnan(values)
    start = choose_window(known)
    values, known, factors = values[start:], known[start:], np.ascontiguousarray(factors[start:])
    weeks = values.shape[0]
    counts = known.sum(axis=0).astype(np.int64)
    core = np.flatnonzero(counts >= COVERED * weeks)
    rest = np.array(
        [i for i in np.argsort(-counts, kind="stable") if counts[i] < COVERED * weeks], dtype=np.int64
    )
    completed, doubt = complete(np.ascontiguousarray(values[:, core]))
    uses = np.ones((core.size, factors.shape[1]), dtype=np.bool_)
    zeros = np.zeros((core.size, factors.shape[1]))
    loadings, _ = ridge_each(completed, factors, uses, zeros, FACTOR_PRIOR_WEEKS)
    left = completed - product(factors, np.ascontiguousarray(loadings.T))
    covariance = gram(left) / (weeks - 1) + doubt
    covariance = shrink_eigenvalues(covariance, weeks - 1 - factors.shape[1])
    for i in range(core.size):
        covariance[i, i] += LEAST_VARIANCE
    order = np.concatenate([core, rest])
    for i in rest:
        completed, loadings, covariance = _extend(values[:, i], completed, loadings, covariance)
    back = np.argsort(order, kind="stable")
    return DenseFit(
        np.ascontiguousarray(loadings[back]),
        np.ascontiguousarray(covariance[back][:, back]),
        np.ascontiguousarray(completed[:, back]),
        weeks,
        np.sort(rest),
    )


def choose_window(known: Flags) -> int:
    """The first week of the window: the one that gives the most fund-weeks of funds that cover it."""
    weeks = known.shape[0]
    best, start = -1, 0
    for length in [*range(weeks, 26, -26), min(weeks, 26)]:
        covered = int((known[weeks - length :].sum(axis=0) >= COVERED * length).sum())
        if covered * length > best:
            best, start = covered * length, weeks - length
    return start


def complete(values: Floats) -> tuple[Floats, Floats]:
    """Returns less their means with the holes filled by what the others say, and the covariance of the doubt left.

    Expectation–maximization of a normal sample, a fixed number of rounds; weeks with the same holes go together.
    """
    weeks, n = values.shape
    known = ~np.isnan(values)
    x = np.where(known, values - column_means(values), 0.0)
    doubt = np.zeros((n, n))
    if bool(known.all()):
        return x, doubt
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for _ in range(ROUNDS):
        s = gram(x) / weeks + doubt
        doubt = np.zeros((n, n))
        for p in range(patterns.shape[0]):
            rows = np.flatnonzero(which == p)
            seen, unseen = np.flatnonzero(patterns[p]), np.flatnonzero(~patterns[p])
            if unseen.size == 0:
                continue
            slope = _conditional(s, seen, unseen)
            x[np.ix_(rows, unseen)] = product(np.ascontiguousarray(x[np.ix_(rows, seen)]), slope)
            spread = s[np.ix_(unseen, unseen)] - product(np.ascontiguousarray(s[np.ix_(unseen, seen)]), slope)
            doubt[np.ix_(unseen, unseen)] += spread * (rows.size / weeks)
        x = x - column_means(x)
    return x, 0.5 * (doubt + doubt.T)


def _conditional(s: Floats, seen: Ints, unseen: Ints) -> Floats:
    """Slopes (seen, unseen) of the expected unseen given the seen."""
    inner = np.ascontiguousarray(s[np.ix_(seen, seen)])
    for i in range(seen.size):
        inner[i, i] = inner[i, i] * (1.0 + 1e-6) + 1e-12
    lower = np.empty_like(inner)
    positive = cholesky(inner, lower)
    assert positive, "a Gram matrix with a ridge is positive definite"
    return product(inverse(lower), np.ascontiguousarray(s[np.ix_(seen, unseen)]))


def _extend(
    y: Floats, completed: Floats, loadings: Floats, covariance: Floats
) -> tuple[Floats, Floats, Floats]:
    """Add one short fund: its loadings and covariances are its peers', its own variance what they leave of it."""
    weights, own = explained_by_peers(y, completed)
    row = weights[None, :]
    across = product(row, covariance)
    n = covariance.shape[0]
    grown = np.zeros((n + 1, n + 1))
    grown[:n, :n] = covariance
    grown[n, :n] = across[0]
    grown[:n, n] = across[0]
    grown[n, n] = product(across, np.ascontiguousarray(row.T))[0, 0] + own
    known = ~np.isnan(y)
    filled = product(completed, np.ascontiguousarray(row.T))[:, 0]
    filled[known] = y[known] - math.fsum(y[known].tolist()) / int(known.sum())
    completed = np.ascontiguousarray(np.hstack([completed, filled[:, None]]))
    return completed, np.vstack([loadings, product(row, loadings)]), grown


def explained_by_peers(y: Floats, completed: Floats) -> tuple[Floats, float]:
    """Weights on the few peers (columns) that explain y over its known weeks, and the variance that is its own."""
    known = ~np.isnan(y)
    count = int(known.sum())
    short = y[known] - math.fsum(y[known].tolist()) / count
    candidates = np.ascontiguousarray(completed[known])
    candidates = candidates - column_means(candidates)
    most = min(PEERS_MOST, count // WEEKS_PER_PEER, candidates.shape[1])
    weights, left = explain_by_few(short, candidates, most)
    return weights, max(left, LEAST_SHARE * math.fsum((short * short).tolist()) / count, LEAST_VARIANCE)


@kernel
def explain_by_few(y: Floats, x: Floats, most: int) -> tuple[Floats, float]:  # noqa: C901 – a kernel
    """Weights (p) on at most `most` columns of x, picked one by one while a stern criterion (EBIC) gains; and σ²."""
    rows, p = x.shape
    z = x.copy()
    rest = y.copy()
    picked = np.empty(most, np.int64)
    upper = np.zeros((most, most))
    along = np.zeros(most)
    basis = np.zeros((most, rows))
    left = 0.0
    for t in range(rows):
        left += rest[t] * rest[t]
    first = np.zeros(p)
    for t in range(rows):
        for j in range(p):
            first[j] += z[t, j] * z[t, j]
    needed = math.exp(-(math.log(rows) + 2.0 * math.log(p)) / rows) if p > 0 else 0.0
    k = 0
    while k < most:
        dot = np.zeros(p)
        size = np.zeros(p)
        for t in range(rows):
            v = rest[t]
            for j in range(p):
                dot[j] += z[t, j] * v
                size[j] += z[t, j] * z[t, j]
        best = -1
        gain = 0.0
        for j in range(p):
            if size[j] > 1e-6 * first[j] and dot[j] * dot[j] / size[j] > gain:
                gain = dot[j] * dot[j] / size[j]
                best = j
        if best < 0 or left - gain >= needed * left:
            break
        root = math.sqrt(size[best])
        q = z[:, best] / root
        basis[k] = q
        picked[k] = best
        along[k] = dot[best] / root
        over = np.zeros(p)
        for t in range(rows):
            rest[t] -= q[t] * along[k]
            for j in range(p):
                over[j] += q[t] * z[t, j]
        for t in range(rows):
            for j in range(p):
                z[t, j] -= q[t] * over[j]
        for i in range(k + 1):
            for t in range(rows):
                upper[i, k] += basis[i, t] * x[t, best]
        left -= gain
        k += 1
    weights = np.zeros(p)
    for i in range(k - 1, -1, -1):
        total = along[i]
        for j in range(i + 1, k):
            total -= upper[i, j] * weights[picked[j]]
        weights[picked[i]] = total / upper[i, i]
    return weights, left / max(rows - 1 - k, 0.5 * rows)

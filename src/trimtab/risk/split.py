"""The split Σ = G Gᵀ + diag(D): for a whole model, and for the few securities of one account."""

import math

import numpy as np

from trimtab.risk.algebra import (
    cholesky,
    eigen,
    inverse,
    outer_gram,
    semidefinite_factor,
    solve_lower,
)
from trimtab.risk.jit import Floats, Ints, kernel

RANK_FLOOR = 1e-7  # of a unit diagonal: 3 bp of the volatility, below what any price series can tell
SMALL = 16  # securities split anew in any case: it takes a tenth of a millisecond
OWN = 0.25  # of variance, on average: stocks that have it gain nothing from a new split but columns
WORTH = 1.1  # times the diagonal shares: less is not worth more columns


@kernel
def scaled_diagonal(r: Floats) -> Floats:
    """The largest d = θ/diag(R⁻¹) that keeps R − diag(d) positive definite, by bisection on θ; zeros where R is not."""
    n = r.shape[0]
    lower = np.empty((n, n))
    d = np.zeros(n)
    if not cholesky(r, lower):
        return d
    spread = np.diag(inverse(lower)).copy()
    trial = r.copy()
    low = 0.0
    high = 1.0
    for _ in range(30):
        theta = 0.5 * (low + high)
        for i in range(n):
            trial[i, i] = r[i, i] - theta / spread[i]
        if cholesky(trial, lower):
            low = theta
        else:
            high = theta
    for i in range(n):
        d[i] = low / spread[i]
    return d


@kernel
def maximal_diagonal(r: Floats, gap: float, steps: int) -> tuple[Floats, int]:  # noqa: C901 – a kernel
    """d ≥ 0 of largest sum with R − diag(d) psd, for a unit-diagonal positive definite R; and the steps taken.

    Newton on Σd/μ + log det(R − diag d) + Σ log d, μ falling until 2nμ ≤ gap·Σd, which bounds the distance to the
    optimum. The line search looks only at slopes: no logarithm is ever taken. Every iterate is strictly feasible.
    """
    n = r.shape[0]
    d = 0.7 * scaled_diagonal(r)
    s = r.copy()
    lower = np.empty((n, n))
    total = 0.0
    for i in range(n):
        s[i, i] = r[i, i] - d[i]
        total += d[i]
        if not d[i] > 0.0:
            return np.zeros(n), -1
    if not cholesky(s, lower):
        return np.zeros(n), -1
    p = inverse(lower)
    mu = total / n
    h = np.empty((n, n))
    g = np.empty(n)
    trial = np.empty(n)
    for step in range(steps):
        for i in range(n):
            g[i] = 1.0 / mu - p[i, i] + 1.0 / d[i]
            for j in range(n):
                h[i, j] = p[i, j] * p[i, j]
            h[i, i] += 1.0 / (d[i] * d[i])
        if not cholesky(h, lower):
            return d, step
        move = solve_lower(lower, g)
        slope = 0.0
        t = 1.0
        for i in range(n):
            slope += g[i] * move[i]
            if move[i] < 0.0 and -0.9 * d[i] / move[i] < t:
                t = -0.9 * d[i] / move[i]
        accepted = False
        for _ in range(40):
            for i in range(n):
                trial[i] = d[i] + t * move[i]
                s[i, i] = r[i, i] - trial[i]
            if cholesky(s, lower):
                q = inverse(lower)
                there = 0.0
                for i in range(n):
                    there += (1.0 / mu - q[i, i] + 1.0 / trial[i]) * move[i]
                if there >= -0.5 * slope:
                    accepted = True
                    break
            t *= 0.6
        if not accepted:
            return d, step
        p = q
        total = 0.0
        for i in range(n):
            d[i] = trial[i]
            total += d[i]
        if slope < 1.0:
            if 2.0 * n * mu <= gap * total:
                return d, step
            mu *= 0.15
    return d, steps


@kernel
def split_unit(r: Floats, gap: float, largest: int) -> tuple[Floats, Floats]:
    """(G, d) with R ≈ G Gᵀ + diag(d), diagonal exact, for a unit-diagonal R; above `largest` rows by bisection."""
    n = r.shape[0]
    lifted = r.copy()
    for i in range(n):
        lifted[i, i] = r[i, i] * (1.0 + 1e-9)
    if n <= largest:
        d, steps = maximal_diagonal(lifted, gap, 200)
        if steps < 0:
            d = 0.999 * scaled_diagonal(lifted)
    else:
        d = 0.999 * scaled_diagonal(lifted)
    for i in range(n):
        lifted[i, i] -= d[i]
    if n > largest:
        g = semidefinite_factor(lifted, RANK_FLOOR)
    else:
        values, vectors = eigen(lifted)
        rank = 0
        while rank < n and values[rank] > RANK_FLOOR:
            rank += 1
        g = np.empty((n, rank))
        for k in range(rank):
            root = math.sqrt(values[k])
            for i in range(n):
                g[i, k] = root * vectors[k, i]
    for i in range(n):
        rest = r[i, i]
        for k in range(g.shape[1]):
            rest -= g[i, k] * g[i, k]
        d[i] = max(rest, 0.0)
    return g, d


@kernel
def account_block(  # noqa: C901 – a kernel
    exposures: Floats, specific: Floats, common: int, rows: Ints, most: int, gap: float
) -> tuple[Floats, Floats]:
    """(G, D) of the given rows in few columns; see `exposures.exposures_for`. Splits anew up to `most` securities."""
    n = rows.shape[0]
    place, first, times = _distinct(rows, specific.shape[0])
    m = first.shape[0]
    k_all = exposures.shape[1]
    d = np.empty(m)
    for i in range(m):
        d[i] = specific[first[i]]
    kept = np.empty(k_all, np.int64)
    k = 0
    k_common = 0
    touched = np.zeros(m, np.bool_)
    for j in range(k_all):
        count = 0
        last = 0
        for i in range(m):
            if exposures[first[i], j] != 0.0:
                count += 1
                last = i
        if count == 1:
            d[last] += exposures[first[last], j] * exposures[first[last], j]
        elif count > 1:
            kept[k] = j
            k += 1
            if j < common:
                k_common = k
            else:
                for i in range(m):
                    touched[i] = touched[i] or exposures[first[i], j] != 0.0
    g = np.empty((m, k))
    for i in range(m):
        for j in range(k):
            g[i, j] = exposures[first[i], kept[j]]
    g = _narrowed(g, k_common, np.flatnonzero(touched))
    if g.shape[1] > m:
        g = semidefinite_factor(outer_gram(g), 1e-12)
    if 1 < m <= most and (m <= SMALL or _share(g, d) < OWN * m):
        g_new, d_new = _split_block(g, d, gap)
        if g_new.shape[1] < g.shape[1] or _share(g_new, d_new) > WORTH * _share(g, d):
            g, d = g_new, d_new
    shared = 0
    for i in range(m):
        if times[i] > 1:
            shared += 1
    k = g.shape[1]
    out = np.zeros((n, k + shared))
    own = np.zeros(n)
    column = np.full(m, -1)
    for i in range(m):
        if times[i] > 1:
            column[i] = k
            k += 1
    for r in range(n):
        i = place[r]
        for j in range(g.shape[1]):
            out[r, j] = g[i, j]
        if column[i] >= 0:
            out[r, column[i]] = math.sqrt(d[i])
        else:
            own[r] = d[i]
    return out, own


@kernel
def _share(g: Floats, d: Floats) -> float:
    """Σ Dᵢ/Σᵢᵢ."""
    total = 0.0
    for i in range(d.shape[0]):
        variance = d[i]
        for j in range(g.shape[1]):
            variance += g[i, j] * g[i, j]
        if variance > 0.0:
            total += d[i] / variance
    return total


@kernel
def _distinct(rows: Ints, securities: int) -> tuple[Ints, Ints, Ints]:
    """Where each row stands among the distinct ones, those rows, and how often each comes."""
    n = rows.shape[0]
    seen = np.full(securities, -1)
    place = np.empty(n, np.int64)
    first = np.empty(n, np.int64)
    times = np.zeros(n, np.int64)
    m = 0
    for r in range(n):
        if seen[rows[r]] < 0:
            seen[rows[r]] = m
            first[m] = rows[r]
            m += 1
        place[r] = seen[rows[r]]
        times[place[r]] += 1
    return place, first[:m].copy(), times[:m].copy()


@kernel
def _narrowed(g: Floats, common: int, local: Ints) -> Floats:
    """Columns from `common` on replaced by a triangular factor where they outnumber the rows they touch."""
    m, k = g.shape
    if k - common <= local.shape[0]:
        return g
    part = np.empty((local.shape[0], k - common))
    for i in range(local.shape[0]):
        for j in range(common, k):
            part[i, j - common] = g[local[i], j]
    factor = semidefinite_factor(outer_gram(part), 1e-12)
    out = np.zeros((m, common + factor.shape[1]))
    for i in range(m):
        for j in range(common):
            out[i, j] = g[i, j]
    for i in range(local.shape[0]):
        for j in range(factor.shape[1]):
            out[local[i], common + j] = factor[i, j]
    return out


@kernel
def _split_block(g: Floats, d: Floats, gap: float) -> tuple[Floats, Floats]:
    """The same covariance split anew, for the largest diagonal shares; rows without variance stay zero."""
    m = d.shape[0]
    sigma = outer_gram(g)
    for i in range(m):
        sigma[i, i] += d[i]
    live = np.flatnonzero(np.diag(sigma) > 0.0)
    size = np.empty(live.shape[0])
    for i in range(live.shape[0]):
        size[i] = math.sqrt(sigma[live[i], live[i]])
    unit = np.empty((live.shape[0], live.shape[0]))
    for i in range(live.shape[0]):
        for j in range(live.shape[0]):
            unit[i, j] = sigma[live[i], live[j]] / (size[i] * size[j])
        unit[i, i] = 1.0
    part, share = split_unit(unit, gap, m)
    out = np.zeros((m, part.shape[1]))
    own = np.zeros(m)
    for i in range(live.shape[0]):
        own[live[i]] = share[i] * size[i] * size[i]
        for j in range(part.shape[1]):
            out[live[i], j] = part[i, j] * size[i]
    return out, own


@kernel
def set_hashes(offsets: Ints, rows: Ints) -> Ints:
    """A 64-bit mark of each account's rows, for finding accounts that may hold the same securities."""
    accounts = offsets.shape[0] - 1
    out = np.empty(accounts, np.int64)
    for a in range(accounts):
        mark = np.uint64(14695981039346656037)
        for i in range(offsets[a], offsets[a + 1]):
            mark = (mark ^ np.uint64(rows[i])) * np.uint64(1099511628211)
            mark = mark ^ (mark >> np.uint64(29))
        out[a] = np.int64(mark)
    return out


@kernel
def unlike(offsets: Ints, rows: Ints, leader: Ints) -> Ints:
    """The accounts whose rows differ from their leader's in spite of equal marks."""
    accounts = offsets.shape[0] - 1
    out = np.empty(accounts, np.int64)
    count = 0
    for a in range(accounts):
        b = leader[a]
        n = offsets[a + 1] - offsets[a]
        same = offsets[b + 1] - offsets[b] == n
        i = 0
        while same and i < n:
            same = rows[offsets[a] + i] == rows[offsets[b] + i]
            i += 1
        if not same:
            out[count] = a
            count += 1
    return out[:count].copy()

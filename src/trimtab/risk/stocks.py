"""The factor model of stocks: a market, sectors, styles, a few statistical factors, and what is the stock's own."""

import math
from dataclasses import dataclass

import numpy as np

from trimtab.risk.algebra import eigen, gram, product
from trimtab.risk.jit import Flags, Floats, Ints, kernel

PRIOR_WEEKS = 26  # weeks of evidence that the prior counts for: loadings 1, 1, 0; a peer's specific variance
SECTOR_LEAST = 5  # stocks a sector needs for a factor of its own
STYLES_MOST = 4
STATISTICAL_MOST = 4
CLEAR = 1.1  # times the edge: chance alone passes the edge itself in samples of this size


@dataclass(frozen=True, slots=True)
class StockFactors:
    """Weekly factor returns (weeks, K), loadings (stocks, K), specific variance and residuals (weeks, stocks)."""

    names: tuple[str, ...]
    series: Floats
    loadings: Floats
    specific: Floats
    residuals: Floats


def fit_stocks(values: Floats, sectors: tuple[str, ...], funds: Floats) -> StockFactors:
    """Fit the factors to returns (weeks, stocks; NaN where unknown) of stocks whose sectors are given ("" unknown).

    The market is the plain mean (no sizes are known here); a sector's factor is the mean of what the market leaves.
    Styles are the leading components of what both leave of the funds (weeks, funds) that hold such stocks: size and
    style as investors buy them. Statistical factors are those of what all that leaves of the stocks.
    """
    n = values.shape[1]
    assert n == len(sectors)
    known = ~np.isnan(values)
    x = np.where(known, values - column_means(values), np.nan)
    market = row_means(x, np.ones(n, dtype=np.bool_))[:, None]
    ones = np.ones((n, 1))
    beta, _ = ridge_each(x, market, ones > 0, ones, PRIOR_WEEKS)
    rest = x - product(market, np.ascontiguousarray(beta.T))

    names = _own_sectors(sectors)
    member = np.array([[s == name for name in names] for s in sectors], dtype=np.bool_).reshape(n, len(names))
    series = np.ascontiguousarray(
        np.hstack([market] + [row_means(rest, member[:, k])[:, None] for k in range(len(names))])
    )
    uses = np.hstack([ones > 0, member])
    prior = uses.astype(np.float64)
    styles = style_factors(funds, series)
    labels = ["market", *names, *(f"style {k + 1}" for k in range(styles.shape[1]))]
    series, uses, prior = _with_more(series, uses, prior, styles)
    loadings, specific = ridge_each(x, series, uses, prior, PRIOR_WEEKS)
    rest = x - product(series, np.ascontiguousarray(loadings.T))

    extra = leading_factors(rest, specific, STATISTICAL_MOST)
    labels += [f"statistical {k + 1}" for k in range(extra.shape[1])]
    series, uses, prior = _with_more(series, uses, prior, extra)
    loadings, specific = ridge_each(x, series, uses, prior, PRIOR_WEEKS)
    rest = x - product(series, np.ascontiguousarray(loadings.T))
    weeks = known.sum(axis=0).astype(np.int64)
    return StockFactors(tuple(labels), series, loadings, _toward_peers(specific, weeks, member), rest)


def _with_more(series: Floats, uses: Flags, prior: Floats, more: Floats) -> tuple[Floats, Flags, Floats]:
    """Factors that every stock uses, with a prior loading of nothing."""
    wide = (uses.shape[0], more.shape[1])
    return (
        np.ascontiguousarray(np.hstack([series, more])),
        np.hstack([uses, np.ones(wide, dtype=np.bool_)]),
        np.hstack([prior, np.zeros(wide)]),
    )


def style_factors(funds: Floats, series: Floats) -> Floats:
    """Returns (weeks, m) of the m ≤ 4 leading components of what market and sectors leave of funds that hold stocks.

    A fund holds stocks where they explain three quarters of it, over nine tenths of the weeks.
    """
    weeks = series.shape[0]
    known = ~np.isnan(funds)
    x = np.where(known, funds - column_means(funds), np.nan)
    wide = (funds.shape[1], series.shape[1])
    loadings, left = ridge_each(x, series, np.ones(wide, dtype=np.bool_), np.zeros(wide), 1.0)
    variance = column_means(x * x)
    held = (known.sum(axis=0) >= 0.9 * weeks) & (left < 0.25 * variance) & (left > 0.0)
    rest = x - product(series, np.ascontiguousarray(loadings.T))
    return leading_factors(np.ascontiguousarray(rest[:, held]), left[held], STYLES_MOST)


def leading_factors(rest: Floats, specific: Floats, most: int) -> Floats:
    """Returns (weeks, m) of the m ≤ `most` leading components of standardized residuals clear of noise.

    Noise ends at Marchenko and Pastur's edge.
    """
    weeks, n = rest.shape
    known = ~np.isnan(rest)
    scaled = np.where(known, rest / np.sqrt(specific), 0.0)
    most = min(most, n // 5, weeks // 20)
    if most == 0:
        return np.zeros((weeks, 0))
    values, directions = leading_components(np.ascontiguousarray(scaled), most)
    filled = float(known.sum()) / (weeks * n)
    edge = CLEAR * filled * (1.0 + math.sqrt(n / weeks)) ** 2 * weeks
    kept = int((values > edge).sum())
    return projections(scaled, known, np.ascontiguousarray(directions[:, :kept]))


def leading_components(x: Floats, most: int) -> tuple[Floats, Floats]:
    """The largest eigenvalues of X'X and their directions (columns), by block iteration from a fixed start."""
    n = x.shape[1]
    width = min(n, most + 4)
    turned = np.ascontiguousarray(x.T)
    block = np.zeros((n, width))
    for j in range(width):
        block[j::width, j] = 1.0
    for _ in range(40):
        block = orthonormal(product(turned, product(x, block)))
    values, vectors = eigen(gram(product(x, block)))
    block = product(block, np.ascontiguousarray(vectors.T))
    for j in range(width):
        if block[int(np.argmax(np.abs(block[:, j]))), j] < 0.0:
            block[:, j] = -block[:, j]
    return values[:most], np.ascontiguousarray(block[:, :most])


def _own_sectors(sectors: tuple[str, ...]) -> tuple[str, ...]:
    counts = {name: sectors.count(name) for name in set(sectors) if name}
    names = tuple(sorted(name for name, count in counts.items() if count >= SECTOR_LEAST))
    return names if len(names) > 1 else ()


def _toward_peers(specific: Floats, weeks: Ints, member: Flags) -> Floats:
    """Pull each specific variance to the mean of its sector's, by the weeks each has behind it."""
    groups = np.where(member.any(axis=1), member.argmax(axis=1) if member.shape[1] else 0, -1)
    out = specific.copy()
    for group in sorted(set(groups.tolist())):
        rows = np.flatnonzero(groups == group)
        mean = math.fsum(specific[rows].tolist()) / rows.size
        out[rows] = (weeks[rows] * specific[rows] + PRIOR_WEEKS * mean) / (weeks[rows] + PRIOR_WEEKS)
    return out


@kernel
def column_means(values: Floats) -> Floats:
    """Mean of each column over its known rows; 0 where none is known."""
    rows, n = values.shape
    out = np.zeros(n)
    count = np.zeros(n)
    for t in range(rows):
        for i in range(n):
            if not math.isnan(values[t, i]):
                out[i] += values[t, i]
                count[i] += 1.0
    for i in range(n):
        if count[i] > 0.0:
            out[i] /= count[i]
    return out


@kernel
def row_means(values: Floats, members: Flags) -> Floats:
    """Mean of each row over the known values of the members; 0 where none is known."""
    rows, n = values.shape
    out = np.zeros(rows)
    for t in range(rows):
        total = 0.0
        count = 0
        for i in range(n):
            if members[i] and not math.isnan(values[t, i]):
                total += values[t, i]
                count += 1
        if count > 0:
            out[t] = total / count
    return out


@kernel
def ridge_each(  # noqa: C901 – a kernel
    values: Floats, factors: Floats, uses: Flags, prior: Floats, prior_weeks: float
) -> tuple[Floats, Floats]:
    """Loadings (n, K) of each column on the factors it uses, and the variance of what is left.

    The prior loading counts as `prior_weeks` weeks at the factor's own mean square. Degrees of freedom are taken off.
    """
    rows, n = values.shape
    k_all = factors.shape[1]
    square = np.zeros(k_all)
    for t in range(rows):
        for k in range(k_all):
            square[k] += factors[t, k] * factors[t, k]
    loadings = np.zeros((n, k_all))
    variance = np.zeros(n)
    at = np.empty(k_all, np.int64)
    a = np.empty((k_all, k_all))
    b = np.empty(k_all)
    for i in range(n):
        used = 0
        for k in range(k_all):
            if uses[i, k] and square[k] > 0.0:
                at[used] = k
                used += 1
        for p in range(used):
            k = at[p]
            weight = prior_weeks * square[k] / rows
            b[p] = weight * prior[i, k]
            for q in range(p + 1):
                a[p, q] = 0.0
            a[p, p] = weight
        count = 0
        for t in range(rows):
            y = values[t, i]
            if math.isnan(y):
                continue
            count += 1
            for p in range(used):
                f = factors[t, at[p]]
                b[p] += f * y
                for q in range(p + 1):
                    a[p, q] += f * factors[t, at[q]]
        for q in range(used):
            for p in range(q + 1, used):
                r = a[p, q] / a[q, q]
                for j in range(q + 1, p + 1):
                    a[p, j] -= r * a[j, q]
                b[p] -= r * b[q]
        for q in range(used - 1, -1, -1):
            for p in range(q + 1, used):
                b[q] -= a[p, q] * b[p]
            b[q] /= a[q, q]
            loadings[i, at[q]] = b[q]
        left = 0.0
        for t in range(rows):
            y = values[t, i]
            if math.isnan(y):
                continue
            for p in range(used):
                y -= factors[t, at[p]] * b[p]
            left += y * y
        variance[i] = left / max(count - 1 - used, 0.5 * count) if count > 0 else 0.0
    return loadings, variance


@kernel
def projections(scaled: Floats, known: Flags, directions: Floats) -> Floats:
    """Each week's return of each direction, over the stocks known that week, in units of one stock's deviation."""
    rows, n = scaled.shape
    m = directions.shape[1]
    out = np.zeros((rows, m))
    for t in range(rows):
        for k in range(m):
            total = 0.0
            weight = 0.0
            for i in range(n):
                if known[t, i]:
                    total += directions[i, k] * scaled[t, i]
                    weight += directions[i, k] * directions[i, k]
            out[t, k] = total / max(weight, 0.25) / math.sqrt(n)
    return out


@kernel
def orthonormal(block: Floats) -> Floats:
    """The columns made orthonormal from left to right, twice for accuracy."""
    n, m = block.shape
    out = block.copy()
    for _ in range(2):
        for j in range(m):
            for k in range(j):
                overlap = 0.0
                for i in range(n):
                    overlap += out[i, k] * out[i, j]
                for i in range(n):
                    out[i, j] -= overlap * out[i, k]
            size = 0.0
            for i in range(n):
                size += out[i, j] * out[i, j]
            size = math.sqrt(size)
            for i in range(n):
                out[i, j] = out[i, j] / size if size > 0.0 else 0.0
    return out

"""Dense symmetric algebra in plain loops: no BLAS, hence the same bits on every processor.

Inner loops run along rows and carry no sum from one pass to the next, so that the compiler can use wide registers
without changing the order of any addition.
"""

import math

import numpy as np

from trimtab.risk.jit import Floats, kernel


@kernel
def gram(x: Floats) -> Floats:
    """X'X of a (rows, columns) array."""
    rows, n = x.shape
    out = np.zeros((n, n))
    for t in range(rows):
        for i in range(n):
            a = x[t, i]
            if a != 0.0:
                for j in range(i + 1):
                    out[i, j] += a * x[t, j]
    for i in range(n):
        for j in range(i):
            out[j, i] = out[i, j]
    return out


@kernel
def outer_gram(g: Floats) -> Floats:
    """G Gᵀ of an (n, k) array."""
    n, k = g.shape
    turned = np.empty((k, n))
    for i in range(n):
        for j in range(k):
            turned[j, i] = g[i, j]
    return gram(turned)


@kernel
def product(a: Floats, b: Floats) -> Floats:
    """A B for (m, p) and (p, n) arrays."""
    m, p = a.shape
    n = b.shape[1]
    out = np.zeros((m, n))
    for i in range(m):
        for q in range(p):
            v = a[i, q]
            if v != 0.0:
                for j in range(n):
                    out[i, j] += v * b[q, j]
    return out


@kernel
def row_squares(a: Floats) -> Floats:
    """Σₖ aᵢₖ² of each row."""
    n, k = a.shape
    out = np.zeros(n)
    for i in range(n):
        for j in range(k):
            out[i] += a[i, j] * a[i, j]
    return out


@kernel
def cholesky(a: Floats, lower: Floats) -> bool:
    """Write the lower factor of `a` into `lower`; False where `a` is not positive definite."""
    n = a.shape[0]
    column = np.empty(n)
    for i in range(n):
        for j in range(i + 1):
            lower[i, j] = a[i, j]
        for j in range(i + 1, n):
            lower[i, j] = 0.0
    for k in range(n):
        pivot = lower[k, k]
        if not pivot > 0.0:
            return False
        root = math.sqrt(pivot)
        lower[k, k] = root
        for i in range(k + 1, n):
            lower[i, k] /= root
            column[i] = lower[i, k]
        for i in range(k + 1, n):
            v = column[i]
            for j in range(k + 1, i + 1):
                lower[i, j] -= v * column[j]
    return True


@kernel
def semidefinite_factor(a: Floats, floor: float) -> Floats:
    """L (n, rank) with L Lᵀ = a up to pivots below `floor` of their own diagonal; columns in order of the rows."""
    n = a.shape[0]
    work = a.copy()
    lower = np.zeros((n, n))
    column = np.empty(n)
    rank = 0
    for k in range(n):
        pivot = work[k, k]
        if not pivot > floor * a[k, k]:
            continue
        root = math.sqrt(pivot)
        for i in range(k, n):
            column[i] = work[i, k] / root
            lower[i, rank] = column[i]
        for i in range(k, n):
            v = column[i]
            for j in range(k, i + 1):
                work[i, j] -= v * column[j]
        rank += 1
    return lower[:, :rank].copy()


@kernel
def solve_lower(lower: Floats, b: Floats) -> Floats:
    """x with L Lᵀ x = b."""
    n = b.shape[0]
    x = b.copy()
    for i in range(n):
        for k in range(i):
            x[i] -= lower[i, k] * x[k]
        x[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        x[i] /= lower[i, i]
        v = x[i]
        for k in range(i):
            x[k] -= lower[i, k] * v
    return x


@kernel
def inverse(lower: Floats) -> Floats:
    """(L Lᵀ)⁻¹."""
    n = lower.shape[0]
    half = np.zeros((n, n))
    for i in range(n):
        half[i, i] = 1.0
        for k in range(i):
            v = lower[i, k]
            for j in range(k + 1):
                half[i, j] -= v * half[k, j]
        for j in range(i + 1):
            half[i, j] /= lower[i, i]
    return gram(half)


@kernel
def eigen(a: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, descending, and eigenvectors as rows, by cyclic Jacobi; each row's largest entry is positive."""
    n = a.shape[0]
    w = a.copy()
    v = np.eye(n)
    for _ in range(60):
        off = 0.0
        total = 0.0
        for i in range(n):
            total += w[i, i] * w[i, i]
            for j in range(i):
                off += w[i, j] * w[i, j]
        if off <= 1e-30 * total:
            break
        for p in range(n - 1):
            for q in range(p + 1, n):
                _rotate(w, v, p, q)
    values = np.empty(n)
    for i in range(n):
        values[i] = -w[i, i]
    order = np.argsort(values, kind="mergesort")
    vectors = np.empty((n, n))
    for r in range(n):
        row = v[order[r]]
        best = 0
        for j in range(n):
            if abs(row[j]) > abs(row[best]):
                best = j
        sign = 1.0 if row[best] >= 0.0 else -1.0
        for j in range(n):
            vectors[r, j] = sign * row[j]
    return -values[order], vectors


@kernel
def _rotate(w: Floats, v: Floats, p: int, q: int) -> None:
    apq = w[p, q]
    if abs(apq) <= 1e-18 * (abs(w[p, p]) + abs(w[q, q])):
        w[p, q] = 0.0
        w[q, p] = 0.0
        return
    n = w.shape[0]
    theta = (w[q, q] - w[p, p]) / (2.0 * apq)
    t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
    if theta < 0.0:
        t = -t
    c = 1.0 / math.sqrt(t * t + 1.0)
    s = t * c
    wpp = w[p, p] - t * apq
    wqq = w[q, q] + t * apq
    for j in range(n):
        x = w[p, j]
        y = w[q, j]
        w[p, j] = c * x - s * y
        w[q, j] = s * x + c * y
        x = v[p, j]
        y = v[q, j]
        v[p, j] = c * x - s * y
        v[q, j] = s * x + c * y
    w[p, p] = wpp
    w[q, q] = wqq
    w[p, q] = 0.0
    w[q, p] = 0.0
    for j in range(n):
        w[j, p] = w[p, j]
        w[j, q] = w[q, j]


@kernel
def pairwise_correlations(values: Floats) -> Floats:
    """Correlations (n, n) over common weeks, about zero; 0 where fewer than 52 are common, 1 with itself."""
    rows, n = values.shape
    week = np.zeros(n)
    known = np.zeros(n)
    cross = np.zeros((n, n))
    square = np.zeros((n, n))
    common = np.zeros((n, n))
    for t in range(rows):
        for i in range(n):
            known[i] = 0.0 if math.isnan(values[t, i]) else 1.0
            week[i] = values[t, i] if known[i] > 0.0 else 0.0
        for i in range(n):
            if known[i] > 0.0:
                v = week[i]
                for j in range(n):
                    cross[i, j] += v * week[j]
                    square[i, j] += v * v * known[j]
                    common[i, j] += known[j]
    out = np.eye(n)
    for i in range(n):
        for j in range(i):
            size = square[i, j] * square[j, i]
            if common[i, j] >= 52.0 and size > 0.0:
                out[i, j] = cross[i, j] / math.sqrt(size)
                out[j, i] = out[i, j]
    return out

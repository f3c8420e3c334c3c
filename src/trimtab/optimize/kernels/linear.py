"""Products and factors of our own: the order of every sum is fixed, inner loops run over independent elements."""

import math

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean


@lean
def spread(n: int, size: int, MT: at.Array, v: at.Array, out: at.Array) -> None:
    """out = Mᵀ·v per asset: MT holds one row per multiplier."""
    for i in range(n):
        out[i] = 0.0
    a = 0
    while a + 4 <= size:
        v0 = v[a]
        v1 = v[a + 1]
        v2 = v[a + 2]
        v3 = v[a + 3]
        for i in range(n):
            out[i] += (MT[a, i] * v0 + MT[a + 1, i] * v1) + (MT[a + 2, i] * v2 + MT[a + 3, i] * v3)
        a += 4
    while a < size:
        v0 = v[a]
        for i in range(n):
            out[i] += MT[a, i] * v0
        a += 1


@lean
def collect(n: int, size: int, M: at.Array, x: at.Array, out: at.Array) -> None:
    """out = M·x per multiplier: M holds one row per asset."""
    for a in range(size):
        out[a] = 0.0
    i = 0
    while i + 4 <= n:
        x0 = x[i]
        x1 = x[i + 1]
        x2 = x[i + 2]
        x3 = x[i + 3]
        for a in range(size):
            out[a] += (M[i, a] * x0 + M[i + 1, a] * x1) + (M[i + 2, a] * x2 + M[i + 3, a] * x3)
        i += 4
    while i < n:
        x0 = x[i]
        for a in range(size):
            out[a] += M[i, a] * x0
        i += 1


@lean
def add_columns(count: int, size: int, weight: at.Array, W: at.Array, H: at.Array) -> None:
    """Upper triangle of H += Σ weight·column·columnᵀ, eight columns at a time."""
    f = 0
    while f + 8 <= count:
        for a in range(size):
            w0 = weight[f] * W[f, a]
            w1 = weight[f + 1] * W[f + 1, a]
            w2 = weight[f + 2] * W[f + 2, a]
            w3 = weight[f + 3] * W[f + 3, a]
            w4 = weight[f + 4] * W[f + 4, a]
            w5 = weight[f + 5] * W[f + 5, a]
            w6 = weight[f + 6] * W[f + 6, a]
            w7 = weight[f + 7] * W[f + 7, a]
            for b in range(a, size):
                H[a, b] += ((w0 * W[f, b] + w1 * W[f + 1, b]) + (w2 * W[f + 2, b] + w3 * W[f + 3, b])) + (
                    (w4 * W[f + 4, b] + w5 * W[f + 5, b]) + (w6 * W[f + 6, b] + w7 * W[f + 7, b])
                )
        f += 8
    while f < count:
        for a in range(size):
            w0 = weight[f] * W[f, a]
            if w0 != 0.0:
                for b in range(a, size):
                    H[a, b] += w0 * W[f, b]
        f += 1


@lean
def eliminate(size: int, pivots: int, A: at.Array) -> None:
    """The first `pivots` steps of A = UᵀU on the upper triangle, four at a time; the rest: Schur complement."""
    j = 0
    while j + 4 <= pivots:
        for p in range(j, j + 4):
            _scale(p, size, A)
            for i in range(p + 1, j + 4):
                t = A[p, i]
                for c in range(i, size):
                    A[i, c] -= t * A[p, c]
        for i in range(j + 4, size):
            t0 = A[j, i]
            t1 = A[j + 1, i]
            t2 = A[j + 2, i]
            t3 = A[j + 3, i]
            for c in range(i, size):
                A[i, c] -= (t0 * A[j, c] + t1 * A[j + 1, c]) + (t2 * A[j + 2, c] + t3 * A[j + 3, c])
        j += 4
    while j < pivots:
        _scale(j, size, A)
        for i in range(j + 1, size):
            t = A[j, i]
            for c in range(i, size):
                A[i, c] -= t * A[j, c]
        j += 1


@lean
def _scale(j: int, size: int, A: at.Array) -> None:
    root = math.sqrt(max(A[j, j], 1e-14))
    A[j, j] = root
    inverse = 1.0 / root
    for c in range(j + 1, size):
        A[j, c] *= inverse


@lean
def forward(pivots: int, size: int, A: at.Array, v: at.Array) -> None:
    """Solve Uᵀ y = v over the first pivots in place and carry what is left over into the rest of v."""
    for j in range(pivots):
        v[j] /= A[j, j]
        t = v[j]
        for c in range(j + 1, size):
            v[c] -= A[j, c] * t


@lean
def backward(pivots: int, size: int, A: at.Array, v: at.Array) -> None:
    """Solve U d = v over the first pivots in place, given the entries of v beyond them."""
    for j in range(pivots - 1, -1, -1):
        t = v[j]
        for c in range(j + 1, size):
            t -= A[j, c] * v[c]
        v[j] = t / A[j, j]

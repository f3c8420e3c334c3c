# ruff: noqa: E741
"""The primal side: which lots a trade sells, what it costs, how far it misses the rows."""

import math

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.dual import refresh
from trimtab.optimize.kernels.linear import collect
from trimtab.optimize.kernels.newton import tilt_reach


@lean
def fill(D: at.Array, F: at.Array, I: at.Array, L: at.Array, x: at.Array, sale: at.Array) -> None:
    """Sales per lot, in working order, that trade x makes; an asset that may churn sells what pays at once."""
    for i in range(D[at.N]):
        first = I[at.LOT, i]
        last = I[at.LOT, i + 1]
        rest = -x[i]
        skip = I[at.MODE, i] & at.NOLOSS != 0
        if I[at.MODE, i] & at.CHURN != 0:
            paying = 0.0
            for l in range(first, last):
                pays = L[at.TAU, l] + F[at.KS, i] + F[at.KB, i] < 0.0
                if pays and not (skip and L[at.LOSS, l] > 0.5):
                    paying += L[at.SIZE_W, l]
            rest = max(rest, paying)
        for l in range(first, last):
            part = 0.0
            if rest > 0.0 and not (skip and L[at.LOSS, l] > 0.5):
                part = min(rest, L[at.SIZE_W, l])
                rest -= part
            sale[l] = part


@lean
def price(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, M: at.Array, x: at.Array, sale: at.Array
) -> float:
    """Objective of (x, sale), and into ACT the rows' activities; sale and lots in the same working order."""
    n = D[at.N]
    k = D[at.FACTORS]
    size = D[at.SIZE]
    extra = D[at.EXTRA]
    first_extra = k + D[at.ROWS]
    act = V[at.ACT]
    collect(n, size, M, x, act)
    total = 0.0
    for a in range(k):
        y = act[a] + V[at.GE, a]
        total += 0.5 * y * y
    for i in range(n):
        z = x[i] + F[at.E, i]
        total += 0.5 * F[at.Q, i] * z * z
        sold = 0.0
        for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
            part = sale[l]
            if part > 0.0:
                sold += part
                if I[at.ORDERED, i] == 1:  # joined costs are the bound's, not the answer's
                    total += part * (L[at.TAU0, l] + F[at.KS0, i])
                    for r in range(extra):
                        act[first_extra + r] += part * L[at.L_EXTRA + 2 * r, l]
                    continue
                total += part * (L[at.TAU, l] + F[at.KS0, i])
                for r in range(extra):
                    taken = part * L[at.L_EXTRA + 2 * r + 1, l]
                    act[first_extra + r] += taken
                    total -= taken * V[at.TRIAL, first_extra + r]
        bought = x[i] + sold
        if bought < 1e-18:
            bought = 0.0
        total += bought * F[at.KB0, i]
        for r in range(extra):
            act[first_extra + r] += bought * F[at.F_EXTRA + 4 * r + at.GB, i]
        if I[at.COST, i] >= 0:
            act[I[at.COST, i]] += F[at.CB, i] * bought + F[at.CS, i] * sold
        if x[i] != 0.0:
            total += F[at.TK0, i]
            if D[at.TICKETED] >= 0:
                act[first_extra + D[at.TICKETED]] += F[at.COUNTED, i]
    return total


@lean
def _shifted(D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, amount: float) -> None:
    """Working order with the extra rows' multipliers moved along TILT; TRIAL keeps where they are."""
    first_extra = D[at.FACTORS] + D[at.ROWS]
    for a in range(D[at.SIZE]):
        V[at.TRIAL, a] = V[at.U, a]
        if a >= first_extra:
            V[at.TRIAL, a] += amount * V[at.TILT, a]
    refresh(D, F, I, L, V[at.TRIAL])


@lean
def answer(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, S: at.Array, V: at.Array, M: at.Array
) -> float:
    """Objective of X at the current multipliers; ACT, and SALE2 in the order lots were loaded.

    Where two orders of sale tie (MIX ≥ 0) the sale is the mixture of both that meets the pivot row exactly.
    """
    if S[at.MIX] < 0.0 or D[at.EXTRA] == 0:
        _shifted(D, F, I, L, V, 0.0)
        fill(D, F, I, L, F[at.X], L[at.SALE])
        total = price(D, F, I, L, V, M, F[at.X], L[at.SALE])
        restore(D, I, L, L[at.SALE2])
        return total
    reach = tilt_reach(D, V)
    _shifted(D, F, I, L, V, -reach)
    fill(D, F, I, L, F[at.X], L[at.SALE])
    less = price(D, F, I, L, V, M, F[at.X], L[at.SALE])
    restore(D, I, L, L[at.SALE2])
    for a in range(D[at.SIZE]):
        V[at.TEMP, a] = V[at.ACT, a]
    _shifted(D, F, I, L, V, reach)
    fill(D, F, I, L, F[at.X], L[at.SALE])
    more = price(D, F, I, L, V, M, F[at.X], L[at.SALE])
    restore(D, I, L, L[at.SALE3])
    pivot = D[at.PIVOT]
    end = V[at.LOW, pivot] if V[at.U, pivot] < 0.0 else V[at.HIGH, pivot]
    width = V[at.TEMP, pivot] - V[at.ACT, pivot]
    share = min(max((end - V[at.ACT, pivot]) / width, 0.0), 1.0) if width != 0.0 else 0.0
    for a in range(D[at.SIZE]):
        V[at.ACT, a] += share * (V[at.TEMP, a] - V[at.ACT, a])
    for l in range(I[at.LOT, D[at.N]]):
        L[at.SALE2, l] = share * L[at.SALE2, l] + (1.0 - share) * L[at.SALE3, l]
    return more + share * (less - more)


@lean
def restore(D: at.Array, I: at.Array, L: at.Array, out: at.Array) -> None:
    """SALE from working order back into the order of loading."""
    for l in range(I[at.LOT, D[at.N]]):
        out[int(L[at.PLACE, l])] = L[at.SALE, l]


@lean
def violation(D: at.Array, V: at.Array) -> float:
    """How far ACT misses the rows, in weights."""
    worst = 0.0
    for c in range(D[at.FACTORS], D[at.SIZE]):
        worst = max(worst, V[at.ACT, c] - V[at.HIGH, c], V[at.LOW, c] - V[at.ACT, c])
    return worst


@lean
def ceiling(D: at.Array, F: at.Array, I: at.Array, L: at.Array, M: at.Array) -> float:
    """Above any objective in the box: an optimum beyond it does not exist."""
    total = 0.0
    spread = 0.0
    for i in range(D[at.N]):
        reach = max(abs(F[at.LB, i] + F[at.E, i]), abs(F[at.UB, i] + F[at.E, i]))
        variance = F[at.Q, i]
        for a in range(D[at.FACTORS]):
            variance += M[i, a] * M[i, a]
        spread += reach * math.sqrt(variance)
        held = 0.0
        for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
            held += L[at.SIZE0, l]
            total += max(L[at.TAU0, l] + F[at.KS0, i], 0.0) * L[at.SIZE0, l]
        total += max(F[at.KB0, i], 0.0) * (max(F[at.UB, i], 0.0) + held) + F[at.TK0, i]
    return total + 0.5 * spread * spread

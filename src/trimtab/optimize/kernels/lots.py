# ruff: noqa: E741
"""One asset: the cheapest sale by lots, the buy, and the tangents of the envelope that joins the branches."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean

INF = np.inf


@lean
def sell_branch(
    quad: float, b: float, ks: float, lb: float, hi: float, first: int, last: int, skip: bool, L: at.Array
) -> tuple[float, float, float, int]:
    """Minimise quad/2 x² + b x + lots over lb ≤ x ≤ hi ≤ 0: x, value, 1/curvature if inside a lot, that lot."""
    x = 0.0
    cost = 0.0
    for l in range(first, last):
        if skip and L[at.LOSS, l] > 0.5:
            continue
        tau = L[at.TAU, l] + ks
        if x <= hi and quad * x + b - tau <= 0.0:
            return x, 0.5 * quad * x * x + b * x + cost, 0.0, l
        if x <= lb:
            break
        end = max(x - L[at.SIZE_W, l], lb)
        if end < hi and quad * end + b - tau < 0.0:
            stop = hi
            free = 0.0
            if quad > 0.0:
                stop = -(b - tau) / quad
                free = 1.0 / quad
                if stop > hi:
                    stop = hi
                    free = 0.0
                if stop < end:
                    stop = end
            cost += tau * (x - stop)
            return stop, 0.5 * quad * stop * stop + b * stop + cost, free, l
        cost += tau * (x - end)
        x = end
    if x > hi + 1e-9:
        return x, INF, 0.0, last
    return x, 0.5 * quad * x * x + b * x + cost, 0.0, last


@lean
def buy_branch(quad: float, b: float, kb: float, low: float, ub: float) -> tuple[float, float, float]:
    """Minimise quad/2 x² + (b + kb) x over low ≤ x ≤ ub: x, value, 1/curvature if inside."""
    slope = b + kb
    x = low
    free = 0.0
    if quad > 0.0:
        x = -slope / quad
        free = 1.0 / quad
    elif slope < 0.0:
        x = ub
    if x <= low:
        x = low
        free = 0.0
    elif x >= ub:
        x = ub
        free = 0.0
    return x, 0.5 * quad * x * x + slope * x, free


@lean
def churn_branch(
    quad: float,
    b: float,
    kb: float,
    ks: float,
    lb: float,
    ub: float,
    first: int,
    last: int,
    skip: bool,
    L: at.Array,
) -> tuple[float, float, float, int, float]:
    """An asset that may be bought and sold at once: x, value, 1/curvature, marginal lot (−1: buying), sold."""
    l = first
    sold = 0.0
    cost = 0.0
    while l < last and L[at.TAU, l] + ks + kb < 0.0:
        if not (skip and L[at.LOSS, l] > 0.5):
            sold += L[at.SIZE_W, l]
            cost += (L[at.TAU, l] + ks + kb) * L[at.SIZE_W, l]
        l += 1
    x = max(-sold, lb)
    if x <= ub and (quad * x + b + kb < 0.0 or x > -sold):
        x, value, free = buy_branch(quad, b, kb, x, ub)
        return x, value + cost, free, -1, sold
    cost += kb * x
    while l < last:
        if skip and L[at.LOSS, l] > 0.5:
            l += 1
            continue
        tau = L[at.TAU, l] + ks
        if (x <= ub and quad * x + b - tau <= 0.0) or x <= lb:
            break
        end = max(x - L[at.SIZE_W, l], lb)
        if end < ub and quad * end + b - tau < 0.0:
            stop = ub
            free = 0.0
            if quad > 0.0:
                stop = max(min(-(b - tau) / quad, ub), end)
                free = 1.0 / quad if stop < ub else 0.0
            cost += tau * (x - stop)
            return stop, 0.5 * quad * stop * stop + b * stop + cost, free, l, -stop
        cost += tau * (x - end)
        x = end
        l += 1
    return x, 0.5 * quad * x * x + b * x + cost, 0.0, l, -x


@lean
def churning(i: int, mode: int, F: at.Array, I: at.Array, L: at.Array) -> bool:
    """Whether asset i may be bought and sold at once and its cheapest lot pays for that now."""
    first = I[at.LOT, i]
    pays: bool = False
    if mode & at.CHURN != 0 and first < I[at.LOT, i + 1]:
        pays = L[at.TAU, first] + F[at.KS, i] + F[at.KB, i] < 0.0
    return pays


@lean
def interval(which: int, i: int, F: at.Array) -> tuple[float, float]:
    """The net trades of one branch."""
    if which == at.SELL:
        return F[at.LB, i], F[at.SHI, i]
    if which == at.BUY:
        return F[at.BLO, i], F[at.UB, i]
    return 0.0, 0.0


@lean
def total_sold(i: int, x: float, mode: int, F: at.Array, I: at.Array, L: at.Array) -> float:
    """What net trade x of asset i sells, lots that are sold and bought back because that pays included."""
    total: float = 0.0
    if mode & at.CHURN != 0:
        for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
            if L[at.TAU, l] + F[at.KS, i] + F[at.KB, i] >= 0.0:
                break
            if mode & at.NOLOSS == 0 or L[at.LOSS, l] < 0.5:
                total += L[at.SIZE_W, l]
    return max(total, -x)


@lean
def branch(
    which: int, i: int, quad: float, b: float, mode: int, F: at.Array, I: at.Array, L: at.Array
) -> tuple[float, float]:
    """Minimiser and value of one branch of an asset at slope b, its ticket included."""
    skip = mode & at.NOLOSS != 0
    if churning(i, mode, F, I, L):
        low, high = interval(which, i, F)
        x, value, _, _, _ = churn_branch(
            quad, b, F[at.KB, i], F[at.KS, i], low, high, I[at.LOT, i], I[at.LOT, i + 1], skip, L
        )
        return x, value if which == at.ZERO else value + F[at.TK, i]
    if which == at.ZERO:
        return 0.0, 0.0
    if which == at.SELL:
        x, value, _, _ = sell_branch(
            quad, b, F[at.KS, i], F[at.LB, i], F[at.SHI, i], I[at.LOT, i], I[at.LOT, i + 1], skip, L
        )
        return x, value + F[at.TK, i]
    x, value, _ = buy_branch(quad, b, F[at.KB, i], F[at.BLO, i], F[at.UB, i])
    return x, value + F[at.TK, i]


@lean
def tie(
    left: int, right: int, i: int, start: float, mode: int, F: at.Array, I: at.Array, L: at.Array
) -> tuple[float, float, float]:
    """The slope at which two branches are worth the same (a common tangent), and its two points."""
    quad = F[at.Q, i]
    base = quad * F[at.E, i]
    low = -INF
    high = INF
    p = start
    xl = 0.0
    xr = 0.0
    grow = 1e-3
    for _ in range(60):
        xl, vl = branch(left, i, quad, base + p, mode, F, I, L)
        xr, vr = branch(right, i, quad, base + p, mode, F, I, L)
        miss = vr - vl
        if miss > 0.0:
            high = p
        else:
            low = p
        width = xr - xl
        if abs(miss) <= 1e-15 + 1e-13 * abs(vl):
            break
        new = p - miss / width if width > 0.0 else high
        if not (low < new < high):
            if low == -INF or high == INF:
                new = p - grow if miss > 0.0 else p + grow
                grow *= 4.0
            else:
                new = 0.5 * (low + high)
        if abs(new - p) <= 1e-15 + 1e-14 * abs(p):
            break
        p = new
    return p, xl, xr


@lean
def left_activity(i: int, x: float, row: int, skip: bool, I: at.Array, L: at.Array) -> float:
    """What selling −x of asset i takes of an extra row, its lots in working order."""
    rest = -x
    total = 0.0
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        if rest <= 0.0:
            break
        if skip and L[at.LOSS, l] > 0.5:
            continue
        part = min(rest, L[at.SIZE_W, l])
        total += part * L[at.L_EXTRA + 2 * row + 1, l]
        rest -= part
    return total


@lean
def join(i: int, mode: int, D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> None:
    """Set the joints of asset i's envelope for the branches open in `mode`.

    Joint 1 starts at the sell branch and ends at zero or at the buy branch; joint 2 runs from zero to the buy
    branch. A joint that does not exist stands at an infinite slope. A buy is worth the same wherever slope plus
    its cost is the same, and a sale, slope less its cost, while its lots keep theirs (VERSION): such ties only
    shift when costs move.
    """
    churns = churning(i, mode, F, I, L)
    warm = I[at.JOINED, i] == mode and not churns
    F[at.J1P, i] = INF
    F[at.J1L, i] = 0.0
    F[at.J1R, i] = 0.0
    still = warm and F[at.SEEN, i] == D[at.VERSION]
    F[at.SEEN, i] = D[at.VERSION]
    if not warm:
        centre = -F[at.Q, i] * F[at.E, i]
        F[at.TSZ, i] = centre
        F[at.TZB, i] = centre
        F[at.TSB, i] = centre - 0.5 * F[at.KB, i]
        if I[at.LOT, i + 1] > I[at.LOT, i]:
            F[at.TSB, i] += 0.5 * L[at.TAU, I[at.LOT, i]]
    F[at.J2P, i] = -INF
    both = mode & at.ZERO == 0
    if mode & at.ZERO != 0 and mode & at.SELL != 0:
        if not still:
            p, xl, xr = tie(at.SELL, at.ZERO, i, F[at.TSZ, i] + F[at.KS, i], mode, F, I, L)
            F[at.TSZ, i] = p - F[at.KS, i]
            F[at.XSZ, i] = xl
        F[at.J1P, i] = F[at.TSZ, i] + F[at.KS, i]
        F[at.J1L, i] = F[at.XSZ, i]
    if mode & at.ZERO != 0 and mode & at.BUY != 0:
        if not (still or (warm and D[at.TICKETED] < 0)):
            p, xl, xr = tie(at.ZERO, at.BUY, i, F[at.TZB, i] - F[at.KB, i], mode, F, I, L)
            F[at.TZB, i] = p + F[at.KB, i]
            F[at.J2R, i] = xr
        F[at.J2P, i] = F[at.TZB, i] - F[at.KB, i]
        both = mode & at.SELL != 0 and F[at.J2P, i] > F[at.J1P, i]
    elif not warm:
        F[at.J2R, i] = 0.0
    if both:
        p, xl, xr = tie(at.SELL, at.BUY, i, F[at.TSB, i], mode, F, I, L)
        F[at.TSB, i] = p
        F[at.J1P, i] = p
        F[at.J1L, i] = xl
        F[at.J1R, i] = xr
        F[at.J2P, i] = p
    I[at.JOINED, i] = -1 if churns else mode  # a tie that counts churn does not shift with costs

# ruff: noqa: E741
"""The dual function: its separable minimum over all assets, and its exact value, the bound."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.lots import (
    branch,
    churn_branch,
    churning,
    interval,
    join,
    left_activity,
    sell_branch,
    total_sold,
)
from trimtab.optimize.kernels.order import pool

INF = np.inf


@lean
def refresh(D: at.Array, F: at.Array, I: at.Array, L: at.Array, u: at.Array) -> None:
    """Effective costs at multipliers u, lots in increasing cost again, joints of undecided assets anew."""
    n = D[at.N]
    if D[at.EXTRA] > 0:
        reprice(D, F, I, L, u)
    elif D[at.CHARGED] > 0:
        for i in range(n):
            F[at.KB, i] = F[at.KB0, i]
            F[at.KS, i] = F[at.KS0, i]
    if D[at.CHARGED] > 0:
        for i in range(n):
            if I[at.COST, i] >= 0:
                price = u[I[at.COST, i]]
                F[at.KB, i] += price * F[at.CB, i]
                F[at.KS, i] += price * F[at.CS, i]


@lean
def reprice(D: at.Array, F: at.Array, I: at.Array, L: at.Array, u: at.Array) -> None:
    """Costs under the extra rows' multipliers; lots only where one of those moved (the last column keeps them)."""
    n = D[at.N]
    extra = D[at.EXTRA]
    first_extra = D[at.FACTORS] + D[at.ROWS]
    last = L.shape[1] - 1
    moved = False
    for r in range(extra):
        moved = moved or L[at.L_EXTRA + 2 * r, last] != u[first_extra + r]
    ticket = 0.0
    if D[at.TICKETED] >= 0:
        ticket = u[first_extra + D[at.TICKETED]]
    for i in range(n):
        F[at.KB, i] = F[at.KB0, i]
        F[at.KS, i] = F[at.KS0, i]
        F[at.TK, i] = F[at.TK0, i] + ticket * F[at.COUNTED, i]
    for r in range(extra):
        mu = u[first_extra + r]
        if mu != 0.0:
            for i in range(n):
                F[at.KB, i] += mu * F[at.F_EXTRA + 4 * r + at.GB, i]
    if not moved:
        return
    D[at.VERSION] += 1
    for l in range(I[at.LOT, n]):
        L[at.TAU, l] = L[at.TAU0, l]
        L[at.SIZE_W, l] = L[at.SIZE0, l]
        L[at.LOSS, l] = L[at.LOSS0, l]
        L[at.PLACE, l] = l
    for r in range(extra):
        mu = u[first_extra + r]
        row = at.L_EXTRA + 2 * r
        L[row, last] = mu
        for l in range(I[at.LOT, n]):
            L[at.TAU, l] += mu * L[row, l]
            L[row + 1, l] = L[row, l]
    sort_lots(n, extra, I, L)


@lean
def sort_lots(n: int, extra: int, I: at.Array, L: at.Array) -> None:
    """Lots in increasing effective cost, by stable insertion; those of an ordered asset joined where it falls."""
    for i in range(n):
        if I[at.ORDERED, i] == 1:
            pool(i, extra, I, L)
            continue
        first = I[at.LOT, i]
        for l in range(first + 1, I[at.LOT, i + 1]):
            j = l
            while j > first and L[at.TAU, j - 1] > L[at.TAU, j]:
                L[at.TAU, j - 1], L[at.TAU, j] = L[at.TAU, j], L[at.TAU, j - 1]
                L[at.SIZE_W, j - 1], L[at.SIZE_W, j] = L[at.SIZE_W, j], L[at.SIZE_W, j - 1]
                L[at.LOSS, j - 1], L[at.LOSS, j] = L[at.LOSS, j], L[at.LOSS, j - 1]
                L[at.PLACE, j - 1], L[at.PLACE, j] = L[at.PLACE, j], L[at.PLACE, j - 1]
                for r in range(extra):
                    row = at.L_EXTRA + 2 * r + 1
                    L[row, j - 1], L[row, j] = L[row, j], L[row, j - 1]
                j -= 1


@lean
def rejoin(D: at.Array, F: at.Array, I: at.Array, L: at.Array, force: bool) -> None:
    """Joints of every asset with more than one open branch; without `force` only where its mode changed."""
    for i in range(D[at.N]):
        mode = I[at.MODE, i]
        single = mode & at.CONVEX != 0 or mode & 7 in (at.SELL, at.ZERO, at.BUY)
        if not single and (force or I[at.JOINED, i] != mode):
            join(i, mode, D, F, I, L)


@lean
def centre(D: at.Array, F: at.Array) -> None:
    """What evaluate needs of the prox centre: slope at zero, curvature and its inverse."""
    for i in range(D[at.N]):
        rho = F[at.RHO, i]
        F[at.BASE, i] = F[at.Q, i] * F[at.E, i] - rho * F[at.XH, i]
        curve = F[at.Q, i] + rho
        F[at.CURVE, i] = curve
        F[at.INVERSE, i] = 1.0 / curve if curve > 0.0 else 0.0


@lean
def evaluate(D: at.Array, F: at.Array, I: at.Array, L: at.Array, act: at.Array, p: at.Array) -> None:
    """Minimise every asset at slopes p, prox term included: X, W (1/curvature where free), marginal columns.

    act receives what trading costs on cost rows and extra rows (their part that is not linear in x).
    """
    n = D[at.N]
    extra = D[at.EXTRA]
    charged = D[at.CHARGED] > 0
    first_extra = D[at.FACTORS] + D[at.ROWS]
    D[at.PASSES] += 1
    for a in range(D[at.FACTORS], D[at.SIZE]):
        act[a] = 0.0
    BASE = F[at.BASE]
    CURVE = F[at.CURVE]
    INVERSE = F[at.INVERSE]
    LB = F[at.LB]
    UB = F[at.UB]
    KB = F[at.KB]
    KS = F[at.KS]
    X = F[at.X]
    W = F[at.W]
    TAU = L[at.TAU]
    SIZE_W = L[at.SIZE_W]
    MODE = I[at.MODE]
    LOT = I[at.LOT]
    for i in range(n):
        mode = MODE[i]
        quad = CURVE[i]
        b = BASE[i] + p[i]
        side = 0  # 1 buy, −1 sell, 0 nothing, 2 and 3 inside a joint, 4 both at once
        if mode & at.CONVEX != 0:
            if mode & at.CHURN != 0:
                side = 4
            elif b + KB[i] < 0.0:
                side = 1
            else:
                side = -1
        elif mode & 7 == at.BUY:
            side = 1
        elif mode & 7 == at.SELL:
            side = -1
        elif mode & 7 != at.ZERO:
            rho = F[at.RHO, i]
            xm = F[at.XH, i] + (F[at.J1P, i] - p[i]) / rho
            if xm < F[at.J1L, i]:
                side = -1
            elif xm <= F[at.J1R, i]:
                side = 2
            elif mode & at.ZERO == 0 or F[at.J1R, i] > 0.0:
                side = 1
            else:
                xm = F[at.XH, i] + (F[at.J2P, i] - p[i]) / rho
                if xm > F[at.J2R, i]:
                    side = 1
                elif xm >= 0.0:
                    side = 3
        x = 0.0
        free = 0.0
        lot = -1
        sold = 0.0
        low, high = LB[i], UB[i]
        if side < 2 and mode & at.CHURN != 0 and churning(i, mode, F, I, L):
            which = at.BUY if side == 1 else (at.SELL if side == -1 else at.ZERO)
            low, high = interval(which, i, F)
            side = 4
        if side == 1:
            low = F[at.BLO, i]
            high = UB[i]
            x = low
            if quad > 0.0:
                free = INVERSE[i]
                x = -(b + KB[i]) * free
            elif b + KB[i] < 0.0:
                x = high
            if x <= low:
                x = low
                free = 0.0
            elif x >= high:
                x = high
                free = 0.0
        elif side == -1:
            hi = F[at.SHI, i]
            lb = LB[i]
            ks = KS[i]
            skip = mode & at.NOLOSS != 0
            for l in range(LOT[i], LOT[i + 1]):
                if skip and L[at.LOSS, l] > 0.5:
                    continue
                tau = TAU[l] + ks
                lot = l
                if x <= hi and quad * x + b - tau <= 0.0:
                    break
                if x <= lb:
                    break
                end = x - SIZE_W[l]
                if end < lb:
                    end = lb
                if end < hi and quad * end + b - tau < 0.0:
                    if quad > 0.0:
                        free = INVERSE[i]
                        x = (tau - b) * free
                        if x > hi:
                            x = hi
                            free = 0.0
                        elif x < end:
                            x = end
                    else:
                        x = hi
                    break
                x = end
            sold = -x
        elif side == 4:
            x, _, free, lot, sold = churn_branch(
                quad, b, KB[i], KS[i], low, high, LOT[i], LOT[i + 1], mode & at.NOLOSS != 0, L
            )
            side = 1 if lot < 0 else -1
            if mode & at.CONVEX == 0 and low == high == 0.0:
                side = 0
        elif side >= 2:
            x = xm
            free = 1.0 / F[at.RHO, i]
        X[i] = x
        W[i] = free
        if charged or extra > 0:
            if side >= 2:
                _mid(i, x, side, extra, F, I, L, act, first_extra, D[at.TICKETED])
                continue
            bought = x + sold
            if I[at.COST, i] >= 0:
                act[I[at.COST, i]] += F[at.CB, i] * bought + F[at.CS, i] * sold
            F[at.MC, i] = 0.0
            if side == 1:
                F[at.MC, i] = F[at.CB, i]
            elif side == -1:
                F[at.MC, i] = -F[at.CS, i]
            for r in range(extra):
                row = at.F_EXTRA + 4 * r
                F[row + at.GM, i] = 0.0
                if side == 1:
                    F[row + at.GM, i] = F[row + at.GB, i]
                elif side == -1 and free > 0.0:
                    F[row + at.GM, i] = -L[at.L_EXTRA + 2 * r + 1, lot]
                if sold > 0.0:
                    act[first_extra + r] += left_activity(i, -sold, r, mode & at.NOLOSS != 0, I, L)
                act[first_extra + r] += bought * F[row + at.GB, i]
            if side != 0 and D[at.TICKETED] >= 0:
                act[first_extra + D[at.TICKETED]] += F[at.COUNTED, i]


@lean
def _mid(
    i: int,
    x: float,
    side: int,
    extra: int,
    F: at.Array,
    I: at.Array,
    L: at.Array,
    act: at.Array,
    first_extra: int,
    ticketed: int,
) -> None:
    """Activities and marginal columns of an asset inside a joint: interpolated between the joint's ends."""
    left = F[at.J1L, i] if side == 2 else 0.0
    right = F[at.J1R, i] if side == 2 else F[at.J2R, i]
    width = max(right - left, 1e-300)
    share = (right - x) / width
    mode = I[at.MODE, i]
    skip = mode & at.NOLOSS != 0
    sold_left = total_sold(i, left, mode, F, I, L)
    sold_right = total_sold(i, right, mode, F, I, L)
    cost_left = F[at.CS, i] * sold_left + F[at.CB, i] * (left + sold_left)
    cost_right = F[at.CS, i] * sold_right + F[at.CB, i] * (right + sold_right)
    F[at.MC, i] = (cost_right - cost_left) / width
    if I[at.COST, i] >= 0:
        act[I[at.COST, i]] += share * cost_left + (1.0 - share) * cost_right
    for r in range(extra):
        row = at.F_EXTRA + 4 * r
        act_left = F[row + at.GB, i] * (left + sold_left)
        if sold_left > 0.0:
            act_left += left_activity(i, -sold_left, r, skip, I, L)
        act_right = F[row + at.GB, i] * (right + sold_right)
        if sold_right > 0.0:
            act_right += left_activity(i, -sold_right, r, skip, I, L)
        if r == ticketed:
            act_left = F[at.COUNTED, i] if left < 0.0 else 0.0
            act_right = F[at.COUNTED, i] if right > 0.0 else 0.0
        F[row + at.GM, i] = (act_right - act_left) / width
        act[first_extra + r] += share * act_left + (1.0 - share) * act_right


@lean
def worth(i: int, mode: int, p: float, F: at.Array, I: at.Array, L: at.Array) -> float:
    """Exact minimum of an asset over the branches open in `mode` at slope p; VS, VZ, VB keep each branch's."""
    quad = F[at.Q, i]
    b = quad * F[at.E, i] + p
    first = I[at.LOT, i]
    last = I[at.LOT, i + 1]
    F[at.VS, i] = INF
    F[at.VZ, i] = INF
    F[at.VB, i] = INF
    skip = mode & at.NOLOSS != 0
    if mode & at.CHURN != 0 and mode & at.CONVEX != 0:
        _, value, _, _, _ = churn_branch(
            quad, b, F[at.KB, i], F[at.KS, i], F[at.LB, i], F[at.UB, i], first, last, skip, L
        )
        F[at.VZ, i] = value
        return value
    if churning(i, mode, F, I, L):
        for z in range(3):
            if mode & (1 << z) != 0:
                _, F[at.VS + z, i] = branch(1 << z, i, quad, b, mode, F, I, L)
        cheapest: float = min(F[at.VS, i], F[at.VZ, i], F[at.VB, i])
        return cheapest
    if mode & (at.SELL | at.CONVEX) != 0:
        _, value, _, _ = sell_branch(quad, b, F[at.KS, i], F[at.LB, i], F[at.SHI, i], first, last, skip, L)
        F[at.VS, i] = value + F[at.TK, i] if mode & at.SELL != 0 else value
    if mode & at.ZERO != 0:
        F[at.VZ, i] = 0.0
    if mode & (at.BUY | at.CONVEX) != 0:
        _, value = branch(at.BUY, i, quad, b, mode, F, I, L)
        F[at.VB, i] = value if mode & at.BUY != 0 else value - F[at.TK, i]
    least: float = min(F[at.VS, i], F[at.VZ, i], F[at.VB, i])
    return least


@lean
def no_buy(mode: int, least: float) -> int:
    """An asset's mode where its wash group buys nothing (`least`: its smallest buy); 0 when no branch is left."""
    if mode & at.CONVEX != 0:
        return at.SELL | (mode & at.NOLOSS)
    if mode & 7 == at.BUY and least <= 0.0:
        return at.ZERO
    left = mode & (at.SELL | at.ZERO)
    return left | (mode & at.NOLOSS) if left != 0 else 0


@lean
def no_loss(mode: int) -> int:
    """An asset's mode where its wash group sells nothing at a loss."""
    return mode | at.NOLOSS


@lean
def bound(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, G: at.Array, u: at.Array, p: at.Array
) -> float:
    """The exact dual value at u (slopes p = M·u): a lower bound of the nonconvex problem, undecided groups too."""
    refresh(D, F, I, L, u)
    total: float = 0.0
    for a in range(D[at.FACTORS]):
        total += u[a] * V[at.GE, a] - 0.5 * u[a] * u[a]
    for a in range(D[at.FACTORS], D[at.SIZE]):
        if u[a] > 0.0:
            total -= u[a] * V[at.HIGH, a]
        elif u[a] < 0.0:
            total -= u[a] * V[at.LOW, a]
    for g in range(D[at.GROUPS]):
        G[1, g] = 0.0
        G[2, g] = 0.0
    for i in range(D[at.N]):
        mode = I[at.MODE, i]
        g = I[at.GROUP, i]
        if g >= 0 and G[0, g] == 0.0:
            value = worth(i, no_loss(mode), p[i], F, I, L)
            G[2, g] += value
            other = no_buy(mode, F[at.BLO, i])
            G[1, g] += worth(i, other, p[i], F, I, L) if other != 0 else INF
            worth(i, mode, p[i], F, I, L)
        else:
            total += worth(i, mode, p[i], F, I, L)
        total += 0.5 * F[at.Q, i] * F[at.E, i] * F[at.E, i]
    for g in range(D[at.GROUPS]):
        if G[0, g] == 0.0:
            total += min(G[1, g], G[2, g])
    return total

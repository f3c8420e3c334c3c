# mypy: disable-error-code="no-untyped-def"
"""Whole points near the solution in the objective's own metric: line by line, the best few partial choices kept.

At the solution x* with row prices λ the objective of a point is F(x*) + δ'Hδ/2 + Σψ_i(x_i) − λ·(rows beyond x*), with
δ = x − x*, H the risk term's and ψ_i what line i costs beyond its slope. Rows that press are added to H as squares
about an aim inside their limits. With H = T'T a line's best quantity follows from those decided before it, as if all
later ones could still move freely: so those that cannot come first, then the dearest units, the cheapest last.
"""

import numpy as np

from trimtab.optimize.kernels.compiled import inner, lean
from trimtab.optimize.kernels.moves import (
    COST,
    GAMMA,
    LEAST,
    LOT,
    NONE,
    UNIT,
    WANT,
    WEIGHT,
    WHOLE,
    D,
    E,
    lawful,
    line_cost,
    lot_activity,
    nearest,
    paid,
    score,
)  # fmt: skip
from trimtab.optimize.kernels.points import cross, restart

KEPT = 16  # partial choices kept from line to line
CHOICES = 3  # tried for a line, given those decided before it
STIFF = 0.01  # of value per value: the least price of a row that presses, whatever its multiplier


@lean
def factor(n, H, R):
    """H = R'R, R upper triangular; a pivot that rounding makes nothing stays nothing."""
    for i in range(n):
        pivot = H[i, i]
        for k in range(i):
            pivot -= R[k, i] * R[k, i]
        root = np.sqrt(pivot) if pivot > 1e-14 * H[i, i] else 0.0
        R[i, i] = root
        for j in range(i + 1, n):
            rest = H[i, j]
            for k in range(i):
                rest -= R[k, i] * R[k, j]
            R[i, j] = rest / root if root > 0.0 else 0.0


@lean
def beyond(p, i, m, R, F, N, L, lots, base, slope, lam):
    """ψ of line i trading p: what it costs beyond its slope at the solution, lot rows and its own costs priced."""
    x = p * F[i, WEIGHT]
    value = line_cost(x, i, F, N[i, LOT], lots[i], L) + slope[i] * x - base[i]
    for j in range(R):
        value += lam[m + j] * lot_activity(x, j, N[i, LOT], lots[i], L)
    if N[i, COST] >= 0:
        value += lam[N[i, COST]] * paid(x, i, F)
    return value


@lean
def next_step(p, up, i, N):
    """The next lawful quantity of line i on one side of p; NONE where there is none."""
    unit, least = N[i, UNIT], N[i, LEAST]
    if p == N[i, WHOLE] and p % unit != 0:
        if not up:
            return NONE
        q = -((-p) // unit) * unit
    else:
        q = p + unit if up else p - unit
    if 0 < q < least:
        q = least if up else np.int64(0)
    elif -least < q < 0:
        q = np.int64(0) if up else -least
    whole = N[i, WHOLE]
    if whole != NONE and not up and q < whole < p:
        q = whole
    return q if lawful(i, q, N) else NONE


@lean
def pinned(i, own, m, R, F, N, L, lots, base, slope, lam):
    """Whether line i costs more than its risk wherever it goes from the solution: it rests at a kink or a limit."""
    p = nearest(i, F[i, WANT], F, N)
    unit = F[i, WEIGHT] * N[i, UNIT]
    for up in (False, True):
        k = p
        if abs(k * F[i, WEIGHT] - F[i, WANT]) < 0.25 * unit or (k * F[i, WEIGHT] < F[i, WANT]) == up:
            k = next_step(p, up, i, N)
        if k == NONE:
            continue
        away = k * F[i, WEIGHT] - F[i, WANT]
        if beyond(k, i, m, R, F, N, L, lots, base, slope, lam) < 0.25 * own * away * away:
            return False
    return True


@inner
def with_lots(n, m, R, absorber, F, N, L, lots, rows, low, high, lot_low, lot_high, act):
    """The rows and, below them, the lot rows as they stand near the solution: cells, limits, activities."""
    cells = np.zeros((m + R, n))
    limits = np.zeros((2, m + R))
    for j in range(m):
        limits[0, j], limits[1, j] = low[j], high[j]
        for i in range(n):
            cells[j, i] = rows[j, i]
    for j in range(R):
        limits[0, m + j], limits[1, m + j] = lot_low[j], lot_high[j]
        for i in range(n):
            if i == absorber or F[i, WANT] >= 0.0:
                continue
            here = F[i, WANT]
            unit = F[i, WEIGHT] * N[i, UNIT]
            less, more = min(here + unit, 0.0), here - unit
            first, last = N[i, LOT], lots[i]
            act[m + j] += lot_activity(here, j, first, last, L)
            change = lot_activity(less, j, first, last, L) - lot_activity(more, j, first, last, L)
            cells[m + j, i] = change / (less - more)
    return cells, limits


@lean
def aims(m, absorber, tie, count, line, act, rows, limits, F, N, B, lam, fixed, aim, stiff):
    """Where each pressing row should end beyond the solution, and how stiffly it is held there (0: not at all)."""
    for j in range(m):
        unit = np.inf
        for s in range(count):
            i = line[s]
            if rows[j, i] != 0.0 and not fixed[i]:
                unit = min(unit, abs(rows[j, i]) * F[i, WEIGHT] * N[i, UNIT])
        if not np.isfinite(unit):
            continue
        if absorber >= 0 and j == tie:
            a, move = rows[tie, absorber], F[absorber, WANT]
            one, two = a * (move - B[2]), a * (move - B[3])
            down, up = min(one, two), max(one, two)
            price = max(abs(lam[j]), STIFF)
        else:
            down, up = limits[0, j] - act[j], limits[1, j] - act[j]
            price = abs(lam[j])
        if up < 2.0 * unit or down > -2.0 * unit:
            price = max(price, STIFF)
        if price == 0.0:
            continue
        if up - down < unit:
            aim[j] = 0.5 * (up + down)
        else:
            aim[j] = max(min(0.0, up - 0.5 * unit), down + 0.5 * unit)
        stiff[j] = price / unit


@inner
def near(
    n, K, m, R, absorber, tie, q, x, cost, y, grad, r, la, tally, F, N, gram, G, g_row, rows, low, high, L, lots, U,
    lam, lot_low, lot_high, max_count, B, best_q, found,
):  # fmt: skip
    """The best of a few whole points near the solution into best_q, if better than `found` (objective, violation).

    `lam` prices the rows and, after them, the lot rows.
    """
    count = n if absorber < 0 else n - 1
    line = np.zeros(count, np.int64)
    s = 0
    for i in range(n):
        if i != absorber:
            line[s] = i
            s += 1
    star = np.zeros(K)
    for i in range(n):
        if g_row[i] >= 0:
            for a in range(K):
                star[a] += G[g_row[i], a] * (F[i, WANT] + F[i, E])
    act = np.zeros(m + R)
    base, slope, size = np.zeros(n), np.zeros(n), np.zeros(n)
    fixed = np.zeros(n, np.bool_)
    for i in range(n):
        want = F[i, WANT]
        for j in range(m):
            act[j] += rows[j, i] * want
            slope[i] += lam[j] * rows[j, i]
        if N[i, COST] >= 0:
            act[N[i, COST]] += paid(want, i, F)
        if i == absorber:
            continue
        pull = F[i, D] * (want + F[i, E])
        if g_row[i] >= 0:
            for a in range(K):
                pull += G[g_row[i], a] * star[a]
        slope[i] += 2.0 * U[GAMMA] * pull
        base[i] = line_cost(want, i, F, N[i, LOT], lots[i], L) + slope[i] * want
        for j in range(R):
            base[i] += lam[m + j] * lot_activity(want, j, N[i, LOT], lots[i], L)
        if N[i, COST] >= 0:
            base[i] += lam[N[i, COST]] * paid(want, i, F)
        own = 2.0 * U[GAMMA] * (cross(i, i, gram, G, g_row, K) + F[i, D])
        fixed[i] = pinned(i, own, m, R, F, N, L, lots, base, slope, lam)
        size[i] = F[i, WEIGHT] * N[i, UNIT] + (1e6 if fixed[i] else 0.0)
    for s in range(1, count):
        t = s
        pick = line[s]
        while t > 0 and size[line[t - 1]] > size[pick]:
            line[t] = line[t - 1]
            t -= 1
        line[t] = pick
    cells, limits = with_lots(n, m, R, absorber, F, N, L, lots, rows, low, high, lot_low, lot_high, act)
    aim, stiff = np.zeros(m + R), np.zeros(m + R)
    aims(m + R, absorber, tie, count, line, act, cells, limits, F, N, B, lam, fixed, aim, stiff)
    H = np.zeros((count, count))
    T = np.zeros((count, count))
    lean = np.zeros(count)  # the squares about the aims, linear part
    for s in range(count):
        i = line[s]
        for t in range(s + 1):
            k = line[t]
            h = 2.0 * U[GAMMA] * cross(i, k, gram, G, g_row, K)
            for j in range(m + R):
                h += stiff[j] * cells[j, i] * cells[j, k]
            H[s, t] = h
            H[t, s] = h
        H[s, s] += 2.0 * U[GAMMA] * F[i, D]
        for j in range(m + R):
            lean[s] -= stiff[j] * cells[j, i] * aim[j]
    factor(count, H, T)
    # aims move the centre: H·shift = −lean, by T' and T
    shift = np.zeros(count)
    for s in range(count):
        rest = -lean[s]
        for t in range(s):
            rest -= T[t, s] * shift[t]
        shift[s] = rest / T[s, s] if T[s, s] > 0.0 else 0.0
    for s in range(count - 1, -1, -1):
        rest = shift[s]
        for t in range(s + 1, count):
            rest -= T[s, t] * shift[t]
        shift[s] = rest / T[s, s] if T[s, s] > 0.0 else 0.0
    deltas, others = np.zeros((KEPT, count)), np.zeros((KEPT, count))
    quantities, copies = np.zeros((KEPT, count), np.int64), np.zeros((KEPT, count), np.int64)
    partial, sums = np.zeros(KEPT), np.zeros(KEPT)
    source, picked = np.zeros(KEPT, np.int64), np.zeros(KEPT, np.int64)
    alive = 1
    for level in range(count - 1, -1, -1):
        i = line[level]
        half = 0.5 * T[level, level] * T[level, level]
        filled = 0
        for b in range(alive):
            c = 0.0
            if half > 0.0:
                for t in range(level + 1, count):
                    c -= T[level, t] * deltas[b, t]
                c /= T[level, level]
            c += F[i, WANT] + shift[level]
            p = nearest(i, c, F, N)
            here = half * (p * F[i, WEIGHT] - c) ** 2 + beyond(p, i, m, R, F, N, L, lots, base, slope, lam)
            rest = nearest(i, F[i, WANT], F, N)
            there = half * (rest * F[i, WEIGHT] - c) ** 2 + beyond(
                rest, i, m, R, F, N, L, lots, base, slope, lam
            )
            if there < here:
                p, here = rest, there
            for up in (False, True):
                for _ in range(4):
                    k = next_step(p, up, i, N)
                    if k == NONE:
                        break
                    there = half * (k * F[i, WEIGHT] - c) ** 2 + beyond(
                        k, i, m, R, F, N, L, lots, base, slope, lam
                    )
                    if there >= here:
                        break
                    p, here = k, there
            lower, upper = next_step(p, False, i, N), next_step(p, True, i, N)
            for choice in range(CHOICES):
                if choice > 0:
                    below, above = np.inf, np.inf
                    if lower != NONE:
                        below = half * (lower * F[i, WEIGHT] - c) ** 2
                        below += beyond(lower, i, m, R, F, N, L, lots, base, slope, lam)
                    if upper != NONE:
                        above = half * (upper * F[i, WEIGHT] - c) ** 2
                        above += beyond(upper, i, m, R, F, N, L, lots, base, slope, lam)
                    if below == np.inf and above == np.inf:
                        break
                    if below <= above:
                        p, here = lower, below
                        lower = next_step(p, False, i, N)
                    else:
                        p, here = upper, above
                        upper = next_step(p, True, i, N)
                value = partial[b] + here
                if filled == KEPT and value >= sums[filled - 1]:
                    break
                at = filled if filled < KEPT else KEPT - 1
                while at > 0 and sums[at - 1] > value:
                    sums[at], source[at], picked[at] = sums[at - 1], source[at - 1], picked[at - 1]
                    at -= 1
                sums[at], source[at], picked[at] = value, b, p
                filled = min(filled + 1, KEPT)
        for b in range(filled):
            for t in range(level + 1, count):
                others[b, t] = deltas[source[b], t]
                copies[b, t] = quantities[source[b], t]
            copies[b, level] = picked[b]
            others[b, level] = picked[b] * F[i, WEIGHT] - F[i, WANT] - shift[level]
            partial[b] = sums[b]
        deltas, others = others, deltas
        quantities, copies = copies, quantities
        alive = filled
    for b in range(alive):
        for s in range(count):
            q[line[s]] = quantities[b, s]
        restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber)
        value = score(
            r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low,
            lot_high, B,
        )  # fmt: skip
        value += tally[2]
        good = B[1] <= 1e-9
        if (value < found[0] and (good or found[1] > 1e-9)) or (good and found[1] > 1e-9):
            found[0], found[1] = value, B[1]
            for i in range(n):
                best_q[i] = q[i]

# mypy: disable-error-code="no-untyped-def"
"""From weights to whole units: the nearest, then moves of one and of two lines, then kicks out of dead ends."""

import numpy as np

from trimtab.optimize.kernels.compiled import inner, kernel, lean
from trimtab.optimize.kernels.lattice import near
from trimtab.optimize.kernels.moves import (
    C_SIZE,
    DCOUNT,
    DF,
    DRISK,
    DTURN,
    DX,
    EPS,
    GAMMA,
    HIGH,
    KB,
    KS,
    LOT,
    LOW,
    PER_LINE,
    WANT,
    candidates,
    measure,
    nearest,
    score,
    shifted,
    smallest_first,
    worst_row,
)  # fmt: skip
from trimtab.optimize.kernels.points import apply, cross, price_point, refresh, restart

GRAM = 160  # lines up to which all products of exposures are kept
FEW = 24  # lines up to which every single move is compared before one is made
PASSES = 3  # searches for pairs among many lines, once no limit is broken
REUSED = 8  # pair moves from one set of candidates
FLIPS = 6
DEAR = 1e-4  # of value: rounding that costs less is not kicked
WORTH = 3e-4  # of value: rounding that costs more is worth another look
LAWFUL = 1e-9  # a violation of limits (fractions of value) below this is none


@lean
def pair_move(
    K, m, R, absorber, tie, kept, q, x, cost, y, grad, own, r, la, tally, F, N, gram, G, g_row, rows, low, high, L,
    lots, U, lam, lot_low, lot_high, max_count, B, C, CL, CI, CQ, rt, lt, order,
):  # fmt: skip
    """The best two moves of different lines among the kept candidates, if any helps; then all measured anew."""
    here = score(
        r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low,
        lot_high, B,
    )  # fmt: skip
    least = -EPS
    first = -1
    second = -1
    for s in range(kept):
        a = order[s]
        i = CI[a]
        if CQ[a] == q[i]:
            continue
        for t in range(s + 1, kept):
            b = order[t]
            k = CI[b]
            if k == i or CQ[b] == q[k]:
                continue
            smooth = C[a, DRISK] + C[a, DF] + C[b, DRISK] + C[b, DF]
            smooth += 2.0 * U[GAMMA] * C[a, DX] * C[b, DX] * cross(i, k, gram, G, g_row, K)
            if smooth + B[5] - here >= least:
                continue
            shifted(a, i, rows, m, N, R, r, la, C, CL, rt, lt)
            shifted(b, k, rows, m, N, R, rt, lt, C, CL, rt, lt)
            there = score(
                rt, lt, tally[0] + C[a, DTURN] + C[b, DTURN], tally[1] + C[a, DCOUNT] + C[b, DCOUNT], rows, low,
                high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low, lot_high, B,
            )  # fmt: skip
            if smooth + there - here < least:
                least = smooth + there - here
                first = a
                second = b
    if first < 0:
        return False
    i = CI[first]
    k = CI[second]
    apply(i, CQ[first], first, q, x, cost, y, grad, N, gram, G, g_row, K, rows, m, R, r, la, tally, C, CL)
    refresh(k, y, grad, gram, G, g_row, K)
    measure(k, CQ[second], second, x, cost, grad, own, F, N, U, rows, m, lam, R, lots, L, C, CL)
    apply(k, CQ[second], second, q, x, cost, y, grad, N, gram, G, g_row, K, rows, m, R, r, la, tally, C, CL)
    for s in range(kept):
        c = order[s]
        refresh(CI[c], y, grad, gram, G, g_row, K)
        measure(CI[c], CQ[c], c, x, cost, grad, own, F, N, U, rows, m, lam, R, lots, L, C, CL)
    return True


@lean
def descend(
    n, K, m, R, absorber, tie, tabu, q, x, cost, y, grad, own, r, la, tally, F, N, gram, G, g_row, rows, low, high, L,
    lots, U, lam, lot_low, lot_high, max_count, B, C, CL, CI, CQ, OUT, rt, lt, order, limit, pairs,
):  # fmt: skip
    """Single moves until none helps (few lines: the best of all; many: line by line), then pairs, and again."""
    passes = 0
    for _ in range(limit):
        here = score(
            r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low,
            lot_high, B,
        )  # fmt: skip
        unlawful = B[1]
        broken = worst_row(r, rows, low, high, m, absorber, tie, U, B)
        need = B[4]
        found = 0
        moved = False
        best = -1
        least = -EPS
        for i in range(n):
            if i in (absorber, tabu):
                continue
            refresh(i, y, grad, gram, G, g_row, K)
            count = candidates(i, q, x, grad, own, F, N, need, max(broken, 0), rows, OUT, n <= FEW)
            for s in range(count):
                c = found + s
                CI[c] = i
                CQ[c] = OUT[s]
                measure(i, OUT[s], c, x, cost, grad, own, F, N, U, rows, m, lam, R, lots, L, C, CL)
                if C[c, DRISK] + C[c, DF] + B[5] - here >= least:
                    continue
                shifted(c, i, rows, m, N, R, r, la, C, CL, rt, lt)
                there = score(
                    rt, lt, tally[0] + C[c, DTURN], tally[1] + C[c, DCOUNT], rows, low, high, m, R, absorber, tie,
                    F, N, L, lots, U, max_count, lot_low, lot_high, B,
                )  # fmt: skip
                total = C[c, DRISK] + C[c, DF] + there - here
                if total < least:
                    least = total
                    best = c
            if n <= FEW or best < 0:
                found += count
                continue
            apply(
                i, CQ[best], best, q, x, cost, y, grad, N, gram, G, g_row, K, rows, m, R, r, la, tally, C, CL
            )
            here = score(
                r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low,
                lot_high, B,
            )  # fmt: skip
            unlawful = B[1]
            broken = worst_row(r, rows, low, high, m, absorber, tie, U, B)
            need = B[4]
            moved = True
            best = -1
            least = -EPS
        if best >= 0:
            i = CI[best]
            apply(
                i, CQ[best], best, q, x, cost, y, grad, N, gram, G, g_row, K, rows, m, R, r, la, tally, C, CL
            )
            moved = True
        if moved:
            continue
        passes += 1
        if n > FEW and passes > PASSES and unlawful <= LAWFUL:
            break
        kept = min(found, pairs)
        smallest_first(found, kept, C, order)
        for _ in range(REUSED):
            if not pair_move(
                K, m, R, absorber, tie, kept, q, x, cost, y, grad, own, r, la, tally, F, N, gram, G, g_row, rows, low,
                high, L, lots, U, lam, lot_low, lot_high, max_count, B, C, CL, CI, CQ, rt, lt, order,
            ):  # fmt: skip
                break
            moved = True
        if not moved:
            break
    return score(
        r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low,
        lot_high, B,
    )  # fmt: skip


@inner
def round_account(
    n, K, m, R, absorber, tie, F, N, G, g_row, rows, low, high, L, lots, U, lam, lot_low, lot_high, max_count,
    settled_low, settled_high, kicks, rescue, pairs, limit, q, result,
):  # fmt: skip
    """One account into q; result: objective, violation, the settling line's trade, the objective before rounding."""
    x = np.zeros(n)
    cost = np.zeros(n)
    y = np.zeros(K)
    grad = np.zeros(n)
    own = np.zeros(n)
    none = np.zeros((0, 0))
    gram = np.zeros((n, n)) if n <= GRAM else none
    for i in range(n):
        own[i] = cross(i, i, none, G, g_row, K)
        if n <= GRAM:
            for k in range(i + 1):
                gram[i, k] = cross(i, k, none, G, g_row, K)
                gram[k, i] = gram[i, k]
    r = np.zeros(m)
    la = np.zeros(R)
    tally = np.zeros(3)
    B = np.zeros(6)
    B[2], B[3] = settled_low, settled_high
    if absorber >= 0:  # the least that the settling line could ever cost
        B[5] = min(F[absorber, KB] * settled_high, 0.0)
        for t in range(N[absorber, LOT], lots[absorber]):
            B[5] += min((L[1, t] + F[absorber, KS]) * L[0, t], 0.0)
    size = n * PER_LINE
    C = np.zeros((size, C_SIZE))
    CL = np.zeros((size, max(R, 1)))
    CI = np.zeros(size, np.int64)
    CQ = np.zeros(size, np.int64)
    order = np.zeros(size, np.int64)
    OUT = np.zeros(PER_LINE, np.int64)
    rt = np.zeros(m)
    lt = np.zeros(max(R, 1))
    best_q = np.zeros(n, np.int64)
    kick_i = np.zeros(size, np.int64)
    kick_q = np.zeros(size, np.int64)
    result[3] = price_point(n, K, F[:, WANT].copy(), F, N, G, g_row, U, lots, L)
    best = 0.0
    viol = np.inf
    near_found, near_q = np.zeros(2), np.zeros(n, np.int64)
    for i in range(n):
        kick_q[i] = i
    # among many lines the plain start is tried beside the near one: neither leads to the better end for every account
    first = -1 if FEW < n <= GRAM else 0
    for trial in range(first, FLIPS + 1):
        # what rounding cost is much: send the smallest trades to the other side, one at a time
        if trial > 0 and viol <= LAWFUL and (n > GRAM or best - result[3] < WORTH):
            break
        line = -1
        if trial > 0:
            for i in range(n):
                both = i != absorber and N[i, LOW] < 0 < N[i, HIGH] and kick_q[i] >= 0
                if both and (line < 0 or abs(F[i, WANT]) < abs(F[line, WANT])):
                    line = i
            if line < 0:
                break
            kick_q[line] = -1
            kept_low, kept_high = N[line, LOW], N[line, HIGH]
            if F[line, WANT] > 0.0:
                N[line, HIGH] = 0
            else:
                N[line, LOW] = 0
        for i in range(n):
            if i != absorber:
                q[i] = nearest(i, F[i, WANT], F, N)
                if i == line and q[i] != 0 and (q[i] < 0) == (F[i, WANT] < 0.0):
                    q[i] = 0
        if trial == 0 and n <= GRAM:
            near_found[0], near_found[1] = np.inf, np.inf
            near(
                n, K, m, R, absorber, tie, q, x, cost, y, grad, r, la, tally, F, N, gram, G, g_row, rows, low, high, L,
                lots, U, lam, lot_low, lot_high, max_count, B, near_q, near_found,
            )  # fmt: skip
            for i in range(n):
                q[i] = near_q[i]
        restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber)
        total = descend(
            n, K, m, R, absorber, tie, -1, q, x, cost, y, grad, own, r, la, tally, F, N, gram, G, g_row, rows, low,
            high, L, lots, U, lam, lot_low, lot_high, max_count, B, C, CL, CI, CQ, OUT, rt, lt, order, limit, pairs,
        )  # fmt: skip
        if line >= 0:
            N[line, LOW], N[line, HIGH] = kept_low, kept_high
        lawful = B[1] <= LAWFUL
        value = tally[2] + total
        if trial == first or (value < best - EPS and (lawful or viol > LAWFUL)) or (lawful and viol > LAWFUL):
            best = value
            viol = B[1]
            for i in range(n):
                best_q[i] = q[i]
    done = 0
    if n > FEW or best - result[3] < DEAR:
        kicks = 0
    while done < (rescue if viol > LAWFUL else kicks):
        # rank all single moves from the best point by their cost at the prices of the rows
        for i in range(n):
            q[i] = best_q[i]
        restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber)
        broken = worst_row(r, rows, low, high, m, absorber, tie, U, B)
        need = B[4]
        found = 0
        for i in range(n):
            if i == absorber:
                continue
            count = candidates(i, q, x, grad, own, F, N, need, max(broken, 0), rows, OUT, True)
            for s in range(count):
                measure(i, OUT[s], found, x, cost, grad, own, F, N, U, rows, m, lam, R, lots, L, C, CL)
                kick_i[found] = i
                kick_q[found] = OUT[s]
                found += 1
        improved = False
        tries = min(found, rescue if viol > LAWFUL else kicks)
        smallest_first(found, tries, C, order)
        ranked = order[:tries].copy()
        wide = pairs if viol <= LAWFUL else 2 * pairs
        for s in range(tries):
            c = ranked[s]
            for i in range(n):
                q[i] = best_q[i]
            q[kick_i[c]] = kick_q[c]
            restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber)
            total = descend(
                n, K, m, R, absorber, tie, kick_i[c], q, x, cost, y, grad, own, r, la, tally, F, N, gram, G, g_row,
                rows, low, high, L, lots, U, lam, lot_low, lot_high, max_count, B, C, CL, CI, CQ, OUT, rt, lt, order,
                limit, wide,
            )  # fmt: skip
            done += 1
            lawful = B[1] <= LAWFUL
            if (tally[2] + total < best - EPS and (lawful or viol > LAWFUL)) or (lawful and viol > LAWFUL):
                best = tally[2] + total
                viol = B[1]
                for i in range(n):
                    best_q[i] = q[i]
                improved = True
                break
        if not improved:
            break
    for i in range(n):
        q[i] = best_q[i]
    restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber)
    total = score(
        r, la, tally[0], tally[1], rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low, lot_high,
        B,
    )  # fmt: skip
    result[0] = tally[2] + total
    result[1] = B[1]
    result[2] = B[0]


@kernel
def round_accounts(
    which, line_at, lot_at, row_at, cells_at, extra_at, extra_cells_at, absorber, tie, F, N, G, g_row, rows, low, high,
    L, last, U, lam, extra, extra_low, extra_high, max_count, settled, lot_lam, kicks, rescue, pairs, limit, quantity,
    results,
):  # fmt: skip
    """Round the accounts of `which`: into `quantity`, and (objective, violation, settled, before) into `results`."""
    K = G.shape[1]
    for s in range(len(which)):
        a = which[s]
        p0, p1, l0, l1, j0, j1 = (
            line_at[a],
            line_at[a + 1],
            lot_at[a],
            lot_at[a + 1],
            row_at[a],
            row_at[a + 1],
        )
        e0, e1 = extra_at[a], extra_at[a + 1]
        n, m, R, count = p1 - p0, j1 - j0, e1 - e0, l1 - l0
        lots = np.zeros((2 + R, count))
        for t in range(count):
            lots[0, t] = L[0, l0 + t]
            lots[1, t] = L[1, l0 + t]
            for j in range(R):
                lots[2 + j, t] = extra[extra_cells_at[a] + j * count + t]
        prices = np.zeros(m + R)
        for j in range(m):
            prices[j] = lam[j0 + j]
        for j in range(R):
            prices[m + j] = lot_lam[e0 + j]
        table = rows[cells_at[a] : cells_at[a + 1]].reshape((m, n))
        result = np.zeros(4)
        round_account(
            n, K, m, R, absorber[a], tie[a], F[p0:p1], N[p0:p1], G, g_row[p0:p1], table, low[j0:j1], high[j0:j1], lots,
            last[p0:p1], U[a], prices, extra_low[e0:e1], extra_high[e0:e1], max_count[a], settled[a, 0],
            settled[a, 1], kicks, rescue, pairs, limit, quantity[p0:p1], result,
        )  # fmt: skip
        result[3] = price_point(
            n, K, F[p0:p1, WANT].copy(), F[p0:p1], N[p0:p1], G, g_row[p0:p1], U[a], last[p0:p1], lots
        )
        for j in range(4):
            results[a, j] = result[j]

# mypy: disable-error-code="no-untyped-def"
"""Moves of whole units: what one line may trade next, what that changes, and what the limits say of it."""

import numpy as np

from trimtab.optimize.kernels.compiled import lean

# F, floats per line
(E, D, KB, KS, CB, CS, TICKET, WEIGHT, WANT) = range(9)
F_SIZE = 9
# N, integers per line: quantities in billionths of a unit
(UNIT, LOW, HIGH, LEAST, WHOLE, COST, LOT) = range(7)
N_SIZE = 7
# U, floats of the unit
(GAMMA, TURNOVER, TIE, PENALTY, SLACK) = range(5)
U_SIZE = 5
# C, floats per candidate move
(DX, DF, DRISK, DCHARGE, DTURN, DCOUNT, RANK) = range(7)
C_SIZE = 7
PER_LINE = 11
EPS = 3e-9  # of value: a move that gains less is not made (a violation weighs PENALTY times itself)
NONE = -(1 << 62)


@lean
def line_cost(x, i, F, first, last, L):
    """What a trade of x in line i costs: trading, ticket, and its lots in their order."""
    if x == 0.0:
        return 0.0
    if x > 0.0:
        return F[i, KB] * x + F[i, TICKET]
    rest = -x
    cost = F[i, KS] * rest + F[i, TICKET]
    for t in range(first, last):
        part = min(rest, L[0, t])
        cost += part * L[1, t]
        rest -= part
        if rest <= 0.0:
            break
    return cost


@lean
def paid(x, i, F):
    """What line i pays out of cash for a trade of x: trading costs and its ticket."""
    if x == 0.0:
        return 0.0
    return F[i, TICKET] + (F[i, CB] * x if x > 0.0 else -F[i, CS] * x)


@lean
def lot_activity(x, j, first, last, L):
    """What the sales of a trade of x add to lot row j."""
    rest = -x
    total = 0.0
    for t in range(first, last):
        if rest <= 0.0:
            break
        part = min(rest, L[0, t])
        total += part * L[2 + j, t]
        rest -= part
    return total


@lean
def nearest(i, want, F, N):
    """The lawful quantity nearest to a wanted trade: whole units, the whole position, none, or at least the least."""
    low, high, unit, least, whole = N[i, LOW], N[i, HIGH], N[i, UNIT], N[i, LEAST], N[i, WHOLE]
    exact = want / F[i, WEIGHT]
    q = np.int64(np.floor(exact / unit + 0.5)) * unit
    q = min(max(q, low), high)
    if q != 0 and abs(q) < least:
        up = abs(exact) >= 0.5 * least
        if q > 0:
            q = least if up and least <= high else np.int64(0)
        else:
            q = -least if up and -least >= low else np.int64(0)
        q = min(max(q, low), high)
    if whole != NONE and abs(exact - whole) <= abs(exact - q):
        q = whole
    return q


@lean
def lawful(i, q, N):
    """Whether line i may trade q."""
    if q == N[i, WHOLE]:
        return True
    if q < N[i, LOW] or q > N[i, HIGH]:
        return False
    return q == 0 or abs(q) >= N[i, LEAST]


@lean
def score(
    r, la, turn, count, rows, low, high, m, R, absorber, tie, F, N, L, lots, U, max_count, lot_low, lot_high, B
):  # fmt: skip
    """Penalty of violated limits plus the cost of the line that settles the tie; the violation goes to B[1]."""
    viol = 0.0
    extra = 0.0
    move = 0.0
    slack = U[SLACK]
    if absorber >= 0:
        move = (U[TIE] - r[tie]) / rows[tie, absorber]
        over = max(B[2] - move, move - B[3])
        if over > 0.0:
            viol += over
        extra = line_cost(move, absorber, F, N[absorber, LOT], lots[absorber], L)
    for j in range(m):
        if absorber >= 0 and j == tie:
            continue
        z = r[j]
        if absorber >= 0:
            z += rows[j, absorber] * move
        if z > high[j] + slack:
            viol += z - high[j]
        elif z < low[j] - slack:
            viol += low[j] - z
    for j in range(R):
        if la[j] > lot_high[j] + slack:
            viol += la[j] - lot_high[j]
        elif la[j] < lot_low[j] - slack:
            viol += lot_low[j] - la[j]
    if turn > U[TURNOVER] + slack:
        viol += turn - U[TURNOVER]
    if count > max_count:
        viol += 0.01 * (count - max_count)
    B[0] = move
    B[1] = viol
    return extra + U[PENALTY] * viol


@lean
def measure(i, q, c, x, cost, grad, own, F, N, U, rows, m, lam, R, lots, L, C, CL):
    """Fill candidate c: line i trading q instead of what it does now."""
    xn = q * F[i, WEIGHT]
    dx = xn - x[i]
    C[c, DX] = dx
    C[c, DRISK] = U[GAMMA] * (
        2.0 * dx * (grad[i] + F[i, D] * (x[i] + F[i, E])) + dx * dx * (own[i] + F[i, D])
    )
    new = line_cost(xn, i, F, N[i, LOT], lots[i], L)
    C[c, DF] = new - cost[i]
    C[c, DCHARGE] = paid(xn, i, F) - paid(x[i], i, F)
    C[c, DTURN] = 0.5 * (abs(xn) - abs(x[i]))
    C[c, DCOUNT] = (1.0 if xn != 0.0 else 0.0) - (1.0 if x[i] != 0.0 else 0.0)
    rank = C[c, DRISK] + C[c, DF]
    for j in range(m):
        rank += lam[j] * rows[j, i] * dx
    if N[i, COST] >= 0:
        rank += lam[N[i, COST]] * C[c, DCHARGE]
    for j in range(R):
        CL[c, j] = lot_activity(xn, j, N[i, LOT], lots[i], L) - lot_activity(x[i], j, N[i, LOT], lots[i], L)
        rank += lam[m + j] * CL[c, j]
    C[c, RANK] = rank


@lean
def shifted(c, i, rows, m, N, R, r, la, C, CL, rt, lt):
    """Rows and lot rows after candidate c, added to rt and lt from r and la."""
    dx = C[c, DX]
    for j in range(m):
        rt[j] = r[j] + rows[j, i] * dx
    if N[i, COST] >= 0:
        rt[N[i, COST]] += C[c, DCHARGE]
    for j in range(R):
        lt[j] = la[j] + CL[c, j]


@lean
def candidates(i, q, x, grad, own, F, N, worst, worst_row, rows, OUT, wide):
    """Quantities worth trying for line i; how many. Never the present one, each lawful and only once."""
    count = 0
    unit = N[i, UNIT]
    now = q[i]
    base = now
    if now == N[i, WHOLE] and now % unit != 0:
        base = -((-now) // unit) * unit
        if lawful(i, base, N):
            OUT[count] = base
            count += 1
    h = own[i] + F[i, D]
    slope = 2.0 * (grad[i] + F[i, D] * (x[i] + F[i, E]))
    jump = np.int64(0)
    if h > 0.0:
        units = -slope / (2.0 * h) / F[i, WEIGHT] / unit
        units = min(max(units, -1e9), 1e9)
        jump = np.int64(np.floor(units + 0.5)) * unit
    fix = np.int64(0)
    if worst != 0.0 and rows[worst_row, i] != 0.0:
        units = worst / rows[worst_row, i] / F[i, WEIGHT] / unit
        units = min(max(units, -1e9), 1e9)
        fix = np.int64(np.ceil(units)) * unit if units > 0.0 else np.int64(np.floor(units)) * unit
    home = np.int64(np.floor(F[i, WANT] / F[i, WEIGHT] / unit)) * unit
    for t in range(12):
        if t == 0:
            p = base + unit
        elif t == 1:
            p = base - unit
        elif t == 2:
            p = base + 2 * unit
        elif t == 3:
            p = base - 2 * unit
        elif t == 4:
            p = np.int64(0)
        elif t == 5:
            p = N[i, WHOLE]
        elif t == 6:
            p = base + jump
        elif t == 7:
            p = base + fix
        elif t == 8:
            p = home
        elif t == 9:
            p = home + unit
        elif t == 10:
            p = N[i, LEAST] if now == 0 and N[i, LEAST] > unit else now
        else:
            p = -N[i, LEAST] if now == 0 and N[i, LEAST] > unit else now
        if p == NONE or (t in (2, 3) and not wide):
            continue
        if p != N[i, WHOLE]:
            p = min(max(p, N[i, LOW]), N[i, HIGH])
        if p == now or not lawful(i, p, N):
            continue
        known = False
        for s in range(count):
            if OUT[s] == p:
                known = True
        if not known and count < PER_LINE:
            OUT[count] = p
            count += 1
    return count


@lean
def smallest_first(found, kept, C, order):
    """The `kept` candidates of smallest rank to the front of `order`; ties keep their order."""
    for s in range(found):
        order[s] = s
    for s in range(kept):
        t = s
        for u in range(s + 1, found):
            if C[order[u], RANK] < C[order[t], RANK]:
                t = u
        pick = order[t]
        for u in range(t, s, -1):
            order[u] = order[u - 1]
        order[s] = pick


@lean
def worst_row(r, rows, low, high, m, absorber, tie, U, B):
    """The row that is broken most (−1 for none) and how far it must move, the settled line's limits counted in."""
    row = -1
    most = 1e-12
    need = 0.0
    move = 0.0
    if absorber >= 0:
        a = rows[tie, absorber]
        move = (U[TIE] - r[tie]) / a
        if move > B[3]:
            row, most, need = tie, move - B[3], (move - B[3]) * a
        if B[2] > move:
            row, most, need = tie, B[2] - move, (move - B[2]) * a
    for j in range(m):
        if absorber >= 0 and j == tie:
            continue
        z = r[j]
        if absorber >= 0:
            z += rows[j, absorber] * move
        if z - high[j] > most:
            row, most, need = j, z - high[j], high[j] - z
        if low[j] - z > most:
            row, most, need = j, low[j] - z, low[j] - z
    B[4] = need
    return row

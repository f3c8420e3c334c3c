# ruff: noqa: E741
"""One unit's columns into a thread's workspace, and the answer out again."""

import math

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.order import open_windows
from trimtab.optimize.kernels.tighten import tighten

INF = np.inf
ROUNDING = 1e-9  # a whole position and its lots, summed in different orders
FARTHEST = 100.0  # an upper limit beyond a hundred times the unit's value is none


@lean
def load_assets(u: int, c: at.Columns, w: at.Workspace) -> bool:
    """Costs, limits and specific risk of every asset; False where a number is not finite."""
    D, F, I, S = w.D, w.F, w.I, w.S
    asset_f, asset_i, specific = c.asset_f, c.asset_i, c.specific
    a0 = c.offsets[u, at.ASSETS]
    n = D[at.N]
    aversion = c.unit_f[at.AVERSION, u]
    check = 0.0
    mean = 0.0
    charged = False
    for i in range(n):
        z = a0 + i
        security = asset_i[at.SECURITY, z]
        F[at.Q, i] = 2.0 * aversion * specific[security] if security >= 0 else 0.0
        mean += F[at.Q, i] / n
        F[at.E, i] = asset_f[at.HELD, z] - asset_f[at.TARGET, z]
        F[at.KB0, i] = asset_f[at.BUY_COST, z]
        F[at.KS0, i] = asset_f[at.SELL_COST, z]
        F[at.KB, i] = F[at.KB0, i]
        F[at.KS, i] = F[at.KS0, i]
        F[at.CB, i] = 0.0
        F[at.CS, i] = 0.0
        I[at.COST, i] = -1
        if asset_i[at.COST_ROW, z] >= 0 and (
            asset_f[at.BUY_CHARGE, z] != 0.0 or asset_f[at.SELL_CHARGE, z] != 0.0
        ):
            I[at.COST, i] = D[at.FACTORS] + asset_i[at.COST_ROW, z]
            F[at.CB, i] = asset_f[at.BUY_CHARGE, z]
            F[at.CS, i] = asset_f[at.SELL_CHARGE, z]
            charged = True
        F[at.TK0, i] = asset_f[at.TICKET, z]
        F[at.TK, i] = F[at.TK0, i]
        F[at.COUNTED, i] = asset_f[at.COUNTS, z]
        F[at.MC, i] = 0.0
        for f in range(11):
            if f != at.LOWER and f != at.UPPER:
                check += 0.0 * asset_f[f, z]
        check += F[at.Q, i] * 0.0
        if math.isnan(asset_f[at.LOWER, z]) or math.isnan(asset_f[at.UPPER, z]):
            return False
    D[at.CHARGED] = 1 if charged else 0
    S[at.FLOOR] = max(0.02 * mean, 1e-3 if mean > 0.0 else 5e-3)
    return check == 0.0


@lean
def load_factors(u: int, c: at.Columns, w: at.Workspace) -> bool:
    """The scaled exposures, factors that no asset of the unit has left out; False where a number is not finite."""
    D, V, M, MT = w.D, w.V, w.M, w.MT
    n = D[at.N]
    a0 = c.offsets[u, at.ASSETS]
    scale = math.sqrt(2.0 * c.unit_f[at.AVERSION, u])
    check = 0.0
    k = 0
    for a in range(c.exposures.shape[1]):
        total = 0.0
        some = False
        for i in range(n):
            security = c.asset_i[at.SECURITY, a0 + i]
            g = scale * c.exposures[security, a] if security >= 0 else 0.0
            M[i, k] = g
            MT[k, i] = g
            check += 0.0 * g
            some = some or g != 0.0
            total += g * (c.asset_f[at.HELD, a0 + i] - c.asset_f[at.TARGET, a0 + i])
        if some:
            V[at.GE, k] = total
            V[at.COLUMN, k] = a
            k += 1
    D[at.FACTORS] = k
    return check == 0.0


@lean
def load_rows(u: int, c: at.Columns, w: at.Workspace) -> bool:
    """The linear rows and their limits; the extra rows start out empty. False where a number is not finite."""
    D, V, M, MT = w.D, w.V, w.M, w.MT
    n = D[at.N]
    k = D[at.FACTORS]
    m = D[at.ROWS]
    r0 = c.offsets[u, at.UNIT_ROWS]
    c0 = c.offsets[u, at.CELLS]
    check = 0.0
    for j in range(m):
        V[at.LOW, k + j] = c.row_f[0, r0 + j]
        V[at.HIGH, k + j] = c.row_f[1, r0 + j]
        if math.isnan(c.row_f[0, r0 + j]) or math.isnan(c.row_f[1, r0 + j]):
            return False
        for i in range(n):
            value = c.cells[c0 + j * n + i]
            check += 0.0 * value
            M[i, k + j] = value
            MT[k + j, i] = value
    for r in range(D[at.EXTRA]):
        V[at.LOW, k + m + r] = -INF
        V[at.HIGH, k + m + r] = INF
        for i in range(n):
            M[i, k + m + r] = 0.0
            MT[k + m + r, i] = 0.0
    return check == 0.0


@lean
def load_lots(u: int, c: at.Columns, w: at.Workspace, piece: int) -> bool:
    """Lots bucketed by asset in increasing slope, the year's marginal rates included; False if not finite.

    The lots of an ordered asset stay in the order given, and each from the first loss on counts as one: where no loss
    may be sold, nothing behind it is.
    """
    I, L, order = w.I, w.L, w.order
    lot_f, lot_i = c.lot_f, c.lot_i
    n = w.D[at.N]
    l0 = c.offsets[u, at.LOTS]
    lots = c.offsets[u + 1, at.LOTS] - l0
    short = c.piece_f[0, piece] if piece >= 0 else 0.0
    long = c.piece_f[1, piece] if piece >= 0 else 0.0
    check = 0.0
    for i in range(n + 1):
        I[at.LOT, i] = 0
    for l in range(lots):
        I[at.LOT, lot_i[at.LOT_ASSET, l0 + l] + 1] += 1
        check += 0.0 * (lot_f[at.LOT_SIZE, l0 + l] + lot_f[at.LOT_GAIN, l0 + l] + lot_f[at.LOT_SLOPE, l0 + l])
    a0 = c.offsets[u, at.ASSETS]
    w.D[at.ORDERLY] = 0
    for i in range(n):
        I[at.LOT, i + 1] += I[at.LOT, i]
        I[at.SPARE, i] = I[at.LOT, i]
        I[at.ORDERED, i] = c.asset_i[at.IN_ORDER, a0 + i]
        w.D[at.ORDERLY] += I[at.ORDERED, i]
    for l in range(lots):
        z = l0 + l
        gain = lot_f[at.LOT_GAIN, z]
        slope = lot_f[at.LOT_SLOPE, z]
        if lot_i[at.LOT_TERM, z] == 1:
            slope += short * gain
        elif lot_i[at.LOT_TERM, z] == 2:
            slope += long * gain
        asset = lot_i[at.LOT_ASSET, z]
        j = I[at.SPARE, asset]
        I[at.SPARE, asset] += 1
        first = j if I[at.ORDERED, asset] == 1 else I[at.LOT, asset]
        while j > first and L[at.TAU0, j - 1] > slope:
            L[at.TAU0, j] = L[at.TAU0, j - 1]
            order[j] = order[j - 1]
            j -= 1
        L[at.TAU0, j] = slope
        order[j] = l
    for j in range(lots):
        z = l0 + order[j]
        L[at.SIZE0, j] = lot_f[at.LOT_SIZE, z]
        L[at.LOSS0, j] = 1.0 if lot_f[at.LOT_GAIN, z] < 0.0 else 0.0
        L[at.TAU, j] = L[at.TAU0, j]
        L[at.SIZE_W, j] = L[at.SIZE0, j]
        L[at.LOSS, j] = L[at.LOSS0, j]
        L[at.PLACE, j] = j
    for i in range(n if w.D[at.ORDERLY] > 0 else 0):
        for j in range(I[at.LOT, i] + 1, I[at.LOT, i + 1]):
            if I[at.ORDERED, i] == 1 and L[at.LOSS0, j - 1] > 0.5:
                L[at.LOSS0, j] = 1.0
                L[at.LOSS, j] = 1.0
    return check == 0.0


@lean
def load_extra(u: int, c: at.Columns, w: at.Workspace, piece: int) -> None:
    """Extra rows: gain budget, lot rows, turnover, number of trades, then the sides of the year's piece."""
    D, F, L, V, order = w.D, w.F, w.L, w.V, w.order
    unit_f, lot_f, lot_i = c.unit_f, c.lot_f, c.lot_i
    n = D[at.N]
    l0 = c.offsets[u, at.LOTS]
    lots = c.offsets[u + 1, at.LOTS] - l0
    first = D[at.FACTORS] + D[at.ROWS]
    lot_row = c.offsets[u, at.LOT_ROWS]
    lot_cell = c.offsets[u, at.LOT_CELLS]
    r = 0
    D[at.TICKETED] = -1
    if unit_f[at.GAIN_BUDGET, u] < INF:
        for j in range(lots):
            L[at.L_EXTRA + 2 * r, j] = lot_f[at.LOT_GAIN, l0 + order[j]]
        V[at.HIGH, first + r] = unit_f[at.GAIN_BUDGET, u]
        r += 1
    for q in range(c.offsets[u + 1, at.LOT_ROWS] - lot_row):
        for j in range(lots):
            L[at.L_EXTRA + 2 * r, j] = c.lot_cells[lot_cell + q * lots + order[j]]
        V[at.LOW, first + r] = c.lot_row_f[0, lot_row + q]
        V[at.HIGH, first + r] = c.lot_row_f[1, lot_row + q]
        r += 1
    turnover = -1
    if unit_f[at.TURNOVER, u] < INF:
        for j in range(lots):
            L[at.L_EXTRA + 2 * r, j] = 0.5 * F[at.COUNTED, lot_i[at.LOT_ASSET, l0 + order[j]]]
        V[at.HIGH, first + r] = unit_f[at.TURNOVER, u]
        turnover = r
        r += 1
    if unit_f[at.MAX_TRADES, u] < INF:
        for j in range(lots):
            L[at.L_EXTRA + 2 * r, j] = 0.0
        V[at.HIGH, first + r] = unit_f[at.MAX_TRADES, u]
        D[at.TICKETED] = r
        r += 1
    for h in range(c.sides.shape[1] if piece >= 0 else 0):
        if c.sides[piece, h, 2] < INF:
            for j in range(lots):
                z = l0 + order[j]
                share = 0.0
                if lot_i[at.LOT_TERM, z] == 1:
                    share = c.sides[piece, h, 0]
                elif lot_i[at.LOT_TERM, z] == 2:
                    share = c.sides[piece, h, 1]
                L[at.L_EXTRA + 2 * r, j] = share * lot_f[at.LOT_GAIN, z]
            V[at.HIGH, first + r] = c.sides[piece, h, 2]
            r += 1
    for q in range(r):
        for j in range(lots):
            L[at.L_EXTRA + 2 * q + 1, j] = L[at.L_EXTRA + 2 * q, j]
        for i in range(n):
            F[at.F_EXTRA + 4 * q + at.GB, i] = 0.5 * F[at.COUNTED, i] if q == turnover else 0.0


@lean
def count_extra(u: int, c: at.Columns, piece: int) -> int:
    """How many extra rows this unit has in this piece of the year."""
    count: int = c.offsets[u + 1, at.LOT_ROWS] - c.offsets[u, at.LOT_ROWS]
    for f in (at.GAIN_BUDGET, at.TURNOVER, at.MAX_TRADES):
        if c.unit_f[f, u] < INF:
            count += 1
    for h in range(c.sides.shape[1] if piece >= 0 else 0):
        if c.sides[piece, h, 2] < INF:
            count += 1
    return count


@lean
def limit_sales(D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> bool:
    """No asset sells more than its lots; False where even that is too little."""
    for i in range(D[at.N]):
        held = 0.0
        for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
            held += L[at.SIZE0, l]
        F[at.LB, i] = max(F[at.LB, i], -held)
        if F[at.LB, i] > F[at.UB, i]:
            return False
    return True


@lean
def gapped_mode(least: float, held: float, low: float, high: float) -> tuple[int, float, float]:
    """Open branches of an asset with a gap around zero within low…high: mode, least buy, largest (nearest) sale."""
    mode = 0
    buy = max(least, low)
    sell = min(least, held)
    if low <= 0.0 <= high:
        mode |= at.ZERO
    if high > 0.0 and buy <= high + ROUNDING:
        mode |= at.BUY
    if low < 0.0 and sell <= -low + ROUNDING:
        mode |= at.SELL
    return mode, min(buy, max(high, 0.0)), min(high, max(-sell, low))


@lean
def start_mode(i: int, z: int, varying: bool, u: int, c: at.Columns, w: at.Workspace) -> int:
    """The branches that asset i starts with, its least buy and nearest sale; 0 where its limits leave nothing.

    What an asset may do in principle (churn, go below a minimum that its own limits forbid to keep) is read from
    its own limits, kept in RS and RB; the narrower ones that the rows imply then close branches.
    """
    F, I, L = w.F, w.I, w.L
    held = 0.0
    lowest = INF
    losses = False
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        held += L[at.SIZE0, l]
        losses = losses or L[at.LOSS0, l] > 0.5
        lowest = min(lowest, L[at.TAU0, l])
    given = c.asset_i[at.EXCLUSIVE, z]
    exclusive = given == 1 or (given < 0 and losses) or I[at.ORDERED, i] == 1
    charged = I[at.COST, i] >= 0
    cost = F[at.KB0, i] + F[at.KS0, i]
    kink = lowest + (0.5 * cost if charged else cost) < 0.0
    churns = F[at.RS, i] < 0.0 < F[at.RB, i] and not exclusive and (kink or varying or charged)
    low = F[at.LB, i]
    high = F[at.UB, i]
    F[at.BLO, i] = max(low, 0.0)
    F[at.SHI, i] = min(high, 0.0)
    least = c.asset_f[at.MIN_TRADE, z]
    limited = F[at.COUNTED, i] > 0.0 and c.unit_f[at.MAX_TRADES, u] < INF
    if least > 0.0 or F[at.TK0, i] > 0.0 or limited:
        own, _, _ = gapped_mode(least, held, F[at.RS, i], F[at.RB, i])
        if own != 0:
            mode, buy, sell = gapped_mode(least, held, low, high)
            F[at.BLO, i] = buy
            F[at.SHI, i] = sell
            return mode | at.CHURN if churns and mode != 0 else mode
    if F[at.RS, i] >= 0.0:
        return at.BUY
    if F[at.RB, i] <= 0.0:
        return at.SELL
    if churns:
        return at.CONVEX | at.CHURN
    if low >= 0.0:
        return at.BUY
    if high <= 0.0:
        return at.SELL
    if exclusive and (kink or varying):
        return at.SELL | at.BUY
    return at.CONVEX


@lean
def load_modes(u: int, c: at.Columns, w: at.Workspace) -> bool:
    """Which branches each asset starts with, its wash group; False when an asset's limits are empty."""
    D, F, I, L, G = w.D, w.F, w.I, w.L, w.G
    asset_i = c.asset_i
    n = D[at.N]
    a0 = c.offsets[u, at.ASSETS]
    groups = 0
    varying = D[at.EXTRA] > 0
    for i in range(n):
        F[at.LB, i] = c.asset_f[at.LOWER, a0 + i]
        F[at.UB, i] = min(c.asset_f[at.UPPER, a0 + i], FARTHEST)
    if not limit_sales(D, F, I, L):
        return False
    for i in range(n):
        F[at.RS, i] = F[at.LB, i]
        F[at.RB, i] = F[at.UB, i]
    emptied = tighten(F, I, L, w.V, w.MT, n, D[at.FACTORS], D[at.ROWS])
    if emptied >= 0:
        w.V[at.PROOF, emptied] = 1.0
        return False
    for i in range(n):
        z = a0 + i
        mode = start_mode(i, z, varying, u, c, w)
        if mode == 0:
            return False
        I[at.MODE0, i] = mode
        I[at.GROUP, i] = asset_i[at.WASH_GROUP, z]
        groups = max(groups, asset_i[at.WASH_GROUP, z] + 1)
        F[at.LB0, i] = F[at.LB, i]
        F[at.SHI0, i] = F[at.SHI, i]
    D[at.GROUPS] = groups
    for g in range(groups):
        _keep_group(g, n, I, L, G)
    open_windows(D, F, I, L)
    return True


@lean
def _keep_group(g: int, n: int, I: at.Array, L: at.Array, G: at.Array) -> None:
    """A group that nobody can break is no group; one asset alone that cannot churn is exclusive."""
    members = 0
    buyers = False
    losers = False
    churns = False
    for i in range(n):
        if I[at.GROUP, i] == g:
            mode = I[at.MODE0, i]
            members += 1
            churns = churns or mode & at.CHURN != 0
            buyers = buyers or mode & (at.BUY | at.CONVEX | at.CHURN) != 0
            sells = mode & (at.SELL | at.CONVEX | at.CHURN) != 0
            for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
                losers = losers or (sells and L[at.LOSS0, l] > 0.5 and L[at.SIZE0, l] > 0.0)
    kept = buyers and losers and (members > 1 or churns)
    G[3, g] = 0.0 if kept else 1.0
    for i in range(n):
        if I[at.GROUP, i] == g and not kept:
            I[at.GROUP, i] = -1
            if members == 1 and losers and I[at.MODE0, i] & at.CONVEX != 0:
                I[at.MODE0, i] = at.SELL | at.BUY

"""The driver: units one after another, each whole, in one thread's workspace."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels import load
from trimtab.optimize.kernels.compiled import kernel
from trimtab.optimize.kernels.tree import REFUTED, SOLVED, UNSOLVED, solve_piece

INF = np.inf
# columns of the results
(OBJECTIVE, BOUND) = range(2)
(STATUS, STEPS, NODES, PIECE) = range(4)
INACCURATE, INFEASIBLE, NOTHING, INVALID = 1, 2, 3, 4


@kernel
def first_piece(count, sides):
    """The piece of the year in which doing nothing lies."""
    for r in range(count):
        inside = True
        for h in range(sides.shape[1]):
            inside = inside and sides[r, h, 2] >= 0.0
        if inside:
            return r
    return 0


@kernel
def solve_unit(u, offsets, unit_f, columns, sides, options, workspace, results):
    """Solve unit u over every piece of its year; the least bound of the pieces bounds the unit."""
    asset_f, asset_i, lot_f, lot_i, exposures, specific, row_f, cells, lot_row_f, lot_cells, piece_f = columns
    D, S, F, I, L, V, M, MT, H, A, C, W, G, TB, TM, TG, TX, TU, order = workspace
    trade, sale, result_f, result_i, multipliers, conflict = results
    a0 = offsets[u, load.ASSETS]
    n = offsets[u + 1, load.ASSETS] - a0
    l0 = offsets[u, load.LOTS]
    lots = offsets[u + 1, load.LOTS] - l0
    r0 = offsets[u, load.UNIT_ROWS]
    m = offsets[u + 1, load.UNIT_ROWS] - r0
    q0 = offsets[u, load.LOT_ROWS]
    lot_rows = offsets[u + 1, load.LOT_ROWS] - q0
    counts = (q0, lot_rows, offsets[u, load.LOT_CELLS])
    y0 = offsets[u, load.PIECES]
    pieces = offsets[u + 1, load.PIECES] - y0
    k = exposures.shape[1]
    D[:] = 0
    D[at.N] = n
    D[at.FACTORS] = k
    D[at.ROWS] = m
    V[:] = 0.0
    result_f[u, OBJECTIVE] = INF
    result_f[u, BOUND] = -INF
    result_i[u, STATUS] = INVALID
    result_i[u, PIECE] = -1
    lower = INF
    upper = INF
    unsolved = False
    start = first_piece(pieces, sides[y0 : y0 + pieces])
    for turn in range(max(pieces, 1)):
        r = start if turn == 0 else (turn - 1 if turn <= start else turn)
        mine = sides[y0 + r] if pieces > 0 else sides[0, :0]
        extra = load.count_extra(u, lot_rows, unit_f, mine)
        D[at.EXTRA] = extra
        D[at.SIZE] = k + m + extra
        if turn == 0:
            good = load.load_assets(
                a0,
                n,
                k,
                unit_f[load.AVERSION, u],
                asset_f,
                asset_i,
                exposures,
                specific,
                D,
                F,
                I,
                S,
                V,
                M,
                MT,
            )
            if not good:
                return
        for a in range(D[at.SIZE]):
            V[at.U, a] = V[at.GE, a] if a < k else 0.0
        good = load.load_rows(n, k, m, r0, offsets[u, 3], extra, row_f, cells, V, M, MT)
        short = piece_f[0, y0 + r] if pieces > 0 else 0.0
        long = piece_f[1, y0 + r] if pieces > 0 else 0.0
        fixed = piece_f[2, y0 + r] if pieces > 0 else 0.0
        if not (load.load_lots(l0, lots, n, short, long, lot_f, lot_i, I, L, order) and good):
            return
        load.load_extra(
            u, n, lots, l0, k + m, unit_f, lot_f, lot_i, lot_row_f, lot_cells, mine, counts, F, L, V, D, order
        )
        if not load.load_modes(u, a0, n, unit_f, asset_f, asset_i, D, F, I, L, G):
            result_i[u, STATUS] = INFEASIBLE
            result_f[u, BOUND] = INF
            return
        status, best, least = solve_piece(
            D, F, I, L, S, V, M, MT, H, A, C, W, G, TB, TM, TG, TX, TU,
            upper - fixed, options[0], int(options[1]),
        )  # fmt: skip
        if status == REFUTED:
            if best == INF and pieces <= 1:
                for j in range(m):
                    conflict[r0 + j] = V[at.PROOF, k + j] != 0.0
            continue
        lower = min(lower, least + fixed)
        if status == UNSOLVED:
            unsolved = True
        elif status == SOLVED and best + fixed < upper:
            upper = best + fixed
            result_i[u, PIECE] = r if pieces > 0 else -1
            for i in range(n):
                trade[a0 + i] = F[at.XBEST, i]
            for l in range(lots):
                sale[l0 + order[l]] = L[at.KEPT, l]
            for a in range(multipliers.shape[1]):
                multipliers[u, a] = V[at.UBEST, a] if a < D[at.SIZE] else 0.0
    result_i[u, STEPS] = D[at.STEPS]
    result_i[u, NODES] = D[at.NODES]
    result_f[u, OBJECTIVE] = upper
    result_f[u, BOUND] = min(lower, upper) if upper < INF else lower
    if upper < INF:
        result_i[u, STATUS] = SOLVED if upper - lower <= 1.01 * options[0] else INACCURATE
    elif unsolved:
        result_i[u, STATUS] = NOTHING
    else:
        result_i[u, STATUS] = INFEASIBLE
        result_f[u, BOUND] = INF


@kernel
def solve_units(first, last, offsets, unit_f, columns, sides, options, workspace, results):
    """Units first…last−1; each depends on its own columns only."""
    for u in range(first, last):
        solve_unit(u, offsets, unit_f, columns, sides, options, workspace, results)

# ruff: noqa: E741
"""The driver: units one after another, each whole, in one thread's workspace."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import door, lean
from trimtab.optimize.kernels.load import (
    count_extra,
    load_assets,
    load_extra,
    load_factors,
    load_lots,
    load_modes,
    load_rows,
)
from trimtab.optimize.kernels.tree import REFUTED, SOLVED, UNSOLVED, solve_piece

INF = np.inf
INACCURATE, INFEASIBLE, NOTHING, INVALID = 1, 2, 3, 4


@lean
def first_piece(u: int, c: at.Columns) -> int:
    """The piece of the year in which doing nothing lies."""
    first: int = c.offsets[u, at.PIECES]
    for r in range(first, c.offsets[u + 1, at.PIECES]):
        inside = True
        for h in range(c.sides.shape[1]):
            inside = inside and c.sides[r, h, 2] >= 0.0
        if inside:
            return r - first
    return 0


@lean
def load_piece(u: int, c: at.Columns, w: at.Workspace, piece: int) -> bool:
    """Everything that depends on the piece of the year; none of it survives from the piece before."""
    D, V = w.D, w.V
    D[at.EXTRA] = count_extra(u, c, piece)
    D[at.SIZE] = D[at.FACTORS] + D[at.ROWS] + D[at.EXTRA]
    for a in range(D[at.SIZE]):
        V[at.U, a] = V[at.GE, a] if a < D[at.FACTORS] else 0.0
        V[at.PROOF, a] = 0.0
    good = load_rows(u, c, w)
    good = load_lots(u, c, w, piece) and good
    if good:
        load_extra(u, c, w, piece)
    D[at.VERSION] += 1
    for q in range(D[at.EXTRA]):
        w.L[at.L_EXTRA + 2 * q, w.L.shape[1] - 1] = np.nan  # no price: the first evaluation orders the lots
    return good


@lean
def keep_answer(u: int, c: at.Columns, w: at.Workspace, r: at.Results, piece: int) -> None:
    """Write the best point of the piece just solved as the unit's answer."""
    a0 = c.offsets[u, at.ASSETS]
    l0 = c.offsets[u, at.LOTS]
    r.ints[u, at.PIECE] = piece
    for i in range(w.D[at.N]):
        r.trade[a0 + i] = w.F[at.XBEST, i]
    for l in range(c.offsets[u + 1, at.LOTS] - l0):
        r.sale[l0 + w.order[l]] = w.L[at.KEPT, l]
    r.multipliers[u, :] = 0.0
    left_out = c.exposures.shape[1] - w.D[at.FACTORS]
    for a in range(w.D[at.SIZE]):
        place = int(w.V[at.COLUMN, a]) if a < w.D[at.FACTORS] else a + left_out
        r.multipliers[u, place] = w.V[at.UBEST, a]


@lean
def note_conflict(u: int, c: at.Columns, w: at.Workspace, r: at.Results) -> None:
    """Mark the rows that the last proof of infeasibility used."""
    for j in range(w.D[at.ROWS]):
        if w.V[at.PROOF, w.D[at.FACTORS] + j] != 0.0:
            r.conflict[c.offsets[u, at.UNIT_ROWS] + j] = True


@lean
def solve_unit(u: int, c: at.Columns, options: at.Array, w: at.Workspace, r: at.Results) -> None:
    """Solve unit u over every piece of its year; the least bound of the pieces bounds the unit."""
    D, V = w.D, w.V
    y0 = c.offsets[u, at.PIECES]
    pieces = c.offsets[u + 1, at.PIECES] - y0
    D[:] = 0
    V[:] = 0.0
    D[at.N] = c.offsets[u + 1, at.ASSETS] - c.offsets[u, at.ASSETS]
    D[at.ROWS] = c.offsets[u + 1, at.UNIT_ROWS] - c.offsets[u, at.UNIT_ROWS]
    r.floats[u, at.OBJECTIVE] = INF
    r.floats[u, at.BOUND] = -INF
    r.ints[u, at.STATUS] = INVALID
    r.ints[u, at.PIECE] = -1
    if not (load_factors(u, c, w) and load_assets(u, c, w)):
        return
    w.S[at.FLOOR] = max(w.S[at.FLOOR], options[2])
    w.S[at.ENVELOPE] = options[3]
    lower = INF
    upper = INF
    unsolved = False
    start = first_piece(u, c)
    for turn in range(max(pieces, 1)):
        which = start if turn == 0 else (turn - 1 if turn <= start else turn)
        piece = y0 + which if pieces > 0 else -1
        if not load_piece(u, c, w, piece):
            return
        if not load_modes(u, c, w):
            note_conflict(u, c, w, r)
            break
        fixed = c.piece_f[2, piece] if piece >= 0 else 0.0
        status, best, least = solve_piece(w, upper - fixed, options[0], int(options[1]))
        if status == REFUTED:
            note_conflict(u, c, w, r)
            continue
        lower = min(lower, least + fixed)
        unsolved = unsolved or status == UNSOLVED
        if status == SOLVED and best + fixed < upper:
            upper = best + fixed
            keep_answer(u, c, w, r, which if pieces > 0 else -1)
    r.ints[u, at.NEWTON_STEPS] = D[at.STEPS]
    r.ints[u, at.TREE_NODES] = D[at.NODES]
    r.floats[u, at.OBJECTIVE] = upper
    r.floats[u, at.BOUND] = min(lower, upper)
    if upper < INF:
        r.ints[u, at.STATUS] = SOLVED if upper - lower <= 1.01 * options[0] else INACCURATE
    else:
        r.ints[u, at.STATUS] = NOTHING if unsolved else INFEASIBLE


@door
def solve_units(
    first: int, last: int, c: at.Columns, options: at.Array, w: at.Workspace, r: at.Results
) -> None:
    """Units first…last−1; each depends on its own columns only."""
    for u in range(first, last):
        solve_unit(u, c, options, w, r)

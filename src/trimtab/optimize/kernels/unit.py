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
from trimtab.optimize.kernels.tree import REFUTED, SOLVED, UNSOLVED, measure, reopen, solve_piece

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
def ahead_of_sides(c: at.Columns, w: at.Workspace, piece: int) -> int:
    """Where the multipliers of the piece's sides begin: all before them mean the same in every piece."""
    first: int = w.D[at.SIZE]
    for h in range(c.sides.shape[1] if piece >= 0 else 0):
        if c.sides[piece, h, 2] < INF:
            first -= 1
    return first


@lean
def keep_prices(c: at.Columns, w: at.Workspace, piece: int) -> None:
    """The best answer's multipliers, and what a short and a long gain cost there, for the pieces still to come."""
    V, S = w.V, w.S
    first = ahead_of_sides(c, w, piece)
    for a in range(first):
        V[at.UKEPT, a] = V[at.UBEST, a]
    if piece < 0:
        return
    S[at.SHORT_RATE] = c.piece_f[0, piece]
    S[at.LONG_RATE] = c.piece_f[1, piece]
    for h in range(c.sides.shape[1]):
        if c.sides[piece, h, 2] < INF:
            S[at.SHORT_RATE] += V[at.UBEST, first] * c.sides[piece, h, 0]
            S[at.LONG_RATE] += V[at.UBEST, first] * c.sides[piece, h, 1]
            first += 1


@lean
def approach(c: at.Columns, w: at.Workspace, piece: int) -> None:
    """Start a piece at the best answer's prices, its sides priced so that gains cost what they did there.

    One or two sides can do that, if any; of those that can the ones with the least room, for the best bound. Where
    the year's tax is convex between the two pieces this bound is the best answer's own, and the piece is done.
    """
    S, V = w.S, w.V
    first = ahead_of_sides(c, w, piece)
    for a in range(w.D[at.SIZE]):
        V[at.U, a] = V[at.UKEPT, a] if a < first else 0.0
    short = S[at.SHORT_RATE] - c.piece_f[0, piece]
    long = S[at.LONG_RATE] - c.piece_f[1, piece]
    if abs(short) + abs(long) < 1e-12:
        return
    least = INF
    g_place = first
    for g in range(c.sides.shape[1]):
        if c.sides[piece, g, 2] == INF:
            continue
        h_place = first
        for h in range(g + 1):
            if c.sides[piece, h, 2] == INF:
                continue
            one, two = _prices(c.sides[piece, g], c.sides[piece, h], short, long, g == h)
            room = one * c.sides[piece, g, 2] + two * c.sides[piece, h, 2]
            if one >= 0.0 and two >= 0.0 and room < least:
                least = room
                for a in range(first, w.D[at.SIZE]):
                    V[at.U, a] = 0.0
                V[at.U, h_place] = two
                V[at.U, g_place] = one
            h_place += 1
        g_place += 1


@lean
def _prices(one: at.Array, two: at.Array, short: float, long: float, same: bool) -> tuple[float, float]:
    """Prices of two sides (of one where they are the same) that add up to the rates asked; negative where none do."""
    if same:
        square = one[0] * one[0] + one[1] * one[1]
        if square == 0.0:
            return -1.0, -1.0
        price = (short * one[0] + long * one[1]) / square
        off = abs(short - price * one[0]) + abs(long - price * one[1])
        return (price, 0.0) if off < 1e-12 else (-1.0, -1.0)
    area = one[0] * two[1] - one[1] * two[0]
    if abs(area) < 1e-12:
        return -1.0, -1.0
    return (short * two[1] - long * two[0]) / area, (one[0] * long - one[1] * short) / area


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
    D[at.BUDGET] = int(options[4] / max(D[at.N], 1))
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
        if upper < INF:
            approach(c, w, piece)
            reopen(D, w.F, w.I, w.L, w.G)
            least = measure(w)
            if least > upper - fixed - 1.005 * options[0]:
                lower = min(lower, least + fixed)
                continue
        near = upper < INF
        status, best, least = solve_piece(w, upper - fixed, options[0], int(options[1]))
        if status == SOLVED and best + fixed < upper:
            upper = best + fixed
            keep_prices(c, w, piece)
            keep_answer(u, c, w, r, which if pieces > 0 else -1)
        if near and status != REFUTED and least < min(best, upper - fixed) - 1.01 * options[0]:
            # once more without the best answer's prices: what stalled there may not here
            load_piece(u, c, w, piece)
            load_modes(u, c, w)
            status, best, again = solve_piece(w, upper - fixed, options[0], int(options[1]))
            least = max(least, again)
            if status == SOLVED and best + fixed < upper:
                upper = best + fixed
                keep_prices(c, w, piece)
                keep_answer(u, c, w, r, which if pieces > 0 else -1)
        if status == REFUTED:
            note_conflict(u, c, w, r)
            continue
        lower = min(lower, least + fixed)
        unsolved = unsolved or status == UNSOLVED
    r.ints[u, at.NEWTON_STEPS] = D[at.STEPS]
    r.ints[u, at.TREE_NODES] = D[at.NODES]
    r.floats[u, at.OBJECTIVE] = upper
    r.floats[u, at.BOUND] = min(lower, upper)
    if upper < INF:
        # An answer below its bound misses a limit by next to nothing, at a price that makes it more than that.
        r.ints[u, at.STATUS] = SOLVED if abs(upper - lower) <= 1.01 * options[0] else INACCURATE
    else:
        r.ints[u, at.STATUS] = NOTHING if unsolved else INFEASIBLE


@door
def solve_units(
    first: int, last: int, c: at.Columns, options: at.Array, w: at.Workspace, r: at.Results
) -> None:
    """Units first…last−1; each depends on its own columns only."""
    for u in range(first, last):
        solve_unit(u, c, options, w, r)

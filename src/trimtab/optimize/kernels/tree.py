# ruff: noqa: E741
"""Relax, decide, prove: the root, the solve with every branch decided, and a depth-first tree on what is left."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.decide import (
    decide,
    discard,
    flat,
    group_side,
    group_trades,
    nearest,
    open_branches,
    prepare,
    restrict,
    strengthen,
)
from trimtab.optimize.kernels.dual import bound
from trimtab.optimize.kernels.linear import spread
from trimtab.optimize.kernels.newton import clear_hessian, converge
from trimtab.optimize.kernels.order import move_on, open_windows, set_window, sold_before, torn
from trimtab.optimize.kernels.primal import answer, ceiling, violation

INF = np.inf
ROUGH, TIGHT = 1e-7, 1e-9
SOLVED, REFUTED, UNSOLVED, CUT = 0, 2, 3, 5
KEPT_VIOLATION = 1e-8
TEAR = 3  # a joint of this number: lots in order that are broken up
MOVES = 8  # at most, from one convex stretch of lots to the next, before the tree


@lean
def measure(w: at.Workspace) -> float:
    """The exact bound at the present multipliers, under the present modes."""
    D, F, I, L, V, MT, G = w.D, w.F, w.I, w.L, w.V, w.MT, w.G
    spread(D[at.N], D[at.SIZE], MT, V[at.U], F[at.PN])
    return bound(D, F, I, L, V, G, V[at.U], F[at.PN])


@lean
def push(slot: int, value: float, tight: float, w: at.Workspace) -> None:
    """Write the present modes, groups, point and multipliers as node `slot`."""
    D, F, I, V, G, TB, TM, TG, TX, TU = w.D, w.F, w.I, w.V, w.G, w.TB, w.TM, w.TG, w.TX, w.TU
    TB[slot, 0] = value
    TB[slot, 1] = tight
    for i in range(D[at.N]):
        TM[slot, i] = I[at.MODE, i]
        TX[slot, i] = F[at.X, i]
        w.TW[slot, 0, i] = I[at.FROM, i]
        w.TW[slot, 1, i] = I[at.TO, i]
    for g in range(D[at.GROUPS]):
        TG[slot, g] = G[0, g]
    for a in range(D[at.SIZE]):
        TU[slot, a] = V[at.U, a]


@lean
def pull(slot: int, w: at.Workspace) -> None:
    """Make node `slot` the present one."""
    D, F, I, V, G, TM, TG, TX, TU = w.D, w.F, w.I, w.V, w.G, w.TM, w.TG, w.TX, w.TU
    for i in range(D[at.N]):
        I[at.MODE, i] = TM[slot, i]
        F[at.X, i] = TX[slot, i]
        F[at.XH, i] = TX[slot, i]
        if I[at.ORDERED, i] == 1 and (I[at.FROM, i] != w.TW[slot, 0, i] or I[at.TO, i] != w.TW[slot, 1, i]):
            set_window(i, w.TW[slot, 0, i], w.TW[slot, 1, i], D[at.EXTRA], F, I, w.L)
    for g in range(D[at.GROUPS]):
        G[0, g] = TG[slot, g]
    for a in range(D[at.SIZE]):
        V[at.U, a] = TU[slot, a]


@lean
def leaf(w: at.Workspace, upper: float) -> tuple[float, int]:
    """Solve with every branch decided and keep the answer if it is the best yet: (new upper bound, how it ended)."""
    D, F, I, L, S, V, M = w.D, w.F, w.I, w.L, w.S, w.V, w.M
    prepare(D, F, I, S)
    D[at.NODES] += 1
    ended = converge(w, TIGHT, 20.0)
    if ended != at.CONVERGED:
        return upper, ended
    value = answer(D, F, I, L, S, V, M)
    if violation(D, V) > KEPT_VIOLATION:
        return upper, at.STALLED
    if value < upper:
        upper = value
        for i in range(D[at.N]):
            F[at.XBEST, i] = F[at.X, i]
        for l in range(I[at.LOT, D[at.N]]):
            L[at.KEPT, l] = L[at.SALE2, l]
        for a in range(D[at.SIZE]):
            V[at.UBEST, a] = V[at.U, a]
    return upper, ended


@lean
def in_pieces(D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> bool:
    """Whether no trade ends inside joined lots."""
    for i in range(D[at.N] if D[at.ORDERLY] > 0 else 0):
        if I[at.ORDERED, i] == 1:
            depth, _ = torn(i, F, I, L)
            if depth >= 1e-9:
                return False
    return True


@lean
def undecided(D: at.Array, F: at.Array, I: at.Array, L: at.Array, G: at.Array) -> int:
    """Assets and groups that still have a choice, and whether joined lots are to be broken up."""
    count = 0 if in_pieces(D, F, I, L) else 1
    for i in range(D[at.N]):
        if open_branches(I[at.MODE, i]) > 1:
            count += 1
    for g in range(D[at.GROUPS]):
        if G[0, g] == 0.0:
            count += 1
    return count


@lean
def split(D: at.Array, F: at.Array, I: at.Array, L: at.Array, G: at.Array) -> tuple[int, int, float]:
    """What to branch on: (asset, its joint), or (−1 − group, 0), or (0, 0) with a score of 0 where all is whole."""
    best = 0.0
    which = 0
    joint = 0
    for g in range(D[at.GROUPS]):
        if G[0, g] == 0.0:
            buys, losses = group_trades(g, D, F, I, L)
            if min(buys, losses) > best:
                best = min(buys, losses)
                which = -1 - g
    for i in range(D[at.N]):
        if open_branches(I[at.MODE, i]) > 1:
            _, score, at_joint = nearest(i, F, I)
            if score > best:
                best = score
                which = i
                joint = at_joint
        if I[at.ORDERED, i] == 1:
            depth, _ = torn(i, F, I, L)
            if depth > best:
                best = depth
                which = i
                joint = TEAR
    return which, joint, best


@lean
def root(w: at.Workspace) -> tuple[float, int]:
    """The relaxation: its bound, or REFUTED. Keeps its point, multipliers and each branch's value."""
    D, F, I, S, V, H, G = w.D, w.F, w.I, w.S, w.V, w.H, w.G
    for g in range(D[at.GROUPS]):
        G[0, g] = G[3, g]
    for i in range(D[at.N]):
        I[at.MODE, i] = I[at.MODE0, i]
        I[at.JOINED, i] = 0
        F[at.X, i] = min(max(0.0, F[at.LB, i]), F[at.UB, i])
        F[at.XH, i] = F[at.X, i]
    clear_hessian(D, F, H)
    prepare(D, F, I, S)
    rounds = 3.0
    if flat(D, F, S):
        strengthen(D, F, S)
        rounds = 5.0
    ended = converge(w, ROUGH, rounds)
    D[at.NODES] += 1
    if ended == at.REFUTED:
        return -INF, at.REFUTED
    value = measure(w)
    for i in range(D[at.N]):
        F[at.XROOT, i] = F[at.X, i]
        F[at.RS, i] = F[at.VS, i]
        F[at.RZ, i] = F[at.VZ, i]
        F[at.RB, i] = F[at.VB, i]
    for a in range(D[at.SIZE]):
        V[at.UROOT, a] = V[at.U, a]
    return value, ended


@lean
def reopen(D: at.Array, F: at.Array, I: at.Array, L: at.Array, G: at.Array) -> None:
    """Every branch of the problem open again."""
    open_windows(D, F, I, L)
    for g in range(D[at.GROUPS]):
        G[0, g] = G[3, g]
    for i in range(D[at.N]):
        I[at.MODE, i] = I[at.MODE0, i]


@lean
def explore(
    w: at.Workspace, upper: float, cutoff: float, tolerance: float, budget: int
) -> tuple[float, float, bool]:
    """Depth first from node 0: (upper bound, least bound of what was closed or left, whether all was refuted)."""
    D, F, I, L, S, G, TB = w.D, w.F, w.I, w.L, w.S, w.G, w.TB
    stack = 1
    closed = INF
    lost = 0
    limit_nodes = D[at.NODES] + budget
    rounds = 3.0 if flat(D, F, S) else 1.0
    while stack > 0 and D[at.NODES] < limit_nodes and D[at.PASSES] <= D[at.BUDGET]:
        stack -= 1
        limit = min(upper, cutoff) - tolerance
        value = TB[stack, 0]
        if value > limit or value == INF:
            closed = min(closed, value)
            continue
        tight = TB[stack, 1] > 0.5
        pull(stack, w)
        left = undecided(D, F, I, L, G)
        if left == 0:
            upper, ended = leaf(w, upper)
            if ended == at.REFUTED:
                continue
            value = max(value, measure(w))
            if ended != at.STALLED and not in_pieces(D, F, I, L) and stack < TB.shape[0]:
                push(stack, value, 1.0, w)
                stack += 1
                continue
            if ended == at.STALLED:
                lost += 1
            closed = min(closed, value)
            continue
        prepare(D, F, I, S)
        D[at.NODES] += 1
        ended = converge(w, TIGHT if tight else ROUGH, 15.0 if tight else rounds)
        if ended == at.REFUTED:
            continue
        here = measure(w)
        value = max(value, here)
        if value > limit:
            closed = min(closed, value)
            continue
        discard(D, F, I, G, at.VS, here, limit)
        which, joint, score = split(D, F, I, L, G)
        if score < 1e-9:
            again = 0.0
            if undecided(D, F, I, L, G) > 0:
                if tight:
                    closed = min(closed, value)
                    if not decide(D, F, I, L, G):
                        continue
                else:
                    again = 1.0
            push(stack, value, again, w)
            stack += 1
            continue
        if stack + 2 >= TB.shape[0]:
            closed = min(closed, value)
            break
        stack = branch_on(which, joint, value, stack, w)
    for z in range(stack):
        closed = min(closed, TB[z, 0])
    return upper, closed, stack == 0 and lost == 0


@lean
def branch_on(which: int, joint: int, value: float, stack: int, w: at.Workspace) -> int:
    """Write the two children of the present node, the nearer side on top; returns the new height."""
    D, F, I, L, G, TB, TM = w.D, w.F, w.I, w.L, w.G, w.TB, w.TM
    push(stack, value, 0.0, w)
    if joint == TEAR:
        return _break_up(which, value, stack, w)
    if which >= 0:
        mode = I[at.MODE, which]
        side, _, _ = nearest(which, F, I)
        lower = mode & ~at.BRANCHES | (mode & (at.SELL if joint == 1 else at.SELL | at.ZERO))
        higher = mode & ~at.BRANCHES | (mode & ~lower & at.BRANCHES)
        near, far = (lower, higher) if lower & side != 0 else (higher, lower)
        push(stack + 1, value, 0.0, w)
        TM[stack, which] = far
        TM[stack + 1, which] = near
        return stack + 2
    g = -1 - which
    first = group_side(g, D, F, I, L, G)
    push(stack + 1, value, 0.0, w)
    for slot in (stack + 1, stack):
        choice = first if slot > stack else 3 - first
        G[0, g] = choice
        if restrict(g, choice, D, F, I, L):
            push(slot, value, 0.0, w)
        else:
            TB[slot, 0] = INF
        pull(stack, w)
    return stack + 2


@lean
def _break_up(which: int, value: float, stack: int, w: at.Workspace) -> int:
    """Two children: asset `which` sells at least the lots before the break, or at most those; the nearer on top."""
    F, I, L, TB, TM, TW = w.F, w.I, w.L, w.TB, w.TM, w.TW
    _, lot = torn(which, F, I, L)
    amount = sold_before(which, lot, I, L)
    mode = I[at.MODE, which]
    push(stack + 1, value, 0.0, w)
    further, less = (stack + 1, stack) if -F[at.X, which] >= amount else (stack, stack + 1)
    TM[further, which] = at.SELL | (mode & at.NOLOSS)
    TW[further, 0, which] = lot
    if mode & (at.SELL | at.CONVEX) == 0 or F[at.LB, which] > -amount + 1e-12:
        TB[further, 0] = INF
    TW[less, 1, which] = lot
    if -F[at.SHI, which] > amount + 1e-12:
        TM[less, which] = mode & ~at.SELL
        if mode & at.BRANCHES == at.SELL:
            TB[less, 0] = INF
    return stack + 2


@lean
def wander(w: at.Workspace, upper: float, tolerance: float) -> float:
    """Better the best answer: ordered assets move on to neighbouring stretches of lots; the new upper bound."""
    D, F, I, L = w.D, w.F, w.I, w.L
    for _ in range(MOVES):
        moved = False
        for i in range(D[at.N]):
            if I[at.ORDERED, i] == 1:
                moved = move_on(i, D[at.EXTRA], F, I, L) or moved
        if not moved:
            break
        better, ended = leaf(w, upper)
        if ended != at.CONVERGED or better > upper - tolerance:
            break
        upper = better
    return upper


@lean
def solve_piece(w: at.Workspace, cutoff: float, tolerance: float, budget: int) -> tuple[int, float, float]:
    """One convex-or-branching problem whole: (status, upper bound, lower bound)."""
    D, F, I, L, V, M, G = w.D, w.F, w.I, w.L, w.V, w.M, w.G
    lower, ended = root(w)
    above = ceiling(D, F, I, L, M)
    if ended == at.REFUTED or lower > above:
        return REFUTED, INF, lower
    cutoff = min(cutoff, above + 2.0 * tolerance)
    if lower > cutoff - tolerance:
        return CUT, INF, lower
    lawful = decide(D, F, I, L, G)
    upper = INF
    second = -INF
    if lawful:
        upper, ended = leaf(w, INF)
        if ended == at.CONVERGED and D[at.ORDERLY] > 0:
            upper = wander(w, upper, tolerance)
        reopen(D, F, I, L, G)
        second = measure(w) if ended == at.CONVERGED else -INF
    first = lower
    lower = max(lower, second)
    if upper - lower <= tolerance:
        return SOLVED, upper, lower
    reopen(D, F, I, L, G)
    limit = min(upper, cutoff) - tolerance
    discard(D, F, I, G, at.RS, first, limit)
    if second > -INF:
        discard(D, F, I, G, at.VS, second, limit)
    for i in range(D[at.N]):
        F[at.X, i] = F[at.XROOT, i]
    for a in range(D[at.SIZE]):
        V[at.U, a] = V[at.UROOT, a]
    push(0, lower, 0.0, w)
    upper, closed, refuted = explore(w, upper, cutoff, tolerance, budget)
    limit = min(upper, cutoff) - tolerance
    lower = max(lower, min(closed, limit))
    if upper < INF:
        return SOLVED, upper, lower
    if (refuted and closed == INF) or lower > above:
        return REFUTED, INF, lower
    if lower >= limit:
        return CUT, INF, lower
    return UNSOLVED, INF, lower

# ruff: noqa: E741
"""Which branches stay open: restricting wash groups, rounding a relaxation, discarding by reduced cost."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.dual import no_buy, no_loss
from trimtab.optimize.kernels.order import set_window, settle_window

INF = np.inf
STRONG = 25.0


@lean
def open_branches(mode: int) -> int:
    """How many of sell, zero and buy an asset may still choose between; 1 for a convex one."""
    if mode & at.CONVEX != 0:
        return 1
    return (mode & 1) + ((mode >> 1) & 1) + ((mode >> 2) & 1)


@lean
def prepare(D: at.Array, F: at.Array, I: at.Array, S: at.Array) -> None:
    """Prox weights for the present modes: strong where a branch is open, else only where curvature lacks."""
    floor = S[at.FLOOR]
    for i in range(D[at.N]):
        if open_branches(I[at.MODE, i]) > 1:
            F[at.RHO, i] = S[at.ENVELOPE] * max(F[at.Q, i], floor)
        else:
            F[at.RHO, i] = max(0.0, floor - F[at.Q, i])


@lean
def flat(D: at.Array, F: at.Array, S: at.Array) -> bool:
    """Whether most assets lack curvature, and risk alone holds them: their prox weight starts strong and fades.

    Without any risk (a linear program), and where extra rows have kinks of their own, a faint weight only stalls.
    """
    if D[at.FACTORS] == 0 or D[at.EXTRA] > 0:
        return False
    count = 0
    for i in range(D[at.N]):
        if F[at.Q, i] < S[at.FLOOR]:
            count += 1
    return bool(2 * count > D[at.N])


@lean
def strengthen(D: at.Array, F: at.Array, S: at.Array) -> None:
    """A stronger prox weight where curvature lacks, for an ascent that starts from nothing."""
    for i in range(D[at.N]):
        if F[at.Q, i] < S[at.FLOOR]:
            F[at.RHO, i] *= STRONG


@lean
def restrict(g: int, choice: int, D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> bool:
    """Commit wash group g: 1 buys nothing, 2 sells nothing at a loss. False when a member cannot comply."""
    for i in range(D[at.N]):
        if I[at.GROUP, i] != g:
            continue
        mode = I[at.MODE, i]
        if choice == 1:
            mode = no_buy(mode, F[at.BLO, i])
        else:
            mode = _without_losses(i, mode, D, F, I, L)
        if mode & (at.BRANCHES | at.CONVEX) == 0:
            return False
        I[at.MODE, i] = mode
    return True


@lean
def _without_losses(i: int, mode: int, D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> int:
    mode = no_loss(mode)
    gains = 0.0
    kink = False
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        if L[at.LOSS, l] < 0.5:
            gains += L[at.SIZE_W, l]
            kink = kink or L[at.TAU, l] + F[at.KS, i] + F[at.KB, i] < 0.0
    if I[at.ORDERED, i] == 1:
        last = I[at.FROM, i]
        while last < I[at.TO, i] and L[at.LOSS, last] < 0.5:
            last += 1
        set_window(i, I[at.FROM, i], last, D[at.EXTRA], F, I, L)
    if mode & (at.SELL | at.CONVEX) != 0 and gains < -F[at.SHI, i] - 1e-9:
        mode &= ~(at.SELL | at.CONVEX)
    if mode & (at.BRANCHES | at.CHURN) == at.SELL | at.BUY and not kink and D[at.EXTRA] == 0:
        mode = at.CONVEX | at.NOLOSS
    return mode


@lean
def nearest(i: int, F: at.Array, I: at.Array) -> tuple[int, float, int]:
    """The branch of an undecided asset that its relaxed trade is nearest to; how far it is from any."""
    mode = I[at.MODE, i]
    x = F[at.X, i]
    joint = 0
    theta = 0.0
    width = 0.0
    if mode & at.SELL != 0 and F[at.J1L, i] < x < F[at.J1R, i]:
        joint = 1
        width = F[at.J1R, i] - F[at.J1L, i]
        theta = (x - F[at.J1L, i]) / width
    elif mode & at.ZERO != 0 and mode & at.BUY != 0 and F[at.J1R, i] <= 0.0 and 0.0 < x < F[at.J2R, i]:
        joint = 2
        width = F[at.J2R, i]
        theta = x / width
    score = min(theta, 1.0 - theta) * width
    if (joint == 1 and theta <= 0.5) or (joint == 0 and x < 0.0):
        side = at.SELL
    elif (joint == 1 and F[at.J1R, i] > 0.0) or (joint == 2 and theta > 0.5) or (joint == 0 and x > 0.0):
        side = at.BUY
    else:
        side = at.ZERO
    if mode & side == 0:
        side = mode & at.BRANCHES
        if side & (side - 1) != 0:
            side = at.SELL if F[at.VS, i] < F[at.VB, i] else at.BUY
            if mode & side == 0:
                side = at.ZERO
    return side, score, joint


@lean
def decide(D: at.Array, F: at.Array, I: at.Array, L: at.Array, G: at.Array) -> bool:
    """Commit every group and asset to one branch, the nearest to the relaxed trade. False when that is unlawful."""
    for g in range(D[at.GROUPS]):
        if G[0, g] == 0.0:
            choice = group_side(g, D, F, I, L, G)
            if not restrict(g, choice, D, F, I, L):
                choice = 3 - choice
                if not restrict(g, choice, D, F, I, L):
                    return False
            G[0, g] = choice
    for i in range(D[at.N]):
        if open_branches(I[at.MODE, i]) > 1:
            side, _, _ = nearest(i, F, I)
            I[at.MODE, i] = side | (I[at.MODE, i] & (at.NOLOSS | at.CHURN))
        if I[at.ORDERED, i] == 1 and I[at.MODE, i] & (at.SELL | at.CONVEX) != 0:
            settle_window(i, D[at.EXTRA], F, I, L)
    return True


@lean
def group_side(g: int, D: at.Array, F: at.Array, I: at.Array, L: at.Array, G: at.Array) -> int:
    """1 where group g should buy nothing, else 2: as the relaxation trades, or by the bound where it does both."""
    buys, losses = group_trades(g, D, F, I, L)
    if buys > 1e-12 and losses > 1e-12:
        return 1 if G[1, g] < G[2, g] else 2
    if buys > 1e-12:
        return 2
    return 1


@lean
def group_trades(g: int, D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> tuple[float, float]:
    """What the relaxed trade buys in a group, and what it sells of its loss lots."""
    buys = 0.0
    losses = 0.0
    for i in range(D[at.N]):
        if I[at.GROUP, i] != g:
            continue
        x = F[at.X, i]
        rest = -x
        if I[at.MODE, i] & at.CHURN != 0:
            paying = 0.0
            for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
                if L[at.TAU, l] + F[at.KS, i] + F[at.KB, i] < 0.0:
                    paying += L[at.SIZE_W, l]
            rest = max(rest, paying)
        buys += max(x, 0.0) if rest <= 0.0 else max(x + rest, 0.0)
        for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
            if rest <= 0.0:
                break
            part = min(rest, L[at.SIZE_W, l])
            rest -= part
            if L[at.LOSS, l] > 0.5:
                losses += part
    return buys, losses


@lean
def discard(
    D: at.Array, F: at.Array, I: at.Array, G: at.Array, first: int, base: float, limit: float
) -> None:
    """Close branches whose choice alone would lift the bound `base` above `limit`; values from row `first` on."""
    for i in range(D[at.N]):
        mode = I[at.MODE, i]
        if open_branches(mode) < 2 or (I[at.GROUP, i] >= 0 and G[0, I[at.GROUP, i]] == 0.0):
            continue
        best = INF
        for z in range(3):
            if mode & (1 << z) != 0:
                best = min(best, F[first + z, i])
        for z in range(3):
            if mode & (1 << z) != 0 and base + (F[first + z, i] - best) > limit:
                mode &= ~(1 << z)
        I[at.MODE, i] = mode

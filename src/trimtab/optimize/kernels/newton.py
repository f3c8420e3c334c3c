# ruff: noqa: E741
"""Dual ascent: semismooth Newton steps inside a proximal point loop."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.decide import flat
from trimtab.optimize.kernels.dual import centre, evaluate, refresh, rejoin
from trimtab.optimize.kernels.linear import add_columns, collect, spread
from trimtab.optimize.kernels.qp import local_step
from trimtab.optimize.kernels.refute import refutes

INF = np.inf
STEP_LIMIT = 60
SEARCH_LIMIT = 50
SHRINK = 0.2  # of the prox weight a round, where curvature lacks: the centre then moves in ever longer steps
SHRINKS = 6


@lean
def gradient(D: at.Array, F: at.Array, V: at.Array, M: at.Array) -> float:
    """GRAD, SIGN and FIXED at the current point; returns the largest entry: the rows' violation in weights."""
    k = D[at.FACTORS]
    size = D[at.SIZE]
    u = V[at.U]
    collect(D[at.N], size, M, F[at.X], V[at.GRAD])
    worst = 0.0
    for a in range(k):
        V[at.GRAD, a] += V[at.GE, a] - u[a]
        worst = max(worst, abs(V[at.GRAD, a]))
    frozen = D[at.FROZEN] > 0
    for a in range(k, size):
        activity = V[at.GRAD, a] + V[at.ACT, a]
        low = V[at.LOW, a]
        high = V[at.HIGH, a]
        sign = 0.0
        miss = 0.0
        if frozen and a >= k + D[at.ROWS]:
            sign = 0.0
        elif high - low <= 1e-12:
            sign = 2.0
            miss = activity - high
        elif u[a] > 0.0 or (u[a] == 0.0 and activity > high):
            sign = 1.0
            miss = activity - high
        elif u[a] < 0.0 or activity < low:
            sign = -1.0
            miss = activity - low
        V[at.SIGN, a] = sign
        V[at.FIXED, a] = 3.0 if sign == 0.0 else 0.0
        V[at.GRAD, a] = miss
        worst = max(worst, abs(miss))
    return worst


@lean
def update_hessian(D: at.Array, F: at.Array, I: at.Array, M: at.Array, H: at.Array, W: at.Array) -> None:
    """Bring H up to the assets that are free now: only the columns that changed are added or taken away."""
    n = D[at.N]
    size = D[at.SIZE]
    extra = D[at.EXTRA]
    first_extra = D[at.FACTORS] + D[at.ROWS]
    plain = D[at.CHARGED] == 0 and extra == 0
    weight = W[W.shape[0] - 1]
    count = 0
    for i in range(n):
        new = F[at.W, i]
        old = F[at.WH, i]
        if plain:
            if new != old:
                weight[count] = new - old
                for a in range(size):
                    W[count, a] = M[i, a]
                count += 1
                F[at.WH, i] = new
        else:
            same = new == old and (new == 0.0 or F[at.MC, i] == F[at.MCH, i])
            if new != 0.0 and same:
                for r in range(extra):
                    row = at.F_EXTRA + 4 * r
                    same = same and F[row + at.GM, i] == F[row + at.GH, i]
            if not same:
                if old != 0.0:
                    weight[count] = -old
                    _column(i, size, extra, first_extra, I[at.COST, i], at.MCH, at.GH, F, M, W[count])
                    count += 1
                F[at.WH, i] = new
                F[at.MCH, i] = F[at.MC, i]
                for r in range(extra):
                    row = at.F_EXTRA + 4 * r
                    F[row + at.GH, i] = F[row + at.GM, i]
                if new != 0.0:
                    weight[count] = new
                    _column(i, size, extra, first_extra, I[at.COST, i], at.MC, at.GM, F, M, W[count])
                    count += 1
        if count >= 56:
            add_columns(count, size, weight, W, H)
            count = 0
    add_columns(count, size, weight, W, H)


@lean
def _column(
    i: int,
    size: int,
    extra: int,
    first_extra: int,
    cost: int,
    charge: int,
    marginal: int,
    F: at.Array,
    M: at.Array,
    column: at.Array,
) -> None:
    """The column of asset i with what its marginal unit does to cost and extra rows."""
    for a in range(size):
        column[a] = M[i, a]
    if cost >= 0:
        column[cost] += F[charge, i]
    for r in range(extra):
        column[first_extra + r] += F[at.F_EXTRA + 4 * r + marginal, i]


@lean
def clear_hessian(D: at.Array, F: at.Array, H: at.Array) -> None:
    """Forget what H holds."""
    for i in range(D[at.N]):
        F[at.WH, i] = 0.0
    for a in range(D[at.SIZE]):
        for b in range(D[at.SIZE]):
            H[a, b] = 0.0


@lean
def place(D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, MT: at.Array) -> None:
    """Evaluate at the current multipliers: slopes P, then every asset."""
    refresh(D, F, I, L, V[at.U])
    rejoin(D, F, I, L, D[at.CHARGED] > 0 or D[at.EXTRA] > 0)
    spread(D[at.N], D[at.SIZE], MT, V[at.U], F[at.P])
    evaluate(D, F, I, L, V[at.ACT], F[at.P])


@lean
def _derivative(D: at.Array, F: at.Array, V: at.Array, step: float) -> float:
    """Slope of the dual along STEP at the point just evaluated, `step` of it taken."""
    total = 0.0
    for i in range(D[at.N]):
        total += F[at.DP, i] * F[at.X, i]
    for a in range(D[at.FACTORS]):
        d = V[at.STEP, a]
        total += d * (V[at.GE, a] - (V[at.U, a] + step * d))
    for c in range(D[at.FACTORS], D[at.SIZE]):
        d = V[at.STEP, c]
        if d != 0.0:
            end = V[at.LOW, c] if V[at.SIGN, c] == -1.0 else V[at.HIGH, c]
            total += d * (V[at.ACT, c] - end)
    return total


@lean
def _search(
    D: at.Array,
    F: at.Array,
    I: at.Array,
    L: at.Array,
    V: at.Array,
    slope: float,
    longest: float,
) -> tuple[float, float]:
    """Step length along STEP by the sign of the derivative alone; (step, bracket's width or −1, derivative)."""
    n = D[at.N]
    moving = D[at.CHARGED] > 0 or D[at.EXTRA] > 0
    step = min(1.0, longest)
    low = 0.0
    high = -1.0
    slope_low = slope
    slope_high = 0.0
    along = 0.0
    tilted = 0.0
    for c in range(D[at.FACTORS] + D[at.ROWS], D[at.SIZE]):
        tilted = max(tilted, abs(V[at.STEP, c]))
    for trial in range(SEARCH_LIMIT):
        for i in range(n):
            F[at.PN, i] = F[at.P, i] + step * F[at.DP, i]
        if moving:
            for a in range(D[at.SIZE]):
                V[at.TRIAL, a] = V[at.U, a] + step * V[at.STEP, a]
            refresh(D, F, I, L, V[at.TRIAL])
            rejoin(D, F, I, L, True)
        evaluate(D, F, I, L, V[at.ACT], F[at.PN])
        along = _derivative(D, F, V, step)
        if abs(along) <= 0.5 * slope or abs(along) < 1e-18:
            break
        if along > 0.0 and high < 0.0:
            if (along < 0.7 * slope and trial == 0) or step >= longest or step > 1e6:
                break
            low = step
            slope_low = along
            step = min(step * 4.0, longest)
            continue
        if along > 0.0:
            low = step
            slope_low = along
        else:
            high = step
            slope_high = along
        width = high - low
        if width < 1e-10 * high or (tilted > 0.0 and width * tilted < 1e-10):
            break
        step = low + width * min(max(slope_low / (slope_low - slope_high), 0.05), 0.95)
    width = high - low if high > 0.0 and abs(along) > 0.5 * slope else -1.0
    return step, width * tilted if width > 0.0 and tilted > 0.0 else -1.0


@lean
def _longest(D: at.Array, V: at.Array) -> float:
    """How far STEP may go before a row's multiplier changes sign."""
    longest = 1e30
    for c in range(D[at.FACTORS], D[at.SIZE]):
        if abs(V[at.SIGN, c]) == 1.0 and V[at.STEP, c] * V[at.SIGN, c] < 0.0:
            longest = min(longest, -V[at.U, c] / V[at.STEP, c])
    return longest


@lean
def _refuted(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, M: at.Array, steps: int
) -> bool:
    """Whether the rows' multipliers have grown into a proof that the rows cannot be met."""
    k = D[at.FACTORS]
    largest = 0.0
    for c in range(k, D[at.SIZE]):
        largest = max(largest, abs(V[at.U, c]))
    if not (largest > 20.0 or (largest > 0.3 and steps >= 15 and steps % 5 == 0)):
        return False
    for c in range(D[at.SIZE]):
        y = V[at.U, c] / largest if c >= k else 0.0
        V[at.PROOF, c] = y if abs(y) > 0.02 else 0.0
    return refutes(D, F, I, L, V, M, V[at.PROOF]) > 1e-9


@lean
def tilt_reach(D: at.Array, V: at.Array) -> float:
    """How far to either side of a kink the two orders of sale are taken."""
    reach = 0.0
    for c in range(D[at.FACTORS] + D[at.ROWS], D[at.SIZE]):
        reach = max(reach, abs(V[at.U, c]))
    return 1e-6 * reach + 3e-9


@lean
def _tilt(
    D: at.Array, F: at.Array, I: at.Array, L: at.Array, V: at.Array, amount: float, out: at.Array
) -> None:
    """Activities with the extra rows' multipliers moved by `amount` along TILT, the slopes of trades kept."""
    first_extra = D[at.FACTORS] + D[at.ROWS]
    for a in range(D[at.SIZE]):
        V[at.TRIAL, a] = V[at.U, a]
        if a >= first_extra:
            V[at.TRIAL, a] += amount * V[at.TILT, a]
    refresh(D, F, I, L, V[at.TRIAL])
    rejoin(D, F, I, L, True)
    evaluate(D, F, I, L, out, F[at.P])


@lean
def _settle(D: at.Array, F: at.Array, I: at.Array, L: at.Array, S: at.Array, V: at.Array) -> bool:
    """At a kink of the extra rows (lots that tie): mix the two orders of sale, or step off it. True when mixed."""
    first_extra = D[at.FACTORS] + D[at.ROWS]
    reach = tilt_reach(D, V)
    more = V[at.TEMP]
    less = V[at.SMALL]
    _tilt(D, F, I, L, V, reach, more)
    _tilt(D, F, I, L, V, -reach, less)
    pivot = first_extra
    for c in range(first_extra, D[at.SIZE]):
        if abs(less[c] - more[c]) > abs(less[pivot] - more[pivot]):
            pivot = c
    end = V[at.LOW, pivot] if V[at.U, pivot] < 0.0 else V[at.HIGH, pivot]
    turn = V[at.TILT, pivot]
    if turn * (more[pivot] - end) <= 1e-9 and turn * (less[pivot] - end) >= -1e-9:
        D[at.PIVOT] = pivot
        S[at.MIX] = 1.0
        return True
    away = 2.0 * reach if turn * (more[pivot] - end) > 0.0 else -2.0 * reach
    for c in range(first_extra, D[at.SIZE]):
        moved = V[at.U, c] + away * V[at.TILT, c]
        V[at.U, c] = moved if moved * V[at.U, c] > 0.0 else V[at.U, c]
    return False


@lean
def ascend(w: at.Workspace, tolerance: float) -> int:
    """Maximise the dual for the present prox centre; CONVERGED, STALLED or REFUTED."""
    D, F, I, L, S, V, M, MT, H, A, C, W = w.D, w.F, w.I, w.L, w.S, w.V, w.M, w.MT, w.H, w.A, w.C, w.W
    k = D[at.FACTORS]
    size = D[at.SIZE]
    first_extra = k + D[at.ROWS]
    D[at.FROZEN] = 0
    S[at.MIX] = -1.0
    thaws = 0
    stalls = 0
    centre(D, F)
    place(D, F, I, L, V, MT)
    for step_count in range(STEP_LIMIT):
        if D[at.PASSES] > D[at.BUDGET]:
            return at.STALLED
        worst = gradient(D, F, V, M)
        if worst < tolerance:
            if D[at.FROZEN] == 0:
                return at.CONVERGED
            if _settle(D, F, I, L, S, V):
                place(D, F, I, L, V, MT)
                return at.CONVERGED
            thaws += 1
            if thaws > 8:
                return at.STALLED
            D[at.FROZEN] = 0
            place(D, F, I, L, V, MT)
            continue
        D[at.STEPS] += 1
        update_hessian(D, F, I, M, H, W)
        local_step(k, size, 1e-9 + 10.0 * min(worst, 0.1), V, H, A, C)
        slope = 0.0
        for a in range(size):
            slope += V[at.STEP, a] * V[at.GRAD, a]
        spread(D[at.N], size, MT, V[at.STEP], F[at.DP])
        step, kink = _search(D, F, I, L, V, slope, _longest(D, V))
        for a in range(size):
            V[at.U, a] += step * V[at.STEP, a]
            crossed = V[at.SIGN, a] * V[at.U, a] < 1e-15 and abs(V[at.SIGN, a]) == 1.0
            if a >= k and crossed:
                V[at.U, a] = 0.0
        for i in range(D[at.N]):
            F[at.P, i] = F[at.PN, i]
        if kink >= 0.0 and kink < 1e-9 and D[at.FROZEN] == 0:
            D[at.FROZEN] = 1
            longest = 0.0
            for c in range(first_extra, size):
                longest = max(longest, abs(V[at.STEP, c]))
            for c in range(first_extra, size):
                V[at.TILT, c] = V[at.STEP, c] / longest
        elif step < 1e-7:
            stalls += 1
            if stalls > 3:
                return at.STALLED
        if _refuted(D, F, I, L, V, M, step_count):
            return at.REFUTED
    return at.STALLED


@lean
def converge(w: at.Workspace, tolerance: float, most: float) -> int:
    """Proximal point: ascend, move the centre to the answer, until it stands still or `most` rounds are done."""
    D, F = w.D, w.F
    rounds = int(most)  # an integer that a caller writes out would make a version of all this for each
    pulled = False
    for i in range(D[at.N]):
        pulled = pulled or F[at.RHO, i] > 0.0
    fading = flat(D, F, w.S)
    for turn in range(rounds):
        ended = ascend(w, tolerance)
        if ended == at.REFUTED:
            return at.REFUTED
        if D[at.PASSES] > D[at.BUDGET]:
            return at.STALLED
        drift = 0.0
        if pulled:
            for i in range(D[at.N]):
                drift = max(drift, F[at.RHO, i] * abs(F[at.X, i] - F[at.XH, i]))
                F[at.XH, i] = F[at.X, i]
        if ended == at.CONVERGED and (drift < 1e-8 or (turn == rounds - 1 and drift < 1e-4)):
            return at.CONVERGED
        if fading and ended == at.CONVERGED and turn < SHRINKS:
            for i in range(D[at.N]):
                if F[at.Q, i] < w.S[at.FLOOR]:
                    F[at.RHO, i] *= SHRINK
    return at.STALLED

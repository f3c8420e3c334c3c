# ruff: noqa: E741
"""Limits of single trades that the rows imply: a smaller box, and a proof where it is empty."""

import numpy as np

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean

INF = np.inf
ROUNDS = 3
LEAST = 1e-6  # a limit that moves less is left alone


@lean
def tighten(F: at.Array, I: at.Array, L: at.Array, V: at.Array, MT: at.Array, n: int, k: int, m: int) -> int:
    """Narrow LB and UB by what each row leaves once all others stand at their ends; the row that empties one, or −1.

    What a cost row pays (F[CB] per bought, F[CS] per sold) counts at nothing and at its most. The sums stand while
    a row is gone through: they then only overstate what the others may do.
    """
    for _ in range(ROUNDS):
        moved = False
        for j in range(k, k + m):
            least: float = 0.0
            most: float = 0.0
            for i in range(n):
                a = MT[j, i]
                ends = a * F[at.LB, i], a * F[at.UB, i]
                least += min(ends[0], ends[1])
                most += max(ends[0], ends[1]) + paid(i, j, F, I, L)
            for i in range(n):
                a = MT[j, i]
                if a == 0.0:
                    continue
                ends = a * F[at.LB, i], a * F[at.UB, i]
                room_high = (V[at.HIGH, j] - (least - min(ends[0], ends[1]))) / a
                room_low = (V[at.LOW, j] - (most - max(ends[0], ends[1]))) / a
                low, high = (room_low, room_high) if a > 0.0 else (room_high, room_low)
                if high < F[at.LB, i] - 1e-9 or low > F[at.UB, i] + 1e-9:
                    return j
                if high < F[at.UB, i] - LEAST:
                    F[at.UB, i] = max(high, F[at.LB, i])
                    moved = True
                if low > F[at.LB, i] + LEAST:
                    F[at.LB, i] = min(low, F[at.UB, i])
                    moved = True
        if not moved:
            break
    return -1


@lean
def paid(i: int, row: int, F: at.Array, I: at.Array, L: at.Array) -> float:
    """The most that trading asset i may cost on this row, all its lots sold and bought back included."""
    if I[at.COST, i] != row:
        return 0.0
    held = 0.0
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        held += L[at.SIZE0, l]
    most: float = F[at.CB, i] * (max(F[at.UB, i], 0.0) + held) + F[at.CS, i] * held
    return most

# ruff: noqa: E741
"""Assets whose lots leave in a given order: the convex envelope of that order's cost, and windows that break it up.

The order of sale need not be one of increasing cost, so that what a sale costs need not be convex. Within a window
(lots FROM … TO, between whose ends the sale ends) neighbours whose cost falls are joined at their mean, which is the
lower envelope there: a relaxation. A window in which no cost falls joins nothing and is exact.
"""

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean

NOTHING = 1e-10  # of value: an envelope this near to the true cost is it


@lean
def sold_before(i: int, lot: int, I: at.Array, L: at.Array) -> float:
    """What is sold of asset i once all lots before `lot` are."""
    total = 0.0
    for l in range(I[at.LOT, i], lot):
        total += L[at.SIZE0, l]
    return total


@lean
def pool(i: int, extra: int, I: at.Array, L: at.Array) -> None:
    """Costs of asset i's lots at the present prices (RAW), joined within its window where they fall (TAU)."""
    prices = L.shape[1] - 1
    for l in range(I[at.LOT, i], I[at.LOT, i + 1]):
        cost = L[at.TAU0, l]
        for r in range(extra):
            row = at.L_EXTRA + 2 * r
            mu = L[row, prices]
            if mu == mu:  # not priced yet
                cost += mu * L[row, l]
            L[row + 1, l] = L[row, l]
        L[at.RAW, l] = cost
        L[at.TAU, l] = cost
    first = I[at.FROM, i]
    for l in range(first + 1, I[at.TO, i]):
        begin = l
        cost = L[at.TAU, l]
        size = L[at.SIZE0, l]
        while begin > first and L[at.TAU, begin - 1] > cost:
            p = begin - 1
            value = L[at.TAU, p]
            prior = 0.0
            while p >= first and L[at.TAU, p] == value:
                prior += L[at.SIZE0, p]
                p -= 1
            if prior + size > 0.0:
                cost = (prior * value + size * cost) / (prior + size)
            size += prior
            begin = p + 1
        for k in range(begin, l + 1):
            L[at.TAU, k] = cost
    _mix(first, I[at.TO, i], extra, L)


@lean
def _mix(first: int, last: int, extra: int, L: at.Array) -> None:
    """What joined lots take of the extra rows: the mean of the stretch."""
    begin = first
    while begin < last and extra > 0:
        end = begin
        size = 0.0
        joined = False
        while end < last and L[at.TAU, end] == L[at.TAU, begin]:
            joined = joined or L[at.RAW, end] != L[at.TAU, end]
            size += L[at.SIZE0, end]
            end += 1
        if joined and size > 0.0:
            for r in range(extra):
                row = at.L_EXTRA + 2 * r
                taken = 0.0
                for l in range(begin, end):
                    taken += L[at.SIZE0, l] * L[row, l]
                for l in range(begin, end):
                    L[row + 1, l] = taken / size
        begin = end


@lean
def set_window(i: int, first: int, last: int, extra: int, F: at.Array, I: at.Array, L: at.Array) -> None:
    """Let the sale of asset i end among its lots first … last−1."""
    I[at.FROM, i] = first
    I[at.TO, i] = last
    F[at.LB, i] = max(F[at.LB0, i], -sold_before(i, last, I, L))
    F[at.SHI, i] = F[at.SHI0, i]
    if first > I[at.LOT, i]:
        F[at.SHI, i] = min(F[at.SHI0, i], -sold_before(i, first, I, L))
    pool(i, extra, I, L)
    I[at.JOINED, i] = -1


@lean
def open_windows(D: at.Array, F: at.Array, I: at.Array, L: at.Array) -> None:
    """Every ordered asset may sell any of its lots again."""
    if D[at.ORDERLY] == 0:
        return
    for i in range(D[at.N]):
        if I[at.ORDERED, i] == 1:
            set_window(i, I[at.LOT, i], I[at.LOT, i + 1], D[at.EXTRA], F, I, L)


@lean
def torn(i: int, F: at.Array, I: at.Array, L: at.Array) -> tuple[float, int]:
    """How far inside joined lots asset i's trade ends (0: nowhere), and the lot before which to break them up."""
    end = I[at.TO, i]
    sold = -F[at.X, i]
    before = sold_before(i, I[at.FROM, i], I, L)
    begin = I[at.FROM, i]
    while begin < end:
        stop = begin
        size = 0.0
        while stop < end and L[at.TAU, stop] == L[at.TAU, begin]:
            size += L[at.SIZE0, stop]
            stop += 1
        if before < sold < before + size:
            depth = min(sold - before, before + size - sold)
            beyond = 0.0
            place = before
            nearest = begin
            far = at.FAR
            for l in range(begin, stop):
                part = min(max(sold - place, 0.0), L[at.SIZE0, l])
                beyond += part * (L[at.RAW, l] - L[at.TAU, l])
                if l > begin and abs(sold - place) < far:
                    far = abs(sold - place)
                    nearest = l
                place += L[at.SIZE0, l]
            if beyond > NOTHING and nearest > begin:
                return depth, nearest
            return 0.0, begin
        before += size
        begin = stop
    return 0.0, end


@lean
def run_at(i: int, lot: int, I: at.Array, L: at.Array) -> tuple[int, int]:
    """The lots around one of asset i over which no cost falls: first, one past the last."""
    first = lot
    while first > I[at.LOT, i] and L[at.RAW, first - 1] <= L[at.RAW, first]:
        first -= 1
    last = lot + 1
    while last < I[at.LOT, i + 1] and L[at.RAW, last] >= L[at.RAW, last - 1]:
        last += 1
    return first, last


@lean
def settle_window(i: int, extra: int, F: at.Array, I: at.Array, L: at.Array) -> None:
    """Narrow asset i to the convex stretch in which its trade ends; one that starts later must be sold up to."""
    sold = max(-F[at.X, i], 0.0)
    place = sold_before(i, I[at.FROM, i], I, L)
    lot = I[at.FROM, i]
    while lot + 1 < I[at.TO, i] and place + L[at.SIZE0, lot] <= sold:
        place += L[at.SIZE0, lot]
        lot += 1
    if lot >= I[at.TO, i]:
        return
    first, last = run_at(i, lot, I, L)
    enter(i, max(first, I[at.FROM, i]), min(last, I[at.TO, i]), extra, F, I, L)


@lean
def enter(i: int, first: int, last: int, extra: int, F: at.Array, I: at.Array, L: at.Array) -> None:
    """Set a window; one that begins after the first lot can only be reached by selling."""
    if first > I[at.LOT, i]:
        mode = I[at.MODE, i]
        I[at.MODE, i] = at.SELL | (mode & at.NOLOSS)
    set_window(i, first, last, extra, F, I, L)


@lean
def move_on(i: int, extra: int, F: at.Array, I: at.Array, L: at.Array) -> bool:
    """Where asset i rests at an end of its window and going on pays: the neighbouring stretch. Whether it moved."""
    if I[at.MODE, i] & (at.SELL | at.CONVEX) == 0 or I[at.FROM, i] >= I[at.TO, i]:
        return False
    sold = -F[at.X, i]
    pull = F[at.Q, i] * (F[at.E, i] + F[at.X, i]) + F[at.P, i]
    first, last = I[at.FROM, i], I[at.TO, i]
    onward = sold >= sold_before(i, last, I, L) - 1e-9 and last < I[at.LOT, i + 1]
    if onward and F[at.LB0, i] < F[at.LB, i] and pull > L[at.RAW, last] + F[at.KS, i]:
        _, end = run_at(i, last, I, L)
        enter(i, last, end, extra, F, I, L)
        return True
    back = sold <= sold_before(i, first, I, L) + 1e-9 and first > I[at.LOT, i]
    if back and pull < L[at.RAW, first - 1] + F[at.KS, i]:
        begin, _ = run_at(i, first - 1, I, L)
        set_window(i, begin, first, extra, F, I, L)
        return True
    return False

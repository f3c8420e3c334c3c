"""The local model of the dual: a quadratic whose row multipliers may not change sign within one step."""

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import lean
from trimtab.optimize.kernels.linear import backward, eliminate, forward

PASSES = 16
FREE, HELD, OUT, EQUAL = 0.0, 1.0, 3.0, 2.0


@lean
def local_step(k: int, size: int, ridge: float, V: at.Array, H: at.Array, A: at.Array, C: at.Array) -> bool:
    """STEP = argmax g·d − ½ d·(H + diag)·d with sign_c (u_c + d_c) ≥ 0 on rows; True unless passes ran out.

    Rows that are out are left out. The factors are eliminated once; the active set then works on the small
    Schur complement of the rows. V[FIXED]: 0 free, 1 held at its own zero, 3 out; V[SIGN]: ±1, 2 an equality.
    """
    d = V[at.STEP]
    count = k
    for c in range(k, size):
        d[c] = 0.0
        if V[at.FIXED, c] != OUT:
            V[at.ROW, count] = c
            count += 1
    for a in range(k):
        for b in range(a, k):
            A[a, b] = H[a, b]
        A[a, a] += 1.0
        for z in range(k, count):
            A[a, z] = H[a, int(V[at.ROW, z])]
        V[at.RHS, a] = V[at.GRAD, a]
    for z in range(k, count):
        c = int(V[at.ROW, z])
        for y in range(z, count):
            A[z, y] = H[c, int(V[at.ROW, y])]
        A[z, z] += ridge
        V[at.RHS, z] = V[at.GRAD, c]
    eliminate(count, k, A)
    forward(k, count, A, V[at.RHS])
    done = _active_set(k, count, V, A, C)
    for z in range(k, count):
        V[at.RHS, z] = d[int(V[at.ROW, z])]
    backward(k, count, A, V[at.RHS])
    for a in range(k):
        d[a] = V[at.RHS, a]
    return done


@lean
def _active_set(k: int, count: int, V: at.Array, A: at.Array, C: at.Array) -> bool:
    """STEP of the rows: solve with what is free, hold what would cross zero, release what pulls away."""
    d = V[at.STEP]
    for attempt in range(PASSES):
        last = attempt == PASSES - 1
        if last:  # plain Newton, cut at the first crossing by the line search
            for z in range(k, count):
                V[at.FIXED, int(V[at.ROW, z])] = FREE
        _solve_free(k, count, V, A, C)
        if last:
            break
        crossed = False
        for z in range(k, count):
            c = int(V[at.ROW, z])
            if (
                V[at.FIXED, c] == FREE
                and V[at.SIGN, c] != EQUAL
                and (V[at.U, c] + d[c]) * V[at.SIGN, c] < 0.0
            ):
                V[at.FIXED, c] = HELD
                crossed = True
        if crossed:
            continue
        release = _wrong(k, count, V, A)
        if release < 0:
            return True
        V[at.FIXED, release] = FREE
    return False


@lean
def _solve_free(k: int, count: int, V: at.Array, A: at.Array, C: at.Array) -> None:
    """Fix what is held, solve the rest of the rows' Schur complement."""
    d = V[at.STEP]
    for z in range(k, count):
        c = int(V[at.ROW, z])
        d[c] = -V[at.U, c] if V[at.FIXED, c] == HELD else 0.0
    free = 0
    for z in range(k, count):
        if V[at.FIXED, int(V[at.ROW, z])] == FREE:
            V[at.TEMP, free] = z
            free += 1
    rhs = V[at.SMALL]
    for f in range(free):
        z = int(V[at.TEMP, f])
        rhs[f] = _pull(z, k, count, V, A)
        for h in range(f, free):
            C[f, h] = A[z, int(V[at.TEMP, h])]
    eliminate(free, free, C)
    forward(free, free, C, rhs)
    backward(free, free, C, rhs)
    for f in range(free):
        d[int(V[at.ROW, int(V[at.TEMP, f])])] = rhs[f]


@lean
def _pull(z: int, k: int, count: int, V: at.Array, A: at.Array) -> float:
    """What is left of row z's gradient at the present STEP of the rows."""
    pull: float = V[at.RHS, z]
    for y in range(k, count):
        t = V[at.STEP, int(V[at.ROW, y])]
        if t != 0.0:
            pull -= (A[z, y] if z <= y else A[y, z]) * t
    return pull


@lean
def _wrong(k: int, count: int, V: at.Array, A: at.Array) -> int:
    """The held row whose multiplier pulls hardest away from zero on its own side; −1 when none does."""
    found = -1
    worst = 1e-13
    for z in range(k, count):
        c = int(V[at.ROW, z])
        if V[at.FIXED, c] == HELD:
            pull = _pull(z, k, count, V, A) * V[at.SIGN, c]
            if pull > worst:
                worst = pull
                found = c
    return found

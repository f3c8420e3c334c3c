"""The local model of the dual: a quadratic whose row multipliers may not change sign within one step."""

from trimtab.optimize.kernels import layout as at
from trimtab.optimize.kernels.compiled import kernel
from trimtab.optimize.kernels.linear import backward, eliminate, forward

PASSES = 16
FREE, HELD, OUT, EQUAL = 0.0, 1.0, 3.0, 2.0


@kernel
def local_step(k, size, ridge, V, H, A, C):
    """STEP = argmax g·d − ½ d·(H + diag)·d with sign_c (u_c + d_c) ≥ 0 on rows; True unless passes ran out.

    The factors are eliminated once; the active set then works on the small Schur complement of the rows.
    V[FIXED]: 0 free, 1 held at its own zero, 3 out; V[SIGN]: ±1, or 2 for an equality.
    """
    for a in range(size):
        for b in range(a, size):
            A[a, b] = H[a, b]
        A[a, a] += 1.0 if a < k else ridge
        V[at.RHS, a] = V[at.GRAD, a]
    eliminate(size, k, A)
    forward(k, size, A, V[at.RHS])
    d = V[at.STEP]
    done = False
    for attempt in range(PASSES):
        last = attempt == PASSES - 1
        if last:  # plain Newton, cut at the first crossing by the line search
            for c in range(k, size):
                if V[at.FIXED, c] == HELD:
                    V[at.FIXED, c] = FREE
        _solve_free(k, size, V, A, C)
        if last:
            break
        crossed = False
        for c in range(k, size):
            if (
                V[at.FIXED, c] == FREE
                and V[at.SIGN, c] != EQUAL
                and (V[at.U, c] + d[c]) * V[at.SIGN, c] < 0.0
            ):
                V[at.FIXED, c] = HELD
                crossed = True
        if crossed:
            continue
        release = _wrong(k, size, V, A)
        if release < 0:
            done = True
            break
        V[at.FIXED, release] = FREE
    for a in range(k):
        d[a] = V[at.RHS, a]
    backward(k, size, A, d)
    return done


@kernel
def _solve_free(k, size, V, A, C):
    """Fix what is held or out, solve the rest of the rows' Schur complement."""
    d = V[at.STEP]
    for c in range(k, size):
        d[c] = -V[at.U, c] if V[at.FIXED, c] == HELD else 0.0
    count = 0
    for c in range(k, size):
        if V[at.FIXED, c] == FREE:
            V[at.TEMP, count] = c
            count += 1
    rhs = V[at.SMALL]
    for f in range(count):
        c = int(V[at.TEMP, f])
        t = V[at.RHS, c]
        for b in range(k, size):
            if d[b] != 0.0:
                t -= (A[c, b] if c <= b else A[b, c]) * d[b]
        rhs[f] = t
        for h in range(f, count):
            C[f, h] = A[c, int(V[at.TEMP, h])]
    eliminate(count, count, C)
    forward(count, count, C, rhs)
    backward(count, count, C, rhs)
    for f in range(count):
        d[int(V[at.TEMP, f])] = rhs[f]


@kernel
def _wrong(k, size, V, A):
    """The held row whose multiplier pulls hardest away from zero on its own side; −1 when none does."""
    d = V[at.STEP]
    found = -1
    worst = 1e-13
    for c in range(k, size):
        if V[at.FIXED, c] == HELD:
            pull = V[at.RHS, c]
            for b in range(k, size):
                pull -= (A[c, b] if c <= b else A[b, c]) * d[b]
            if pull * V[at.SIGN, c] > worst:
                worst = pull * V[at.SIGN, c]
                found = c
    return found

# mypy: disable-error-code="no-untyped-def"
"""A whole point of a rounding: everything that follows from its quantities, and what one move changes of it."""

import numpy as np

from trimtab.optimize.kernels.compiled import inner, lean
from trimtab.optimize.kernels.moves import (
    COST,
    DCHARGE,
    DCOUNT,
    DF,
    DRISK,
    DTURN,
    DX,
    GAMMA,
    LOT,
    WEIGHT,
    D,
    E,
    line_cost,
    lot_activity,
    paid,
)  # fmt: skip


@lean
def cross(i, k, gram, G, g_row, K):
    """The common risk of lines i and k per unit of weight in each."""
    if len(gram) > 0:
        return gram[i, k]
    dot = 0.0
    if g_row[i] >= 0 and g_row[k] >= 0:
        for a in range(K):
            dot += G[g_row[i], a] * G[g_row[k], a]
    return dot


@lean
def refresh(i, y, grad, gram, G, g_row, K):
    """The pull of line i where no products of exposures are kept to hold it up to date."""
    if len(gram) == 0 and g_row[i] >= 0:
        dot = 0.0
        for a in range(K):
            dot += G[g_row[i], a] * y[a]
        grad[i] = dot


@lean
def apply(i, p, c, q, x, cost, y, grad, N, gram, G, g_row, K, rows, m, R, r, la, tally, C, CL):
    """Let line i trade p, as measured in candidate c."""
    dx = C[c, DX]
    q[i] = p
    x[i] += dx
    if p == 0:
        x[i] = 0.0
    cost[i] += C[c, DF]
    if g_row[i] >= 0:
        for a in range(K):
            y[a] += G[g_row[i], a] * dx
    for k in range(len(gram)):
        grad[k] += gram[i, k] * dx
    for j in range(m):
        r[j] += rows[j, i] * dx
    if N[i, COST] >= 0:
        r[N[i, COST]] += C[c, DCHARGE]
    for j in range(R):
        la[j] += CL[c, j]
    tally[0] += C[c, DTURN]
    tally[1] += C[c, DCOUNT]
    tally[2] += C[c, DRISK] + C[c, DF]


@lean
def restart(n, K, m, R, q, x, cost, y, grad, r, la, tally, F, N, G, g_row, U, rows, lots, L, absorber):
    """Everything that follows from the quantities, afresh."""
    for a in range(K):
        y[a] = 0.0
    for j in range(m):
        r[j] = 0.0
    for j in range(R):
        la[j] = 0.0
    tally[0] = 0.0
    tally[1] = 0.0
    alone = 0.0
    costs = 0.0
    for i in range(n):
        if i == absorber:
            x[i] = 0.0
            cost[i] = 0.0
            q[i] = 0
            continue
        x[i] = q[i] * F[i, WEIGHT]
        cost[i] = line_cost(x[i], i, F, N[i, LOT], lots[i], L)
        costs += cost[i]
        gap = x[i] + F[i, E]
        alone += F[i, D] * gap * gap
        row = g_row[i]
        if row >= 0:
            for a in range(K):
                y[a] += G[row, a] * gap
        for j in range(m):
            r[j] += rows[j, i] * x[i]
        if N[i, COST] >= 0:
            r[N[i, COST]] += paid(x[i], i, F)
        tally[0] += 0.5 * abs(x[i])
        if x[i] != 0.0:
            tally[1] += 1.0
        for j in range(R):
            la[j] += lot_activity(x[i], j, N[i, LOT], lots[i], L)
    square = 0.0
    for a in range(K):
        square += y[a] * y[a]
    for i in range(n):
        grad[i] = 0.0
        if i != absorber and g_row[i] >= 0:
            for a in range(K):
                grad[i] += G[g_row[i], a] * y[a]
    tally[2] = U[GAMMA] * (square + alone) + costs


@inner
def price_point(n, K, x, F, N, G, g_row, U, lots, L):
    """Risk and costs of any trades x, whole or not."""
    y = np.zeros(K)
    total = 0.0
    for i in range(n):
        gap = x[i] + F[i, E]
        total += U[GAMMA] * F[i, D] * gap * gap + line_cost(x[i], i, F, N[i, LOT], lots[i], L)
        if g_row[i] >= 0:
            for a in range(K):
                y[a] += G[g_row[i], a] * gap
    for a in range(K):
        total += U[GAMMA] * y[a] * y[a]
    return total

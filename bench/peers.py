"""One convex program per account, the optimal signs given, by general solvers: what the engine is measured against."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from trimtab.optimize.problem import Floats, Problem

FAR = 1e30


@dataclass(frozen=True)
class Program:
    """min ½zᵀPz + cᵀz over lo ≤ Az ≤ hi, zl ≤ z ≤ zu; z = (buy, sale, x + e, factor exposures)."""

    P: Any
    c: Floats
    A: Any
    lo: Floats
    hi: Floats
    zl: Floats
    zu: Floats

    def objective(self, z: Floats) -> float:
        return float(0.5 * z @ (self.P @ z) + self.c @ z)


def program(p: Problem, trade: Floats) -> Program:
    """The account's convex program with each exclusive asset on the side of `trade`."""
    n, lots, k = len(p.target), len(p.lot_size), p.exposures.shape[1]
    e = p.held - p.target
    loss = np.zeros(n, bool)
    loss[p.lot_asset[p.lot_gain < 0.0]] = True
    buys, sells = loss & (trade > 0.0) | (p.lower >= 0.0), loss & (trade <= 0.0) | (p.upper <= 0.0)
    owner = sp.csr_matrix((np.ones(lots), (p.lot_asset, np.arange(lots))), (n, lots))
    net = sp.hstack([sp.eye(n), -owner])
    rows = [
        sp.hstack([net, -sp.eye(n), sp.csr_matrix((n, k))]),
        sp.hstack([sp.csr_matrix((k, n + lots)), sp.csr_matrix(p.exposures.T), -sp.eye(k)]),
        sp.hstack([sp.csr_matrix(p.rows) @ net, sp.csr_matrix((len(p.row_lower), n + k))]),
    ]
    lo, hi = [-e, np.zeros(k), p.row_lower], [-e, np.zeros(k), p.row_upper]
    if p.gain_budget is not None:
        rows.append(
            sp.hstack([sp.csr_matrix((1, n)), sp.csr_matrix(p.lot_gain[None]), sp.csr_matrix((1, n + k))])
        )
        lo.append(np.array([-np.inf]))
        hi.append(np.array([p.gain_budget]))
    zero, curve = np.zeros(n + k), 2.0 * p.risk_aversion
    return Program(
        sp.diags(np.concatenate([np.zeros(n + lots), curve * p.specific, np.full(k, curve)])).tocsc(),
        np.concatenate([p.buy_cost, p.lot_slope + p.sell_cost[p.lot_asset], zero]),
        sp.vstack(rows).tocsc(), np.concatenate(lo), np.concatenate(hi),
        np.concatenate([np.zeros(n + lots), e + np.maximum(p.lower, -p.held - 1.0), np.full(k, -np.inf)]),
        np.concatenate([np.where(sells, 0.0, np.maximum(p.upper, 0.0)), np.where(buys[p.lot_asset], 0.0, p.lot_size),
                        e + p.upper, np.full(k, np.inf)]),
    )  # fmt: skip


def by_piqp(q: Program) -> tuple[float, float]:
    """PIQP's sparse interface: (CPU seconds, objective)."""
    import piqp

    start = time.process_time()
    solver = piqp.SparseSolver()
    solver.settings.verbose = False
    equal = q.lo == q.hi
    solver.setup(
        q.P, q.c, q.A[equal].tocsc(), q.lo[equal], q.A[~equal].tocsc(), np.maximum(q.lo[~equal], -FAR),
        np.minimum(q.hi[~equal], FAR), np.maximum(q.zl, -FAR), np.minimum(q.zu, FAR),
    )  # fmt: skip
    solver.solve()
    took = time.process_time() - start
    return took, q.objective(np.array(solver.result.x))


def by_clarabel(q: Program) -> tuple[float, float]:
    """Clarabel called directly: (CPU seconds, objective)."""
    import clarabel

    start = time.process_time()
    A = sp.vstack([q.A, sp.eye(len(q.c))]).tocsc()
    lo, hi = np.concatenate([q.lo, q.zl]), np.concatenate([q.hi, q.zu])
    equal = lo == hi
    above, below = ~equal & np.isfinite(hi), ~equal & np.isfinite(lo)
    stacked = sp.vstack([A[equal], A[above], -A[below]]).tocsc()
    limit = np.concatenate([hi[equal], hi[above], -lo[below]])
    cones = [clarabel.ZeroConeT(int(equal.sum())), clarabel.NonnegativeConeT(int(above.sum() + below.sum()))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    z = clarabel.DefaultSolver(sp.triu(q.P).tocsc(), q.c, stacked, limit, cones, settings).solve().x
    took = time.process_time() - start
    return took, q.objective(np.array(z))


def by_cvxpy(q: Program) -> tuple[float, float]:
    """A fresh cvxpy model over Clarabel, as a script would write it: (CPU seconds, objective)."""
    import cvxpy as cp

    start = time.process_time()
    z = cp.Variable(len(q.c))
    curved = np.flatnonzero(q.P.diagonal())
    weight = np.sqrt(0.5 * q.P.diagonal()[curved])
    cost = cp.sum_squares(cp.multiply(weight, z[curved])) + q.c @ z
    limits = []
    for row, low, high in ((q.A @ z, q.lo, q.hi), (z, q.zl, q.zu)):
        equal = low == high
        if equal.any():
            limits.append(row[equal] == low[equal])
        above, below = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
        limits += [row[above] <= high[above], row[below] >= low[below]]
    cp.Problem(cp.Minimize(cost), limits).solve(solver="CLARABEL")
    took = time.process_time() - start
    return took, q.objective(np.asarray(z.value))

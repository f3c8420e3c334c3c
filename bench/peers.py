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


def by_stacked(q: Program) -> tuple[float, float]:
    """A fresh cvxpy model over Clarabel, stacked by hand into one variable: (CPU seconds, objective)."""
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


def by_model(p: Problem, trade: Floats) -> tuple[float, float]:
    """A fresh cvxpy model over Clarabel, as a script would write it: (CPU seconds, objective).

    Buys, sales by lot, active weights and factor exposures are variables of their own, the account's numbers are
    parameters, each exclusive asset is on the side of `trade`.
    """
    import cvxpy as cp

    n, lots, k = len(p.target), len(p.lot_size), p.exposures.shape[1]
    q = program(p, trade)
    owner = sp.csr_matrix((np.ones(lots), (p.lot_asset, np.arange(lots))), (n, lots))
    start = time.process_time()
    buy, sale, active, factor = (cp.Variable(z) for z in (n, lots, n, k))
    given = {name: cp.Parameter(len(value)) for name, value in (
        ("gap", p.held), ("slope", p.lot_slope), ("cost", p.buy_cost), ("lower", p.lower), ("upper", p.upper),
        ("row_lower", p.row_lower), ("row_upper", p.row_upper))}  # fmt: skip
    size, most = cp.Parameter(lots, nonneg=True), cp.Parameter(n, nonneg=True)
    trades = buy - owner @ sale
    limits = [
        active == given["gap"] + trades, factor == p.exposures.T @ active, buy >= 0, sale >= 0, buy <= most,
        sale <= size, trades >= given["lower"], trades <= given["upper"],
        p.rows @ trades >= given["row_lower"], p.rows @ trades <= given["row_upper"],
    ]  # fmt: skip
    if p.gain_budget is not None:
        limits.append(p.lot_gain @ sale <= p.gain_budget)
    risk = cp.sum_squares(factor) + cp.sum_squares(cp.multiply(np.sqrt(p.specific), active))
    cost = given["slope"] @ sale + given["cost"] @ buy
    values = {
        "gap": p.held - p.target, "slope": (p.lot_slope + p.sell_cost[p.lot_asset]) / p.risk_aversion,
        "cost": p.buy_cost / p.risk_aversion, "lower": np.maximum(p.lower, -p.held - 1.0),
        "upper": np.minimum(p.upper, 2.0), "row_lower": np.maximum(p.row_lower, -2.0),
        "row_upper": np.minimum(p.row_upper, 2.0),
    }  # fmt: skip
    for name, value in values.items():
        given[name].value = value
    size.value, most.value = np.minimum(q.zu[n : n + lots], 2.0), np.minimum(q.zu[:n], 2.0)
    cp.Problem(cp.Minimize(risk + cost), limits).solve(solver="CLARABEL")
    took = time.process_time() - start
    z = np.concatenate([buy.value, sale.value, active.value, factor.value])
    return took, q.objective(z)

"""The exact optimum of a tiny problem: every pattern of sides, groups and regions through another convex solver."""

from itertools import product

import clarabel
import numpy as np
from scipy import sparse

from trimtab.optimize.problem import Problem


def brute_force(problem: Problem) -> float:
    """The optimal objective; +inf where every pattern is infeasible. For six assets at most."""
    regions = [-1] if problem.year is None else list(range(len(problem.year.constant)))
    groups = [] if problem.group is None else sorted({int(g) for g in problem.group if g >= 0})
    best = np.inf
    for region, sides, keeps in product(
        regions, product((-1, 0, 1), repeat=len(problem.target)), product((True, False), repeat=len(groups))
    ):
        counted = np.ones(len(sides)) if problem.counted is None else problem.counted
        if problem.max_trades is None or np.abs(sides)[counted > 0].sum() <= problem.max_trades:
            best = min(
                best, _pattern(problem, region, np.array(sides), dict(zip(groups, keeps, strict=True)))
            )
    return best


def _pattern(p: Problem, region: int, sides: np.ndarray, keeps: dict[int, bool]) -> float:
    n, lots = len(p.target), len(p.lot_size)
    least = np.zeros(n) if p.min_trade is None else p.min_trade
    low = np.where(
        sides > 0, np.maximum(p.lower, least), np.where(sides < 0, p.lower, np.maximum(p.lower, 0.0))
    )
    most = np.minimum(p.upper, -np.minimum(least, p.held))
    high = np.where(sides > 0, p.upper, np.where(sides < 0, most, np.minimum(p.upper, 0.0)))
    losing = np.bincount(p.lot_asset, p.losses & (p.lot_size > 0), n) > 0
    exclusive = losing if p.exclusive is None else p.exclusive
    asset = p.lot_asset
    buys = np.where(exclusive & (sides <= 0), 0.0, 2.0)
    sale = np.where(exclusive[asset] & (sides[asset] >= 0), 0.0, p.lot_size)
    if p.group is not None:
        for group, keep in keeps.items():
            members = p.group == group
            if keep:
                sale = np.where(members[asset] & p.losses, 0.0, sale)
            else:
                buys = np.where(members, 0.0, buys)
    if np.any(low > high):
        return np.inf
    rows, lower, upper = _rows(p, region)
    columns = np.vstack([np.eye(n + lots), np.hstack([np.eye(n), -_sold(p)])])
    a = np.vstack([rows, columns])
    lower = np.concatenate([lower, np.zeros(n + lots), low])
    upper = np.concatenate([upper, buys, sale, high])
    tickets = 0.0 if p.ticket is None else float((p.ticket * (sides != 0)).sum())
    slope, constant = p.lot_slope, 0.0
    if region >= 0:
        slope = slope + np.array([0.0, *p.year.slope[region]])[p.lot_term] * p.lot_gain
        constant = float(p.year.constant[region])
    cost = np.concatenate([p.buy_cost, slope + p.sell_cost[asset]])
    return _solve(p, cost, (a, lower, upper)) + tickets + constant


def _sold(p: Problem) -> np.ndarray:
    sold = np.zeros((len(p.target), len(p.lot_size)))
    sold[p.lot_asset, np.arange(len(p.lot_size))] = 1.0
    return sold


def _rows(p: Problem, region: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = len(p.target)
    net = np.hstack([p.rows, -p.rows @ _sold(p)])
    if p.cost_row is not None:
        for i in range(n):
            if p.cost_row[i] >= 0:
                net[p.cost_row[i], i] += p.buy_cost[i] if p.buy_charge is None else p.buy_charge[i]
                charge = p.sell_cost[i] if p.sell_charge is None else p.sell_charge[i]
                net[p.cost_row[i], n:] += charge * (p.lot_asset == i)
    blocks = [(net, p.row_lower, p.row_upper)]
    if p.gain_budget is not None:
        blocks.append((np.concatenate([np.zeros(n), p.lot_gain])[None], [-np.inf], [p.gain_budget]))
    if p.lot_rows is not None:
        padded = np.hstack([np.zeros((len(p.lot_rows), n)), p.lot_rows])
        blocks.append((padded, p.lot_row_lower, p.lot_row_upper))
    if p.turnover is not None:
        counted = np.ones(n) if p.counted is None else p.counted
        half = 0.5 * np.concatenate([counted, counted[p.lot_asset]])
        blocks.append((half[None], [-np.inf], [p.turnover]))
    if region >= 0:
        for short, long, bound in p.year.sides[region]:
            gains = np.where(p.lot_term == 1, short, np.where(p.lot_term == 2, long, 0.0)) * p.lot_gain
            blocks.append((np.concatenate([np.zeros(n), gains])[None], [-np.inf], [bound]))
    return tuple(np.concatenate([block[i] for block in blocks]) for i in range(3))


def _solve(p: Problem, cost: np.ndarray, rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
    a, lower, upper = rows
    n = len(p.target)
    net = np.hstack([np.eye(n), -_sold(p)])
    sigma = p.exposures @ p.exposures.T + np.diag(p.specific)
    e = p.held - p.target
    quadratic = 2.0 * p.risk_aversion * net.T @ sigma @ net
    linear = cost + 2.0 * p.risk_aversion * net.T @ sigma @ e
    equal = upper - lower < 1e-13
    above, below = ~equal & np.isfinite(upper), ~equal & np.isfinite(lower)
    stacked = sparse.csc_matrix(np.vstack([a[equal], a[above], -a[below]]))
    bounds = np.concatenate([upper[equal], upper[above], -lower[below]])
    cones = [clarabel.ZeroConeT(int(equal.sum())), clarabel.NonnegativeConeT(int(above.sum() + below.sum()))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
    found = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(quadratic)), linear, stacked, bounds, cones, settings
    ).solve()
    if "Solved" not in str(found.status) or "Infeasible" in str(found.status):
        return np.inf
    return float(found.obj_val + p.risk_aversion * e @ sigma @ e)

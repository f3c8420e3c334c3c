"""The optimum of a small problem by trying every combination of branches, one convex program (PIQP) for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import piqp

from trimtab.optimize.problem import Floats, Problem, Year

SELL, ZERO, BUY, BOTH = -1, 0, 1, 2
FAR = 1e30  # what PIQP takes for no bound


@dataclass(frozen=True)
class Pieces:
    """A problem as one convex program in (buy, sale): only the bounds and the year's rows change with branches."""

    problem: Problem
    losses: np.ndarray
    held: Floats
    lower: Floats
    upper: Floats
    gapped: np.ndarray
    churns: np.ndarray  # gapped, yet may be sold and bought back at once
    net: Floats  # x = net·(buy, sale)
    quadratic: Floats
    linear: Floats
    constant: float
    rows: Floats
    row_lower: Floats
    row_upper: Floats


def optimum(problem: Problem) -> float:
    """The least objective over every combination of branches; +inf when none is feasible."""
    parts = pieces(problem)
    best = np.inf
    year = problem.year
    for sides in combinations(parts):
        for choice in group_choices(parts):
            if year is None:
                best = min(best, solved(parts, sides, choice, None, best))
            else:
                for r in range(len(year.constant)):
                    best = min(best, solved(parts, sides, choice, r, best))
    return best


def pieces(p: Problem) -> Pieces:
    n, lots = len(p.target), len(p.lot_size)
    held = np.bincount(p.lot_asset, p.lot_size, n) if lots else np.zeros(n)
    losses = np.zeros(n, bool)
    losses[p.lot_asset[p.lot_gain < 0.0]] = True
    least = np.zeros(n) if p.min_trade is None else p.min_trade
    ticket = np.zeros(n) if p.ticket is None else p.ticket
    counted = np.ones(n, bool) if p.counted is None else p.counted
    gapped = (least > 0.0) | (ticket > 0.0) | (counted & (p.max_trades is not None))
    exclusive = losses if p.exclusive is None else p.exclusive
    churns = gapped & ~exclusive & (np.maximum(p.lower, -held) < 0.0) & (p.upper > 0.0)
    net = np.hstack([np.eye(n), -(p.lot_asset[None, :] == np.arange(n)[:, None]).astype(float)])
    e = p.held - p.target
    sigma = p.exposures @ p.exposures.T + np.diag(p.specific)
    quadratic = 2.0 * p.risk_aversion * net.T @ sigma @ net
    linear = 2.0 * p.risk_aversion * net.T @ sigma @ e
    linear += np.concatenate([p.buy_cost, p.lot_slope + p.sell_cost[p.lot_asset]])
    rows, low, high = [p.rows @ net], [p.row_lower], [p.row_upper]
    if p.cost_row is not None:
        buy = p.buy_cost if p.buy_charge is None else p.buy_charge
        sell = p.sell_cost if p.sell_charge is None else p.sell_charge
        for j in range(len(p.row_lower)):
            paid = p.cost_row == j
            rows[0][j] += np.concatenate([buy * paid, (sell * paid)[p.lot_asset]])
    if p.gain_budget is not None:
        rows.append(np.concatenate([np.zeros(n), p.lot_gain])[None])
        low.append(np.array([-np.inf]))
        high.append(np.array([p.gain_budget]))
    if p.lot_rows is not None:
        rows.append(np.hstack([np.zeros((len(p.lot_rows), n)), p.lot_rows]))
        low.append(p.lot_row_lower)
        high.append(p.lot_row_upper)
    if p.turnover is not None:
        rows.append(0.5 * np.concatenate([counted, counted[p.lot_asset]])[None])
        low.append(np.array([-np.inf]))
        high.append(np.array([p.turnover]))
    return Pieces(
        p, losses, held, np.maximum(p.lower, -held), p.upper, gapped, churns, net, quadratic, linear,
        float(p.risk_aversion * e @ sigma @ e), np.vstack(rows), np.concatenate(low), np.concatenate(high),
    )  # fmt: skip


def combinations(parts: Pieces) -> Iterator[tuple[int, ...]]:
    """Every way to choose a branch for each asset, the number of trades within its limit."""
    p = parts.problem
    exclusive = parts.losses if p.exclusive is None else p.exclusive
    counted = np.ones(len(p.target), bool) if p.counted is None else p.counted
    options = []
    for i in range(len(p.target)):
        low, high = parts.lower[i], parts.upper[i]
        if parts.gapped[i]:
            choice = [SELL, ZERO, BUY]
        elif low >= 0.0:
            choice = [BUY]
        elif high <= 0.0:
            choice = [SELL]
        else:
            choice = [SELL, BUY] if exclusive[i] else [BOTH]
        options.append(choice)
    for sides in product(*options):
        traded = sum(s != ZERO and c for s, c in zip(sides, counted, strict=True))
        if p.max_trades is None or traded <= p.max_trades:
            yield sides


def group_choices(parts: Pieces) -> Iterator[dict[int, int]]:
    p = parts.problem
    names = [] if p.group is None else sorted({int(g) for g in p.group if g >= 0})
    for choice in product((SELL, BUY), repeat=len(names)):
        yield dict(zip(names, choice, strict=True))


def solved(
    parts: Pieces, sides: tuple[int, ...], groups: dict[int, int], piece: int | None, best: float
) -> float:
    """The optimum of one combination, or +inf."""
    bounds = limits(parts, sides, groups)
    if bounds is None:
        return np.inf
    upper, low, high = bounds
    p = parts.problem
    n = len(p.target)
    linear, constant = parts.linear.copy(), parts.constant
    if p.ticket is not None:
        constant += float(sum(p.ticket[i] for i in range(n) if sides[i] not in (ZERO, BOTH)))
    rows = [parts.rows, parts.net]
    row_low, row_high = [parts.row_lower, low], [parts.row_upper, high]
    if piece is not None:
        slope, fixed, more, limit = year_rows(p.year, p, piece)
        linear += np.concatenate([np.zeros(n), slope])
        constant += fixed
        rows.append(np.hstack([np.zeros((len(more), n)), more]))
        row_low.append(np.full(len(limit), -np.inf))
        row_high.append(limit)
    return (
        convex(
            parts.quadratic, linear, np.vstack(rows), np.concatenate(row_low), np.concatenate(row_high), upper
        )
        + constant
    )


def year_rows(year: Year | None, p: Problem, piece: int) -> tuple[Floats, float, Floats, Floats]:
    assert year is not None
    assert p.lot_term is not None
    short, long = p.lot_gain * (p.lot_term == 1), p.lot_gain * (p.lot_term == 2)
    sides = year.sides[piece][np.isfinite(year.sides[piece][:, 2])]
    more = sides[:, :1] * short + sides[:, 1:2] * long
    slope = year.slope[piece, 0] * short + year.slope[piece, 1] * long
    return slope, float(year.constant[piece]), more, sides[:, 2]


def limits(
    parts: Pieces, sides: tuple[int, ...], groups: dict[int, int]
) -> tuple[Floats, Floats, Floats] | None:
    """Upper bounds of (buy, sale) and bounds of x under these branches; None where a branch does not exist."""
    p = parts.problem
    n = len(p.target)
    low, high = parts.lower.copy(), parts.upper.copy()
    buy, sale = np.maximum(high, 0.0), p.lot_size.copy()
    for i, side in enumerate(sides):
        mine = p.lot_asset == i
        least = 0.0 if p.min_trade is None else p.min_trade[i]
        possible = (
            low[i] <= 0.0 <= high[i]
            or (high[i] > 0.0 and max(least, low[i]) <= high[i])
            or (low[i] < 0.0 and min(least, parts.held[i]) <= -low[i])
        )
        least = least if possible else 0.0
        if parts.churns[i]:
            buy[i] += parts.held[i]
        if side == BUY:
            sale[mine] *= parts.churns[i]
            low[i] = max(low[i], least)
            if parts.gapped[i] and high[i] <= 0.0:
                return None
        elif side == SELL:
            buy[i] = parts.held[i] * parts.churns[i]
            high[i] = min(high[i], -min(least, parts.held[i]))
            if parts.gapped[i] and low[i] >= 0.0:
                return None
        elif side == ZERO:
            low[i], high[i] = max(low[i], 0.0), min(high[i], 0.0)
            sale[mine] *= parts.churns[i]
            buy[i] = parts.held[i] * parts.churns[i]
        else:
            buy[i] += parts.held[i]
        if low[i] > high[i]:
            return None
    if p.group is not None:
        for g, choice in groups.items():
            members = p.group == g
            if choice == SELL:
                buy[members] = 0.0
            else:
                sale[members[p.lot_asset] & (p.lot_gain < 0.0)] = 0.0
    assert len(low) == n
    return np.concatenate([buy, sale]), low, high


def convex(
    quadratic: Floats, linear: Floats, rows: Floats, low: Floats, high: Floats, upper: Floats
) -> float:
    """min ½ zᵀQz + cᵀz over low ≤ rows·z ≤ high, 0 ≤ z ≤ upper, by PIQP; +inf where it finds nothing feasible."""
    equal = low == high
    solver = piqp.DenseSolver()
    solver.settings.verbose = False
    solver.settings.eps_abs = 1e-10
    solver.settings.eps_rel = 1e-10
    solver.settings.max_iter = 500
    free = ~equal
    solver.setup(
        quadratic, linear, rows[equal], low[equal], rows[free], np.maximum(low[free], -FAR),
        np.minimum(high[free], FAR), np.zeros(len(linear)), upper,
    )  # fmt: skip
    solver.solve()
    z = np.array(solver.result.x)
    if not np.isfinite(z).all():
        return np.inf
    activity = rows @ z
    miss = max(
        float((low - activity).max()),
        float((activity - high).max()),
        float((z - upper).max()),
        float(-z.min()),
    )
    if miss > 1e-8:
        return np.inf
    return float(0.5 * z @ quadratic @ z + linear @ z)

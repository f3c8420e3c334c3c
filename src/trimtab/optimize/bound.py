"""A lower bound of the nonconvex problem from any multipliers: the dual, each asset solved exactly on its sides."""

import numpy as np

from trimtab.optimize.convex import Multipliers
from trimtab.optimize.linear import Node, Piece, per_asset, running_start
from trimtab.optimize.problem import Bools, Floats

_INF = np.inf


def dual_bound(piece: Piece, node: Node, multipliers: Multipliers) -> float:
    """The dual's value at these multipliers: nothing lawful in the node costs less, however bad they are.

    Every asset takes the cheapest of selling, resting and buying under its limits, minimum and ticket; a wash
    group the cheaper of no buys and no losses. Turnover and rows enter by their prices, `max_trades` not at all.
    """
    constant, price, buy_cost, tau = _at_prices(piece, multipliers)
    return constant + _assets(piece, node, price=price, buy_cost=buy_cost, tau=tau)


def preferred_sides(piece: Piece, node: Node, multipliers: Multipliers) -> Floats:
    """The side each asset takes by itself at these multipliers: −1 sells, 0 rests, +1 buys."""
    _, price, buy_cost, tau = _at_prices(piece, multipliers)
    sides, _ = _by_side(piece, node, price=price, buy_cost=buy_cost, tau=tau, lose=node.may_lose)
    return np.asarray(np.argmin(sides, axis=0), np.float64) - 1.0


def _at_prices(piece: Piece, multipliers: Multipliers) -> tuple[float, Floats, Floats, Floats]:
    """The dual's constant, and per asset its price and buying cost, per lot its selling cost, at the multipliers."""
    problem = piece.problem
    scale = float(np.sqrt(2.0 * problem.risk_aversion))
    e = problem.held - problem.target
    factors, rows, lot_rows = multipliers.factors, multipliers.rows, multipliers.lot_rows
    price = scale * (problem.exposures * factors).sum(axis=1) + (problem.rows * rows[:, None]).sum(axis=0)
    constant = piece.constant - 0.5 * float((factors**2).sum())
    constant += scale * float((problem.exposures * e[:, None] * factors).sum())
    constant -= _priced(rows, problem.row_lower, problem.row_upper)
    constant -= _priced(lot_rows, piece.lot_row_lower, piece.lot_row_upper)
    if multipliers.turnover > 0.0:
        constant -= multipliers.turnover * piece.turnover
    charged = np.where(piece.cost_row >= 0, rows[piece.cost_row], 0.0) if len(rows) else np.zeros(len(e))
    half = 0.5 * multipliers.turnover * piece.counted
    buy_cost = problem.buy_cost + charged * piece.buy_charge + half
    sell_cost = problem.sell_cost + charged * piece.sell_charge + half
    tau = piece.lot_slope + (lot_rows[:, None] * piece.lot_rows).sum(axis=0) + sell_cost[problem.lot_asset]
    return constant, price, buy_cost, tau


def _priced(multiplier: Floats, lower: Floats, upper: Floats) -> float:
    """Σ λ⁺·upper − λ⁻·lower; an infinite side with a price is worth nothing as a bound."""
    up, down = np.maximum(multiplier, 0.0), np.maximum(-multiplier, 0.0)
    high = np.where(up > 0.0, upper, 0.0)
    low = np.where(down > 0.0, lower, 0.0)
    return float((up * high).sum() - (down * low).sum())


def _assets(piece: Piece, node: Node, *, price: Floats, buy_cost: Floats, tau: Floats) -> float:
    """Σ over assets and wash groups of the cheapest thing each may do at these prices."""
    cheapest = _cheapest(piece, node, price=price, buy_cost=buy_cost, tau=tau, lose=node.may_lose)
    grouped = piece.group >= 0
    total = float(cheapest[~grouped].sum())
    if not grouped.any():
        return total
    no_loss = _cheapest(
        piece, node, price=price, buy_cost=buy_cost, tau=tau, lose=np.zeros(len(price), np.bool_)
    )
    no_buy = _cheapest(
        piece, node.without_buys(), price=price, buy_cost=buy_cost, tau=tau, lose=node.may_lose
    )
    for group in np.unique(piece.group[grouped]):
        members = piece.group == group
        if node.settled[group]:
            total += float(cheapest[members].sum())
        else:
            total += min(float(no_loss[members].sum()), float(no_buy[members].sum()))
    return total


def _cheapest(
    piece: Piece, node: Node, *, price: Floats, buy_cost: Floats, tau: Floats, lose: Bools
) -> Floats:
    """min over the open sides of Q/2·(x+e)² + costs + price·x per asset."""
    sides, saved = _by_side(piece, node, price=price, buy_cost=buy_cost, tau=tau, lose=lose)
    return np.asarray(sides.min(axis=0) + saved)


def _by_side(
    piece: Piece, node: Node, *, price: Floats, buy_cost: Floats, tau: Floats, lose: Bools
) -> tuple[Floats, Floats]:
    """The least of selling, resting and buying (3×n), and what lots that pay to be washed save in any case."""
    problem = piece.problem
    q = 2.0 * problem.risk_aversion * problem.specific
    e = problem.held - problem.target
    open_lot = node.may_sell[problem.lot_asset] & (lose[problem.lot_asset] | ~piece.loss)
    both = ~piece.exclusive & node.may_buy
    washed = np.where(both[problem.lot_asset], np.maximum(tau, -buy_cost[problem.lot_asset]), tau)
    size = np.where(open_lot, problem.lot_size, 0.0)
    saved = per_asset(problem.lot_asset, size * (tau - washed), len(q))
    # A decided asset carries its minimum in its limits already.
    least = np.where(node.decided, 0.0, piece.min_trade)
    sides = np.stack(
        [
            _selling(piece, node, q=q, e=e, price=price, tau=washed, size=size, least=least) + piece.ticket,
            _resting(node, q=q, e=e),
            _buying(node, q=q, e=e, slope=price + buy_cost, least=least) + piece.ticket,
        ]
    )
    return sides, saved


def _resting(node: Node, *, q: Floats, e: Floats) -> Floats:
    lawful = (node.lower <= 0.0) & (node.upper >= 0.0) & ~node.pays
    return np.where(lawful, 0.5 * q * e * e, _INF)


def _buying(node: Node, *, q: Floats, e: Floats, slope: Floats, least: Floats) -> Floats:
    low, high = np.maximum(np.maximum(node.lower, least), 0.0), node.upper
    ends = np.where(slope + q * e < 0.0, high, low)
    inside = np.where(q > 0.0, -slope / np.where(q > 0.0, q, 1.0) - e, ends)
    x = np.clip(inside, low, np.maximum(high, low))
    endless = np.isinf(x)
    x = np.where(endless, 0.0, x)
    value = np.where(endless, -_INF, 0.5 * q * (x + e) ** 2 + slope * x)
    return np.where(node.may_buy & (low <= high), value, _INF)


def _selling(
    piece: Piece, node: Node, *, q: Floats, e: Floats, price: Floats, tau: Floats, size: Floats, least: Floats
) -> Floats:
    """Lots in increasing cost: what must be sold in full, then each while it pays (the slopes only rise)."""
    problem = piece.problem
    n = len(q)
    must = np.maximum(np.maximum(-node.upper, np.minimum(least, problem.held)), 0.0)
    may = -node.lower
    lawful = node.may_sell & (must <= may)
    order = np.lexsort((tau, problem.lot_asset))
    asset, step, cost = problem.lot_asset[order], size[order], tau[order] - price[problem.lot_asset[order]]
    start = running_start(asset, step, n)
    end = start + step
    lawful &= per_asset(asset, step, n) >= must - 1e-12
    a, b = np.minimum(start, must[asset]), np.minimum(end, must[asset])
    qa, ea = q[asset], e[asset]
    forced = _path(qa, ea, cost, a, b)
    a, b = np.clip(start, must[asset], None), np.minimum(end, np.maximum(may, must)[asset])
    b = np.maximum(a, b)
    # d/ds of the cost at s sold is cost − Q(e − s): stop where it turns positive
    stop = np.where(qa > 0.0, ea - cost / np.where(qa > 0.0, qa, 1.0), np.where(cost < 0.0, b, a))
    chosen = _path(qa, ea, cost, a, np.clip(stop, a, b))
    value = 0.5 * q * e * e + per_asset(asset, forced, n) + per_asset(asset, np.minimum(chosen, 0.0), n)
    return np.where(lawful, value, _INF)


def _path(q: Floats, e: Floats, cost: Floats, a: Floats, b: Floats) -> Floats:
    """The cost of going from a to b sold: Q/2·((e−b)² − (e−a)²) + cost·(b−a)."""
    return 0.5 * q * (b - a) * (a + b - 2.0 * e) + cost * (b - a)

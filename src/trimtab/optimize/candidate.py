"""A point a search proposes: cleaned of the solver's dust, priced and checked in the fractions it was solved in."""

from dataclasses import dataclass

import numpy as np

from trimtab.optimize.convex import Multipliers, Point
from trimtab.optimize.linear import Node, Piece, per_asset, running_start
from trimtab.optimize.problem import Floats, Ints

_DUST = 3e-9  # closer to a limit than the solver can tell


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A trade per asset and a sale per lot with its objective and its worst violation of a limit."""

    trade: Floats
    sale: Floats
    objective: float
    violation: float
    region: int
    multipliers: Multipliers


def tidy(piece: Piece, node: Node, point: Point) -> Candidate:
    """The solver's point made lawful to the last bit where it can be: limits met, one side, cheapest lots first.

    Tries the point snapped to its limits first, then unsnapped, then with the solver's own choice of lots, and
    keeps the first that violates nothing, or else the least violating.
    """
    best: Candidate | None = None
    for snap, refill in ((True, True), (False, True), (True, False), (False, False)):
        candidate = _build(piece, node, point, snap=snap, refill=refill)
        if candidate.violation <= 1e-9:
            return candidate
        if best is None or candidate.violation < best.violation:
            best = candidate
    assert best is not None
    return best


def _build(piece: Piece, node: Node, point: Point, *, snap: bool, refill: bool) -> Candidate:
    problem = piece.problem
    asset, n = problem.lot_asset, len(problem.target)
    open_lot = node.may_sell[asset] & (node.may_lose[asset] | ~piece.loss)
    room = np.where(open_lot, problem.lot_size, 0.0)
    sale = np.clip(point.sale, 0.0, room)
    buy = np.where(node.may_buy, np.maximum(point.buy, 0.0), 0.0)
    sold = per_asset(asset, sale, n)
    trade = np.clip(buy - sold, node.lower, node.upper)
    if snap:
        trade = np.where(np.abs(trade) < _DUST, np.clip(0.0, node.lower, node.upper), trade)
        trade = np.where(trade - node.lower < _DUST, node.lower, trade)
        trade = np.where(node.upper - trade < _DUST, node.upper, trade)
    washing = ~piece.exclusive & (buy > 1e-7) & (sold > 1e-7)
    wanted = np.where(washing, sold, np.maximum(-trade, 0.0))
    order = _lot_order(piece, point.multipliers) if refill else np.arange(len(sale))
    filled = _fill(asset, room if refill else sale, wanted, order=order, n=n)
    if not refill:
        short = wanted - per_asset(asset, filled, n)
        filled = filled + _fill(asset, room - filled, np.maximum(short, 0.0), order=order, n=n)
    sale = np.where(washing[asset], sale, filled)
    trade = np.where(trade < 0.0, -per_asset(asset, np.where(washing[asset], 0.0, sale), n), trade)
    trade = np.where(washing, np.clip(buy - sold, node.lower, node.upper), trade)
    return judge(piece, trade, sale, multipliers=point.multipliers)


def _lot_order(piece: Piece, multipliers: Multipliers) -> Ints:
    """Lots by asset, then by what they cost at the prices of the lot rows; ties go to the smaller gain.

    An ordered asset's stand as they were given.
    """
    rows = (multipliers.lot_rows[:, None] * piece.lot_rows).sum(axis=0)
    cost = np.round(piece.lot_slope + rows, 12)
    given = piece.ordered[piece.problem.lot_asset]
    cost = np.where(given, np.arange(len(cost)), cost)
    gain = np.where(given, 0.0, piece.problem.lot_gain)
    return np.asarray(np.lexsort((gain, cost, piece.problem.lot_asset)), np.int64)


def _fill(asset: Ints, room: Floats, wanted: Floats, *, order: Ints, n: int) -> Floats:
    """Take `wanted` from each asset's lots in the given order (grouped by asset), at most `room` each."""
    order = order[np.argsort(asset[order], kind="stable")]
    step, owner = room[order], asset[order]
    taken = np.clip(wanted[owner] - running_start(owner, step, n), 0.0, step)
    result = np.zeros(len(step))
    result[order] = taken
    return result


def judge(piece: Piece, trade: Floats, sale: Floats, *, multipliers: Multipliers) -> Candidate:
    """Price a point and measure its worst violation of a limit, a side, a minimum or a count."""
    problem = piece.problem
    n = len(trade)
    sold = per_asset(problem.lot_asset, sale, n)
    buy = trade + sold
    dust = np.abs(buy) < 1e-15
    buy = np.where(dust, 0.0, buy)
    gap = trade + problem.held - problem.target
    factors = (problem.exposures * gap[:, None]).sum(axis=0)
    risk = problem.risk_aversion * ((factors**2).sum() + (problem.specific * gap**2).sum())
    cost = (problem.buy_cost * buy).sum() + (problem.sell_cost * sold).sum() + (piece.lot_slope * sale).sum()
    tickets = (piece.ticket * (trade != 0.0)).sum()
    return Candidate(
        trade=trade,
        sale=sale,
        objective=float(risk + cost + tickets + piece.constant),
        violation=_violation(piece, trade, sale, buy=buy, sold=sold),
        region=piece.region,
        multipliers=multipliers,
    )


def _violation(piece: Piece, trade: Floats, sale: Floats, *, buy: Floats, sold: Floats) -> float:
    problem = piece.problem
    charge = piece.buy_charge * buy + piece.sell_charge * sold
    paid = per_asset(piece.cost_row[piece.cost_row >= 0], charge[piece.cost_row >= 0], len(problem.row_lower))
    activity = (problem.rows * trade).sum(axis=1) + paid
    lots = (piece.lot_rows * sale).sum(axis=1)
    selling = per_asset(problem.lot_asset, np.where(piece.loss, sale, 0.0), len(trade))
    both = np.where(piece.exclusive, np.minimum(buy, sold), 0.0)
    small = np.where(
        trade > 0.0,
        piece.min_trade - trade,
        np.minimum(piece.min_trade + trade, problem.held + trade),
    )
    groups = [
        min(float(buy[piece.group == g].sum()), float(selling[piece.group == g].sum()))
        for g in np.unique(piece.group[piece.group >= 0])
    ]
    worst = [
        _most(problem.lower - trade),
        _most(trade - problem.upper),
        _most(problem.row_lower - activity),
        _most(activity - problem.row_upper),
        _most(piece.lot_row_lower - lots),
        _most(lots - piece.lot_row_upper),
        _most(-sale),
        _most(sale - problem.lot_size),
        _most(-buy),
        _most(both),
        _most(np.where(trade != 0.0, small, 0.0)),
        0.5 * float((buy + sold)[piece.counted].sum()) - piece.turnover,
        1.0 if int(((trade != 0.0) & piece.counted).sum()) > piece.max_trades else 0.0,
        max(groups, default=0.0),
        _most(_early(piece, sale)),
    ]
    return max(0.0, *worst)


def _early(piece: Piece, sale: Floats) -> Floats:
    """What each lot of an ordered asset sells before the lots ahead of it are gone."""
    lots = np.flatnonzero(piece.ordered[piece.problem.lot_asset])
    lots = lots[np.argsort(piece.problem.lot_asset[lots], kind="stable")]
    left = piece.problem.lot_size[lots] - sale[lots]
    asset = piece.problem.lot_asset[lots]
    return np.minimum(sale[lots], running_start(asset, left, len(piece.ordered)))


def _most(values: Floats) -> float:
    return float(values.max()) if len(values) else 0.0

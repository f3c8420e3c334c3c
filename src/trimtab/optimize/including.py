"""Including: a batch with each limit moved just so far that given trades keep it: its bound then holds for them too.

Whole shares are given room that the solved problem has not (docs/spec/rounding.md). A bound of the problem that
includes them bounds both what keeps every limit and what is published.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import LONG, SHORT, Floats, Ints

_NOISE = 1e-12
"""Of value: what floats cannot tell from none. A limit that is kept stays where it is: one at zero closes a side."""
_ROOM = 1e-9
"""Of value: what a moved limit is given beyond the trades, for a solver to find them inside."""


def including(batch: Batch, trade: Floats, sale: Floats) -> Batch:
    """The batch with limits, minimum trades, budgets and the sides of the year moved to let these trades in.

    On the year, the sides of that piece move which holds their gains. Tickets are not paid out of a row here, as
    the solve has it.
    """
    unit = _owner(batch.asset_offset)
    lot_unit = _owner(batch.lot_offset)
    sold = np.bincount(batch.asset_offset[lot_unit] + batch.lot_asset, sale, len(trade))
    bought = np.maximum(trade + sold, 0.0)
    traded = np.abs(trade) > _NOISE
    counted = batch.counted > 0.0
    moved = 0.5 * np.bincount(unit, counted * (bought + sold), len(batch)).astype(np.float64)
    count = np.bincount(unit, (counted & traded).astype(np.float64), len(batch))
    gains = np.asarray(np.bincount(lot_unit, batch.lot_gain * sale, len(batch)), np.float64)
    least = np.minimum(batch.min_trade, np.abs(trade) * (1.0 - _NOISE))
    return replace(
        batch,
        lower=_down(batch.lower, trade),
        upper=_up(batch.upper, trade),
        lot_size=_up(batch.lot_size, sale),
        min_trade=np.where(traded, least, batch.min_trade),
        gain_budget=_up(batch.gain_budget, gains),
        turnover=_up(batch.turnover, moved),
        max_trades=np.maximum(batch.max_trades, count),
        **_rows(batch, trade, batch.buy_charge * bought + batch.sell_charge * sold),
        **_lot_rows(batch, sale),
        piece_sides=_sides(batch, lot_unit, sale),
    )


def _up(limit: Floats, value: Floats) -> Floats:
    return np.where(value > limit + _NOISE, value + _ROOM, limit)


def _down(limit: Floats, value: Floats) -> Floats:
    return np.where(value < limit - _NOISE, value - _ROOM, limit)


def _rows(batch: Batch, trade: Floats, charged: Floats) -> dict[str, Any]:
    activity = np.zeros(len(batch.row_lower))
    start, _ = batch.cell_offsets()
    for u in range(len(batch)):
        rows = slice(batch.row_offset[u], batch.row_offset[u + 1])
        assets = slice(batch.asset_offset[u], batch.asset_offset[u + 1])
        table = batch.cells[start[u] : start[u + 1]].reshape(
            rows.stop - rows.start, assets.stop - assets.start
        )
        paying = batch.cost_row[assets] >= 0
        paid = np.bincount(batch.cost_row[assets][paying], charged[assets][paying], len(table))
        activity[rows] = (table * trade[assets]).sum(axis=1) + paid
    return {"row_lower": _down(batch.row_lower, activity), "row_upper": _up(batch.row_upper, activity)}


def _lot_rows(batch: Batch, sale: Floats) -> dict[str, Any]:
    activity = np.zeros(len(batch.lot_row_lower))
    _, start = batch.cell_offsets()
    for u in range(len(batch)):
        rows = slice(batch.lot_row_offset[u], batch.lot_row_offset[u + 1])
        lots = slice(batch.lot_offset[u], batch.lot_offset[u + 1])
        table = batch.lot_cells[start[u] : start[u + 1]].reshape(
            rows.stop - rows.start, lots.stop - lots.start
        )
        activity[rows] = (table * sale[lots]).sum(axis=1)
    return {
        "lot_row_lower": _down(batch.lot_row_lower, activity),
        "lot_row_upper": _up(batch.lot_row_upper, activity),
    }


def _sides(batch: Batch, lot_unit: Ints, sale: Floats) -> Floats:
    """The sides of every piece; those of the piece that holds these gains (its last side, the budget, apart) moved."""
    sides = batch.piece_sides.copy()
    gains = batch.lot_gain * sale
    short, long = (
        np.bincount(lot_unit, np.where(batch.lot_term == term, gains, 0.0), len(batch))
        for term in (SHORT, LONG)
    )
    for u in np.flatnonzero(np.diff(batch.piece_offset) > 0):
        pieces = np.arange(batch.piece_offset[u], batch.piece_offset[u + 1])
        reached = sides[pieces, :, 0] * short[u] + sides[pieces, :, 1] * long[u]
        beyond = np.where(np.isfinite(sides[pieces, :, 2]), reached - sides[pieces, :, 2], 0.0)
        own = int(np.lexsort((beyond[:, -1], beyond[:, :-1].max(axis=1, initial=0.0)))[0])
        sides[pieces[own], :, 2] = _up(sides[pieces[own], :, 2], reached[own])
    return sides


def _owner(offsets: Ints) -> Ints:
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))

"""What whole shares are asked of: the solved problem with room for one share where no whole share could fit, and with
the chosen piece of the tax year, its budget included, as limits on the lots sold.
"""

from dataclasses import replace

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints
from trimtab.optimize.shares import Holdings


def roundable(
    assembled: Assembled, answers: Answers, holdings: Holdings, *, edges: bool = False, pieces: bool = True
) -> Batch:
    """The batch that the rounding works on; its columns are the solved one's but for rows and lot rows.

    A class may end one share (the dearest among its lines) beyond where no cross-hedging would stop it, since its limit
    is as a rule zero wide. Gains stay on the piece of the year that each answer chose, priced at its rates. With
    `edges` the multipliers of its sides are added: lots then leave in the order in which the answer sold them, but a
    harvest up to an edge is worth nothing. Neither way is the better for every account. Without `pieces` gains may
    leave the piece: of its sides only the budget stays, which is then to be checked by the tax itself.
    """
    batch = assembled.batch
    room = np.where(_class_rows(assembled), _one_share(batch, holdings), 0.0)
    counts, cells, upper = _sides(batch, answers, holdings, pieces=pieces)
    return replace(
        batch,
        row_lower=batch.row_lower - room,
        row_upper=batch.row_upper + room,
        lot_row_offset=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        lot_cells=cells,
        lot_row_lower=np.full(len(upper), -np.inf),
        lot_row_upper=upper,
        piece_slope=_priced(batch, answers) if edges else batch.piece_slope,
    )


def differing(first: Batch, second: Batch) -> Bools:
    """Which accounts have other rates on some piece of their year in the second batch."""
    moved = (first.piece_slope != second.piece_slope).any(axis=1)
    counts = np.concatenate([[0], np.cumsum(moved)])
    return np.asarray(counts[first.piece_offset[1:]] > counts[first.piece_offset[:-1]])


def _class_rows(assembled: Assembled) -> Bools:
    return np.array([name.startswith("class:") for name in assembled.row_names], dtype=np.bool_)


def _one_share(batch: Batch, holdings: Holdings) -> Floats:
    """The weight of the dearest unit among the lines of each row."""
    weight = _unit_weights(batch, holdings)
    width = np.diff(batch.asset_offset)[_owner(batch.row_offset)]
    if len(width) == 0:
        return np.zeros(0)
    start = np.concatenate([[0], np.cumsum(width)[:-1]]).astype(np.int64)
    row = np.repeat(np.arange(len(width)), width)
    asset = batch.asset_offset[_owner(batch.row_offset)][row] + np.arange(len(row)) - start[row]
    return np.asarray(np.maximum.reduceat(weight[asset] * np.abs(batch.cells), start))


def _sides(
    batch: Batch, answers: Answers, holdings: Holdings, *, pieces: bool
) -> tuple[Ints, Floats, Floats]:
    """The sides of each account's chosen piece as rows over its lots: rows per account, cells, upper limits.

    On the piece the tax is a plane, so that rounding may price gains by it. A side may be passed by what half a unit
    of every lot sold amounts to: T has no jumps, and without room an answer on an edge would be torn apart to keep
    inside. The last side, the tax budget, has no room.
    """
    bounds, sides = _bounded(batch, answers)
    bounds[:, :-1] &= pieces
    account, side = np.nonzero(bounds)
    cells, row, lot = _side_cells(batch, bounds, sides)
    half = 0.5 * _unit_weights(batch, holdings)[batch.asset_offset[account][row] + batch.lot_asset[lot]]
    moved = np.where(answers.sale[lot] > 0.0, half * np.abs(cells), 0.0)
    room = np.bincount(row, weights=moved, minlength=len(account))
    budget = side == sides.shape[1] - 1
    scale = _largest(cells, row, len(account))
    upper = sides[account, side, 2] + np.where(budget, 0.0, room)
    return bounds.sum(axis=1), cells / scale[row], upper / scale


def _bounded(batch: Batch, answers: Answers) -> tuple[Bools, Floats]:
    """Which sides of each account's chosen piece bind its lots (accounts × sides), and the sides."""
    if len(batch.piece_constant) == 0:
        return np.zeros((len(batch), 0), np.bool_), np.zeros((len(batch), 0, 3))
    taxed = (np.diff(batch.piece_offset) > 0) & (answers.piece >= 0)
    sides = batch.piece_sides[np.where(taxed, batch.piece_offset[:-1] + answers.piece, 0)]
    return np.isfinite(sides[:, :, 2]) & taxed[:, None], sides


def _side_cells(batch: Batch, bounds: Bools, sides: Floats) -> tuple[Floats, Ints, Ints]:
    """Each bounding side as a row over its account's lots: cells, their rows and lots."""
    account, side = np.nonzero(bounds)
    lots = np.diff(batch.lot_offset)[account]
    row = np.repeat(np.arange(len(account)), lots)
    start = np.concatenate([[0], np.cumsum(lots)]).astype(np.int64)
    lot = batch.lot_offset[account][row] + np.arange(len(row)) - start[row]
    found = sides[account, side]
    short = np.where(batch.lot_term[lot] == SHORT, found[row, 0], 0.0)
    rate = short + np.where(batch.lot_term[lot] == LONG, found[row, 1], 0.0)
    return rate * batch.lot_gain[lot], row, lot


def side_prices(batch: Batch, answers: Answers) -> Floats:
    """What a unit of each lot row of `roundable` (without `edges`) is worth at the answers, in its order."""
    bounds, sides = _bounded(batch, answers)
    account, _ = np.nonzero(bounds)
    counts = bounds.sum(axis=1)
    within = np.arange(len(account)) - (np.cumsum(counts) - counts)[account]
    cells, row, _ = _side_cells(batch, bounds, sides)
    prices = answers.multipliers[account, _first_side(batch)[account] + within]
    return np.asarray(prices * _largest(cells, row, len(account)))


def _first_side(batch: Batch) -> Ints:
    """Where the multipliers of the year's sides begin, per account: after factors, rows and the other extra rows."""
    others = np.isfinite(np.stack([batch.gain_budget, batch.turnover, batch.max_trades])).sum(axis=0)
    first: Ints = (
        batch.exposures.shape[1] + np.diff(batch.row_offset) + np.diff(batch.lot_row_offset) + others
    )
    return first


def _priced(batch: Batch, answers: Answers) -> Floats:
    """Slopes of the pieces, those that answers chose with the multipliers of their sides added."""
    slope = batch.piece_slope.copy()
    first = _first_side(batch)
    for u in np.flatnonzero((np.diff(batch.piece_offset) > 0) & (answers.piece >= 0)):
        piece = batch.piece_offset[u] + answers.piece[u]
        bounded = np.flatnonzero(np.isfinite(batch.piece_sides[piece, :, 2]))
        prices = answers.multipliers[u, first[u] : first[u] + len(bounded)]
        for side, price in zip(bounded, prices, strict=False):
            slope[piece] += price * batch.piece_sides[piece, side, :2]
    return slope


def _unit_weights(batch: Batch, holdings: Holdings) -> Floats:
    """The share of value of the least that may be traded, per asset."""
    account = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    weights: Floats = holdings.unit * (holdings.price * 1e-18) / holdings.value[account]
    return weights


def _largest(cells: Floats, row: Ints, count: int) -> Floats:
    """The largest cell of each row (1 where all are 0), by which rows are scaled: rounding weighs a broken limit by
    its size, whatever unit the row is in.
    """
    largest = np.zeros(count)
    np.maximum.at(largest, row, np.abs(cells))
    return np.where(largest > 0.0, largest, 1.0)


def _owner(offsets: Ints) -> Ints:
    """The account of each entry."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))

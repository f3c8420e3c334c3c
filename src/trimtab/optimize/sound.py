"""Sound: whether every number that a unit is made of is one, before anything is computed from it."""

import numpy as np

from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Bools, Floats, Ints

_ASSET = (
    "target",
    "held",
    "buy_cost",
    "sell_cost",
    "buy_charge",
    "sell_charge",
    "min_trade",
    "ticket",
    "counted",
)
_LOT = ("lot_size", "lot_gain", "lot_slope")
_UNIT = ("gain_budget", "turnover", "max_trades")


def sound(batch: Batch) -> Bools:
    """Which units hold no number that is not one: limits and budgets may be infinite, all else is finite."""
    finite, known = np.isfinite, _known
    asset = _all([finite(getattr(batch, name)) for name in _ASSET] + [known(batch.lower), known(batch.upper)])
    rows = finite(batch.exposures).all(axis=1) & finite(batch.specific)
    if len(rows):
        asset &= rows[np.maximum(batch.security, 0)] | (batch.security < 0)
    lot = _all([finite(getattr(batch, name)) for name in _LOT])
    cell, lot_cell = batch.cell_offsets()
    piece = finite(batch.piece_slope).all(axis=1) & finite(batch.piece_constant)
    if len(piece):
        piece &= known(batch.piece_sides).all(axis=(1, 2))
    good = _all([known(getattr(batch, name)) for name in _UNIT] + [finite(batch.risk_aversion)])
    for marks, offset in (
        (asset, batch.asset_offset),
        (lot, batch.lot_offset),
        (known(batch.row_lower) & known(batch.row_upper), batch.row_offset),
        (finite(batch.cells), cell),
        (known(batch.lot_row_lower) & known(batch.lot_row_upper), batch.lot_row_offset),
        (finite(batch.lot_cells), lot_cell),
        (piece, batch.piece_offset),
    ):
        good &= _none(~marks, offset)
    return good


def _known(values: Floats) -> Bools:
    return ~np.isnan(values)


def _all(marks: list[Bools]) -> Bools:
    return np.asarray(np.logical_and.reduce(marks))


def _none(marked: Bools, offsets: Ints) -> Bools:
    """Whether no entry of each unit is marked."""
    if not marked.any():
        return np.ones(len(offsets) - 1, np.bool_)
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[offsets[1:]] == counts[offsets[:-1]])

"""Minimum trades: solved without them first, since few answers fall below one; only those are solved again.

Those are searched with their minimum trades by the engine's tree, of a few nodes. Where that proves nothing, trades
below half their minimum are dropped, the others raised to it, and the rest is solved again, a bounded number of rounds;
the better of both answers and the better of all bounds stand: minimum trades are part of the bound as far as proven.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.problem import Bools, Floats, Ints, Status
from trimtab.optimize.solve import GAP, solve_batch

ROUNDS = 8
NODES = 30
_DUST = 1e-9


def solve_with_minimum(batch: Batch, *, threads: int = 1, nodes: int = NODES) -> Answers:
    """Solve every unit of a batch, minimum trades included, `nodes` at most for each tree that they ask for.

    Independent of order, batch and threads.
    """
    # A minimum that is not a number stays none: the unit is invalid.
    found = solve_batch(replace(batch, min_trade=0.0 * batch.min_trade), threads=threads)
    short = np.flatnonzero(_any(_small(batch, found.trade), batch.asset_offset) & _answered(found.status))
    if len(short) == 0:
        return found
    part = take(batch, short)
    searched = solve_batch(part, threads=threads, nodes=nodes)
    searched.lower_bound[:] = np.maximum(searched.lower_bound, found.lower_bound[short])
    left = np.flatnonzero((searched.status != Status.SOLVED) & (searched.status != Status.INFEASIBLE))
    if len(left):
        _take_raised(part, searched, left, threads=threads)
    put((batch, found), short, (part, searched), np.arange(len(short)))
    return found


def _take_raised(part: Batch, searched: Answers, left: Ints, *, threads: int) -> None:
    """Raise the small trades of the units that the tree left open, and keep what betters their answers."""
    rest = take(part, left)
    raised = _raise(rest, threads=threads)
    better = _answered(raised.status) & (raised.objective < searched.objective[left])
    bound = searched.lower_bound.copy()
    put((part, searched), left[better], (rest, raised), np.flatnonzero(better))
    searched.lower_bound[:] = bound
    searched.status[:] = np.where(searched.status == Status.INFEASIBLE, searched.status, _statuses(searched))


def _statuses(answers: Answers) -> Ints:
    """SOLVED where the gap is proven, SOLVED_INACCURATE where there is an answer, else as it was."""
    proven = answers.objective <= answers.lower_bound + GAP
    good = np.where(proven, Status.SOLVED, Status.SOLVED_INACCURATE)
    return np.where(_answered(answers.status), good, answers.status)


def _answered(status: Ints) -> Bools:
    return np.asarray((status == Status.SOLVED) | (status == Status.SOLVED_INACCURATE))


def _small(batch: Batch, trade: Floats) -> Bools:
    """Trades below their minimum that do not sell the whole position."""
    size = np.abs(trade)
    whole = np.abs(trade + batch.held) <= _DUST
    return np.asarray((size > _DUST) & (size < batch.min_trade - _DUST) & ~whole)


def _raise(batch: Batch, *, threads: int) -> Answers:
    """Drop trades below half their minimum, raise the others to it, and solve again, a bounded number of rounds."""
    free = replace(batch, min_trade=np.zeros_like(batch.min_trade))
    lower, upper = batch.lower.copy(), batch.upper.copy()
    for _ in range(ROUNDS):
        found = solve_batch(replace(free, lower=lower, upper=upper), threads=threads)
        small = _small(batch, found.trade) & np.repeat(_answered(found.status), np.diff(batch.asset_offset))
        if not small.any():
            break
        least = batch.min_trade
        buys = small & (found.trade >= least / 2) & (batch.upper >= least)
        sells = small & (found.trade <= -least / 2) & (batch.lower <= -least)
        none = small & ~buys & ~sells
        lower = np.where(
            buys, least, np.where(none, np.minimum(np.maximum(batch.lower, 0.0), batch.upper), lower)
        )
        upper = np.where(
            sells, -least, np.where(none, np.maximum(np.minimum(batch.upper, 0.0), batch.lower), upper)
        )
    unmet = _any(_small(batch, found.trade), batch.asset_offset)
    return replace(found, status=np.where(unmet, Status.MAX_ITERATIONS, found.status))


def _any(marked: Bools, offsets: Ints) -> Bools:
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[offsets[1:]] > counts[offsets[:-1]])


def put(into: tuple[Batch, Answers], places: Ints, source: tuple[Batch, Answers], units: Ints) -> None:
    """Write the answers of some units of a batch over those of the same accounts at other places of another."""
    (batch, answers), (part, taken) = into, source
    answers.trade[spread(batch.asset_offset, places)] = taken.trade[spread(part.asset_offset, units)]
    answers.sale[spread(batch.lot_offset, places)] = taken.sale[spread(part.lot_offset, units)]
    answers.conflict[spread(batch.row_offset, places)] = taken.conflict[spread(part.row_offset, units)]
    for name in ("status", "objective", "lower_bound", "iterations", "nodes", "piece"):
        getattr(answers, name)[places] = getattr(taken, name)[units]
    width = min(answers.multipliers.shape[1], taken.multipliers.shape[1])
    answers.multipliers[places, :width] = taken.multipliers[units, :width]


def take(batch: Batch, units: Ints) -> Batch:
    """Some units of a batch as a batch of their own; the exposures stay shared."""
    offsets = {
        "asset": batch.asset_offset,
        "lot": batch.lot_offset,
        "row": batch.row_offset,
        "lot_row": batch.lot_row_offset,
        "piece": batch.piece_offset,
    }
    rows, lot_rows = np.diff(batch.row_offset), np.diff(batch.lot_row_offset)
    cells = _from(rows * np.diff(batch.asset_offset))
    lot_cells = _from(lot_rows * np.diff(batch.lot_offset))
    at = {name: spread(offset, units) for name, offset in offsets.items()}
    at |= {"unit": units, "cells": spread(cells, units), "lot_cells": spread(lot_cells, units)}
    shared = {"exposures", "specific"}
    taken: dict[str, Any] = {
        f"{name}_offset": _from(np.diff(offset)[units]) for name, offset in offsets.items()
    }
    for column in fields(batch):
        if column.name not in taken and column.name not in shared:
            taken[column.name] = getattr(batch, column.name)[at[_FAMILY.get(column.name, "asset")]]
    return replace(batch, **taken)


_FAMILY = {
    **dict.fromkeys(("risk_aversion", "gain_budget", "turnover", "max_trades"), "unit"),
    **dict.fromkeys(("lot_asset", "lot_term", "lot_size", "lot_gain", "lot_slope"), "lot"),
    **dict.fromkeys(("row_lower", "row_upper"), "row"),
    **dict.fromkeys(("lot_row_lower", "lot_row_upper"), "lot_row"),
    **dict.fromkeys(("piece_slope", "piece_constant", "piece_sides"), "piece"),
    "cells": "cells",
    "lot_cells": "lot_cells",
}
"""Which offsets a column of `Batch` follows; the assets', where it does not say."""


def spread(offsets: Ints, units: Ints) -> Ints:
    """The entries of some units, one unit after the other."""
    counts = np.diff(offsets)[units]
    start = _from(counts)
    return np.repeat(offsets[units] - start[:-1], counts) + np.arange(start[-1])


def _from(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

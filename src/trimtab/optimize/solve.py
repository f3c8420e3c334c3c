"""Solve: a batch of units, or one problem, by the kernels."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.kernels import layout as at
from trimtab.optimize.problem import Floats, Ints, Problem, Solution

GAP = 1e-7  # what counts as solved: a thousandth of a basis point of the unit's value
NODES = 200  # at most, in the tree of one unit (of one piece of its year)
CHUNK = 32  # units a thread takes at a time; no result depends on it
DEPTH = 256


def solve_batch(batch: Batch, *, threads: int = 1, gap: float = GAP, nodes: int = NODES) -> Answers:
    """Solve every unit. Results are the same bits for any order, size of batch and number of threads."""
    run = Run(batch, gap=gap, nodes=nodes)
    left = iter(
        range(0, len(batch), CHUNK)
    )  # threads draw from one iterator: a slow unit holds up nobody else

    def draw(starts: Iterator[int]) -> None:
        workspace = run.workspace()
        for first in starts:
            run.units(first, min(first + CHUNK, len(batch)), workspace)

    if threads <= 1 or len(batch) <= CHUNK:
        draw(left)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(draw, left) for _ in range(threads)]:
                done.result()
    return run.answers()


def solve(problem: Problem, *, gap: float = GAP, nodes: int = NODES) -> Solution:
    """Solve one problem: a batch of one."""
    batch = Batch.of([problem])
    return solve_batch(batch, gap=gap, nodes=nodes).solution(batch, 0)


def warm_up(progress: Callable[[str], None] | None = None) -> None:
    """Compile the kernels, or load them from the cache; `progress` hears what is done, before it is begun."""
    from trimtab.optimize.kernels import unit

    if progress is not None and not unit.solve_units.stats.cache_hits:
        progress("compiling the engine (once, under a minute)")
    one = np.ones(1)
    solve(
        Problem(
            one, one, np.ones((1, 1)), one, 1.0, one, one, -one, one, [0], one, one, one, [one], [-1.0], one
        )
    )


class Run:
    """A batch laid out for the kernels, and its results; units may be run in any order, by any thread."""

    def __init__(self, batch: Batch, *, gap: float = GAP, nodes: int = NODES) -> None:
        from trimtab.optimize.kernels.unit import solve_units

        count = len(batch)
        self._solve = solve_units
        self._sizes = _largest(batch)
        self._columns = _pack(batch)
        self._options = np.array([gap, float(nodes)])
        self._floats = np.zeros((count, 2))
        self._ints = np.zeros((count, 4), np.int64)
        self._trade = np.zeros(len(batch.target))
        self._sale = np.zeros(len(batch.lot_size))
        self._multipliers = np.zeros((count, self._sizes.multipliers))
        self._conflict = np.zeros(len(batch.row_lower), np.bool_)

    def workspace(self) -> tuple[NDArray[Any], ...]:
        """What one thread needs to solve any unit of the batch."""
        return _workspace(self._sizes)

    def units(self, first: int, last: int, workspace: tuple[NDArray[Any], ...]) -> None:
        """Solve units first…last−1."""
        results = (self._trade, self._sale, self._floats, self._ints, self._multipliers, self._conflict)
        self._solve(first, last, *self._columns, self._options, workspace, results)

    def answers(self) -> Answers:
        """What was found so far."""
        ints, floats = self._ints.T.copy(), self._floats.T.copy()
        return Answers(
            trade=self._trade,
            sale=self._sale,
            status=ints[0],
            objective=floats[0],
            lower_bound=floats[1],
            iterations=ints[1],
            nodes=ints[2],
            piece=ints[3],
            multipliers=self._multipliers,
            conflict=self._conflict,
        )


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The largest unit of a batch: what a workspace must hold."""

    assets: int
    lots: int
    multipliers: int
    extra: int
    groups: int


def _largest(batch: Batch) -> _Sizes:
    def most(offset: Ints) -> int:
        return int(np.diff(offset).max(initial=0))

    optional = [batch.gain_budget, batch.turnover, batch.max_trades]
    extra = most(batch.lot_row_offset) + sum(bool(np.isfinite(x).any()) for x in optional)
    extra += batch.piece_sides.shape[1] if len(batch.piece_sides) else 0
    size = batch.exposures.shape[1] + most(batch.row_offset) + extra
    groups = int(batch.group.max(initial=-1)) + 1
    return _Sizes(most(batch.asset_offset), most(batch.lot_offset), size, extra, groups)


def _workspace(z: _Sizes) -> tuple[NDArray[Any], ...]:
    n, size, lots = z.assets + 1, z.multipliers + 1, z.lots + 1
    return (
        np.zeros(at.D_SIZE, np.int64),
        np.zeros(at.S_SIZE),
        np.zeros((at.F_EXTRA + 4 * z.extra, n)),
        np.zeros((at.I_SIZE, n + 1), np.int64),
        np.zeros((at.L_EXTRA + 2 * z.extra, lots)),
        np.zeros((at.V_SIZE, size)),
        np.zeros((n, size)),
        np.zeros((size, n)),
        np.zeros((size, size)),
        np.zeros((size, size)),
        np.zeros((size, size)),
        np.zeros((64, max(size, 64))),
        np.zeros((4, z.groups + 1)),
        np.zeros((DEPTH, 2)),
        np.zeros((DEPTH, n), np.int8),
        np.zeros((DEPTH, z.groups + 1)),
        np.zeros((DEPTH, n)),
        np.zeros((DEPTH, size)),
        np.zeros(lots, np.int64),
    )


def _pack(b: Batch) -> tuple[Any, ...]:
    """The columns as the kernels take them: stacked by kind, contiguous, of one type each."""
    cell, lot_cell = b.cell_offsets()
    offsets = np.stack(
        [b.asset_offset, b.lot_offset, b.row_offset, cell, b.lot_row_offset, lot_cell, b.piece_offset], axis=1
    )
    unit_f = np.stack([b.risk_aversion, b.gain_budget, b.turnover, b.max_trades])
    asset_f = np.stack([
        b.target, b.held, b.buy_cost, b.sell_cost, b.lower, b.upper, b.buy_charge, b.sell_charge, b.min_trade, b.ticket
    ])  # fmt: skip
    columns = (
        _f(asset_f),
        _i(np.stack([b.security, b.cost_row, b.group, b.exclusive])),
        _f(np.stack([b.lot_size, b.lot_gain, b.lot_slope])),
        _i(np.stack([b.lot_asset, b.lot_term])),
        _f(b.exposures),
        _f(b.specific),
        _f(np.stack([b.row_lower, b.row_upper])),
        _f(b.cells),
        _f(np.stack([b.lot_row_lower, b.lot_row_upper])),
        _f(b.lot_cells),
        _f(np.concatenate([b.piece_slope.T, b.piece_constant[None]])),
    )
    sides = _f(b.piece_sides) if len(b.piece_sides) else np.zeros((1, 0, 3))
    return _i(offsets), _f(unit_f), columns, sides


def _f(values: Floats) -> Floats:
    return np.ascontiguousarray(values, np.float64)


def _i(values: Ints) -> Ints:
    return np.ascontiguousarray(values, np.int64)

"""Solve: a batch of units, or one problem, by the kernels."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.kernels import layout as at
from trimtab.optimize.problem import Floats, Ints, Problem, Solution
from trimtab.optimize.sound import sound

GAP = 1e-7  # what counts as solved: a thousandth of a basis point of the unit's value
NODES = 200  # at most, in the tree of one unit (of one piece of its year)
CHUNK = 32  # units a thread takes at a time; no result depends on it
WORK = 300_000  # evaluations of one asset, for each node allowed, that a unit may spend: bounded by no clock
DEPTH = 256
KNOBS = (1e-3, 0.2)


def solve_batch(batch: Batch, *, threads: int = 1, gap: float = GAP, nodes: int = NODES) -> Answers:
    """Solve every unit; INVALID where a number is not one. Results are the same bits for any order, size of batch and
    number of threads.
    """
    batch = _marked(batch)
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


def _marked(batch: Batch) -> Batch:
    """The batch with what is unsound in a unit told where the kernels look first: they pass such a unit by."""
    good = sound(batch)
    if good.all():
        return batch
    target = batch.target.copy()
    target[np.repeat(~good, np.diff(batch.asset_offset))] = np.nan
    return replace(batch, target=target)


class Run:
    """A batch laid out for the kernels, and its results; units may be run in any order, by any thread."""

    def __init__(self, batch: Batch, *, gap: float = GAP, nodes: int = NODES) -> None:
        from trimtab.optimize.kernels.unit import solve_units

        count = len(batch)
        self._solve = solve_units
        self._sizes = _largest(batch)
        self._columns = _pack(batch)
        self._options = np.array([gap, float(nodes), *KNOBS, float(WORK * max(nodes, NODES))])
        self._results = at.Results(
            trade=np.zeros(len(batch.target)),
            sale=np.zeros(len(batch.lot_size)),
            floats=np.zeros((count, 2)),
            ints=np.zeros((count, 4), np.int64),
            multipliers=np.zeros((count, self._sizes.multipliers)),
            conflict=np.zeros(len(batch.row_lower), np.bool_),
        )

    def workspace(self) -> at.Workspace:
        """What one thread needs to solve any unit of the batch."""
        return _workspace(self._sizes)

    def units(self, first: int, last: int, workspace: at.Workspace) -> None:
        """Solve units first…last−1."""
        self._solve(first, last, self._columns, self._options, workspace, self._results)

    def answers(self) -> Answers:
        """What was found so far."""
        found = self._results
        ints, floats = found.ints.T.copy(), found.floats.T.copy()
        return Answers(
            trade=found.trade,
            sale=found.sale,
            status=ints[at.STATUS],
            objective=floats[at.OBJECTIVE],
            lower_bound=floats[at.BOUND],
            iterations=ints[at.NEWTON_STEPS],
            nodes=ints[at.TREE_NODES],
            piece=ints[at.PIECE],
            multipliers=found.multipliers,
            conflict=found.conflict,
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


def _workspace(z: _Sizes) -> at.Workspace:
    n, size, lots = z.assets + 1, z.multipliers + 1, z.lots + 1
    return at.Workspace(
        D=np.zeros(at.D_SIZE, np.int64),
        S=np.zeros(at.S_SIZE),
        F=np.zeros((at.F_EXTRA + 4 * z.extra, n)),
        I=np.zeros((at.I_SIZE, n + 1), np.int64),
        L=np.zeros((at.L_EXTRA + 2 * z.extra, lots)),
        V=np.zeros((at.V_SIZE, size)),
        M=np.zeros((n, size)),
        MT=np.zeros((size, n)),
        H=np.zeros((size, size)),
        A=np.zeros((size, size)),
        C=np.zeros((size, size)),
        W=np.zeros((64, max(size, 64))),
        G=np.zeros((4, z.groups + 1)),
        TB=np.zeros((DEPTH, 2)),
        TM=np.zeros((DEPTH, n), np.int8),
        TG=np.zeros((DEPTH, z.groups + 1)),
        TX=np.zeros((DEPTH, n)),
        TU=np.zeros((DEPTH, size)),
        TW=np.zeros((DEPTH, 2, n), np.int64),
        order=np.zeros(lots, np.int64),
    )


def _pack(b: Batch) -> at.Columns:
    """The columns as the kernels take them: stacked by kind, contiguous, of one type each."""
    cell, lot_cell = b.cell_offsets()
    offsets = (b.asset_offset, b.lot_offset, b.row_offset, cell, b.lot_row_offset, lot_cell, b.piece_offset)
    assets = (b.target, b.held, b.buy_cost, b.sell_cost, b.lower, b.upper, b.buy_charge, b.sell_charge)
    return at.Columns(
        offsets=_i(np.stack(offsets, axis=1)),
        unit_f=_f(np.stack([b.risk_aversion, b.gain_budget, b.turnover, b.max_trades])),
        asset_f=_f(np.stack([*assets, b.min_trade, b.ticket, b.counted])),
        asset_i=_i(np.stack([b.security, b.cost_row, b.group, b.exclusive, b.ordered])),
        lot_f=_f(np.stack([b.lot_size, b.lot_gain, b.lot_slope])),
        lot_i=_i(np.stack([b.lot_asset, b.lot_term])),
        exposures=_f(b.exposures),
        specific=_f(b.specific),
        row_f=_f(np.stack([b.row_lower, b.row_upper])),
        cells=_f(b.cells),
        lot_row_f=_f(np.stack([b.lot_row_lower, b.lot_row_upper])),
        lot_cells=_f(b.lot_cells),
        piece_f=_f(np.concatenate([b.piece_slope.T, b.piece_constant[None]])),
        sides=_f(b.piece_sides),
    )


def _f(values: Floats) -> Floats:
    return np.ascontiguousarray(values, np.float64)


def _i(values: Ints) -> Ints:
    return np.ascontiguousarray(values, np.int64)

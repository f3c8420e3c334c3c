"""What collides when no trade meets every limit, what giving way would take, and the problem that remains safe.

A linear program with a slack on every limit (HiGHS, one thread; never its quadratic solver). Buying and selling
at once is allowed in it, so that what it refutes is refuted; an account it finds feasible may still be blocked by a
wash sale or a minimum trade, which are no limits one could name a price for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np

from trimtab.optimize.linear import Piece, pieces
from trimtab.optimize.problem import Floats, Ints, Problem

NOISE = 1e-9  # of value: less than this is no shortfall
_WIDE = 10.0  # as many times the value as anyone could buy
_ROOM = 1e-9


class Yields(IntEnum):
    """What yields to what (book.md): the higher gives way first; PHYSICAL never."""

    PHYSICAL = 0
    FREEZE = 1
    CASH_DUE = 2
    SCREEN = 3
    BUDGET = 4
    CASH_BAND = 5
    CLASS = 6


@dataclass(frozen=True, slots=True)
class Limit:
    """One side (−1 lower, +1 upper) of one limit of a problem, its name for people, and when it gives way.

    `kind` is asset (index of the asset), row, lot_row (index in the problem's lot rows), gain_budget or turnover.
    """

    kind: str
    index: int
    side: int
    name: str
    yields: Yields


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A limit that collides. Amounts are fractions of value.

    `shortfall` is how far the safe part misses it (0: it holds there); `alone` how far it would have to give if it
    were the only one to (NaN: not enough alone); `cost` what trading then costs at least in tax on gains, spread and
    preferences, losses not counted (NaN likewise).
    """

    limit: Limit
    shortfall: float
    alone: float
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class Conflict:
    """Why a problem has no answer. `feasible`: its limits do not collide after all.

    `colliding` is a smallest set: without any one of them the others can be met. `safe` is the problem with limits
    widened just as far as the order of giving way needs (None where not even the physical ones can be met).
    """

    feasible: bool
    colliding: tuple[Relaxation, ...]
    safe: Problem | None


def explain_conflict(problem: Problem, limits: Sequence[Limit]) -> Conflict:
    """Which of the limits collide, at what price each could give way, and what is left to solve.

    Sides that no `Limit` names are physical: they never give way.
    """
    program = _Program(pieces(problem)[0], limits)
    everything = range(len(limits))
    total = program.least(everything, free=everything)
    if total is None:
        return Conflict(feasible=False, colliding=(), safe=None)
    if total <= NOISE:
        return Conflict(feasible=True, colliding=(), safe=problem)
    minimal = _minimal(program, len(limits))
    slack = _by_rank(program, limits)
    colliding = [_relaxation(program, limits, at, shortfall=float(slack[at])) for at in minimal]
    given = [at for at in np.flatnonzero(slack > NOISE).tolist() if at not in minimal]
    colliding += [_relaxation(program, limits, at, shortfall=float(slack[at])) for at in given]
    return Conflict(feasible=False, colliding=tuple(colliding), safe=_widened(problem, limits, slack))


def _minimal(program: "_Program", count: int) -> list[int]:
    """Deletion filter over what presses in the elastic program: drop each limit the conflict survives without."""
    program.least(range(count), free=range(count))
    kept = program.pressing()
    for at in list(kept):
        others = [other for other in kept if other != at]
        left = program.least(others, free=range(count))
        if left is not None and left > NOISE:
            kept = others
    return kept


def _by_rank(program: "_Program", limits: Sequence[Limit]) -> Floats:
    """The least slack of each rank in turn, the dearest first, each fixed before the next may give way."""
    slack = np.full(len(limits), np.inf)
    for rank in sorted({limit.yields for limit in limits}):
        own = [at for at, limit in enumerate(limits) if limit.yields is rank]
        if rank is Yields.PHYSICAL:
            slack[own] = 0.0
            continue
        found = program.least(own, free=range(len(limits)), caps=slack)
        assert found is not None, "a rank that may give way cannot be infeasible"
        slack[own] = np.maximum(program.slack()[own], 0.0)
        slack[own] = np.where(slack[own] <= NOISE, 0.0, slack[own] + _ROOM)
    return slack


def _relaxation(program: "_Program", limits: Sequence[Limit], at: int, *, shortfall: float) -> Relaxation:
    alone = cost = float("nan")
    if limits[at].yields is not Yields.PHYSICAL:
        found = program.least([at], free=[at])
        if found is not None:
            alone = found
            caps = np.zeros(len(limits))
            caps[at] = found + _ROOM
            spent = program.cheapest(caps)
            cost = float("nan") if spent is None else spent
    return Relaxation(limits[at], shortfall, alone, cost)


def _widened(problem: Problem, limits: Sequence[Limit], slack: Floats) -> Problem:
    """The problem with every limit moved out by its slack."""
    lower, upper = problem.lower.copy(), problem.upper.copy()
    row_lower, row_upper = problem.row_lower.copy(), problem.row_upper.copy()
    changes: dict[str, Any] = {"lower": lower, "upper": upper, "row_lower": row_lower, "row_upper": row_upper}
    if problem.lot_rows is not None:
        assert problem.lot_row_lower is not None
        assert problem.lot_row_upper is not None
        changes["lot_row_lower"] = problem.lot_row_lower.copy()
        changes["lot_row_upper"] = problem.lot_row_upper.copy()
    for limit, by in zip(limits, slack, strict=True):
        if by <= 0.0:
            continue
        if limit.kind in ("gain_budget", "turnover"):
            given = getattr(problem, limit.kind)
            assert given is not None
            changes[limit.kind] = given + by
            continue
        prefix = {"asset": "", "row": "row_", "lot_row": "lot_row_"}[limit.kind]
        changes[prefix + ("upper" if limit.side > 0 else "lower")][limit.index] += limit.side * by
    sellable = np.bincount(problem.lot_asset, problem.lot_size, len(lower))
    changes["lower"] = np.maximum(lower, np.minimum(-sellable, upper))
    return replace(problem, **changes)


class _Program:
    """The elastic program, built once; only costs and bounds of its slacks change between solves."""

    def __init__(self, piece: Piece, limits: Sequence[Limit]) -> None:
        import highspy
        from scipy import sparse

        problem = piece.problem
        n, lots, m = len(problem.target), len(problem.lot_size), len(problem.row_lower)
        extra = len(piece.lot_row_lower) if problem.year is None else _asked(problem)
        self.count, self.first = len(limits), n + lots
        start = {"asset": 0, "row": n, "gain_budget": n + m, "turnover": n + m + extra}
        start["lot_row"] = n + m + (problem.gain_budget is not None)
        self.row_of = np.array([start[limit.kind] + limit.index for limit in limits], np.int64)
        self.sides = np.array([limit.side for limit in limits], np.int64)
        slacks = sparse.csc_matrix(
            (-self.sides.astype(np.float64), (self.row_of, np.arange(self.count))),
            (n + m + extra + 1, self.count),
        )
        matrix = sparse.hstack([_matrix(piece, extra), slacks]).tocsc()
        slope = np.maximum(piece.lot_slope, 0.0) + problem.sell_cost[problem.lot_asset]
        self.costs = np.concatenate([problem.buy_cost, slope, np.zeros(self.count)])
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
        model.col_cost_ = np.zeros(matrix.shape[1])
        model.col_lower_ = np.zeros(matrix.shape[1])
        model.col_upper_ = np.concatenate([np.full(n, _WIDE), problem.lot_size, np.full(self.count, np.inf)])
        model.row_lower_ = np.concatenate(
            [problem.lower, problem.row_lower, piece.lot_row_lower[:extra], [-np.inf]]
        )
        model.row_upper_ = np.concatenate(
            [problem.upper, problem.row_upper, piece.lot_row_upper[:extra], [piece.turnover]]
        )
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        self.solver = highspy._Highs()  # type: ignore[attr-defined] # its public child prints a banner before it can be silenced
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("primal_feasibility_tolerance", 1e-10),
        ):
            self.solver.setOptionValue(option, value)
        self.solver.passModel(model)

    def least(
        self, wanted: Iterable[int], *, free: Iterable[int], caps: Floats | None = None
    ) -> float | None:
        """The least sum of the wanted slacks, those outside `free` held at zero; None where that cannot be."""
        costs = np.zeros(self.first + self.count)
        costs[[self.first + at for at in wanted]] = 1.0
        most = np.zeros(self.count)
        most[list(free)] = np.inf
        return self._run(costs, most if caps is None else np.minimum(most, caps))

    def cheapest(self, caps: Floats) -> float | None:
        """The least tax, trading cost and preference of any trades that need no more slack than `caps`."""
        return self._run(self.costs, caps)

    def slack(self) -> Floats:
        """The slacks of the last solve."""
        return np.array(self.solver.getSolution().col_value)[self.first :]

    def pressing(self) -> list[int]:
        """Limits whose side presses in the last solve, by the sign of their row's dual."""
        dual = np.array(self.solver.getSolution().row_dual)[self.row_of]
        return [int(at) for at in np.flatnonzero(-dual * self.sides > 1e-9)]

    def _run(self, costs: Floats, most: Floats) -> float | None:
        from highspy import HighsModelStatus as Model
        from highspy import _Highs  # type: ignore[attr-defined]

        decided = (
            Model.kOptimal,
            Model.kInfeasible,
            Model.kUnboundedOrInfeasible,
        )  # nothing is unbounded here
        columns: Ints = np.arange(self.first + self.count)
        self.solver.changeColsCost(len(columns), columns.astype(np.int32), costs)
        slacks = columns[self.first :].astype(np.int32)
        self.solver.changeColsBounds(len(slacks), slacks, np.zeros(self.count), most)
        self.solver.run()
        if self.solver.getModelStatus() not in decided:
            # other code of this process has run HiGHS with another number of threads: it then refuses ours, and a
            # refusal taken for an answer would block every account whose limits collide
            _Highs.resetGlobalScheduler(True)
            self.solver.clearSolver()
            self.solver.run()
        status = self.solver.getModelStatus()
        assert status in decided, f"HiGHS left a program of {self.first} columns without an answer: {status}"
        if status != Model.kOptimal:
            return None
        return float(self.solver.getInfo().objective_function_value)


def _asked(problem: Problem) -> int:
    """How many lot rows somebody asked for: the gain budget and the problem's own, not the year's sides."""
    return int(problem.gain_budget is not None) + (0 if problem.lot_rows is None else len(problem.lot_rows))


def _matrix(piece: Piece, extra: int) -> Any:
    """Rows over (buy, sale): net trades, the problem's rows with their costs, lot rows, turnover."""
    from scipy import sparse

    problem = piece.problem
    n, lots, m = len(problem.target), len(problem.lot_size), len(problem.row_lower)
    sold = sparse.csr_matrix((np.ones(lots), (problem.lot_asset, np.arange(lots))), (n, lots))
    paying = np.flatnonzero(piece.cost_row >= 0)
    where = (piece.cost_row[paying], paying)
    on_buy = sparse.csr_matrix((piece.buy_charge[paying], where), (m, n))
    on_sell = sparse.csr_matrix((piece.sell_charge[paying], where), (m, n))
    rows = sparse.csr_matrix(problem.rows.reshape(m, n))
    blocks = [
        sparse.hstack([sparse.eye(n), -sold]),
        sparse.hstack([rows + on_buy, (on_sell - rows) @ sold]),
        sparse.hstack([sparse.csr_matrix((extra, n)), sparse.csr_matrix(piece.lot_rows[:extra])]),
        sparse.csr_matrix(0.5 * np.concatenate([piece.counted, piece.counted[problem.lot_asset]])[None, :]),
    ]
    return sparse.vstack(blocks)

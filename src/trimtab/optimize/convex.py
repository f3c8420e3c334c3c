"""One convex node through PIQP: the fallback's only solver, and the oracle of the engine's tests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import piqp
from scipy import sparse

from trimtab.optimize.linear import Node, Piece, per_asset
from trimtab.optimize.problem import Bools, Floats

_FIXED = 1e-13  # a range narrower than this is a number, not a variable
_HUGE = 1e30
Matrix = Any  # a scipy sparse matrix, which comes without types


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Prices of the factors (y = s·Gᵀ(x+e)), rows, lot rows and turnover; positive where the upper side presses."""

    factors: Floats
    rows: Floats
    lot_rows: Floats
    turnover: float


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What PIQP found in a node: amounts bought per asset and sold per lot, its multipliers, its iterations.

    `feasible` is False where it claims infeasibility, `converged` False where it ran out of iterations.
    """

    buy: Floats
    sale: Floats
    multipliers: Multipliers
    iterations: int
    feasible: bool
    converged: bool


class ConvexModel:
    """The columns (trade, buy, sale, factor position) of a piece, built once and cut down to each node."""

    def __init__(self, piece: Piece) -> None:
        """Lay out the matrices; nodes only change the bounds of columns."""
        problem = piece.problem
        self.piece = piece
        n, k = problem.exposures.shape
        lots = len(problem.lot_size)
        self.n, self.k, self.lots = n, k, lots
        self.scale = float(np.sqrt(2.0 * problem.risk_aversion))
        e = problem.held - problem.target
        curvature = 2.0 * problem.risk_aversion * problem.specific
        sell_cost = (problem.sell_cost)[problem.lot_asset]
        self.quadratic = np.concatenate([curvature, np.zeros(n + lots), np.ones(k)])
        self.linear = np.concatenate(
            [curvature * e, problem.buy_cost, piece.lot_slope + sell_cost, np.zeros(k)]
        )
        sold = sparse.csr_matrix((np.ones(lots), (problem.lot_asset, np.arange(lots))), (n, lots))
        exposures = sparse.csr_matrix(self.scale * problem.exposures.T)
        self.sold = sold
        net = sparse.hstack([sparse.eye(n), -sparse.eye(n), sold, sparse.csr_matrix((n, k))])
        factor = sparse.hstack([-exposures, sparse.csr_matrix((k, n + lots)), sparse.eye(k)])
        rows = self._rows(sold)
        cut, cut_upper = self._exclusive_cuts(sold)
        self.matrix = sparse.vstack([net, factor, rows, cut]).tocsc()
        offset = self.scale * (problem.exposures * e[:, None]).sum(axis=0)
        turnover = np.array([2.0 * piece.turnover])
        fixed = np.concatenate([np.zeros(n), offset])
        free = np.full(1 + len(cut_upper), -np.inf)
        self.row_lower = np.concatenate([fixed, problem.row_lower, piece.lot_row_lower, free])
        self.row_upper = np.concatenate([fixed, problem.row_upper, piece.lot_row_upper, turnover, cut_upper])

    def _rows(self, sold: Matrix) -> Matrix:
        """The problem's rows on trades with their cash costs, the lot rows, and the turnover."""
        piece, problem, n, k = self.piece, self.piece.problem, self.n, self.k
        m = len(problem.row_lower)
        paying = np.flatnonzero(piece.cost_row >= 0)
        which = piece.cost_row[paying]
        on_buy = sparse.csr_matrix((piece.buy_charge[paying], (which, paying)), (m, n))
        on_sell = sparse.csr_matrix((piece.sell_charge[paying], (which, paying)), (m, n)) @ sold
        trades = sparse.hstack([sparse.csr_matrix(problem.rows), on_buy, on_sell, sparse.csr_matrix((m, k))])
        count = len(piece.lot_row_lower)
        lots = sparse.hstack(
            [
                sparse.csr_matrix((count, 2 * n)),
                sparse.csr_matrix(piece.lot_rows),
                sparse.csr_matrix((count, k)),
            ]
        )
        counted = piece.counted * 1.0
        turn = np.concatenate([np.zeros(n), counted, counted[problem.lot_asset], np.zeros(k)])
        return sparse.vstack([trades, lots, sparse.csr_matrix(turn[None, :])])

    def _exclusive_cuts(self, sold: Matrix) -> tuple[Matrix, Floats]:
        """buy/most bought + losses/most lost ≤ 1 for exclusive assets: what buy·sale = 0 implies linearly."""
        piece, problem = self.piece, self.piece.problem
        losses = np.where(piece.loss, problem.lot_size, 0.0)
        most_lost = per_asset(problem.lot_asset, losses, self.n)
        both = piece.exclusive & (problem.upper > 0.0) & (problem.lower < 0.0) & (most_lost > 0.0)
        chosen = np.flatnonzero(both & np.isfinite(problem.upper))
        buy = sparse.csr_matrix(
            (1.0 / problem.upper[chosen], (np.arange(len(chosen)), chosen)), (len(chosen), self.n)
        )
        share = sparse.diags(1.0 / most_lost[chosen]) @ sold[chosen] @ sparse.diags(piece.loss * 1.0)
        blank = sparse.csr_matrix((len(chosen), self.n))
        tail = sparse.csr_matrix((len(chosen), self.k))
        return sparse.hstack([blank, buy, share, tail]), np.ones(len(chosen))

    def _bounds(self, node: Node) -> tuple[Floats, Floats]:
        """Limits of the columns in a node."""
        problem, piece = self.piece.problem, self.piece
        asset = problem.lot_asset
        open_lot = node.may_sell[asset] & (node.may_lose[asset] | ~piece.loss)
        sale = np.where(open_lot, problem.lot_size, 0.0)
        most = per_asset(asset, sale, self.n)
        buy = np.where(node.may_buy, np.where(piece.exclusive, node.upper, node.upper + most), 0.0)
        lower = np.concatenate([node.lower, np.zeros(self.n + self.lots), np.full(self.k, -np.inf)])
        upper = np.concatenate([node.upper, np.maximum(buy, 0.0), sale, np.full(self.k, np.inf)])
        return lower, upper

    def _costs(self, node: Node) -> Floats:
        """Linear costs of the columns; an open ticket is spread over the most its asset could trade.

        What rests for good owes none, though it be sold and bought back.
        """
        most = np.maximum(np.where(np.isfinite(node.upper), node.upper, 0.0), self.piece.lots_of)
        open_ticket = ~node.pays & ~node.decided & (most > 0.0)
        spread = np.where(open_ticket, self.piece.ticket / np.where(most > 0.0, most, 1.0), 0.0)
        lots = spread[self.piece.problem.lot_asset]
        return np.asarray(self.linear + np.concatenate([np.zeros(self.n), spread, lots, np.zeros(self.k)]))

    def solve(self, node: Node) -> Point:
        """Minimise the convex part in a node: sides left open may both be used, minima of open ones are not asked."""
        lower, upper = self._bounds(node)
        if np.any(lower > upper + _FIXED):
            return self._nothing(feasible=False)
        free = upper - lower > _FIXED
        value = np.where(free, 0.0, np.where(np.isfinite(lower), lower, 0.0))
        matrix = self.matrix[:, free]
        moved = self.matrix @ value
        low, high = self.row_lower - moved, self.row_upper - moved
        used = np.diff(matrix.tocsr().indptr) > 0
        if np.any(~used & ((low > 1e-10) | (high < -1e-10))):
            return self._nothing(feasible=False)
        solver = piqp.SparseSolver()
        _set(solver)
        equal = used & (high - low <= _FIXED)
        bounded = used & ~equal & ~(np.isinf(low) & np.isinf(high))
        rows = matrix.tocsr()
        solver.setup(
            sparse.diags(self.quadratic[free]).tocsc(),
            self._costs(node)[free],
            rows[equal].tocsc(),
            low[equal],
            rows[bounded].tocsc(),
            np.maximum(low[bounded], -_HUGE),
            np.minimum(high[bounded], _HUGE),
            np.maximum(lower[free], -_HUGE),
            np.minimum(upper[free], _HUGE),
        )
        solver.solve()
        return self._point(solver, value=value, free=free, equal=equal, bounded=bounded)

    def _point(
        self, solver: piqp.SparseSolver, *, value: Floats, free: Bools, equal: Bools, bounded: Bools
    ) -> Point:
        result = solver.result
        status = result.info.status
        infeasible = status == piqp.PIQP_PRIMAL_INFEASIBLE
        columns = value.copy()
        columns[free] = result.x
        prices = np.zeros(len(self.row_lower))
        prices[equal] = result.y
        prices[bounded] = result.z_u - result.z_l
        prices = np.where(np.isinf(self.row_upper), np.minimum(prices, 0.0), prices)
        prices = np.where(np.isinf(self.row_lower), np.maximum(prices, 0.0), prices)
        if infeasible or not np.all(np.isfinite(columns)) or not np.all(np.isfinite(prices)):
            return self._nothing(feasible=not infeasible, iterations=int(result.info.iter))
        n, m = self.n, len(self.piece.problem.row_lower)
        start, turn = n + self.k + m, n + self.k + m + len(self.piece.lot_row_lower)
        multipliers = Multipliers(
            factors=columns[2 * n + self.lots :],
            rows=prices[n + self.k : start],
            lot_rows=prices[start:turn],
            turnover=float(max(2.0 * prices[turn], 0.0)),
        )
        return Point(
            buy=columns[n : 2 * n],
            sale=columns[2 * n : 2 * n + self.lots],
            multipliers=multipliers,
            iterations=int(result.info.iter),
            feasible=True,
            converged=status == piqp.PIQP_SOLVED,
        )

    def _nothing(self, *, feasible: bool, iterations: int = 0) -> Point:
        m, count = len(self.piece.problem.row_lower), len(self.piece.lot_row_lower)
        blank = Multipliers(np.zeros(self.k), np.zeros(m), np.zeros(count), 0.0)
        return Point(
            np.zeros(self.n), np.zeros(self.lots), blank, iterations, feasible=feasible, converged=False
        )


def _set(solver: piqp.SparseSolver) -> None:
    """Tight and bounded: rows must hold to 1e-9 of the unit's value."""
    settings = solver.settings
    settings.verbose = False
    settings.max_iter = 120
    settings.eps_abs = 1e-10
    settings.eps_rel = 1e-11
    settings.eps_duality_gap_abs = 1e-10
    settings.eps_duality_gap_rel = 1e-11

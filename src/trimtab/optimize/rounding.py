"""The door from weights to integers: whole shares, lots that add up to them, and cash counted exactly.

The rules and their reasons are in docs/spec/rounding.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.kernels import rounding as kernels
from trimtab.optimize.kernels import shares as exact
from trimtab.optimize.kernels.rounding import LAWFUL
from trimtab.optimize.problem import Bools, Floats, Ints, Problem, Solution, Status
from trimtab.optimize.shares import Holdings, Plan, answers_of, plan

Solver = Callable[[Problem], Solution]
_round_accounts: Any = kernels.round_accounts  # kernels are plain loops without types
_settle_exactly: Any = exact.settle
_LIMIT = 400  # moves in one descent
_TIGHTER = 1e-9  # of value: how far cash limits move in where exact cash misses its floor by rounding
_SLACK = 1e-12
_PASSES = ((0.0, 10.0), (_TIGHTER, 10.0), (0.0, 1e4), (_TIGHTER, 1e6))
"""Margin on cash and penalty per unit of violation: beyond what most rows' multipliers are worth; where a share is
worth more than a limit missed by cents, the later passes weigh the limit more.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Rounded:
    """Integer answers of a batch: `lawful` says whether every limit of an account holds, cash by exact count.

    Per asset `quantity` (billionths of a share, buys positive; 0 for the cash line), `notional` (billionths of a
    dollar, signed as the trade) and `paid` (trading cost); per lot `sold`; per unit `cash` left, the worst
    `violation` and the `cost` that rounding added to the objective (fractions of value).
    """

    quantity: Ints
    sold: Ints
    notional: Ints
    paid: Ints
    cash: Ints
    lawful: Bools
    violation: Floats
    cost: Floats


def round_batch(
    batch: Batch,
    answers: Answers,
    holdings: Holdings,
    *,
    only: Bools | None = None,
    lot_prices: Floats | None = None,
    kicks: int = 2,
    rescue: int = 48,
    pairs: int = 16,
) -> Rounded:
    """Round every account: nearest whole units, then single and pair moves, kicks where limits are still broken.

    `kicks` are spent on every account to better the objective, `rescue` only where no lawful answer is found yet.
    `lot_prices`: what a unit of each lot row is worth at the answer (none are given: nothing).
    An account that is not lawful in the end keeps its best attempt, which must not be traded. One without an
    answer, or outside `only`, is left without trades and not lawful.
    """
    planned = plan(batch, answers, holdings, lot_prices)
    answered = np.isin(answers.status, (Status.SOLVED, Status.SOLVED_INACCURATE))
    wanted = answered if only is None else answered & only
    lawful = ~wanted
    quantity, results = np.zeros(len(batch.held), np.int64), np.zeros((len(batch), 4))
    results[~wanted, 1] = np.inf
    for number, (margin, penalty) in enumerate(_PASSES):
        again = ~lawful & (results[:, 1] <= LAWFUL) if number == 1 else ~lawful
        which = np.flatnonzero(again)
        if len(which):
            tries = (kicks, rescue, pairs)
            weights, into = (margin, penalty), (quantity, results)
            _run(batch, holdings, planned, which=which, weights=weights, tries=tries, into=into)
            lawful = ~wanted | _settle(batch, holdings, planned, quantity=quantity, results=results).lawful
    return _settle(batch, holdings, planned, quantity=quantity, results=results)


def round_problem(
    problem: Problem,
    solution: Solution,
    holdings: Holdings,
    *,
    solver: Solver | None = None,
    kicks: int = 2,
    rescue: int = 48,
) -> Rounded:
    """Round one account's solution; with a solver, dive where the moves alone find no lawful answer."""
    batch = Batch.of([problem])
    found = round_batch(batch, answers_of(batch, [solution]), holdings, kicks=kicks, rescue=rescue)
    if found.lawful[0] or solver is None:
        return found
    dived = _dive(problem, solution, holdings, solver=solver)
    return found if dived is None else dived


def _dive(problem: Problem, solution: Solution, holdings: Holdings, *, solver: Solver) -> Rounded | None:
    """Fix the 40 % of lines that are nearest to whole, re-solve, try to round the rest, and again."""
    weight = holdings.unit * (holdings.price * 1e-18 / holdings.value[0])
    unit = np.where(weight > 0.0, weight, 1.0)
    free = (holdings.unit > 0) & (problem.upper > problem.lower)
    lower, upper, current = problem.lower.copy(), problem.upper.copy(), solution
    while free.any():
        emptied = np.abs(current.trade + problem.held) <= 1e-9
        whole = np.where(emptied, current.trade, np.round(current.trade / unit) * unit)
        whole = np.clip(whole, problem.lower, problem.upper)
        far = np.where(free, np.abs(whole - current.trade) / unit, np.inf)
        fixed = np.argsort(far, kind="stable")[: max(1, int(0.4 * free.sum()))]
        lower[fixed] = upper[fixed] = whole[fixed]
        free[fixed] = False
        current = solver(replace(problem, lower=lower.copy(), upper=upper.copy()))
        if current.status not in (Status.SOLVED, Status.SOLVED_INACCURATE):
            return None
        found = round_problem(problem, current, holdings, kicks=8)
        if found.lawful[0]:
            return found
    return None


def _run(
    batch: Batch,
    holdings: Holdings,
    planned: Plan,
    *,
    which: Ints,
    weights: tuple[float, float],
    tries: tuple[int, int, int],
    into: tuple[Ints, Floats],
) -> None:
    """Run the kernel on some accounts, the limits on cash tightened by a margin; `weights`: margin and penalty."""
    margin, penalty = weights
    count = len(batch)
    tied = np.minimum(batch.row_offset[:-1] + holdings.tie, max(len(batch.row_upper) - 1, 0))
    tie = batch.row_upper[tied] if len(batch.row_upper) else np.zeros(count)
    own = np.column_stack(
        [
            batch.risk_aversion,
            batch.turnover,
            np.where(planned.absorber >= 0, tie, 0.0),
            np.full(count, penalty),
            np.full(count, _SLACK),
        ]
    )
    most = np.where(np.isfinite(batch.max_trades), batch.max_trades, 10**9).astype(np.int64)
    upper, settled = _tightened(batch, planned, margin)
    _round_accounts(
        which, batch.asset_offset, batch.lot_offset, batch.row_offset, planned.cells_at, planned.extra_at,
        planned.extra_cells_at, planned.absorber, holdings.tie, planned.floats, planned.integers,
        np.ascontiguousarray(batch.exposures), batch.security, batch.cells, batch.row_lower, upper, planned.lots,
        planned.last, own, planned.row_price, planned.extra, planned.extra_limits[0], planned.extra_limits[1], most,
        settled, planned.extra_price, *tries, _LIMIT, *into,
    )  # fmt: skip


def _tightened(batch: Batch, planned: Plan, margin: float) -> tuple[Floats, Floats]:
    """Limits on cash moved inwards: those of the cash line, or the upper side of rows that costs are paid from."""
    if margin == 0.0:
        return batch.row_upper, planned.settled
    settled = planned.settled + np.where(planned.absorber[:, None] >= 0, np.array([margin, -margin]), 0.0)
    upper = batch.row_upper.copy()
    paying = batch.cost_row >= 0
    rows = np.unique(batch.row_offset[planned.account[paying]] + batch.cost_row[paying])
    loose = rows[batch.row_lower[rows] < upper[rows] - 2.0 * margin]
    upper[loose] -= margin
    return upper, settled


def tickets_paid(batch: Batch, holdings: Holdings, quantity: Ints) -> Ints:
    """The ticket of each line that trades, in billionths of a dollar; cash pays it beside the other trading costs."""
    value = np.repeat(holdings.value, np.diff(batch.asset_offset))
    dollars = np.where(quantity != 0, batch.ticket * value, 0.0)
    return np.asarray(np.rint(dollars * 1e9), np.int64)


def _settle(batch: Batch, holdings: Holdings, planned: Plan, *, quantity: Ints, results: Floats) -> Rounded:
    """Lots, notionals, costs and cash of the rounded quantities, and the verdict on each account."""
    sold, notional, paid = np.zeros(len(batch.lot_asset), np.int64), quantity * 0, quantity * 0
    cash = np.zeros(len(batch), np.int64)
    charge = np.where(quantity > 0, batch.buy_charge, batch.sell_charge)
    _settle_exactly(
        batch.asset_offset, batch.lot_offset, holdings.unit, holdings.price, quantity, charge, batch.lot_asset,
        planned.order, planned.lot_open, holdings.cash, sold, notional, paid, cash,
    )  # fmt: skip
    tickets = tickets_paid(batch, holdings, quantity)
    paid += tickets
    np.subtract.at(cash, planned.account, tickets)
    total = np.zeros(len(quantity), np.int64)
    np.add.at(total, planned.lot_line, sold)
    assert np.array_equal(total, np.maximum(-quantity, 0)), "lots do not add up to the sale"
    return Rounded(
        quantity=quantity.copy(),
        sold=sold,
        notional=notional,
        paid=paid,
        cash=cash,
        lawful=(results[:, 1] <= LAWFUL) & (cash >= holdings.floor),
        violation=results[:, 1].copy(),
        cost=results[:, 0] - results[:, 3],
    )

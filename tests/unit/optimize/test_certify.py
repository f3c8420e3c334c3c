"""The certifier passes what is right and names each way of being wrong, one at a time."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.optimize.brute_force import brute_force
from tests.unit.optimize.small_problems import netting_year, small_problem

from trimtab.optimize.certify import certify, objective_of
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import LONG, SHORT, Problem, Solution, Status


def case() -> tuple[Problem, Solution]:
    problem = replace(small_problem(11, plain=True), cost_row=2)
    solution = solve_fallback(problem)
    assert solution.status is Status.SOLVED
    return problem, solution


def kinds(problem: Problem, solution: Solution) -> set[str]:
    certificate = certify(problem, solution)
    assert certificate.ok is not bool(certificate.faults)
    return {fault.kind for fault in certificate.faults}


@pytest.mark.parametrize("seed", range(30))
def test_what_the_fallback_answers_is_certified(seed: int) -> None:
    problem = small_problem(seed, n=5)
    assert certify(problem, solve_fallback(problem)).faults == ()


def test_a_sound_answer_has_no_fault() -> None:
    assert kinds(*case()) == set()


def nudged(values: np.ndarray, index: int, by: float) -> np.ndarray:
    changed = np.array(values)
    changed[index] += by
    return changed


def selling(problem: Problem, solution: Solution) -> int:
    return int(np.argmax(solution.sale))


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("objective", lambda p, s: (p, replace(s, objective=s.objective - 2e-8))),
        ("bound above the objective", lambda p, s: (p, replace(s, lower_bound=s.objective + 2e-8))),
        ("gap", lambda p, s: (p, replace(s, lower_bound=s.objective - 2e-6))),
        ("not a number", lambda p, s: (p, replace(s, trade=nudged(s.trade, 0, np.nan)))),
        ("not a number", lambda p, s: (p, replace(s, lower_bound=np.nan))),
        ("lots do not add up", lambda p, s: (p, replace(s, sale=nudged(s.sale, selling(p, s), -1e-4)))),
        ("sale below none", lambda p, s: (p, replace(s, sale=nudged(s.sale, int(np.argmin(s.sale)), -1e-4)))),
        (
            "lower limit",
            lambda p, s: (replace(p, lower=np.maximum(p.lower, s.trade + 1e-6), upper=p.upper + 1), s),
        ),
        ("upper limit", lambda p, s: (replace(p, upper=s.trade - 1e-6, lower=p.lower - 1), s)),
        (
            "row above its limit",
            lambda p, s: (replace(p, row_upper=p.row_upper - 0.05, row_lower=p.row_lower - 1), s),
        ),
        (
            "row below its limit",
            lambda p, s: (replace(p, row_lower=p.row_lower + 0.09, row_upper=p.row_upper + 1), s),
        ),
        ("turnover", lambda p, s: (replace(p, turnover=0.5 * np.abs(s.trade).sum() - 1e-6), s)),
        ("number of trades", lambda p, s: (replace(p, max_trades=int((s.trade != 0).sum()) - 1), s)),
        ("gain budget", lambda p, s: (replace(p, gain_budget=float((p.lot_gain * s.sale).sum()) - 1e-6), s)),
        (
            "lot row",
            lambda p, s: (
                replace(p, lot_rows=np.ones((1, len(s.sale))), lot_row_upper=np.array([s.sale.sum() - 1e-6])),
                s,
            ),
        ),
        (
            "sale beyond the lot",
            lambda p, s: (replace(p, lot_size=np.minimum(p.lot_size, np.maximum(s.sale - 1e-4, 0.0))), s),
        ),
        (
            "below the minimum trade",
            lambda p, s: (replace(p, min_trade=np.abs(s.trade) + 1e-4), s),
        ),
    ],
)
def test_each_fault_is_named(
    kind: str, spoil: Callable[[Problem, Solution], tuple[Problem, Solution]]
) -> None:
    assert kind in kinds(*spoil(*case()))


def test_costs_paid_from_cash_count_in_their_row() -> None:
    problem, solution = case()
    spoiled = replace(problem, buy_charge=np.full(6, 0.5), sell_charge=np.full(6, 0.5))
    assert "row above its limit" in kinds(spoiled, solution)


def test_buying_and_selling_one_security_at_a_loss_is_seen() -> None:
    problem, solution = case()
    lot = int(np.flatnonzero((problem.lot_gain < 0.0) & (solution.sale < problem.lot_size - 1e-4))[0])
    asset = int(problem.lot_asset[lot])
    both = nudged(solution.sale, lot, 1e-4)
    spoiled = replace(
        solution, sale=both, trade=nudged(solution.trade, asset, max(1e-4, -solution.trade[asset]))
    )
    assert "bought and sold" in kinds(problem, spoiled)


def test_a_wash_across_a_group_is_seen() -> None:
    problem, solution = case()
    assert (solution.trade > 1e-4).any()
    assert (solution.sale[problem.lot_gain < 0.0] > 1e-4).any()
    assert "wash" in kinds(replace(problem, group=np.zeros(6, np.int64)), solution)


def test_an_answer_worse_than_doing_nothing_is_refused_where_that_is_lawful() -> None:
    problem = small_problem(11, plain=True)
    free = replace(problem, row_lower=np.full(3, -1.0), row_upper=np.full(3, 1.0), buy_cost=np.full(6, 0.5))
    trade = np.zeros(6)
    trade[3] = min(free.upper[3], 0.01)
    assert trade[3] > 0.0
    sale = np.zeros(len(free.lot_size))
    value = objective_of(free, trade, sale)
    answer = Solution(trade, sale, Status.SOLVED_INACCURATE, value, value - 1.0, 0, 0, np.zeros(5))
    assert kinds(free, answer) == {"worse than doing nothing"}


def test_without_an_answer_nothing_may_be_traded() -> None:
    problem, solution = case()
    assert "trade without an answer" in kinds(problem, replace(solution, status=Status.INFEASIBLE))


def test_the_years_tax_is_priced_by_the_piece_that_holds() -> None:
    problem = small_problem(11, plain=True)
    term = np.where(np.arange(len(problem.lot_size)) % 2 == 0, SHORT, LONG)
    taxed = replace(
        problem,
        lot_term=term,
        year=netting_year(0.4, 0.2),
        lot_slope=np.zeros(len(term)),
        lot_gain=np.full(len(term), 0.1),
    )
    sale = problem.lot_size * 0.5
    trade = -np.bincount(problem.lot_asset, sale, 6)
    gains = 0.1 * sale
    tax = 0.4 * gains[term == SHORT].sum() + 0.2 * gains[term == LONG].sum()
    without = objective_of(replace(taxed, year=None), trade, sale)
    assert objective_of(taxed, trade, sale) - without == pytest.approx(tax, abs=1e-12)


def test_the_oracle_and_the_certifier_price_alike() -> None:
    problem = small_problem(4, n=4, plain=True)
    solution = solve_fallback(problem)
    assert objective_of(problem, solution.trade, solution.sale) == pytest.approx(
        brute_force(problem), abs=1e-7
    )

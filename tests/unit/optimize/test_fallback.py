"""The fallback against brute force over every pattern, and its manners at the edges."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.optimize.brute_force import brute_force
from tests.unit.optimize.small_problems import small_problem

from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import Problem, Status


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_every_pattern_tried_in_turn(seed: int) -> None:
    problem = small_problem(seed, n=4)
    found, exact = solve_fallback(problem), brute_force(problem)
    if np.isinf(exact):
        assert found.status in (Status.INFEASIBLE, Status.MAX_ITERATIONS)
        return
    assert found.status in (Status.SOLVED, Status.SOLVED_INACCURATE)
    assert found.lower_bound <= exact + 2e-8
    assert found.objective >= exact - 2e-8
    if found.status is Status.SOLVED:
        assert found.objective <= exact + 1.2e-7
    assert found.objective <= exact + 1e-4


def test_most_small_problems_close_their_gap() -> None:
    found = [solve_fallback(small_problem(seed, n=4)) for seed in range(40)]
    feasible = [solution for solution in found if solution.status is not Status.INFEASIBLE]
    assert sum(solution.status is Status.SOLVED for solution in feasible) >= 0.9 * len(feasible)


def test_is_the_same_every_time() -> None:
    first, second = (solve_fallback(small_problem(7)) for _ in range(2))
    assert first.trade.tobytes() == second.trade.tobytes()
    assert first.sale.tobytes() == second.sale.tobytes()


def test_infeasible_cash_is_refuted_without_trades() -> None:
    problem = small_problem(0, plain=True)
    upper = problem.row_upper.copy()
    lower = problem.row_lower.copy()
    lower[2] = upper[2] = 0.5
    found = solve_fallback(replace_rows(problem, lower, upper))
    assert found.status is Status.INFEASIBLE
    assert not found.trade.any()
    assert np.isinf(found.objective)


def replace_rows(problem: Problem, lower: np.ndarray, upper: np.ndarray) -> Problem:
    return replace(problem, row_lower=lower, row_upper=upper)


def test_a_number_that_is_not_finite_comes_back_as_invalid_not_as_a_number() -> None:
    problem = small_problem(1, plain=True)
    spoiled = problem.held.copy()
    spoiled[0] = np.nan
    object.__setattr__(problem, "held", spoiled)
    found = solve_fallback(problem)
    assert found.status is Status.INVALID
    assert not np.isnan(found.trade).any()
    assert not np.isnan(found.lower_bound)


def test_the_budget_of_solves_bounds_the_work() -> None:
    found = solve_fallback(small_problem(8), max_solves=3)
    assert found.nodes <= 3
    assert found.status in (Status.SOLVED_INACCURATE, Status.MAX_ITERATIONS, Status.SOLVED)


@pytest.mark.parametrize("aversion", [0.0, 1e-3, 1.0, 1e4])
def test_any_risk_aversion_and_no_specific_risk(aversion: float) -> None:
    problem = replace(small_problem(3, plain=True), risk_aversion=aversion, specific=np.zeros(6))
    found = solve_fallback(problem)
    assert found.status is Status.SOLVED
    assert found.gap <= 1e-7


def test_costs_charged_to_cash_leave_the_floor_untouched() -> None:
    problem = replace(small_problem(2, plain=True), cost_row=2)
    problem = replace(problem, buy_cost=np.full(6, 0.01), sell_cost=np.full(6, 0.01))
    found = solve_fallback(problem)
    sold = np.bincount(problem.lot_asset, found.sale, 6)
    paid = 0.01 * (found.trade + 2.0 * sold).sum()
    assert found.trade.sum() + paid <= problem.row_upper[2] + 1e-8


def test_no_lots_at_all() -> None:
    problem = small_problem(4, plain=True)
    bare = replace(
        problem,
        held=np.zeros(6),
        lower=np.zeros(6),
        lot_asset=np.zeros(0, np.int64),
        lot_size=np.zeros(0),
        lot_gain=np.zeros(0),
        lot_slope=np.zeros(0),
        rows=np.ones((1, 6)),
        row_lower=np.array([0.5]),
        row_upper=np.array([0.99]),
        upper=np.ones(6),
    )
    assert solve_fallback(bare).status is Status.SOLVED

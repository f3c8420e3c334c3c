"""Conflicts: found where brute force finds none feasible, minimal, priced, and safe to solve."""

from dataclasses import replace

import highspy
import numpy as np
import pytest
from tests.unit.optimize.small_problems import small_problem

from trimtab.optimize.certify import check_trades
from trimtab.optimize.elastic import Limit, Yields, explain_conflict
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import Problem, Status


def limits_of(problem: Problem) -> list[Limit]:
    """Every side named: no-sells yield last, then cash due, caps, the budget, the cash band, classes."""
    limits = []
    for i in range(len(problem.target)):
        if problem.lower[i] >= 0.0:
            limits.append(Limit("asset", i, -1, f"never_sell:{i}", Yields.FREEZE))
        limits.append(Limit("asset", i, 1, f"cap:{i}", Yields.SCREEN))
    limits.append(Limit("row", 2, 1, "cash_due", Yields.CASH_DUE))
    limits.append(Limit("row", 2, -1, "cash_max", Yields.CASH_BAND))
    for j in (0, 1):
        limits += [Limit("row", j, side, f"class:{j}:{side}", Yields.CLASS) for side in (-1, 1)]
    if problem.gain_budget is not None:
        limits.append(Limit("gain_budget", 0, 1, "gain_budget", Yields.BUDGET))
    if problem.turnover is not None:
        limits.append(Limit("turnover", 0, 1, "turnover", Yields.CLASS))
    return limits


def starved() -> Problem:
    """A tenth of the account is due in cash and nothing may be sold."""
    problem = small_problem(5, plain=True)
    lower = np.zeros(6)
    row_upper = problem.row_upper.copy()
    row_upper[2] = -0.1
    row_upper[:2] = 1.0
    row_lower = np.array([-1.0, -1.0, -0.2])
    upper = np.maximum(problem.upper, 0.01)
    return replace(problem, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper)


def test_a_feasible_problem_has_no_conflict() -> None:
    problem = small_problem(3, plain=True)
    found = explain_conflict(problem, limits_of(problem))
    assert found.feasible
    assert found.colliding == ()
    assert found.safe is problem


def test_cash_due_yields_to_what_may_never_be_sold() -> None:
    problem = starved()
    found = explain_conflict(problem, limits_of(problem))
    assert not found.feasible
    by_name = {relaxation.limit.name: relaxation for relaxation in found.colliding}
    assert by_name["cash_due"].shortfall == pytest.approx(0.1, abs=1e-6)
    assert all(r.shortfall == 0.0 for name, r in by_name.items() if name.startswith("never_sell"))
    assert by_name["cash_due"].alone == pytest.approx(0.1, abs=1e-6)
    assert found.safe is not None
    solution = solve_fallback(found.safe)
    assert solution.status is Status.SOLVED
    assert (solution.trade >= -1e-9).all()


def test_cash_due_is_raised_over_a_budget() -> None:
    problem = small_problem(5, plain=True)
    gains = np.full(len(problem.lot_gain), 0.4)
    row_upper = problem.row_upper.copy()
    row_upper[2] = -0.1
    row_lower = np.full(3, -1.0)
    tight = replace(
        problem,
        lower=-problem.held,
        lot_gain=gains,
        gain_budget=0.01,
        row_upper=np.maximum(row_upper, [1.0, 1.0, -0.1]),
        row_lower=row_lower,
    )
    found = explain_conflict(tight, limits_of(tight))
    by_name = {relaxation.limit.name: relaxation for relaxation in found.colliding}
    assert by_name["gain_budget"].shortfall == pytest.approx(0.03, abs=1e-6)
    assert by_name["cash_due"].shortfall == 0.0
    assert by_name["cash_due"].alone == pytest.approx(0.075, abs=1e-6)
    assert set(by_name) == {"gain_budget", "cash_due"}
    assert found.safe is not None
    solution = solve_fallback(found.safe)
    assert solution.status is Status.SOLVED
    assert -solution.trade.sum() >= 0.1 - 1e-8


@pytest.mark.parametrize("seed", range(60))
def test_the_set_is_minimal_and_the_rest_is_safe(seed: int) -> None:
    problem = small_problem(seed, n=6)
    if problem.year is not None or problem.lot_rows is not None:
        return
    rng = np.random.default_rng(seed)
    row_upper = problem.row_upper.copy()
    row_upper[2] -= rng.uniform(0.1, 0.4)
    problem = replace(
        problem, row_upper=np.maximum(row_upper, problem.row_lower - 0.2), row_lower=problem.row_lower - 0.2
    )
    limits = limits_of(problem)
    found = explain_conflict(problem, limits)
    if found.feasible:
        return
    names = {relaxation.limit.name for relaxation in found.colliding}
    minimal = [r for r in found.colliding if r.limit.name in names]
    for relaxation in minimal:
        if not np.isnan(relaxation.alone):
            loose = [limit for limit in limits if limit.name != relaxation.limit.name]
            assert not explain_conflict(problem, loose).feasible
    assert solve_fallback(problem).status is Status.INFEASIBLE
    assert found.safe is not None
    again = explain_conflict(found.safe, limits)
    assert again.feasible


def test_a_single_limit_given_as_much_as_it_asks_cures_the_conflict() -> None:
    problem = starved()
    found = explain_conflict(problem, limits_of(problem))
    due = next(r for r in found.colliding if r.limit.name == "cash_due")
    for give, feasible in ((due.alone - 1e-4, False), (due.alone + 1e-6, True)):
        row_upper = problem.row_upper.copy()
        row_upper[2] += give
        relaxed = replace(problem, row_upper=row_upper)
        assert explain_conflict(relaxed, limits_of(relaxed)).feasible == feasible
    assert due.cost == pytest.approx(0.0, abs=1e-9)


def test_limits_nobody_named_never_give_way() -> None:
    problem = starved()
    found = explain_conflict(problem, [Limit("row", 2, -1, "cash_max", Yields.CASH_BAND)])
    assert not found.feasible
    assert found.safe is None


def test_the_safe_problem_keeps_what_did_not_yield() -> None:
    problem = starved()
    found = explain_conflict(problem, limits_of(problem))
    assert found.safe is not None
    solution = solve_fallback(found.safe)
    excess = {
        f.kind: f.excess for f in check_trades(problem, solution.trade, solution.sale) if f.excess > 1e-8
    }
    assert set(excess) == {"row above its limit"}


def test_a_process_that_ran_the_linear_solver_on_two_threads_still_finds_its_conflicts() -> None:
    other = highspy._Highs()  # type: ignore[attr-defined]
    highspy._Highs.resetGlobalScheduler(True)  # type: ignore[attr-defined]
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.passModel(highspy.HighsLp())
    assert other.run() == highspy.HighsStatus.kOk
    problem = starved()
    found = explain_conflict(problem, limits_of(problem))
    assert "cash_due" in {relaxation.limit.name for relaxation in found.colliding}

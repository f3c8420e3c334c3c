"""A bound never lies above a lawful answer: problems of real books where it did, and narrow random ones.

The fixtures have a year in pieces, minimum trades, classes of almost no width and cash as the last asset, paid for by
a row that every trading cost is charged to. Each got a bound above an answer that the certifier accepts.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.optimize.enumerated import optimum
from tests.unit.optimize.small import small

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import check_trades, objective_of
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import Problem, Status, Year
from trimtab.optimize.solve import solve, solve_batch

CASES = sorted((Path(__file__).resolve().parents[2] / "cases" / "engine").glob("*.npz"))
LAWFUL = 1e-8


@pytest.mark.parametrize("minimum", [True, False])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_no_bound_above_a_lawful_answer_of_the_fallback(case: Path, minimum: bool) -> None:
    problem = Problem.load(case)
    problem = problem if minimum else replace(problem, min_trade=None)
    other = solve_fallback(problem)
    assert other.status in (Status.SOLVED, Status.SOLVED_INACCURATE)
    assert max(f.excess for f in check_trades(problem, other.trade, other.sale)) <= LAWFUL
    found = solve(problem)
    assert found.status is not Status.INFEASIBLE
    assert found.lower_bound <= objective_of(problem, other.trade, other.sale) + LAWFUL


def test_pieces_of_a_year_do_not_touch_one_another() -> None:
    """The unit's bound and answer are those of its best piece solved alone."""
    problem = replace(Problem.load(CASES[0]), min_trade=None)
    year = problem.year
    assert year is not None
    alone = [
        solve(
            replace(
                problem, year=Year(year.slope[r : r + 1], year.constant[r : r + 1], year.sides[r : r + 1])
            )
        )
        for r in range(len(year.constant))
    ]
    together = solve(problem)
    assert together.lower_bound == pytest.approx(min(s.lower_bound for s in alone), abs=2e-7)
    assert together.objective == pytest.approx(min(s.objective for s in alone), abs=2e-7)


def narrow(seed: int) -> Problem:
    """A small problem with year pieces, minimum trades, churn, cash costs and a class row of almost no width."""
    problem = small(seed, ["year", "minimum", "churn", "cost"])
    rng = np.random.default_rng(seed)
    low, high = problem.row_lower.copy(), problem.row_upper.copy()
    gap = float(rng.uniform(-0.02, 0.02))
    low[1], high[1] = min(gap, 0.0) - 2e-4, max(gap, 0.0) + 2e-4
    return replace(problem, row_lower=low, row_upper=high)


def test_narrow_rows_with_minimum_trades_and_years_agree_with_enumeration() -> None:
    problems = [narrow(seed) for seed in range(500, 540)]
    batch = Batch.of(problems)
    answers = solve_batch(batch)
    exact = 0
    for u, problem in enumerate(problems):
        truth = optimum(problem)
        found = answers.solution(batch, u)
        if found.status is Status.INFEASIBLE:
            assert truth == np.inf, u
            exact += 1
            continue
        assert found.lower_bound <= truth + 3e-8, u
        if found.status is not Status.MAX_ITERATIONS:
            assert truth - 3e-8 <= found.objective, u
            assert max(f.excess for f in check_trades(problem, found.trade, found.sale)) <= LAWFUL, u
        exact += found.status is Status.SOLVED
    assert exact >= 34, exact


def test_a_wash_group_holds_for_an_asset_that_may_only_churn() -> None:
    """Its minimum leaves it no net sale, yet it could sell losses and buy them back: the group forbids that."""
    for seed in (1160, 2000):
        features = ["minimum", "churn", "group", "year"] + ["cost", "max_trades"] * (seed == 1160)
        problem = small(seed, features)
        found = solve(problem)
        assert max(f.excess for f in check_trades(problem, found.trade, found.sale)) <= LAWFUL, seed
        assert found.lower_bound <= optimum(problem) + 3e-8, seed

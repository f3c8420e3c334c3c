"""A limit on tracking error against another solver with the limit as a cone; the way to the target; the bound."""

from dataclasses import replace

import clarabel
import numpy as np
import pytest
from scipy import sparse
from tests.unit.optimize.enumerated import pieces
from tests.unit.optimize.small import small

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify import check_trades, objective_of
from trimtab.optimize.minimum import solve_with_minimum
from trimtab.optimize.problem import Floats, Problem, Status
from trimtab.optimize.solve import solve_batch
from trimtab.optimize.tracking import solve_within, variances

NO = np.zeros(1, np.bool_)
YES = np.ones(1, np.bool_)


def found(problem: Problem, limit: float, target: np.ndarray = NO) -> tuple[Answers, Batch, float, bool]:
    batch = Batch.of([problem])
    tracked = solve_within(batch, solve_batch(batch), np.array([limit]), solve=solve_batch, target=target)
    return tracked.answers, batch, float(tracked.price[0]), bool(tracked.met[0])


def plain(seed: int) -> Problem:
    problem = small(seed, [])
    free = replace(problem, exclusive=np.zeros(len(problem.target), bool))
    return replace(free, lot_gain=np.abs(free.lot_gain), lot_slope=np.abs(free.lot_slope))


def coned(problem: Problem, limit: float) -> float:
    """The optimum of a convex problem with ‖Lᵀ(x+e)‖ ≤ limit, by an interior point method."""
    parts = pieces(problem)
    n, columns = len(problem.target), len(parts.linear)
    upper = np.concatenate([np.maximum(problem.upper, 0.0) + parts.held, problem.lot_size])
    rows = np.vstack([parts.rows, parts.net, np.eye(columns)])
    low = np.concatenate([parts.row_lower, parts.lower, np.zeros(columns)])
    high = np.concatenate([parts.row_upper, parts.upper, upper])
    root = np.hstack([problem.exposures, np.diag(np.sqrt(problem.specific))]).T
    cone = np.vstack([np.zeros(columns), -root @ parts.net])
    head = np.concatenate([[limit], root @ (problem.held - problem.target)])
    bounded = [
        (rows[np.isfinite(high)], high[np.isfinite(high)]),
        (-rows[np.isfinite(low)], -low[np.isfinite(low)]),
    ]
    stacked = sparse.csc_matrix(np.vstack([*(a for a, _ in bounded), cone]))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    cones = [clarabel.NonnegativeConeT(sum(len(b) for _, b in bounded)), clarabel.SecondOrderConeT(len(head))]
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(parts.quadratic)), parts.linear, stacked,
        np.concatenate([*(b for _, b in bounded), head]), cones, settings,
    )  # fmt: skip
    result = solver.solve()
    assert n
    return float(result.obj_val + parts.constant) if str(result.status) == "Solved" else np.inf


def test_it_is_the_optimum_under_the_cone() -> None:
    pressed = 0
    for seed in range(12):
        problem = plain(seed)
        batch = Batch.of([problem])
        free = solve_batch(batch)
        if free.status[0] != Status.SOLVED:
            continue
        nearest, _, _, _ = found(problem, np.inf, YES)
        least, own = (np.sqrt(variances(batch, answers)[0]) for answers in (nearest, free))
        if own - least < 1e-4:
            continue
        limit = 0.5 * (least + own)
        answers, _, price, met = found(problem, limit)
        assert met
        assert price > 0.0
        assert np.sqrt(variances(batch, answers)[0]) <= limit * (1 + 2e-9)
        truth = coned(problem, limit)
        assert answers.objective[0] == pytest.approx(truth, abs=5e-7)
        assert answers.lower_bound[0] <= truth + 5e-7
        assert answers.objective[0] - answers.lower_bound[0] <= 2e-7
        pressed += 1
    assert pressed >= 5


@pytest.mark.parametrize("features", [[], ["minimum", "year"], ["group", "budget"]])
def test_no_bound_above_a_lawful_answer_within_the_limit(features: list[str]) -> None:
    for seed in range(20, 32):
        problem = small(seed, features)
        batch = Batch.of([problem])
        free = solve_batch(batch)
        if free.status[0] not in (Status.SOLVED, Status.SOLVED_INACCURATE):
            continue
        limit = 0.8 * float(np.sqrt(variances(batch, free)[0]))
        tracked, _, _, met = found(problem, limit)
        assert max(f.excess for f in check_trades(problem, tracked.trade, tracked.sale)) <= 1e-8
        assert objective_of(problem, tracked.trade, tracked.sale) == pytest.approx(
            tracked.objective[0], abs=1e-9
        )
        most = limit * limit if met else float(variances(batch, tracked)[0])
        for aversion in (30.0, 100.0, 300.0, 1e3, 1e4, 1e5):
            other = solve_batch(replace(batch, risk_aversion=np.array([aversion])))
            if other.status[0] <= Status.SOLVED_INACCURATE and variances(batch, other)[0] <= most:
                assert tracked.lower_bound[0] <= objective_of(problem, other.trade, other.sale) + 3e-8


def test_a_limit_that_does_not_press_changes_nothing() -> None:
    batch = Batch.of([small(1, []), small(2, [])])
    free = solve_batch(batch)
    loose: Floats = np.array([np.inf, 10.0])
    tracked = solve_within(batch, free, loose, solve=solve_batch, target=np.zeros(2, np.bool_))
    assert np.array_equal(tracked.answers.trade, free.trade)
    assert np.array_equal(tracked.answers.lower_bound, free.lower_bound)
    assert not tracked.price.any()
    assert tracked.met.all()


def test_the_target_is_nearer_than_anything_else_and_units_do_not_mix() -> None:
    problems = [small(seed, ["year"]) for seed in range(40, 48)]
    batch = Batch.of(problems)
    free = solve_with_minimum(batch)
    none = np.full(len(problems), np.inf)
    together = solve_within(
        batch, free, none, solve=solve_with_minimum, target=np.ones(len(problems), np.bool_)
    )
    for u, problem in enumerate(problems):
        if free.status[u] > Status.SOLVED_INACCURATE:
            continue
        own = Batch.of([problem])
        alone, _, _, _ = found(problem, np.inf, YES)
        assert variances(own, alone)[0] <= variances(batch, free)[u] + 1e-12
        assert variances(own, alone)[0] == pytest.approx(variances(batch, together.answers)[u], abs=1e-12)
        assert together.answers.lower_bound[u] <= together.answers.objective[u]

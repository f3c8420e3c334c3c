"""Explanations: the parts sum to the whole, what binds is named, and what was not done has its reason."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.optimize.small_problems import small_problem

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import objective_of
from trimtab.optimize.explain import SENTENCES, Binding, Blocked, binding, missed, worth
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import SHORT, Problem, Solution, Status, Year
from trimtab.optimize.shares import answers_of


def flat(problem: Problem, short: float, long: float) -> Problem:
    """The problem with every gain taxed at flat rates through a year of one piece."""
    return replace(
        problem,
        lot_term=1 + np.arange(len(problem.lot_size)) % 2,
        lot_slope=np.full(len(problem.lot_size), 0.003),
        year=Year(np.array([[short, long]]), np.zeros(1), np.zeros((1, 0, 3))),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5000))
def test_benefit_tax_and_cost_sum_to_the_change_of_the_objective(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problems = [
        replace(flat(small_problem(seed + u, plain=True), 0.4, 0.2), ticket=np.full(6, 1e-4))
        for u in range(3)
    ]
    sales = [
        p.lot_size * rng.uniform(0.0, 1.0, len(p.lot_size)) * (rng.random(len(p.lot_size)) < 0.5)
        for p in problems
    ]
    sold = [np.bincount(p.lot_asset, sale, 6) for p, sale in zip(problems, sales, strict=True)]
    trades = [rng.uniform(0.0, 0.1, 6) * (rng.random(6) < 0.5) - s for s in sold]
    batch = Batch.of(problems)
    found = worth(
        batch, np.concatenate(trades), np.concatenate(sales), rates=(np.full(3, 0.4), np.full(3, 0.2))
    )
    for u, problem in enumerate(problems):
        assets = slice(6 * u, 6 * u + 6)
        lots = slice(batch.lot_offset[u], batch.lot_offset[u + 1])
        change = objective_of(problem, trades[u], sales[u])
        change -= objective_of(problem, np.zeros(6), np.zeros(len(problem.lot_size)))
        parts = found.cost[assets].sum() + found.preference[assets].sum() + found.tax[lots].sum()
        assert parts - found.benefit[assets].sum() == pytest.approx(change, abs=1e-13)


def test_tax_of_a_lot_is_its_gain_at_the_rate_of_its_term() -> None:
    problem = flat(small_problem(2, plain=True), 0.4, 0.2)
    batch = Batch.of([problem])
    sale = problem.lot_size * 0.5
    found = worth(
        batch, -np.bincount(problem.lot_asset, sale, 6), sale, rates=(np.array([0.4]), np.array([0.2]))
    )
    expected = problem.lot_gain * sale * np.where(problem.lot_term == SHORT, 0.4, 0.2)
    assert found.tax == pytest.approx(expected)


def convex() -> Problem:
    """Lots with gains only and no row in the way: a little more of a limit changes a little of the answer."""
    problem = small_problem(5, plain=True)
    gain = np.abs(problem.lot_gain)
    return replace(
        problem,
        lot_gain=gain,
        lot_slope=0.2 * gain,
        row_lower=np.full(3, -2.0),
        row_upper=np.full(3, 2.0),
        lower=-problem.held,
    )


def solved(problem: Problem) -> tuple[Batch, Solution, Binding]:
    solution = solve_fallback(problem)
    assert solution.status is Status.SOLVED
    batch = Batch.of([problem])
    return batch, solution, binding(batch, answers_of(batch, [solution]))


def test_the_row_that_presses_is_named_and_the_others_are_not() -> None:
    free = convex()
    rows, upper = free.rows, free.row_upper.copy()
    wanted = solve_fallback(free)
    upper[1] = float((rows[1] * wanted.trade).sum()) - 0.03
    tight = replace(free, row_upper=upper)
    _, _, found = solved(tight)
    members = rows[1] > 0.0
    assert (found.row[members] == 1).all()
    assert (found.push[members] > 1e-6).all()
    assert (found.row[~members] == -1).all()
    _, _, slack = solved(free)
    assert (slack.row == -1).all()


def test_an_asset_at_its_own_limit_says_so() -> None:
    free = convex()
    wanted = solve_fallback(free).trade
    buy = int(np.argmax(wanted))
    upper = free.upper.copy()
    upper[buy] = 0.5 * wanted[buy]
    _, _, found = solved(replace(free, upper=upper))
    assert found.bound[buy] == 1


def reasons(problem: Problem, solution: Solution, found: Binding) -> np.ndarray:
    batch = Batch.of([problem])
    none = (np.zeros(1), np.zeros(1))
    return missed(batch, solution.trade, solution.sale, held_by=found, rates=none).blocked


def idle(problem: Problem) -> tuple[Solution, Binding]:
    """Nothing traded and nothing pressing."""
    solution = Solution(
        np.zeros(6), np.zeros(len(problem.lot_size)), Status.SOLVED, 0.0, 0.0, 0, 0, np.zeros(5)
    )
    return solution, Binding(np.zeros(6, np.int64), np.full(6, -1), np.zeros(6))


def lone(*, away: float, gain: float, cost: float = 0.0) -> Problem:
    """Six uncorrelated assets; the first is `away` from its target, its lot with a gain taxed at a quarter."""
    held = np.full(6, 0.1)
    return Problem(
        target=held - np.array([away, 0, 0, 0, 0, 0]),
        held=held,
        exposures=np.zeros((6, 2)),
        specific=np.full(6, 0.04),
        risk_aversion=25.0,
        buy_cost=np.full(6, cost),
        sell_cost=np.full(6, cost),
        lower=-held,
        upper=np.ones(6),
        lot_asset=np.arange(6),
        lot_size=held,
        lot_gain=np.full(6, gain),
        lot_slope=np.full(6, 0.25 * gain),
        rows=np.ones((1, 6)),
        row_lower=np.full(1, -1.0),
        row_upper=np.full(1, 1.0),
    )


def test_what_was_not_done_has_the_reason_that_holds() -> None:
    cases = [
        (lone(away=0.0, gain=0.2), Blocked.NOTHING),
        (lone(away=0.02, gain=0.4), Blocked.TAX),
        (lone(away=0.02, gain=0.0, cost=0.05), Blocked.COST),
        (replace(lone(away=0.02, gain=0.0), lower=np.zeros(6)), Blocked.MAY_NOT_SELL),
        (replace(lone(away=-0.02, gain=0.0), upper=np.zeros(6)), Blocked.MAY_NOT_BUY),
        (replace(lone(away=0.02, gain=0.0), min_trade=np.full(6, 0.03)), Blocked.MINIMUM),
    ]
    for problem, code in cases:
        assert reasons(problem, *idle(problem))[0] == code


def test_a_row_a_limit_and_a_loss_beside_it_stop_a_trade() -> None:
    problem = lone(away=-0.02, gain=-0.1)
    solution, none = idle(problem)
    pressed = Binding(none.bound, np.zeros(6, np.int64), np.full(6, 0.01))
    assert reasons(problem, solution, pressed)[0] == Blocked.ROW
    relieved = Binding(none.bound, np.zeros(6, np.int64), np.full(6, -0.01))
    assert reasons(problem, solution, relieved)[0] == Blocked.BALANCED
    capped = Binding(np.ones(6, np.int64), none.row, none.push)
    assert reasons(problem, solution, capped)[0] == Blocked.LIMIT
    grouped = replace(problem, group=np.array([0, 0, -1, -1, -1, -1]))
    selling = replace(solution, sale=np.array([0, 0.05, 0, 0, 0, 0]), trade=np.array([0, -0.05, 0, 0, 0, 0]))
    assert reasons(grouped, selling, none)[0] == Blocked.WASH
    assert reasons(problem, selling, none)[0] == Blocked.BALANCED


def test_the_missed_trade_goes_to_target_by_the_cheapest_lots() -> None:
    problem = replace(
        lone(away=0.02, gain=0.4),
        lot_asset=np.array([0, 0, 1, 2, 3, 4, 5]),
        lot_size=np.array([0.09, 0.01, 0.1, 0.1, 0.1, 0.1, 0.1]),
        lot_gain=np.array([0.4, 0.1, 0, 0, 0, 0, 0]),
        lot_slope=np.array([0.1, 0.02, 0, 0, 0, 0, 0]),
    )
    solution, none = idle(problem)
    batch = Batch.of([problem])
    found = missed(batch, solution.trade, np.zeros(7), held_by=none, rates=(np.zeros(1), np.zeros(1)))
    assert found.trade[0] == pytest.approx(-0.02)
    assert found.tax[0] == pytest.approx(0.01 * 0.02 + 0.01 * 0.1)
    assert found.benefit[0] == pytest.approx(25.0 * 0.04 * 0.02**2)


def test_every_code_has_a_sentence_that_names_the_security() -> None:
    assert set(SENTENCES) == set(Blocked)
    assert all(
        sentence.format(name="VTI", limit="the cash band").startswith("VTI")
        for sentence in SENTENCES.values()
    )

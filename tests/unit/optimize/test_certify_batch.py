"""The certifier in columns says of every answer, sound or spoiled, what the slow one says of it alone."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.optimize.small_problems import netting_year, small_problem

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify import certify
from trimtab.optimize.certify_batch import certify_batch, certify_trades
from trimtab.optimize.problem import LONG, SHORT, Problem, Status, Year
from trimtab.optimize.shares import answers_of
from trimtab.optimize.solve import solve


def cases() -> tuple[list[Problem], Batch, Answers]:
    """Problems with every kind of limit, of several sizes, and their answers."""
    problems = [small_problem(seed, n=4 + seed % 3) for seed in range(24)]
    for seed in range(6):
        given = small_problem(100 + seed, n=5)
        term = np.where(np.arange(len(given.lot_size)) % 2 == 0, SHORT, LONG)
        problems.append(replace(given, lot_term=term, year=netting_year(0.4, 0.2)))
    batch = Batch.of(problems)
    return problems, batch, answers_of(batch, [solve(p) for p in problems])


def worst(problem: Problem, answers: Answers, batch: Batch, unit: int) -> float:
    findings = certify(problem, answers.solution(batch, unit)).findings
    return max((finding.excess for finding in findings), default=0.0)


def assert_same(problems: list[Problem], batch: Batch, answers: Answers) -> None:
    verdict = certify_batch(batch, answers)
    for unit, problem in enumerate(problems):
        alone = worst(problem, answers, batch, unit)
        assert verdict.excess[unit] == pytest.approx(alone, rel=1e-9, abs=1e-13), (unit, verdict.kind[unit])


def test_sound_answers_are_in_order() -> None:
    problems, batch, answers = cases()
    assert (answers.status <= Status.SOLVED_INACCURATE).sum() > 15
    assert_same(problems, batch, answers)
    assert certify_batch(batch, answers).ok.all()


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_answers_are_measured_alike(seed: int) -> None:
    problems, batch, answers = cases()
    rng = np.random.default_rng(seed)
    hit = rng.random(len(answers.trade)) < 0.1
    spoiled = replace(
        answers,
        trade=answers.trade + np.where(hit, rng.normal(0.0, 0.05, len(hit)), 0.0),
        sale=answers.sale + np.where(rng.random(len(answers.sale)) < 0.05, 0.01, 0.0),
        objective=answers.objective + rng.choice([0.0, 0.0, 1e-5], len(problems)),
        lower_bound=answers.lower_bound + rng.choice([0.0, 0.0, 1e-5, -1e-5], len(problems)),
    )
    assert_same(problems, batch, spoiled)
    assert not certify_batch(batch, spoiled).ok.all()


def test_a_number_that_is_none_is_a_fault() -> None:
    _, batch, answers = cases()
    unit = int(np.flatnonzero(answers.status == Status.SOLVED)[0])
    trade = answers.trade.copy()
    trade[batch.asset_offset[unit]] = np.nan
    verdict = certify_batch(batch, replace(answers, trade=trade))
    assert np.isinf(verdict.excess[unit])
    assert verdict.ok.sum() == len(batch) - 1


def test_nothing_is_no_alternative_where_the_only_piece_of_the_year_excludes_it() -> None:
    one = np.ones(1)
    losses = Year(np.array([[0.4, 0.4]]), np.zeros(1), np.array([[[1.0, 1.0, -0.02]]]))
    problem = Problem(
        0.5 * one, one, np.ones((1, 1)), 0.04 * one, 1.0, 0.0 * one, 0.0 * one, -one, 0.0 * one, [0], one,
        -0.2 * one, 0.0 * one, np.zeros((0, 1)), np.zeros(0), np.zeros(0), lot_term=[SHORT], year=losses,
    )  # fmt: skip
    solution = solve(problem)
    assert solution.status is Status.SOLVED
    assert certify(problem, solution).faults == ()
    batch = Batch.of([problem])
    assert certify_batch(batch, answers_of(batch, [solution])).ok.all()


def test_trades_alone_are_held_against_the_limits() -> None:
    _, batch, answers = cases()
    assert certify_trades(batch, answers.trade, answers.sale).ok[answers.status == Status.SOLVED].all()
    unit = int(np.flatnonzero(answers.status == Status.SOLVED)[0])
    trade = answers.trade.copy()
    trade[batch.asset_offset[unit]] = batch.upper[batch.asset_offset[unit]] + 1e-6
    verdict = certify_trades(batch, trade, answers.sale)
    assert not verdict.ok[unit]

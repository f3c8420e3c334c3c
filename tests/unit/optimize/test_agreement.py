"""A slice of `bench/agreement.py`: small units with limits at random agree with an exact mixed-integer solver."""

import numpy as np
from tests.unit.optimize.agreement import problems, tally, truths, whole

from trimtab.optimize.batch import Batch
from trimtab.optimize.complete import complete
from trimtab.optimize.minimum import solve_with_minimum
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import solve_batch

SEEDS = range(60)


def test_sixty_units_agree_with_an_exact_solver() -> None:
    units = problems(SEEDS)
    optima = truths(units)
    batch = Batch.of(units)
    alone = tally(SEEDS, units, solve_batch(batch), optima)
    assert alone.wrong == []
    assert len(alone.unsolved) <= 3
    for answers in (solve_batch(batch), solve_with_minimum(batch)):
        said = tally(SEEDS, units, complete(batch, answers), optima)
        assert said.wrong == []
        assert said.unsolved == []
        assert said.worst < 1.5e-7
        assert said.agreed + said.refuted >= 58


def test_whole_shares_of_them_are_lawful_and_above_the_bound() -> None:
    units = problems(SEEDS)
    batch = Batch.of(units)
    answers = complete(batch, solve_batch(batch))
    found = 0
    for u in range(0, len(units), 4):
        if answers.status[u] != Status.SOLVED:
            continue
        lawful, worst, cost = whole(units[u], answers.solution(batch, u), SEEDS[u])
        if lawful:
            found += 1
            assert worst <= 3e-9
            assert np.isnan(cost) or cost >= -1e-8
    assert found >= 4, found

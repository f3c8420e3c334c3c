"""What the kernels leave open: answered, closed or refuted by the fallback, and never made worse."""

import numpy as np
import pytest
from tests.unit.optimize.exact import exact, kinds, unit

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import certify
from trimtab.optimize.complete import complete
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import solve_batch

OPEN = (8, 37, 107, 123, 131, 151, 489)  # units that the kernels alone leave without a proof or an answer


@pytest.mark.parametrize("nodes", [1, 200])
def test_it_closes_what_is_open_and_stays_exact(nodes: int) -> None:
    batch = Batch.of([unit(seed, kinds(seed)) for seed in OPEN])
    before = solve_batch(batch, nodes=nodes)
    left = (before.status == Status.SOLVED_INACCURATE) | (before.status == Status.MAX_ITERATIONS)
    assert left.any()
    objective, bound = before.objective.copy(), before.lower_bound.copy()
    after = complete(batch, before)
    assert np.all(after.status == Status.SOLVED)
    assert np.all(after.objective <= objective + 1e-12)
    assert np.all(after.lower_bound >= np.minimum(bound, after.objective) - 1e-12)
    for u, seed in enumerate(OPEN):
        problem = unit(seed, kinds(seed))
        certificate = certify(problem, after.solution(batch, u))
        assert certificate.ok, (seed, certificate.faults)
    truth = exact(unit(37, kinds(37)))
    assert after.objective[1] == pytest.approx(truth.objective, abs=1e-7)


def test_large_units_with_a_gap_are_left_alone() -> None:
    batch = Batch.of([unit(107, kinds(107))])
    before = solve_batch(batch)
    objective = before.objective[0]
    assert before.status[0] == Status.SOLVED_INACCURATE
    assert complete(batch, before, small=0).objective[0] == objective

"""Laws of the engine: a bound never passes an objective, a tighter limit never helps, units do not mix."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.optimize.small import FEATURES, small

from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import solve, solve_batch

SOLVED = (Status.SOLVED, Status.SOLVED_INACCURATE)
limits = st.lists(st.sampled_from(FEATURES), unique=True, max_size=4)
seeds = st.integers(0, 10**6)
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(seed=seeds, features=limits)
def test_the_bound_never_passes_the_objective(seed: int, features: list[str]) -> None:
    found = solve(small(seed, features))
    if found.status in SOLVED:
        assert found.lower_bound <= found.objective
        assert np.isfinite(found.trade).all()
    else:
        assert not found.trade.any()
        assert found.objective == np.inf


@few
@given(seed=seeds, features=limits, share=st.floats(0.1, 0.9))
def test_a_tighter_limit_never_helps(seed: int, features: list[str], share: float) -> None:
    problem = small(seed, features)
    tight = replace(problem, row_upper=problem.row_lower + share * (problem.row_upper - problem.row_lower))
    loose, tighter = solve(problem), solve(tight)
    if tighter.status in SOLVED:
        assert loose.status is not Status.INFEASIBLE
        assert loose.lower_bound <= tighter.objective + 1e-8


@few
@given(seed=seeds, features=limits, other=limits)
def test_a_unit_does_not_feel_its_neighbour(seed: int, features: list[str], other: list[str]) -> None:
    mine, next_door = small(seed, features), small(seed + 1, other)
    alone, batch = solve(mine), Batch.of([next_door, mine, next_door])
    together = solve_batch(batch).solution(batch, 1)
    assert np.array_equal(alone.trade, together.trade)
    assert np.array_equal(alone.sale, together.sale)
    assert alone.lower_bound == together.lower_bound


@few
@given(seed=seeds, features=limits)
def test_saved_and_loaded_it_is_the_same_problem(seed: int, features: list[str], tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    problem = small(seed, features)
    path = tmp_path_factory.mktemp("problem") / "one.npz"
    problem.save(path)
    assert solve(type(problem).load(path)).objective == solve(problem).objective

"""The bound of what is published: lowered where whole shares go below it, and nowhere else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.e2e.tiny import CASES, ran
from tests.unit.optimize.small_problems import small_problem

from trimtab.desk.whole import bound_with
from trimtab.optimize.batch import Batch
from trimtab.optimize.certify_batch import objectives
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import solve_batch


def test_a_bound_that_trades_undercut_is_lowered_to_include_them() -> None:
    batch = Batch.of([small_problem(seed, n=5) for seed in range(24)])
    room = replace(batch, row_lower=batch.row_lower - 1e-3, row_upper=batch.row_upper + 1e-3)
    tight, wide = solve_batch(batch), solve_batch(room)
    good = (tight.status <= Status.SOLVED_INACCURATE) & (wide.status <= Status.SOLVED_INACCURATE)
    worth = objectives(batch, wide.trade, wide.sale)
    below = good & (worth < tight.lower_bound - 1e-8)
    assert below.sum() >= 5
    bound, sound = bound_with(
        batch, (wide.trade, wide.sale), worth=worth, bound=tight.lower_bound, lawful=good, solve=solve_batch
    )
    assert sound.all()
    assert (bound <= worth + 1e-9)[good].all()
    assert np.array_equal(bound[~below], tight.lower_bound[~below])
    assert (bound[below] >= wide.lower_bound[below] - 1e-9).all()


def test_a_bound_that_no_room_explains_is_not_sound() -> None:
    batch = Batch.of([small_problem(3, n=5)])
    found = solve_batch(batch)
    _, sound = bound_with(
        batch,
        (found.trade, found.sale),
        worth=found.objective - 1e-6,
        bound=found.lower_bound,
        lawful=np.ones(1, np.bool_),
        solve=solve_batch,
    )
    assert not sound.any()


@pytest.mark.parametrize("case", CASES)
def test_no_account_is_published_below_its_bound(case: str) -> None:
    rows = ran(case)[1].tables["evaluations"].drop_nulls("objective")
    total = pl.col("value").cast(pl.Float64).sum().over("unit_id")
    low = rows.filter(pl.col("objective") < pl.col("lower_bound") - 1e-9 * total)
    assert low["account_id"].to_list() == []

"""Located units: one risk term over all accounts of a household, and each account by itself around the joint answer."""

import numpy as np
import pytest
from tests.e2e.tiny import ran

from trimtab.desk.jointly import _houses
from trimtab.desk.propose import ask
from trimtab.optimize.batch import Batch
from trimtab.optimize.joint import Joint, join
from trimtab.optimize.located import Houses, around, household_terms, locate
from trimtab.optimize.solve import solve_batch
from trimtab.optimize.split import split
from trimtab.optimize.terms import terms_at
from trimtab.optimize.tracking import variances

CLASSES = 2


def _household(name: str = "CASH") -> tuple:
    """A household of the tiny book: what was asked, its joint unit, its rows."""
    _, run = ran("location")
    accounts = run.outcome.accounts.filter(run.outcome.accounts["account_id"].str.starts_with(f"{name}-"))
    accounts = accounts.select(
        *[column for column in accounts.columns if column not in ("unit_id", "in_turn")]
    )
    located = run.day.located.filter(run.day.located["account_id"].str.starts_with(f"{name}-"))
    asked = ask(run.day, accounts, located=located)
    weight = asked.accounts["tax_weight"].to_numpy()
    keys = np.full(len(asked.assembled.batch.target), -1, np.int64)
    joint = join(asked.assembled, asked.years, weight, units=[np.arange(2)], keys=keys)
    houses = _houses(asked, np.array([f"{name}-IRA"]), located)
    return asked, weight, locate(joint, asked.assembled, houses), houses


def _variance(batch: Batch) -> float:
    problem = batch.problem(0)
    gap = problem.held - problem.target
    return float(((problem.exposures * gap[:, None]).sum(axis=0) ** 2).sum())


def test_a_surplus_here_makes_up_for_a_lack_there() -> None:
    asked, weight, joint, houses = _household()
    batch = joint.batch
    assert float(batch.specific.sum()) == 0.0
    assert len(houses.rows[0]) == CLASSES
    nothing = np.zeros(len(asked.assembled.batch.target)), np.zeros(len(asked.assembled.batch.lot_size))
    apart = terms_at(asked.assembled, asked.years, weight, *nothing)
    whole = household_terms(apart, asked.assembled, joint, houses=houses, trade=nothing[0])
    assert whole.variance[0] == whole.variance[1] == pytest.approx(_variance(batch), rel=1e-12)
    assert whole.variance[0] < float((apart.variance * joint.share).sum())


def test_an_account_by_itself_is_asked_for_the_joint_answer() -> None:
    asked, _, joint, houses = _household()
    answers = solve_batch(joint.batch)
    batch, given = split(asked.assembled, joint, answers)
    near = around(asked.assembled, joint, given, houses)
    left = near.batch.held - near.batch.target + given.trade
    line = slice(near.batch.asset_offset[0], near.batch.asset_offset[1] - 1)
    other = slice(near.batch.asset_offset[1], near.batch.asset_offset[2] - 1)
    assert left[line] * joint.share[0] == pytest.approx(left[other] * joint.share[1], abs=1e-12)
    assert len(batch) == len(near.batch)
    for row, name in enumerate(near.row_names):
        if name.startswith("class:"):
            assert near.batch.row_lower[row] <= near.batch.row_upper[row]
            assert np.isfinite(near.batch.row_upper[row])
    assert variances(joint.batch, answers)[0] < 1e-8


def test_what_is_owed_as_tax_counts_for_nothing() -> None:
    asked, weight, joint, houses = _household("HAIR")
    assert list(houses.net) == [0.9, 1.0]
    nothing = np.zeros(len(asked.assembled.batch.target)), np.zeros(len(asked.assembled.batch.lot_size))
    apart = terms_at(asked.assembled, asked.years, weight, *nothing)
    whole = household_terms(apart, asked.assembled, joint, houses=houses, trade=nothing[0])
    owned = float((joint.share * houses.net).sum())
    assert _variance(joint.batch) == pytest.approx(owned * whole.variance[0], rel=1e-12)
    risk = (whole.objective - apart.objective + asked.assembled.value * 25.0 * apart.variance).sum()
    assert risk == pytest.approx(25.0 * joint.value[0] * _variance(joint.batch), rel=1e-12)
    answers = solve_batch(joint.batch)
    _, given = split(asked.assembled, joint, answers)
    near = around(asked.assembled, joint, given, houses)
    left = near.batch.held - near.batch.target + given.trade
    line = slice(near.batch.asset_offset[0], near.batch.asset_offset[1] - 1)
    other = slice(near.batch.asset_offset[1], near.batch.asset_offset[2] - 1)
    share = joint.share * houses.net
    assert left[line] * share[0] == pytest.approx(left[other] * share[1], abs=1e-12)


def test_units_of_no_household_stay_as_they_are() -> None:
    asked, _, joint, _ = _household()
    none = Houses({}, np.ones(2))
    assert isinstance(joint, Joint)
    assert locate(joint, asked.assembled, none) is joint

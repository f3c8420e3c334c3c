"""An answer that its certifier does not confirm is named, and only that one."""

from dataclasses import replace

import numpy as np
from tests.unit.optimize.small_problems import small_problem

from trimtab.desk.certificate import faults_of
from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import solve_batch


def test_faults_of_answers_and_of_whole_shares() -> None:
    batch = Batch.of([small_problem(seed, n=4, plain=True) for seed in range(12)])
    answers = solve_batch(batch)
    solved = np.flatnonzero(answers.status == Status.SOLVED)
    lawful = np.ones(len(batch), np.bool_)
    rooms = ((batch, lawful),)
    trades = (answers.trade, answers.sale)
    assert set(faults_of(batch, answers, rooms=rooms, trades=trades, lawful=lawful)) == {""}

    objective = answers.objective.copy()
    objective[solved[0]] -= 1e-6
    found = faults_of(batch, replace(answers, objective=objective), rooms=rooms, trades=trades, lawful=lawful)
    assert [u for u, fault in enumerate(found) if fault] == [solved[0]]
    assert found[solved[0]] in ("objective", "bound above the objective")

    trade = answers.trade.copy()
    at = batch.asset_offset[solved[1]]
    trade[at] = batch.upper[at] + 0.01
    whole = {"rooms": rooms, "trades": (trade, answers.sale)}
    found = faults_of(batch, answers, lawful=lawful, **whole)  # type: ignore[arg-type]
    assert [u for u, fault in enumerate(found) if fault] == [solved[1]]
    assert found[solved[1]].endswith("in whole shares")
    assert set(faults_of(batch, answers, lawful=~lawful, **whole)) == {""}  # type: ignore[arg-type]

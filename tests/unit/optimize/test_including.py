"""Limits moved to include trades: they are then lawful, the bound holds for them, and what is kept stays as it was."""

from dataclasses import fields, replace

import numpy as np
import pytest
from tests.unit.optimize.small_problems import netting_year, small_problem

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify_batch import certify_trades, objectives
from trimtab.optimize.including import including
from trimtab.optimize.problem import LONG, SHORT, Problem, Status
from trimtab.optimize.solve import solve_batch


def problems() -> list[Problem]:
    """Small problems with every kind of limit, half of them with a year of two terms."""
    found = [small_problem(seed, n=4 + seed % 3) for seed in range(20)]
    for seed in range(20):
        given = small_problem(100 + seed, n=5)
        term = np.where(np.arange(len(given.lot_size)) % 2 == 0, SHORT, LONG)
        found.append(replace(given, lot_term=term, year=netting_year(0.4, 0.2)))
    return found


def solved(batch: Batch) -> tuple[Batch, Answers]:
    """The units with an answer, and their answers."""
    answers = solve_batch(batch)
    good = np.flatnonzero(answers.status <= Status.SOLVED_INACCURATE)
    kept = Batch.of([batch.problem(int(u)) for u in good])
    return kept, solve_batch(kept)


def tightened(batch: Batch, by: float) -> Batch:
    """The batch with its limits drawn in, so that most answers of it break some."""
    budget = np.where(np.isfinite(batch.gain_budget), batch.gain_budget - by, batch.gain_budget)
    sides = batch.piece_sides.copy()
    sides[:, :, 2] -= by
    return replace(
        batch,
        upper=np.minimum(batch.upper, np.maximum(batch.upper - by, 0.0)),
        row_lower=batch.row_lower + by,
        row_upper=batch.row_upper - by,
        gain_budget=budget,
        turnover=np.where(np.isfinite(batch.turnover), batch.turnover - by, batch.turnover),
        min_trade=batch.min_trade + by,
        piece_sides=sides,
    )


@pytest.mark.parametrize("by", [1e-6, 1e-4, 3e-3])
def test_the_trades_become_lawful_and_the_bound_holds_for_them(by: float) -> None:
    batch, answers = solved(Batch.of(problems()))
    tight = tightened(batch, by)
    assert (~certify_trades(tight, answers.trade, answers.sale).ok).sum() > len(batch) // 2
    wide = including(tight, answers.trade, answers.sale)
    assert certify_trades(wide, answers.trade, answers.sale).ok.all()
    found = solve_batch(wide)
    worth = objectives(wide, answers.trade, answers.sale)
    assert len(batch) > 25
    assert (found.lower_bound <= worth + 1e-9).all()


def test_limits_that_are_kept_do_not_move() -> None:
    batch, answers = solved(Batch.of(problems()))
    room = replace(
        batch,
        row_lower=batch.row_lower - 1e-6,
        row_upper=batch.row_upper + 1e-6,
        lot_row_lower=batch.lot_row_lower - 1e-6,
        lot_row_upper=batch.lot_row_upper + 1e-6,
        gain_budget=batch.gain_budget + 1e-6,
    )
    sides = batch.piece_sides.copy()
    sides[:, :, 2] += 1e-6
    room = replace(
        room, piece_sides=sides, turnover=room.turnover + 1e-6, min_trade=np.zeros_like(room.min_trade)
    )
    same = including(room, answers.trade, answers.sale)
    for column in fields(Batch):
        before, after = getattr(room, column.name), getattr(same, column.name)
        assert np.array_equal(before, after), column.name


def test_no_limit_moves_further_than_it_is_missed() -> None:
    batch, answers = solved(Batch.of(problems()))
    tight = tightened(batch, 1e-3)
    wide = including(tight, answers.trade, answers.sale)
    for name in ("row_lower", "row_upper", "gain_budget", "turnover"):
        before = getattr(tight, name)
        known = np.isfinite(before)
        assert np.abs(getattr(wide, name)[known] - before[known]).max() <= 1e-3 + 1e-8, name

"""Minimum trades: a choice among them that has no answer says nothing of the problem."""

import numpy as np
import pytest

from trimtab.optimize.batch import Batch
from trimtab.optimize.minimum import solve_with_minimum
from trimtab.optimize.problem import Problem, Status


def two(wanted: float) -> Batch:
    """Two holdings of a fifth each that trade 4 % at least, and sell what they buy but for `wanted`."""
    held, target = np.array([0.2, 0.2]), np.array([0.22, 0.21])
    return Batch.of(
        [
            Problem(
                target=target, held=held, exposures=np.zeros((2, 1)), specific=np.array([0.04, 0.04]),
                risk_aversion=5.0, buy_cost=np.full(2, 1e-4), sell_cost=np.full(2, 1e-4), lower=-held / 2,
                upper=np.full(2, 0.5), lot_asset=np.array([0, 1]), lot_size=held, lot_gain=np.array([0.1, 0.1]),
                lot_slope=np.zeros(2), rows=np.ones((1, 2)), row_lower=np.array([wanted]),
                row_upper=np.array([wanted]), min_trade=np.array([0.04, 0.04]),
            )
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("wanted", "trades"), [(0.03, (0.07, -0.04)), (0.05, (0.05, 0.0))])
def test_the_tree_answers_where_a_choice_of_minimum_trades_has_no_answer(wanted, trades):
    found = solve_with_minimum(two(wanted))
    assert found.status[0] in (Status.SOLVED, Status.SOLVED_INACCURATE)
    assert sorted(found.trade) == pytest.approx(sorted(trades), abs=1e-7)
    assert found.lower_bound[0] <= found.objective[0]


def test_what_no_minimum_trade_meets_is_refuted():
    assert solve_with_minimum(two(-0.3)).status[0] == Status.INFEASIBLE

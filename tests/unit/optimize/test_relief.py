"""Lots that leave in a fixed order: the methods in columns, and the engine's answer against every stretch of lots."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import numpy as np
import polars as pl
import pytest

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import certify
from trimtab.optimize.certify_batch import certify_batch
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import LONG, SHORT, Problem, Status, Year
from trimtab.optimize.relief import averaged, turns
from trimtab.optimize.solve import solve, solve_batch

MONEY = pl.Decimal(38, 9)
LOTS = [  # lot, basis, acquired, long
    ("a", 60, date(2015, 1, 5), True),
    ("b", 104, date(2021, 1, 6), True),
    ("c", 93, date(2025, 2, 3), False),
    ("d", 97, date(2019, 1, 7), True),
    ("e", 107, date(2025, 3, 3), False),
    ("f", None, date(2018, 1, 3), True),
    ("g", 100, date(2017, 1, 3), True),
]


@pytest.mark.parametrize(
    ("method", "order"),
    [
        ("fifo", "agfdbce"),
        ("lifo", "ecbdfga"),
        ("hifo", "ebgdcaf"),
        ("mintax", "ebgdacf"),
        ("average", "agfdbce"),
        ("least_tax", ""),
    ],
)
def test_order_of_each_method(method: str, order: str) -> None:
    lots = pl.DataFrame(
        [
            {"account_id": "A", "security_id": "X", "lot_id": lot,
             "unit_basis": None if cost is None else Decimal(cost),
             "clean": Decimal(100), "acquired": day, "since": day, "long": long, "lot_relief": method}
            for lot, cost, day, long in LOTS
        ],
        schema_overrides={"unit_basis": MONEY, "clean": MONEY},
    )  # fmt: skip
    found = turns(lots.sample(fraction=1.0, shuffle=True, seed=3)).sort("turn")
    assert "".join(found["lot_id"]) == order


@pytest.mark.parametrize(
    ("kind", "costs", "expected"),
    [
        ("etf", ("40", "100"), ("80", "80")),
        ("mutual_fund", ("40", "100"), ("80", "80")),
        ("equity", ("40", "100"), ("40", "100")),
        ("etf", ("40", None), (None, None)),
    ],
)
def test_average_basis(kind: str, costs: tuple[str | None, ...], expected: tuple[str | None, ...]) -> None:
    lots = pl.DataFrame(
        [
            {"account_id": "A", "security_id": "X", "lot_id": str(n), "quantity": Decimal(shares),
             "unit_cost": None if cost is None else Decimal(cost)}
            for n, (shares, cost) in enumerate(zip((1, 2), costs, strict=True))
        ],
        schema_overrides={"quantity": MONEY, "unit_cost": MONEY},
    )  # fmt: skip
    found = averaged(
        lots,
        pl.DataFrame([{"security_id": "X", "kind": kind}]),
        pl.DataFrame([{"account_id": "A", "lot_relief": "average"}]),
    )
    assert found["unit_cost"].to_list() == [None if x is None else Decimal(x) for x in expected]


def ordered_problem(seed: int) -> Problem:
    """Three assets whose lots leave as given; every second with a gain budget, every third with minimum trades or,
    every fourth, a year of two pieces.
    """
    rng = np.random.default_rng(seed)
    n = 3
    held, target = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(n))
    asset = np.repeat(np.arange(n), rng.integers(1, 4, n))
    part = rng.random(len(asset)) + 0.1
    size = part / np.bincount(asset, part)[asset] * held[asset]
    gain = rng.uniform(-0.3, 0.7, len(asset))
    taxed = seed % 4 == 0
    year = Year(
        np.array([[0.37, 0.3], [0.408, 0.238]]),
        np.zeros(2),
        np.array([[[1.0, 1.0, 0.0]], [[-1.0, -1.0, 0.0]]]),
    )
    return Problem(
        target, held, rng.normal(0, 0.12, (n, 2)), rng.uniform(0.005, 0.03, n), rng.choice([2.0, 10.0, 25.0]),
        np.full(n, 0.0005), np.full(n, 0.0005), -held, np.ones(n), asset, size, gain,
        np.zeros(len(asset)) if taxed else 0.238 * gain, np.ones((1, n)), np.array([-0.001]), np.array([0.001]),
        ordered=np.ones(n, np.bool_), cost_row=0,
        gain_budget=float(rng.uniform(0, 0.05)) if seed % 2 else None,
        min_trade=np.full(n, 0.03) if seed % 3 == 2 else None,
        lot_term=rng.integers(SHORT, LONG + 1, len(asset)) if taxed else None, year=year if taxed else None,
    )  # fmt: skip


def least_over_stretches(problem: Problem) -> float:
    """The best of all ways to say in which lot each asset's sale ends: each is a problem of one lot an asset."""
    n, best = len(problem.target), np.inf
    lots = [np.flatnonzero(problem.lot_asset == i) for i in range(n)]
    pieces = [None] if problem.year is None else range(len(problem.year.constant))
    for ends, piece in product(product(*[range(-1, len(one)) for one in lots]), pieces):
        rate = np.zeros(3)
        rate[1:] = 0.0 if problem.year is None else problem.year.slope[piece]
        term = np.zeros(len(problem.lot_size), np.int64) if problem.lot_term is None else problem.lot_term
        cost = problem.lot_slope + rate[term] * problem.lot_gain
        lower, upper, constant, realized = problem.lower.copy(), problem.upper.copy(), 0.0, 0.0
        slope, gain = np.zeros(n), np.zeros(n)
        for i, end in enumerate(ends):
            if end < 0:
                lower[i] = 0.0
                continue
            before, last = lots[i][:end], lots[i][end]
            gone = problem.lot_size[before].sum()
            lower[i], upper[i] = -gone - problem.lot_size[last], -gone
            slope[i], gain[i] = cost[last], problem.lot_gain[last]
            constant += (cost[before] * problem.lot_size[before]).sum() - slope[i] * gone
            realized += (problem.lot_gain[before] * problem.lot_size[before]).sum() - gain[i] * gone
        budget = None if problem.gain_budget is None else problem.gain_budget - realized
        rows = None if piece is None else gain[None, :]
        side = None if piece is None else np.array([-realized if piece == 0 else np.inf])
        least = None if piece is None else np.array([-realized if piece == 1 else -np.inf])
        found = solve(
            replace(
                problem, lower=lower, upper=upper, lot_asset=np.arange(n), lot_size=problem.held, lot_gain=gain,
                lot_slope=slope, ordered=None, exclusive=np.ones(n, np.bool_), gain_budget=budget, lot_term=None,
                year=None, lot_rows=rows, lot_row_upper=side, lot_row_lower=least,
            )
        )  # fmt: skip
        if found.status in (Status.SOLVED, Status.SOLVED_INACCURATE):
            best = min(best, found.objective + constant)
    return best


def test_the_answer_is_the_best_of_all_stretches() -> None:
    problems = [ordered_problem(seed) for seed in range(40)]
    batch = Batch.of(problems)
    answers = solve_batch(batch)
    assert certify_batch(batch, answers).ok.all()
    for u, problem in enumerate(problems):
        best = least_over_stretches(problem)
        if answers.status[u] == Status.INFEASIBLE:
            assert best == np.inf
            continue
        assert certify(problem, answers.solution(batch, u)).ok
        assert answers.objective[u] == pytest.approx(best, abs=2e-7)
        assert answers.lower_bound[u] <= best + 1e-8
        free = solve(replace(problem, ordered=None, exclusive=np.ones(3, np.bool_)))
        assert free.lower_bound <= answers.objective[u] + 1e-8


def test_both_certifiers_see_a_lot_sold_out_of_order() -> None:
    problem = next(p for p in map(ordered_problem, range(20)) if np.bincount(p.lot_asset)[0] > 1)
    problem = replace(problem, gain_budget=None, min_trade=None)
    found = solve(problem)
    second = int(np.flatnonzero(problem.lot_asset == 0)[1])
    sale, trade = np.zeros(len(problem.lot_size)), found.trade * 0.0
    sale[second], trade[0] = 0.01, -0.01
    kinds = {fault.kind for fault in certify(problem, replace(found, sale=sale, trade=trade)).faults}
    assert "sold out of order" in kinds
    batch = Batch.of([problem])
    answers = replace(solve_batch(batch), sale=sale, trade=trade)
    assert certify_batch(batch, answers).excess[0] >= 0.01 - 1e-12


def test_the_fallback_keeps_the_order() -> None:
    for seed in range(0, 12, 2):
        problem = ordered_problem(seed)
        found = solve_fallback(problem, max_solves=60)
        if found.status in (Status.SOLVED, Status.SOLVED_INACCURATE):
            assert certify(problem, found).ok
            assert found.lower_bound <= solve(problem).objective + 1e-8

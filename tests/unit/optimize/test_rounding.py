"""Whole shares: the laws that hold for every rounded account, and the rules of docs/spec/rounding.md one by one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.optimize.small_problems import small_problem

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import check_trades, objective_of
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import Problem, Solution, Status
from trimtab.optimize.rounding import Rounded, round_batch, round_problem
from trimtab.optimize.shares import NO_FLOOR, Holdings, answers_of
from trimtab.optimize.solve import solve

BILLION = 10**9


def account(seed: int, *, value: float = 50_000.0, plain: bool = False) -> tuple[Problem, Holdings]:
    """A small problem whose lots are exact quantities at exact prices, and its integers."""
    rng = np.random.default_rng(seed + 999)
    problem = small_problem(seed, plain=plain)
    problem = replace(problem, cost_row=2)
    price = np.round(np.exp(rng.uniform(np.log(20), np.log(400), 6)) * 100) * 10_000_000
    price = price.astype(np.int64)
    quantity = (
        np.round(problem.lot_size * value / (price[problem.lot_asset] * 1e-9) * 1000).astype(np.int64) * 10**6
    )
    weight = price * 1e-18 / value
    size = quantity * weight[problem.lot_asset]
    held = np.bincount(problem.lot_asset, size, 6)
    problem = replace(problem, held=held, lot_size=size, lower=np.where(problem.lower < 0.0, -held, 0.0))
    own = np.bincount(problem.lot_asset, quantity, 6).astype(np.int64)
    cash = round((1.0 - held.sum()) * value * BILLION)
    floor = cash - round(float(problem.row_upper[2]) * value * BILLION)
    holdings = Holdings(
        value=np.array([value]),
        price=price,
        unit=np.full(6, BILLION),
        quantity=own,
        lot_quantity=quantity,
        cash=np.array([cash]),
        floor=np.array([floor - 1000]),
        tie=np.zeros(1, np.int64),
    )
    return problem, holdings


def weights(problem: Problem, holdings: Holdings, rounded: Rounded) -> tuple[np.ndarray, np.ndarray]:
    per_unit = holdings.price * 1e-18 / holdings.value[0]
    return rounded.quantity * per_unit, rounded.sold * per_unit[problem.lot_asset]


def after_tickets(problem: Problem, trade: np.ndarray) -> Problem:
    """The problem with the tickets of its trades paid on their cost rows."""
    if problem.ticket is None or problem.cost_row is None:
        return problem
    paid = np.zeros(len(problem.row_lower))
    moved = np.flatnonzero((trade != 0.0) & (problem.cost_row >= 0))
    np.add.at(paid, problem.cost_row[moved], problem.ticket[moved])
    return replace(problem, row_lower=problem.row_lower - paid, row_upper=problem.row_upper - paid)


def check_laws(problem: Problem, holdings: Holdings, rounded: Rounded) -> None:
    sold = np.zeros(6, np.int64)
    np.add.at(sold, problem.lot_asset, rounded.sold)
    assert np.array_equal(sold, np.maximum(-rounded.quantity, 0))
    assert (rounded.sold >= 0).all()
    assert (rounded.sold <= holdings.lot_quantity).all()
    whole = (rounded.quantity % holdings.unit == 0) | (rounded.quantity == -holdings.quantity)
    assert whole.all()
    exact = [int(q) * int(p) for q, p in zip(rounded.quantity, holdings.price, strict=True)]
    short = [int(n) * BILLION - e for n, e in zip(rounded.notional, exact, strict=True)]
    assert all(0 <= part < BILLION for part in short)
    spent = sum(int(n) for n in rounded.notional) + sum(int(c) for c in rounded.paid)
    assert int(rounded.cash[0]) == int(holdings.cash[0]) - spent


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([5_000.0, 50_000.0, 2_000_000.0]))
def test_every_rounded_account_obeys_the_laws(seed: int, value: float) -> None:
    problem, holdings = account(seed, value=value)
    solution = solve_fallback(problem, max_solves=20)
    if solution.status not in (Status.SOLVED, Status.SOLVED_INACCURATE):
        return
    rounded = round_problem(problem, solution, holdings)
    check_laws(problem, holdings, rounded)
    if rounded.lawful[0]:
        trade, sale = weights(problem, holdings, rounded)
        assert [f for f in check_trades(after_tickets(problem, trade), trade, sale) if f.excess > 2e-9] == []
        assert int(rounded.cash[0]) >= int(holdings.floor[0])
        plain = problem.year is None and problem.gain_budget is None and problem.lot_rows is None
        if plain:
            added = objective_of(problem, trade, sale) - objective_of(problem, solution.trade, solution.sale)
            assert rounded.cost[0] == pytest.approx(added, abs=1e-8)


def solved(count: int, **options: float) -> list[tuple[Problem, Holdings, Solution]]:
    cases = []
    for seed in range(count):
        problem, holdings = account(seed, plain=True, **options)
        solution = solve_fallback(problem)
        if solution.status is Status.SOLVED:
            cases.append((problem, holdings, solution))
    return cases


def joined(cases: list[tuple[Problem, Holdings, Solution]]) -> Holdings:
    names = ("value", "price", "unit", "quantity", "lot_quantity", "cash", "floor", "tie")
    return Holdings(**{name: np.concatenate([getattr(h, name) for _, h, _ in cases]) for name in names})


def test_nearly_all_accounts_round_lawfully_and_cheaply() -> None:
    cases = solved(60)
    batch = Batch.of([p for p, _, _ in cases])
    rounded = round_batch(batch, answers_of(batch, [s for _, _, s in cases]), joined(cases))
    assert rounded.lawful.mean() >= 0.95
    assert rounded.cost[rounded.lawful].mean() < 5e-4


def by_lots(problem: Problem, asset: int, trades: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """A rate of each lot times what some trades of one asset sell of it, the cheapest lots first."""
    lots = np.flatnonzero(problem.lot_asset == asset)
    lots = lots[np.lexsort((problem.lot_gain[lots], np.round(problem.lot_slope[lots], 12)))]
    ends = np.concatenate([[0.0], np.cumsum(problem.lot_size[lots])])
    sums = np.concatenate([[0.0], np.cumsum(problem.lot_size[lots] * rate[lots])])
    return np.interp(np.maximum(-trades, 0.0), ends, sums)


def line_costs(problem: Problem, asset: int, trades: np.ndarray) -> np.ndarray:
    own = problem.sell_cost[asset] * np.maximum(-trades, 0.0) + problem.buy_cost[asset] * np.maximum(
        trades, 0.0
    )
    return own + by_lots(problem, asset, trades, problem.lot_slope)


def best_nearby(problem: Problem, holdings: Holdings, solution: Solution) -> float:
    """The least objective of all lawful points within two units of the solution on every line."""
    unit = holdings.price * 1e-9 / holdings.value[0]
    choices = []
    for i, want in enumerate(solution.trade / unit):
        trades = (np.floor(want) + np.arange(-1, 3)) * unit[i]
        trades = np.append(trades, [-problem.held[i], 0.0])
        kept = (trades >= problem.lower[i] - 1e-12) & (trades <= problem.upper[i] + 1e-12)
        choices.append(np.unique(trades[kept & (np.abs(trades - solution.trade[i]) < 2.0 * unit[i])]))
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*choices, indexing="ij")])
    spent = problem.buy_cost @ np.maximum(grid, 0.0) + problem.sell_cost @ np.maximum(-grid, 0.0)
    rows = problem.rows @ grid
    rows[2] += spent
    fits = ((rows <= problem.row_upper[:, None] + 1e-10) & (rows >= problem.row_lower[:, None] - 1e-10)).all(
        axis=0
    )
    gap = grid + (problem.held - problem.target)[:, None]
    total = ((problem.exposures.T @ gap) ** 2).sum(axis=0) + (problem.specific[:, None] * gap**2).sum(axis=0)
    if problem.gain_budget is not None:
        gains = [by_lots(problem, i, axis, problem.lot_gain) for i, axis in enumerate(choices)]
        realized = sum(axis.ravel() for axis in np.meshgrid(*gains, indexing="ij"))
        fits &= realized <= problem.gain_budget + 1e-10
    costs = [line_costs(problem, i, axis) for i, axis in enumerate(choices)]
    total = problem.risk_aversion * total + sum(axis.ravel() for axis in np.meshgrid(*costs, indexing="ij"))
    return float(total[fits].min()) if fits.any() else np.inf


def excesses(cases: list[tuple[Problem, Holdings, Solution]]) -> np.ndarray:
    """How much worse than the best of all points around the solution each account that has one is rounded."""
    excess = []
    for problem, holdings, solution in cases:
        best = best_nearby(problem, holdings, solution)
        if np.isfinite(best):
            rounded = round_problem(problem, solution, holdings)
            assert rounded.lawful[0]
            excess.append(objective_of(problem, *weights(problem, holdings, rounded)) - best)
    return np.array(excess)


def test_answers_are_close_to_the_best_of_all_whole_points_around_the_solution() -> None:
    excess = excesses(solved(40))
    assert len(excess) >= 20
    assert excess.mean() <= 0.1e-4
    assert excess.max() <= 2e-4


def test_a_budget_that_presses_costs_no_more_than_its_price() -> None:
    cases = []
    for problem, holdings, solution in solved(120):
        gain = float(problem.lot_gain @ solution.sale)
        if gain > 1e-3:
            pressed = replace(problem, gain_budget=0.6 * gain)
            again = solve(pressed)
            if again.status is Status.SOLVED:
                cases.append((pressed, holdings, again))
    excess = excesses(cases)
    assert len(excess) >= 5
    assert excess.max() <= 0.1e-4


def test_a_batch_rounds_each_account_as_if_alone_and_in_any_order() -> None:
    cases = solved(12)
    for order in (list(range(len(cases))), list(reversed(range(len(cases))))):
        chosen = [cases[i] for i in order]
        batch = Batch.of([p for p, _, _ in chosen])
        together = round_batch(batch, answers_of(batch, [s for _, _, s in chosen]), joined(chosen))
        for at, (problem, holdings, solution) in enumerate(chosen):
            alone = round_problem(problem, solution, holdings)
            assert np.array_equal(together.quantity[6 * at : 6 * at + 6], alone.quantity)
            assert together.cash[at] == alone.cash[0]


def test_a_whole_position_goes_with_its_fraction() -> None:
    problem, holdings = account(3, plain=True)
    assert holdings.quantity[0] % BILLION != 0
    upper, lower = problem.upper.copy(), problem.lower.copy()
    upper[0] = lower[0] = -problem.held[0]
    wide = replace(problem, upper=upper, lower=lower, row_lower=np.full(3, -1.0), row_upper=np.full(3, 1.0))
    rounded = round_problem(wide, solve_fallback(wide), replace(holdings, floor=np.array([NO_FLOOR])))
    assert rounded.lawful[0]
    assert rounded.quantity[0] == -holdings.quantity[0]


def test_fractions_where_they_are_allowed_hold_to_a_millionth() -> None:
    problem, holdings = account(5, plain=True)
    solution = solve_fallback(problem)
    fine = replace(holdings, unit=np.full(6, 1000))
    rounded = round_problem(problem, solution, fine)
    assert rounded.lawful[0]
    assert abs(rounded.cost[0]) < 1e-7
    assert (rounded.quantity % 1000 == 0).all() or (rounded.quantity == -holdings.quantity).any()


def test_bonds_trade_in_their_denomination() -> None:
    problem, holdings = account(5, plain=True, value=5_000_000.0)
    lots = replace(holdings, unit=np.where(np.arange(6) == 1, 1000 * BILLION, BILLION))
    rounded = round_problem(problem, solve_fallback(problem), lots)
    assert rounded.quantity[1] % (1000 * BILLION) == 0 or rounded.quantity[1] == -holdings.quantity[1]


def test_the_minimum_trade_is_kept_or_nothing_is_done() -> None:
    problem, holdings = account(8, plain=True)
    least = replace(problem, min_trade=np.full(6, 0.02))
    rounded = round_problem(least, solve_fallback(least), holdings)
    assert rounded.lawful[0]
    trade, _ = weights(least, holdings, rounded)
    small = (trade != 0.0) & (np.abs(trade) < 0.02 - 1e-9) & (rounded.quantity != -holdings.quantity)
    assert not small.any()


def test_a_wash_group_that_buys_sells_no_loss() -> None:
    for seed in range(8):
        problem, holdings = account(seed, plain=True)
        grouped = replace(problem, group=np.array([0, 0, 0, -1, -1, -1]))
        solution = solve_fallback(grouped)
        if solution.status is not Status.SOLVED:
            continue
        rounded = round_problem(grouped, solution, holdings)
        trade, sale = weights(grouped, holdings, rounded)
        assert [f for f in check_trades(grouped, trade, sale) if f.kind == "wash" and f.excess > 0.0] == []


def test_cash_below_its_floor_by_a_billionth_is_not_lawful() -> None:
    problem, holdings = account(5, plain=True)
    solution = solve_fallback(problem)
    rounded = round_problem(problem, solution, holdings)
    assert rounded.lawful[0]
    idle = replace(
        problem, lower=np.zeros(6), upper=np.zeros(6), row_lower=np.full(3, -1.0), row_upper=np.full(3, 1.0)
    )
    for spare, lawful in ((0, True), (1, False)):
        exact = replace(holdings, floor=holdings.cash + spare)
        assert round_problem(idle, solve_fallback(idle), exact).lawful[0] == lawful


def test_a_tie_row_lets_cash_follow_the_trades() -> None:
    problem, holdings = account(5, plain=True)
    cash = float(1.0 - problem.held.sum())
    rows = np.hstack([problem.rows, np.zeros((3, 1))])
    rows[2, 6] = 1.0
    tied = Problem(
        target=np.append(problem.target, 0.0),
        held=np.append(problem.held, 0.0),
        exposures=np.vstack([problem.exposures, np.zeros((1, problem.exposures.shape[1]))]),
        specific=np.append(problem.specific, 0.0),
        risk_aversion=problem.risk_aversion,
        buy_cost=np.append(problem.buy_cost, 0.03),
        sell_cost=np.append(problem.sell_cost, 0.0),
        lower=np.append(problem.lower, -cash),
        upper=np.append(problem.upper, 0.2),
        lot_asset=np.append(problem.lot_asset, [6]),
        lot_size=np.append(problem.lot_size, [cash]),
        lot_gain=np.append(problem.lot_gain, [0.0]),
        lot_slope=np.append(problem.lot_slope, [0.03]),
        rows=rows,
        row_lower=np.append(problem.row_lower[:2], 0.0),
        row_upper=np.append(problem.row_upper[:2], 0.0),
        cost_row=np.append(np.full(6, 2), -1),
    )
    held = replace(
        holdings,
        price=np.append(holdings.price, BILLION),
        unit=np.append(holdings.unit, 0),
        quantity=np.append(holdings.quantity, holdings.cash),
        lot_quantity=np.append(holdings.lot_quantity, holdings.cash),
        floor=np.array([0]),
        tie=np.array([2]),
    )
    solution = solve_fallback(tied)
    assert solution.status is Status.SOLVED
    rounded = round_problem(tied, solution, held)
    assert rounded.lawful[0]
    assert rounded.quantity[6] == 0
    per_unit = held.price * 1e-18 / held.value[0]
    trade, sale = rounded.quantity * per_unit, rounded.sold * per_unit[tied.lot_asset]
    paid = (np.maximum(trade, 0.0) * tied.buy_cost + np.maximum(-trade, 0.0) * tied.sell_cost)[:6].sum()
    trade[6] = -trade[:6].sum() - paid
    sale[-1] = max(-trade[6], 0.0)
    assert [f for f in check_trades(tied, trade, sale) if f.excess > 2e-9] == []
    added = objective_of(tied, trade, sale) - objective_of(tied, solution.trade, solution.sale)
    assert rounded.cost[0] == pytest.approx(added, abs=1e-8)


def test_the_dive_finds_what_moves_alone_do_not() -> None:
    found = dived = 0
    for seed in range(40):
        problem, holdings = account(seed, plain=True, value=1_500.0)
        solution = solve_fallback(problem)
        if solution.status is not Status.SOLVED:
            continue
        found += bool(round_problem(problem, solution, holdings, kicks=0, rescue=0).lawful[0])
        dive = round_problem(problem, solution, holdings, kicks=0, rescue=0, solver=solve_fallback)
        check_laws(problem, holdings, dive)
        dived += bool(dive.lawful[0])
    assert dived > found

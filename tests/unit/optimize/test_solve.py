"""The engine against enumeration, a linear solver, and itself in another order; the hard shapes of its design."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.unit.optimize.enumerated import convex, optimum, pieces
from tests.unit.optimize.exact import kinds, unit
from tests.unit.optimize.small import FEATURES, random_features, small

from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import certify
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.problem import Problem, Solution, Status
from trimtab.optimize.solve import solve, solve_batch

SHARP = 3e-8  # how exactly the oracle knows its own optimum


def objective(p: Problem, s: Solution) -> float:
    """The objective of a solution, term by term, from the problem's own arrays."""
    sold = np.bincount(p.lot_asset, s.sale, len(p.target))
    bought = s.trade + sold
    z = s.trade + p.held - p.target
    total = p.risk_aversion * (((p.exposures.T * z).sum(axis=1) ** 2).sum() + (p.specific * z * z).sum())
    total += (p.buy_cost * bought).sum() + (p.sell_cost * sold).sum() + (p.lot_slope * s.sale).sum()
    if p.ticket is not None:
        total += p.ticket[s.trade != 0.0].sum()
    if p.year is not None:
        assert p.lot_term is not None
        gains = [(p.lot_gain * s.sale)[p.lot_term == t].sum() for t in (1, 2)]
        total += p.year.slope[s.region] @ gains + p.year.constant[s.region]
    return float(total)


def misses(p: Problem, s: Solution) -> float:
    """By how much a solution misses its limits at worst."""
    sold = np.bincount(p.lot_asset, s.sale, len(p.target))
    bought = s.trade + sold
    miss = [-s.sale.min(initial=0.0), (s.sale - p.lot_size).max(initial=0.0), -bought.min()]
    miss += [(p.lower - s.trade).max(), (s.trade - p.upper).max()]
    activity = (p.rows * s.trade).sum(axis=1)
    if p.cost_row is not None:
        activity += np.array([
            ((p.buy_cost * bought + p.sell_cost * sold) * (p.cost_row == j)).sum() for j in range(len(activity))
        ])  # fmt: skip
    miss += [(activity - p.row_upper).max(), (p.row_lower - activity).max()]
    if p.gain_budget is not None:
        miss.append((p.lot_gain * s.sale).sum() - p.gain_budget)
    if p.lot_rows is not None:
        miss.append(((p.lot_rows * s.sale).sum(axis=1) - p.lot_row_upper).max())
    counted = np.ones(len(bought), bool) if p.counted is None else p.counted
    if p.turnover is not None:
        miss.append(0.5 * (bought + sold)[counted].sum() - p.turnover)
    if p.max_trades is not None:
        miss.append(float(((s.trade != 0.0) & counted).sum() - p.max_trades))
    if p.min_trade is not None:
        traded = (s.trade != 0.0) & (sold < np.bincount(p.lot_asset, p.lot_size, len(p.target)) - 1e-9)
        miss.append(((p.min_trade - np.abs(s.trade)) * traded).max())
    if p.group is not None:
        losses = np.bincount(p.lot_asset, s.sale * (p.lot_gain < 0.0), len(p.target))
        for g in set(p.group.tolist()) - {-1}:
            miss.append(min(bought[p.group == g].sum(), losses[p.group == g].sum()))
    losing = np.zeros(len(p.target), bool)
    losing[p.lot_asset[p.lot_gain < 0.0]] = True
    exclusive = losing if p.exclusive is None else p.exclusive
    miss.append((np.minimum(bought, sold) * exclusive).max())
    return float(max(miss))


def agree(problems: list[Problem]) -> tuple[int, int]:
    """Assert that no answer contradicts the oracle; (solved exactly, left open)."""
    exact = left = 0
    answers = solve_batch(Batch.of(problems))
    batch = Batch.of(problems)
    for u, problem in enumerate(problems):
        truth = optimum(problem)
        found = answers.solution(batch, u)
        if found.status is Status.INFEASIBLE:
            assert truth == np.inf, u
            exact += 1
            continue
        assert found.lower_bound <= truth + SHARP, u
        if found.status is Status.MAX_ITERATIONS:
            left += 1
            continue
        assert found.lower_bound <= found.objective
        assert found.objective >= truth - SHARP, u
        assert objective(problem, found) == pytest.approx(found.objective, abs=1e-9), u
        assert misses(problem, found) < 1e-8, u
        if found.status is Status.SOLVED:
            assert found.objective <= truth + 2e-7, u
            exact += 1
        else:
            left += 1
    return exact, left


@pytest.mark.parametrize("feature", FEATURES)
def test_each_kind_of_limit_agrees_with_enumeration(feature: str) -> None:
    exact, left = agree([small(seed, [feature]) for seed in range(100, 125)])
    assert left <= 1, (exact, left)


def test_turnover_and_number_of_trades_count_what_is_counted() -> None:
    for kind in (["turnover", "uncounted"], ["max_trades", "uncounted"]):
        exact, left = agree([small(seed, kind) for seed in range(100, 125)])
        assert left <= 1, (kind, exact, left)


def test_all_kinds_together_never_contradict_enumeration() -> None:
    exact, left = agree([small(seed, random_features(seed)) for seed in range(60)])
    assert left <= 8, (exact, left)


def shapes(base: Problem) -> dict[str, Problem]:
    """The robustness list of the engine's specification."""
    n = len(base.target)
    first = np.arange(n) == 0
    flat = base.exposures * ~first[:, None]
    twin = base.exposures.copy()
    twin[1] = twin[0]
    some = np.arange(len(base.lot_size)) % 4 == 0
    held = base.held - np.bincount(base.lot_asset, base.lot_size * some, n)
    mid = np.clip(0.0, base.row_lower, base.row_upper)
    cash = np.arange(len(mid)) == 0
    return {
        "zero variance": replace(base, exposures=flat, specific=base.specific * ~first),
        "duplicates without specific risk": replace(base, exposures=twin, specific=np.zeros(n)),
        "no specific risk": replace(base, specific=np.zeros(n)),
        "empty lots": replace(
            base, lot_size=base.lot_size * ~some, held=held, lower=np.maximum(base.lower, -held)
        ),
        "zero basis": replace(
            base, lot_gain=np.where(some, 1.0, base.lot_gain), lot_slope=np.where(some, 0.3, base.lot_slope)
        ),
        "no gains": replace(base, lot_gain=base.lot_gain * 0.0, lot_slope=base.lot_slope * 0.0),
        "no costs": replace(base, buy_cost=base.buy_cost * 0.0, sell_cost=base.sell_cost * 0.0),
        "duplicated rows": replace(
            base,
            rows=np.vstack([base.rows, base.rows]),
            row_lower=np.tile(base.row_lower, 2),
            row_upper=np.tile(base.row_upper, 2),
        ),
        "cash as an equality": replace(
            base, row_lower=np.where(cash, mid, base.row_lower), row_upper=np.where(cash, mid, base.row_upper)
        ),
        **{f"aversion {g:g}": replace(base, risk_aversion=g) for g in (0.0, 1e-3, 1.0, 1e4, 1e7)},
    }


def test_hard_shapes_are_solved() -> None:
    for seed in (2, 5, 11):
        for name, problem in shapes(small(seed, [])).items():
            truth, found = optimum(problem), solve(problem)
            if not np.isfinite(truth):
                assert found.status is Status.INFEASIBLE, name
                continue
            scale = max(1.0, abs(truth))
            assert found.status in (Status.SOLVED, Status.SOLVED_INACCURATE), name
            assert found.lower_bound <= truth + SHARP * scale, name
            assert found.objective == pytest.approx(truth, abs=3e-7 * scale), name


def test_the_same_bits_in_any_order_batch_and_number_of_threads() -> None:
    problems = [small(seed, random_features(seed)) for seed in range(200, 290)]
    batch = Batch.of(problems)
    whole = solve_batch(batch)
    threaded = solve_batch(batch, threads=2)
    order = np.random.default_rng(0).permutation(len(problems))
    shuffled = Batch.of([problems[u] for u in order])
    mixed = solve_batch(shuffled, threads=2)
    assert np.array_equal(whole.trade, threaded.trade)
    assert np.array_equal(whole.sale, threaded.sale)
    for place, u in enumerate(order):
        one, other = whole.solution(batch, int(u)), mixed.solution(shuffled, place)
        assert np.array_equal(one.trade, other.trade)
        assert np.array_equal(one.sale, other.sale)
        assert (one.objective, one.lower_bound, one.nodes) == (
            other.objective,
            other.lower_bound,
            other.nodes,
        )
    for u in range(0, len(problems), 9):
        alone = solve(problems[u])
        assert np.array_equal(alone.trade, whole.solution(batch, u).trade)
        assert alone.lower_bound == whole.lower_bound[u]


def test_a_claim_of_infeasibility_is_confirmed_by_a_linear_program() -> None:
    problems = [small(seed, ["budget", "turnover"]) for seed in range(300, 380)]
    answers = solve_batch(Batch.of(problems))
    claimed = np.flatnonzero(answers.status == Status.INFEASIBLE)
    assert len(claimed) > 10
    for u in claimed:
        assert not feasible(problems[u]), u


def feasible(p: Problem) -> bool:
    """Whether the relaxation without any buy-or-sell choice has a point, by HiGHS."""
    import highspy

    parts = pieces(p)
    n = len(p.target)
    rows = np.vstack([parts.rows, parts.net])
    low, high = np.concatenate([parts.row_lower, parts.lower]), np.concatenate([parts.row_upper, parts.upper])
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    sale = np.where(p.lower[p.lot_asset] >= 0.0, 0.0, p.lot_size)
    for upper in np.concatenate([np.maximum(p.upper, 0.0) + parts.held, sale]):
        solver.addVar(0.0, float(upper))
    columns = np.arange(n + len(p.lot_size), dtype=np.int32)
    for row, a, b in zip(rows, low, high, strict=True):
        solver.addRow(float(a), float(b), len(columns), columns, row)
    solver.run()
    return solver.getModelStatus() == highspy.HighsModelStatus.kOptimal


def test_without_choices_it_is_the_convex_program() -> None:
    for seed in range(20):
        problem = replace(small(seed, []), exclusive=np.zeros(len(small(seed, []).target), bool))
        parts = pieces(problem)
        sale = np.where(problem.lower[problem.lot_asset] >= 0.0, 0.0, problem.lot_size)
        buy = np.where(problem.upper > 0.0, problem.upper + parts.held, 0.0)
        truth = convex(
            parts.quadratic, parts.linear, np.vstack([parts.rows, parts.net]),
            np.concatenate([parts.row_lower, parts.lower]), np.concatenate([parts.row_upper, parts.upper]),
            np.concatenate([buy, sale]),
        ) + parts.constant  # fmt: skip
        found = solve(problem)
        blocked = (problem.lower >= 0.0) | (problem.upper <= 0.0)
        if np.isfinite(truth) and not blocked.any():
            assert found.objective == pytest.approx(truth, abs=2e-7)


def test_what_is_not_a_number_is_refused_and_never_answered() -> None:
    base = small(3, [])
    batch = Batch.of([base, small(4, [])])
    held = batch.held.copy()
    held[0] = np.nan
    answers = solve_batch(replace(batch, held=held))
    assert answers.status.tolist() == [Status.INVALID, solve_batch(batch).status[1]]
    assert np.isfinite(answers.trade).all()
    assert np.isfinite(answers.sale).all()


def test_limits_beyond_the_lots_are_the_lots() -> None:
    base = small(7, [])
    wide = replace(base, lower=np.where(base.lower < 0.0, -np.inf, 0.0))
    assert solve(wide).objective == pytest.approx(solve(base).objective, abs=1e-9)


def test_an_asset_that_must_sell_more_than_it_has_is_a_conflict() -> None:
    base = small(7, [])
    upper = base.upper.copy()
    lower = base.lower.copy()
    lower[0], upper[0] = -2.0, -1.5
    found = solve(replace(base, lower=lower, upper=upper))
    assert found.status is Status.INFEASIBLE
    assert not found.trade.any()


def test_a_problem_taken_out_of_a_batch_is_the_same_problem() -> None:
    problems = [small(seed, random_features(seed)) for seed in range(12)]
    batch = Batch.of(problems)
    for u, problem in enumerate(problems):
        assert solve(batch.problem(u)).objective == solve(problem).objective


def least_turnover(p: Problem) -> float:
    """The least turnover that meets every other limit of a problem without minimum trades."""
    half = np.full(len(p.target), 0.5) if p.counted is None else 0.5 * p.counted
    bare = replace(
        p,
        risk_aversion=0.0,
        buy_cost=half,
        sell_cost=half,
        buy_charge=p.buy_cost if p.buy_charge is None else p.buy_charge,
        sell_charge=p.sell_cost if p.sell_charge is None else p.sell_charge,
        lot_slope=np.zeros_like(p.lot_slope),
        ticket=None,
        turnover=None,
        year=None
        if p.year is None
        else replace(p.year, slope=0.0 * p.year.slope, constant=0.0 * p.year.constant),
    )
    found = solve(bare)
    assert found.status is Status.SOLVED
    return found.objective


@pytest.mark.parametrize("seed", [8, 15, 87, 106, 110])
def test_a_turnover_within_a_hair_of_the_least_is_lawful_or_refuted_and_never_called_solved_below_its_bound(
    seed: int,
) -> None:
    p = unit(seed, kinds(seed))
    least = least_turnover(p)
    near = [1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8, 3e-9]
    found = [solve(replace(p, turnover=least + beyond)) for beyond in near]
    answered = [s for s in found if s.status in (Status.SOLVED, Status.SOLVED_INACCURATE)]
    assert all(certify(replace(p, turnover=least + b), s).ok for b, s in zip(near, found, strict=True))
    assert len(answered) >= len(near) - 2
    assert all(s.status is not Status.INFEASIBLE for s in found)
    # An answer below its bound exists here, and says so.
    assert any(s.status is Status.SOLVED_INACCURATE and s.objective == s.lower_bound for s in found)
    proven = [s.objective for s in found if s.status is Status.SOLVED]
    assert all(less <= more + 2e-7 for less, more in pairwise(proven))
    below = solve(replace(p, turnover=least - 1e-6))
    assert below.status in (Status.INFEASIBLE, Status.MAX_ITERATIONS)
    assert solve_fallback(replace(p, turnover=least - 1e-6)).status in (
        Status.INFEASIBLE,
        Status.MAX_ITERATIONS,
    )

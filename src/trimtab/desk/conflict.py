"""Conflict: an account that no trade satisfies gets its limits widened in the order of what yields to what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from trimtab.desk.propose import Asked
from trimtab.optimize.elastic import Limit, Relaxation, Yields, explain_conflict
from trimtab.optimize.problem import Problem, Solution, Status, Year
from trimtab.optimize.solve import solve

_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Collision:
    """One colliding limit of an account, in dollars: how far the proposal misses it, and its cheapest way out."""

    limit: str
    shortfall: float | None
    relaxation: str
    relaxation_cost: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Eased:
    """The problem that is left once limits gave way (None where nothing safe is left), its answer, what collided."""

    problem: Problem | None
    solution: Solution | None
    collisions: tuple[Collision, ...]


def ease(asked: Asked) -> Eased:
    """Widen the limits of the one account that was asked until it has an answer.

    A tax budget gives way first where it alone is in the way, by the least tax that the other limits force; cash that
    is due is raised over budget, and the excess is recorded.
    """
    problem = asked.assembled.batch.problem(0)
    value = float(asked.assembled.value[0])
    free = _without_budget(problem)
    if free is not None:
        answer = _over_budget(problem, free, value)
        if answer is not None:
            return answer
        problem = free
    conflict = explain_conflict(problem, list(_limits(asked, problem)))
    collisions = tuple(_collision(found, value) for found in conflict.colliding)
    if conflict.safe is None:
        return Eased(None, None, collisions)
    solution = solve(conflict.safe)
    return Eased(conflict.safe, solution if _answered(solution) else None, collisions)


def _answered(solution: Solution) -> bool:
    return solution.status in (Status.SOLVED, Status.SOLVED_INACCURATE)


def _without_budget(problem: Problem) -> Problem | None:
    """The problem without its tax budget, the last side of every piece of the year; None where there is none."""
    if problem.year is None or not np.isfinite(problem.year.sides[:, -1, 2]).any():
        return None
    sides = problem.year.sides.copy()
    sides[:, -1, 2] = np.inf
    return replace(problem, year=Year(problem.year.slope, problem.year.constant, sides))


def _over_budget(problem: Problem, free: Problem, value: float) -> Eased | None:
    """Answer with the least tax that the other limits force, where without the budget they can be met."""
    assert problem.year is not None
    least = solve(
        replace(
            free,
            risk_aversion=0.0,
            lot_slope=np.zeros_like(free.lot_slope),
            buy_cost=np.full_like(free.buy_cost, 1e-7),
            sell_cost=np.full_like(free.sell_cost, 1e-7),
        )
    )
    if not _answered(least):
        return None
    weight = _weight(problem.year)
    tax = _added_tax(problem, least) / weight
    sides = problem.year.sides.copy()
    allowed = problem.year.sides[:, -1, 2] + problem.year.constant / weight
    short = max(tax - float(allowed.max()), 0.0)
    sides[:, -1, 2] += short + _CENT / value
    eased = replace(problem, year=Year(problem.year.slope, problem.year.constant, sides))
    solution = solve(eased)
    if not _answered(solution):
        return None
    excess = round(short * value, 2)
    words = f"raise the tax budget by ${excess:,.2f} this year"
    return Eased(eased, solution, (Collision("tax_budget", excess, words, excess),))


def _weight(year: Year) -> float:
    """tax_weight: the year's slopes are weighted, the sides of the budget are not."""
    taxed = np.abs(year.sides[:, -1, :2]).sum(axis=1) > 0
    if not taxed.any():
        return 1.0
    piece = int(np.flatnonzero(taxed)[0])
    return float(np.abs(year.slope[piece]).sum() / np.abs(year.sides[piece, -1, :2]).sum())


def _added_tax(problem: Problem, solution: Solution) -> float:
    """The year's term of the objective at a solution."""
    assert problem.year is not None
    assert problem.lot_term is not None
    gains = problem.lot_gain * solution.sale
    short, long = (float(gains[problem.lot_term == term].sum()) for term in (1, 2))
    piece = max(solution.region, 0)
    on_short, on_long = problem.year.slope[piece]
    return float(on_short * short + on_long * long + problem.year.constant[piece])


def _limits(asked: Asked, problem: Problem) -> Iterator[Limit]:
    """The limits that may give way, by name; what no product, price or lot allows is physical and is not among them."""
    for i, line in enumerate(asked.lines.iter_rows(named=True)):
        name = line["security_id"]
        if line["no_sell"] is not None and line["frozen"] is None:
            yield Limit("asset", i, -1, f"never_sell:{name}", Yields.FREEZE)
        if problem.lower[i] > 0.0:
            yield Limit("asset", i, -1, f"min_weight:{name}", Yields.SCREEN)
        if line["must_sell"] is not None:
            yield Limit("asset", i, 1, f"sell:{name}", Yields.SCREEN)
        elif problem.upper[i] < 0.0 or (line["no_buy"] is None and problem.upper[i] < 1.0):
            yield Limit("asset", i, 1, f"max_weight:{name}", Yields.SCREEN)
    for row, name in enumerate(asked.assembled.row_names):
        rank = Yields.CLASS if name.startswith(("class:", "node:")) else Yields.SCREEN
        if name != "cash":
            yield from (Limit("row", row, side, name, rank) for side in (-1, 1))
    due = float(asked.accounts["cash_due"][0] or 0.0) > 0.0
    side = 1 if asked.assembled.turned[0] else -1
    yield Limit("asset", len(problem.target) - 1, side, "cash_due" if due else "cash_floor", Yields.CASH_DUE)
    if problem.gain_budget is not None:
        yield Limit("gain_budget", 0, 1, "gain_budget", Yields.BUDGET)


def _collision(found: Relaxation, value: float) -> Collision:
    """A colliding limit in dollars and words; what is not known stays unknown."""
    alone = _known(found.alone, value)
    if alone is None:
        words = f"{found.limit.name} alone cannot give way enough"
    else:
        words = f"let {found.limit.name} give way by ${alone:,.2f}"
    return Collision(found.limit.name, _known(found.shortfall, value), words, _known(found.cost, value))


def _known(share: float, value: float) -> float | None:
    return round(share * value, 2) if np.isfinite(share) else None

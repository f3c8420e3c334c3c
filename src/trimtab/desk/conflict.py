"""Conflict: an account that no trade satisfies gets its limits widened in the order of what yields to what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from trimtab.desk.propose import Asked
from trimtab.optimize.elastic import Limit, Relaxation, Yields, explain_conflict
from trimtab.optimize.problem import LONG, SHORT, Problem, Solution, Status, Year
from trimtab.optimize.solve import solve

TAX_BUDGET = "tax_budget"
_CENT = 0.01
_TICKET = 10.0  # of value: dearer than anything that a trade could save
_EDGE = 1e-12
_ROOM = 1e-6
"""Of the value: limits that gave way just as far as needed leave a point, which the solver cannot tell from none."""


@dataclass(frozen=True, slots=True)
class Collision:
    """One colliding limit of an account: how far the proposal misses it and its cheapest way out, in dollars.

    The shortfall of `max_trades` is a number of trades, that of `max_tracking_error` a share a year. `account` is the
    row among those that were asked.
    """

    limit: str
    shortfall: float | None
    relaxation: str
    relaxation_cost: float | None
    account: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Eased:
    """The problem that is left once limits gave way (None where nothing safe is left), its answer, what collided."""

    problem: Problem | None
    solution: Solution | None
    collisions: tuple[Collision, ...]


def ease(asked: Asked) -> Eased:
    """Widen the limits of the one account that was asked, in the order of what yields to what, until it has an answer.

    The order is found in a linear program that prices gains at the rates of the year as it stands. Where the year's
    true tax or the number of trades then still leaves no answer, classes may stay as far out as they are; after that
    as many trades are allowed as the other limits need, and the tax budget gives way by the least tax they force.
    """
    problem = asked.assembled.batch.problem(0)
    value = float(asked.assembled.value[0])
    priced = _at_marginal_rates(problem)
    limits = list(_limits(asked, problem))
    if priced.lot_rows is not None and len(priced.lot_rows):
        limits.append(Limit("lot_row", 0, 1, TAX_BUDGET, Yields.BUDGET))
    conflict = explain_conflict(priced, limits)
    collisions = tuple(_collision(found, value) for found in conflict.colliding)
    if conflict.safe is None:
        return Eased(None, None, collisions)
    safe = _widened(problem, priced, conflict.safe)
    if any(one.limit == TAX_BUDGET for one in collisions):
        least = _within_least_tax(problem, safe, value)
        if least is not None:
            others = tuple(one for one in collisions if one.limit != TAX_BUDGET)
            return replace(least, collisions=(*others, *least.collisions))
    solution = solve(safe)
    if not _answered(solution):
        safe = _classes_let_stand(asked, safe)
        solution = solve(safe)
    if not _answered(solution) and safe.max_trades is not None:
        safe, more = _more_trades(safe, value)
        collisions += more
        solution = solve(safe)
    if _answered(solution):
        return Eased(safe, solution, collisions)
    over = _within_least_tax(safe, safe, value)
    if over is None:
        return Eased(safe, None, collisions)
    return replace(over, collisions=(*collisions, *over.collisions))


def _at_marginal_rates(problem: Problem) -> Problem:
    """The problem with its tax budget as one row over the lots, at the rates of the piece where no trade stands."""
    year = problem.year
    if year is None or problem.lot_term is None or not np.isfinite(year.sides[:, -1, 2]).any():
        return replace(problem, year=None)
    here = int(np.argmax((year.sides[:, :-1, 2] >= -_EDGE).all(axis=1)))
    on_short, on_long, room = year.sides[here, -1]
    rate = np.where(problem.lot_term == SHORT, on_short, np.where(problem.lot_term == LONG, on_long, 0.0))
    return replace(
        problem,
        year=None,
        lot_rows=(rate * problem.lot_gain)[None, :],
        lot_row_lower=np.array([-np.inf]),
        lot_row_upper=np.array([max(room, 0.0)]),
    )


def _widened(problem: Problem, priced: Problem, safe: Problem) -> Problem:
    """The problem with the limits of `safe`; what the budget row gave way is given to the year's budget."""
    year = problem.year
    if year is not None and priced.lot_row_upper is not None and safe.lot_row_upper is not None:
        given = float(safe.lot_row_upper[0] - priced.lot_row_upper[0])
        sides = year.sides.copy()
        sides[:, -1, 2] += given
        year = Year(year.slope, year.constant, sides)
    gains = safe.gain_budget
    if gains is not None and problem.gain_budget is not None and gains > problem.gain_budget:
        gains += _ROOM
    return replace(
        problem,
        lower=safe.lower,
        upper=safe.upper,
        row_lower=np.where(safe.row_lower < problem.row_lower, safe.row_lower - _ROOM, safe.row_lower),
        row_upper=np.where(safe.row_upper > problem.row_upper, safe.row_upper + _ROOM, safe.row_upper),
        gain_budget=gains,
        turnover=safe.turnover,
        year=year,
    )


def _classes_let_stand(asked: Asked, problem: Problem) -> Problem:
    """The problem with every bound of a class or node loosened as far as where it stands without a trade."""
    loose = np.array([name.startswith(("class:", "node:")) for name in asked.assembled.row_names])
    return replace(
        problem,
        row_lower=np.where(loose, np.minimum(problem.row_lower, 0.0), problem.row_lower),
        row_upper=np.where(loose, np.maximum(problem.row_upper, 0.0), problem.row_upper),
    )


def _more_trades(problem: Problem, value: float) -> tuple[Problem, tuple[Collision, ...]]:
    """The problem with as many trades as its other limits need at the least, and how many more those are.

    A ticket that outweighs everything else counts them; without an answer even so, the count is not what collides.
    """
    assert problem.max_trades is not None
    counted = np.ones(len(problem.target), np.bool_) if problem.counted is None else problem.counted
    free = replace(problem, max_trades=None, risk_aversion=0.0, ticket=np.where(counted, _TICKET, 0.0))
    least = solve(free)
    if not _answered(least):
        return problem, ()
    needed = int(((least.trade != 0.0) & counted).sum())
    if needed <= problem.max_trades:
        return problem, ()
    costs = float(
        (problem.buy_cost * np.maximum(least.trade, 0.0)).sum()
        + (problem.sell_cost[problem.lot_asset] * least.sale).sum()
    )
    words = f"allow {needed} trades"
    found = Collision("max_trades", float(needed - problem.max_trades), words, round(costs * value, 2))
    return replace(problem, max_trades=needed), (found,)


def _answered(solution: Solution) -> bool:
    return solution.status in (Status.SOLVED, Status.SOLVED_INACCURATE)


def _without_budget(problem: Problem) -> Problem | None:
    """The problem without its tax budget, the last side of every piece of the year; None where there is none."""
    if problem.year is None or not np.isfinite(problem.year.sides[:, -1, 2]).any():
        return None
    sides = problem.year.sides.copy()
    sides[:, -1, 2] = np.inf
    return replace(problem, year=Year(problem.year.slope, problem.year.constant, sides))


def _within_least_tax(problem: Problem, safe: Problem, value: float) -> Eased | None:
    """`safe` with the tax budget of `problem` raised by no more than the least tax that its other limits force."""
    free = _without_budget(safe)
    return None if free is None else _over_budget(replace(safe, year=problem.year), free, value)


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
    if excess == 0.0:
        return Eased(eased, solution, ())
    return Eased(eased, solution, (over_budget(excess),))


def over_budget(excess: float) -> Collision:
    """A tax budget that is passed by so many dollars."""
    words = f"raise the tax budget by ${excess:,.2f} this year"
    return Collision(TAX_BUDGET, excess, words, excess)


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
        elif line["forced"] is not None:
            yield Limit("asset", i, 1, f"force_loss:{name}", Yields.BUDGET)
        elif line["disposed"] is not None:
            yield Limit("asset", i, 1, f"sell_down:{name}", Yields.CASH_BAND)
        elif problem.upper[i] < 0.0 or (
            line["no_buy"] is None and problem.upper[i] < 1.0 and not asked.no_buys
        ):
            yield Limit("asset", i, 1, f"max_weight:{name}", Yields.SCREEN)
    for row, name in enumerate(asked.assembled.row_names):
        rank = Yields.CLASS if name.startswith(("class:", "node:")) else Yields.SCREEN
        if name != "cash":
            yield from (Limit("row", row, side, name, rank) for side in (-1, 1))
    side = 1 if asked.assembled.turned[0] else -1
    name, rank = _cash_limit(asked)
    yield Limit("asset", len(problem.target) - 1, side, name, rank)
    if problem.gain_budget is not None:
        yield Limit("gain_budget", 0, 1, "gain_budget", Yields.BUDGET)
    if problem.turnover is not None:
        yield Limit("turnover", 0, 1, "max_turnover", Yields.BUDGET)


def _cash_limit(asked: Asked) -> tuple[str, Yields]:
    """What holds cash up: a withdrawal or a floor, else only its target."""
    account = asked.accounts.row(0, named=True)
    if not account["cash_short"]:
        return "cash_target", Yields.CASH_BAND
    return ("cash_due" if float(account["cash_due"] or 0.0) > 0.0 else "cash_floor"), Yields.CASH_DUE


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

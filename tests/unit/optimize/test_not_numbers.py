"""A number that is not one, in any array: refused at the door, INVALID past it, and never a number of the answer."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest
from tests.unit.optimize.small_problems import netting_year, small_problem

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.complete import complete
from trimtab.optimize.fallback import solve_fallback
from trimtab.optimize.minimum import solve_with_minimum
from trimtab.optimize.problem import LONG, SHORT, Problem, Solution, Status, Year
from trimtab.optimize.solve import solve, solve_batch


def whole_problem() -> Problem:
    """A problem with every field given, and something feasible to answer."""
    p = small_problem(2, n=5, plain=True)
    n, lots = len(p.target), len(p.lot_size)
    return replace(
        p,
        gain_budget=5.0,
        exclusive=np.zeros(n, np.bool_),
        ordered=np.zeros(n, np.bool_),
        min_trade=np.full(n, 1e-5),
        ticket=np.full(n, 1e-6),
        cost_row=np.zeros(n, np.int64),
        buy_charge=np.full(n, 1e-4),
        sell_charge=np.full(n, 1e-4),
        group=np.full(n, -1, np.int64),
        lot_rows=np.ones((1, lots)),
        lot_row_lower=np.array([-np.inf]),
        lot_row_upper=np.array([50.0]),
        turnover=10.0,
        max_trades=n,
        counted=np.ones(n, np.bool_),
        lot_term=np.where(np.arange(lots) % 2 == 0, SHORT, LONG).astype(np.int64),
        year=netting_year(0.4, 0.2),
    )


WHOLE = whole_problem()
FLOATS = [f.name for f in fields(Problem) if np.asarray(getattr(WHOLE, f.name)).dtype.kind == "f"]
MAY_BE_INFINITE = {
    "lower", "upper", "row_lower", "row_upper", "lot_row_lower", "lot_row_upper", "gain_budget", "turnover",
}  # fmt: skip
COLUMNS = [f.name for f in fields(Batch) if getattr(Batch.of([WHOLE]), f.name).dtype.kind == "f"]
BAD = [np.nan, np.inf, -np.inf]


def spoiled(values: object, bad: float) -> np.ndarray:
    """The values with the last of them bad."""
    out = np.array(values, np.float64)
    out[(-1,) * out.ndim] = bad
    return out


def cases(names: list[str]) -> list[tuple[str, float]]:
    return [(name, bad) for name in names for bad in BAD if np.isnan(bad) or name not in MAY_BE_INFINITE]


def assert_no_number_spoiled(found: Solution) -> None:
    assert found.status is Status.INVALID
    assert not found.trade.any()
    assert not found.sale.any()
    assert np.isfinite(found.trade).all()
    assert np.isfinite(found.sale).all()
    assert not np.isnan(found.objective)
    assert not np.isnan(found.lower_bound)
    assert np.isfinite(found.multipliers).all()


def test_the_problem_has_an_answer_while_it_is_sound() -> None:
    assert len(FLOATS) == 24
    assert solve(WHOLE).status is Status.SOLVED
    assert solve_fallback(WHOLE).status is Status.SOLVED


@pytest.mark.parametrize(("name", "bad"), cases(FLOATS))
def test_a_problem_refuses_it_by_name(name: str, bad: float) -> None:
    with pytest.raises(ValueError, match=name):
        replace(WHOLE, **{name: spoiled(getattr(WHOLE, name), bad)})


@pytest.mark.parametrize("name", ["slope", "constant", "sides"])
def test_a_year_refuses_it_by_name(name: str) -> None:
    year = WHOLE.year
    assert year is not None
    with pytest.raises(ValueError, match=name):
        replace(year, **{name: spoiled(getattr(year, name), np.nan)})


@pytest.mark.parametrize("solver", [solve, solve_fallback])
@pytest.mark.parametrize(
    ("name", "bad"), [*cases(FLOATS), *((f"year.{n}", np.nan) for n in ("slope", "constant", "sides"))]
)
def test_past_the_door_it_is_invalid(name: str, bad: float, solver: Callable[[Problem], Solution]) -> None:
    problem = whole_problem()
    owner: Problem | Year | None = problem.year if name.startswith("year.") else problem
    field = name.removeprefix("year.")
    object.__setattr__(owner, field, spoiled(getattr(owner, field), bad))
    assert_no_number_spoiled(solver(problem))


def last(batch: Batch, name: str, bad: float) -> Batch:
    """The batch with the last entry of a column bad: its second unit is spoiled, the first one is not."""
    return replace(batch, **{name: spoiled(getattr(batch, name), bad)})


@pytest.mark.parametrize("name", COLUMNS)
def test_in_a_column_it_spoils_its_own_unit_alone(name: str) -> None:
    batch = Batch.of([WHOLE, WHOLE])
    alone = solve_batch(Batch.of([WHOLE]))
    for solver in (solve_batch, solve_with_minimum):
        bad = last(batch, name, np.nan)
        found: Answers = complete(bad, solver(bad))
        assert_no_number_spoiled(found.solution(bad, 1))
        assert found.status[0] == Status.SOLVED
        assert found.solution(bad, 0).trade.tobytes() == alone.trade.tobytes() or solver is solve_with_minimum

"""What the engine says of small units, held against SCIP's optimum: agreements, and every way to be wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from tests.unit.optimize.exact import Truth, exact, kinds, unit

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify import certify, check_trades, objective_of
from trimtab.optimize.problem import Problem, Solution, Status
from trimtab.optimize.rounding import round_problem
from trimtab.optimize.shares import Holdings

SHARP = 1.5e-7  # the engine's tolerance and what the polished optimum may be off by
BOUND = 3e-8
NANO = 10**9


@dataclass
class Tally:
    """Counts, and the seeds of all that is wrong or left open; `worst` is the largest difference of an agreement."""

    agreed: int = 0
    refuted: int = 0
    undecided_by_scip: list[int] = field(default_factory=list)
    worst: float = 0.0
    unsolved: list[int] = field(default_factory=list)
    above: list[int] = field(default_factory=list)
    wrong_bound: list[int] = field(default_factory=list)
    wrong_claim: list[int] = field(default_factory=list)
    unlawful: list[int] = field(default_factory=list)

    @property
    def wrong(self) -> list[int]:
        """Seeds where the engine contradicts the optimum."""
        return sorted({*self.above, *self.wrong_bound, *self.wrong_claim, *self.unlawful})


def problems(seeds: Sequence[int]) -> list[Problem]:
    """The units of some seeds."""
    return [unit(seed, kinds(seed)) for seed in seeds]


def truths(
    units: Sequence[Problem], *, seconds: float = 5.0, told: Callable[[int], None] | None = None
) -> list[Truth]:
    """Their optima, by SCIP within `seconds` of CPU for each piece of a unit's year."""
    found = []
    for done, one in enumerate(units):
        found.append(exact(one, seconds=seconds))
        if told is not None:
            told(done)
    return found


def tally(seeds: Sequence[int], units: list[Problem], answers: Answers, optima: Sequence[Truth]) -> Tally:
    """Hold every answer against the optimum."""
    batch, said = Batch.of(units), Tally()
    for u, seed in enumerate(seeds):
        _judge(said, seed, units[u], answers.solution(batch, u), optima[u])
    return said


def _judge(said: Tally, seed: int, problem: Problem, found: Solution, truth: Truth) -> None:
    solved = found.status in (Status.SOLVED, Status.SOLVED_INACCURATE)
    if not certify(problem, found).ok:
        said.unlawful.append(seed)
    elif found.status is Status.INFEASIBLE:
        said.refuted += 1
        if np.isfinite(truth.objective):
            said.wrong_claim.append(seed)
    elif found.lower_bound > truth.objective + BOUND:
        said.wrong_bound.append(seed)
    elif found.status is not Status.SOLVED:
        said.unsolved.append(seed)
    elif not truth.proven and (not np.isfinite(truth.objective) or found.objective < truth.objective - SHARP):
        said.undecided_by_scip.append(seed)
    elif solved and abs(found.objective - truth.objective) > SHARP:
        said.above.append(seed)
    else:
        said.agreed += 1
        said.worst = max(said.worst, abs(found.objective - truth.objective))


def whole(
    problem: Problem, found: Solution, seed: int, *, value: float = 250_000.0
) -> tuple[bool, float, float]:
    """One answer in whole shares: whether a lawful one was found, its worst violation, and what it costs beyond."""
    rng = np.random.default_rng(seed + 77)
    price = (np.round(np.exp(rng.uniform(np.log(20), np.log(400), len(problem.target))) * 100)).astype(
        np.int64
    ) * 10**7
    weight = price * 1e-18 / value
    lots = np.floor(problem.lot_size / weight[problem.lot_asset]).astype(np.int64)
    holdings = Holdings(
        value=np.array([value]), price=price, unit=np.full(len(price), NANO),
        quantity=_sum(problem, lots), lot_quantity=lots, cash=np.array([round(value * NANO)]),
        floor=np.array([-4 * 10**18]), tie=np.zeros(1, np.int64),
    )  # fmt: skip
    rounded = round_problem(problem, found, holdings)
    trade, sale = rounded.quantity * weight, rounded.sold * weight[problem.lot_asset]
    worst = max(f.excess for f in check_trades(_paying_tickets(problem, trade), trade, sale))
    return bool(rounded.lawful[0]), worst, objective_of(problem, trade, sale) - found.lower_bound


def _paying_tickets(problem: Problem, trade: np.ndarray) -> Problem:
    """The problem that whole shares are held to: minimums are theirs to keep, and the cost row pays the tickets too."""
    paid = np.zeros(len(problem.row_lower))
    if problem.cost_row is not None and problem.ticket is not None:
        charged = np.broadcast_to(problem.cost_row, trade.shape)
        at = (charged >= 0) & (trade != 0.0)
        np.add.at(paid, charged[at], problem.ticket[at])
    return replace(
        problem, min_trade=None, row_lower=problem.row_lower - paid, row_upper=problem.row_upper - paid
    )


def _sum(problem: Problem, lots: np.ndarray) -> np.ndarray:
    total = np.zeros(len(problem.target), np.int64)
    np.add.at(total, problem.lot_asset, lots)
    return total

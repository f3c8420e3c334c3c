"""What the kernels leave open is asked of the fallback: every unit without an answer, and small ones with a gap."""

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.problem import Status
from trimtab.optimize.solve import GAP

SMALL = 40  # assets: up to here the fallback closes a gap within a tenth of a second, as a rule
SOLVES = 500  # convex solves of a small unit at most; others have the fallback's own limit


def complete(batch: Batch, answers: Answers, *, small: int = SMALL) -> Answers:
    """Write into the answers what the fallback betters: an answer where there is none, a smaller gap, a refutation."""
    size = np.diff(batch.asset_offset)
    without = answers.status == Status.MAX_ITERATIONS
    wide = (answers.status == Status.SOLVED_INACCURATE) & (size <= small)
    wide &= answers.lower_bound < answers.objective - GAP
    wide &= (
        np.bincount(np.repeat(np.arange(len(batch)), size), batch.ordered, len(batch)) == 0
    )  # its gaps stay open
    for u in np.flatnonzero(without | wide):
        _ask(batch, answers, int(u), small=bool(size[u] <= small))
    return answers


def _ask(batch: Batch, answers: Answers, u: int, *, small: bool) -> None:
    from trimtab.optimize.fallback import LIMIT, solve_fallback

    solution = solve_fallback(batch.problem(u), max_solves=SOLVES if small else LIMIT)
    if solution.status is Status.INFEASIBLE and answers.status[u] != Status.MAX_ITERATIONS:
        return  # its solver's claim of infeasibility yields to an answer that meets every limit
    bound = max(float(answers.lower_bound[u]), solution.lower_bound)
    found = solution.status in (Status.SOLVED, Status.SOLVED_INACCURATE)
    if solution.objective < answers.objective[u] or answers.status[u] == Status.MAX_ITERATIONS:
        answers.trade[batch.asset_offset[u] : batch.asset_offset[u + 1]] = solution.trade
        answers.sale[batch.lot_offset[u] : batch.lot_offset[u + 1]] = solution.sale
        answers.status[u], answers.objective[u] = solution.status, solution.objective
        answers.piece[u] = solution.region
        if found:
            prices = solution.multipliers[: answers.multipliers.shape[1]]
            answers.multipliers[u] = 0.0
            answers.multipliers[u, : len(prices)] = prices
    answers.lower_bound[u] = min(bound, answers.objective[u]) if answers.objective[u] < np.inf else bound
    if answers.status[u] in (Status.SOLVED, Status.SOLVED_INACCURATE):
        proven = answers.objective[u] - answers.lower_bound[u] <= GAP
        answers.status[u] = Status.SOLVED if proven else Status.SOLVED_INACCURATE

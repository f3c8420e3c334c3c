"""Limits on tracking error, by the price of variance; and the way to the target, which is the tightest of them.

The question with a limit te on tracking error is

    minimise  γ·R(x) + c(x)   over the trades x that meet every other limit,   R(x) = (x+e)ᵀΣ(x+e) ≤ te².

For any price η ≥ 0 of variance, min γ·R + c + η·(R − te²) lies below it, and that is the same problem with γ + η for
its risk aversion, less η·te²: with lb(η) the engine's own bound of it, **lb(η) − η·te² bounds the limited problem from
below**, nonconvex or not, and its answer x(η) is worth γ·R + c. R(x(η)) falls as η grows. So η is bracketed between
an answer that misses the limit and one that meets it, and narrowed by secants on 1/√R, which is a straight line in η
where nothing else binds, until η·(te² − R) ≤ 1e-7, which is what the answer can miss by, or the bracket is as narrow
as floats go: a branch (a minimum trade, a wash rule) then jumps over the limit, and the gap says what that may cost.

Where even the dearest price misses the limit it cannot be met: the answer there is the nearest to the target that was
found. The bound then holds for answers at least as near. Going to the target (`rebalance_to: target`) is that with
te = 0 and nothing amiss: tracking first, then costs and tax by their plain sum among what tracks alike. At the price
`DEAREST` one basis point of tracking error weighs as much as one percent of the value in tax.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.kernels.terms import unit_terms
from trimtab.optimize.minimum import put, take
from trimtab.optimize.problem import Bools, Floats, Status
from trimtab.optimize.solve import GAP

DEAREST = 1e6  # the price of variance at which an answer counts as the nearest there is
_GROW, _ROUNDS, _NARROW = 8.0, 24, 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """Answers within limits on tracking error, objectives and bounds at the batch's own risk aversion.

    Per unit: `price` of variance at which the answer was found (0: the limit does not press) and whether the limit
    is `met`; where not, the answer is the nearest to the target that was found.
    """

    answers: Answers
    price: Floats
    met: Bools


def variances(batch: Batch, answers: Answers) -> Floats:
    """R of each unit at its answer: variance of held + trade − target."""
    out = np.zeros((len(batch), 4))
    unit_terms(
        batch.asset_offset, batch.lot_offset, batch.exposures, batch.specific, batch.security,
        batch.held - batch.target, batch.buy_cost, batch.sell_cost, batch.lot_asset, batch.lot_term, batch.lot_gain,
        batch.lot_slope, answers.trade, answers.sale, np.zeros(len(answers.trade)),
        np.zeros(batch.exposures.shape[1]), out,
    )  # fmt: skip
    return out[:, 0].copy()


def solve_within(
    batch: Batch, answers: Answers, limit: Floats, *, solve: Callable[[Batch], Answers], target: Bools
) -> Tracked:
    """Hold units that have an answer to `limit` (annual tracking error; infinite for none), or send them to `target`.

    `answers` are those without the limit, `solve` is how they were found. Each unit is searched by itself: no result
    depends on the others.
    """
    most = np.where(target, 0.0, limit * limit)
    search = _Search(batch, answers, most)
    for turn in range(_ROUNDS):
        units = np.flatnonzero(search.open)
        if len(units) == 0:
            break
        price = search.next_price(units, first=turn == 0, target=target[units])
        part = take(batch, units)
        found = solve(replace(part, risk_aversion=part.risk_aversion + price))
        search.learn(units, price, (part, found))
    return search.result()


class _Search:
    """The bracket of every unit, its best answer, and all bounds it has seen."""

    def __init__(self, batch: Batch, answers: Answers, most: Floats) -> None:
        self.batch, self.most = batch, most
        self.answers = replace(
            answers,
            **{name: getattr(answers, name).copy() for name in
               ("trade", "sale", "status", "objective", "lower_bound", "iterations", "nodes", "piece", "multipliers",
                "conflict")},
        )  # fmt: skip
        self.variance = variances(batch, answers)
        solved = _answered(answers)
        self.met = ~solved | (self.variance <= most + _edge(most))
        self.open = ~self.met
        self.touched = self.open.copy()
        count = len(batch)
        self.price, self.low, self.high = np.zeros(count), np.zeros(count), np.full(count, np.inf)
        self.low_variance, self.high_variance = self.variance.copy(), np.zeros(count)
        self.seen = [(answers.lower_bound.copy(), np.zeros(count))]

    def next_price(self, units: np.ndarray, *, first: bool, target: Bools) -> Floats:
        """Where to look next: the dearest for the target, outward until the limit is met, then between."""
        low, high, most = self.low[units], self.high[units], self.most[units]
        grown = np.where(low > 0.0, _GROW * low, np.maximum(self.batch.risk_aversion[units], 1.0))
        if first:
            grown = np.where(target, DEAREST, grown)
        with np.errstate(divide="ignore", invalid="ignore"):
            below, above, aim = (
                1.0 / np.sqrt(v) for v in (self.low_variance[units], self.high_variance[units], most)
            )
            share = (aim - below) / (above - below)
        share = np.clip(np.where(np.isfinite(share), share, 0.5), 0.02, 0.98)
        between = low + np.where(np.isfinite(high), high - low, 0.0) * share
        return np.where(np.isfinite(high), between, np.minimum(grown, DEAREST))

    def learn(self, units: np.ndarray, price: Floats, found: tuple[Batch, Answers]) -> None:
        """Take in one round of answers."""
        part, answers = found
        variance = variances(part, answers)
        solved = _answered(answers)
        own = answers.objective - price * variance
        within = solved & (variance <= self.most[units] + _edge(self.most[units]))
        bounds, prices = np.full(len(self.batch), -np.inf), np.zeros(len(self.batch))
        bounds[units], prices[units] = answers.lower_bound, price
        self.seen.append((bounds, prices))
        nearer = solved & ~within & ~self.met[units] & (variance < self.variance[units])
        better = within & (~self.met[units] | (own < self.answers.objective[units]))
        kept = np.flatnonzero(nearer | better)
        put((self.batch, self.answers), units[kept], (part, answers), kept)
        self.answers.objective[units[kept]] = own[kept]
        self.variance[units[kept]], self.price[units[kept]] = variance[kept], price[kept]
        self.met[units] |= within
        above = units[within]
        self.high[above], self.high_variance[above] = price[within], variance[within]
        below = units[~within]
        self.low[below] = price[~within]
        self.low_variance[below] = np.where(solved, variance, self.low_variance[units])[~within]
        slack = price * (self.most[units] - variance)
        tight = within & (slack <= GAP)
        high = self.high[units]
        narrow = np.isfinite(high) & (high - self.low[units] <= _NARROW * np.minimum(high, DEAREST))
        spent = ~within & (price >= DEAREST)
        self.open[units] = ~(tight | narrow | spent)

    def result(self) -> Tracked:
        """The best answers with the best bounds, all at the batch's own risk aversion."""
        most = np.where(self.met & np.isfinite(self.most), self.most, self.variance)
        bound = np.max([lower - price * most for lower, price in self.seen], axis=0)
        answers, touched = self.answers, self.touched
        answers.lower_bound[touched] = np.minimum(bound, answers.objective)[touched]
        proven = answers.objective <= answers.lower_bound + GAP
        status = np.where(proven, Status.SOLVED, Status.SOLVED_INACCURATE)
        answers.status[touched] = status[touched]
        return Tracked(answers, self.price, self.met)


def _answered(answers: Answers) -> Bools:
    return np.asarray((answers.status == Status.SOLVED) | (answers.status == Status.SOLVED_INACCURATE))


def _edge(most: Floats) -> Floats:
    """How far a variance may pass its limit and still meet it: tracking error to a billionth, relatively."""
    return np.asarray(2e-9 * most)

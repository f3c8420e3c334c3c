"""One piece of a problem: every option filled in, the year's tax linear; and what a search left open in it."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints, Problem


class Side(IntEnum):
    """The three ways an asset can go."""

    SELL = -1
    REST = 0
    BUY = 1


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A problem in one region of its year. Lot rows are: gain budget, lot rows, the region's sides.

    `lot_slope` holds the region's rates, `constant` what the year costs before any trade; `region` is −1 without
    a year. Absent limits are infinite. `loss` marks lots at a loss. In a `still` piece what rests does not churn:
    its answers are lawful, its bounds hold for such answers alone. The order of an `ordered` asset's lots is asked of
    answers, not of the relaxation.
    """

    problem: Problem
    region: int
    constant: float
    lot_slope: Floats
    lot_rows: Floats
    lot_row_lower: Floats
    lot_row_upper: Floats
    exclusive: Bools
    ordered: Bools
    group: Ints
    min_trade: Floats
    ticket: Floats
    cost_row: Ints
    buy_charge: Floats
    sell_charge: Floats
    turnover: float
    max_trades: int
    counted: Bools
    loss: Bools
    still: bool = False

    @property
    def may_churn_at_rest(self) -> bool:
        """Whether some asset with a gap around no trade could be sold and bought back at once there."""
        gapped = (self.min_trade > 0.0) | (self.ticket > 0.0) | (self.max_trades < len(self.exclusive))
        both = (self.problem.lower < 0.0) & (self.problem.upper > 0.0)
        return bool((gapped & both & ~self.exclusive).any())

    @property
    def lots_of(self) -> Floats:
        """What the lots of each asset add up to."""
        return per_asset(self.problem.lot_asset, self.problem.lot_size, len(self.problem.target))


def per_asset(asset: Ints, values: Floats | Bools, n: int) -> Floats:
    """Sum a value per lot over the lots of each asset."""
    return np.asarray(np.bincount(asset, values, n), np.float64)


def pieces(problem: Problem) -> tuple[Piece, ...]:
    """The problem's pieces, one per region of its year (one alone without a year)."""
    count = 1 if problem.year is None else len(problem.year.constant)
    return tuple(_piece(problem, region) for region in range(count))


def _piece(problem: Problem, region: int) -> Piece:
    n, lots = len(problem.target), len(problem.lot_size)
    rows, lower, upper = _lot_rows(problem)
    slope, constant = problem.lot_slope, 0.0
    if problem.year is None:
        region = -1
    else:
        assert problem.lot_term is not None
        rate = np.zeros(LONG + 1)
        rate[SHORT], rate[LONG] = problem.year.slope[region]
        slope = slope + rate[problem.lot_term] * problem.lot_gain
        constant = float(problem.year.constant[region])
        sides = problem.year.sides[region]
        used = np.isfinite(sides[:, 2])
        short = np.where(problem.lot_term == SHORT, problem.lot_gain, 0.0)
        long = np.where(problem.lot_term == LONG, problem.lot_gain, 0.0)
        rows = np.vstack([rows, sides[used, 0:1] * short + sides[used, 1:2] * long])
        lower = np.concatenate([lower, np.full(int(used.sum()), -np.inf)])
        upper = np.concatenate([upper, sides[used, 2]])
    loss = problem.losses
    ordered = _or(problem.ordered, np.zeros(n, np.bool_))
    losing = per_asset(problem.lot_asset, loss & (problem.lot_size > 0.0), n) > 0
    return Piece(
        problem=problem,
        region=region,
        constant=constant,
        lot_slope=slope,
        lot_rows=rows.reshape(len(lower), lots),
        lot_row_lower=lower,
        lot_row_upper=upper,
        exclusive=(losing if problem.exclusive is None else problem.exclusive) | ordered,
        ordered=ordered,
        group=_or(problem.group, np.full(n, -1, np.int64)),
        min_trade=_or(problem.min_trade, np.zeros(n)),
        ticket=_or(problem.ticket, np.zeros(n)),
        cost_row=_or(problem.cost_row, np.full(n, -1, np.int64)),
        buy_charge=_or(problem.buy_charge, problem.buy_cost),
        sell_charge=_or(problem.sell_charge, problem.sell_cost),
        turnover=np.inf if problem.turnover is None else problem.turnover,
        max_trades=n if problem.max_trades is None else problem.max_trades,
        counted=_or(problem.counted, np.ones(n, np.bool_)),
        loss=loss,
    )


def _or(given: object, default: NDArray) -> NDArray:  # type: ignore[type-arg]
    return default if given is None else np.asarray(given)


def _lot_rows(problem: Problem) -> tuple[Floats, Floats, Floats]:
    """The gain budget and the lot rows as one block, the budget first."""
    lots = len(problem.lot_size)
    blocks, lower, upper = [np.zeros((0, lots))], [np.zeros(0)], [np.zeros(0)]
    if problem.gain_budget is not None:
        blocks.append(problem.lot_gain[None, :])
        lower.append(np.array([-np.inf]))
        upper.append(np.array([problem.gain_budget]))
    if problem.lot_rows is not None:
        assert problem.lot_row_lower is not None
        assert problem.lot_row_upper is not None
        blocks.append(problem.lot_rows)
        lower.append(problem.lot_row_lower)
        upper.append(problem.lot_row_upper)
    return np.vstack(blocks), np.concatenate(lower), np.concatenate(upper)


def running_start(asset: Ints, step: Floats, n: int) -> Floats:
    """What came before each entry within its asset; entries are grouped by asset."""
    if len(step) == 0:
        return np.zeros(0)
    before = np.cumsum(step) - step
    first = np.minimum(np.searchsorted(asset, np.arange(n)), len(step) - 1)
    return np.asarray(np.maximum(before - before[first][asset], 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What a search left open: limits of the trade per asset, and what may be bought, sold, sold at a loss.

    An asset that is not `decided` may still buy, rest or sell, each under its minimum; a `settled` group (by
    index of the group) has already given up its buys or its losses. One that `pays` trades for certain: it owes
    its ticket and counts as a trade.
    """

    lower: Floats
    upper: Floats
    may_buy: Bools
    may_sell: Bools
    may_lose: Bools
    decided: Bools
    settled: Bools
    pays: Bools

    @staticmethod
    def root(piece: Piece) -> "Node":
        """All sides open that the limits leave open; an asset with one convex side is decided."""
        lower, upper = piece.problem.lower, piece.problem.upper
        may_buy, may_sell = upper > 0.0, lower < 0.0
        kinked = (piece.exclusive & may_buy & may_sell) | (piece.min_trade > 0.0) | (piece.ticket > 0.0)
        decided = ~kinked | ~(may_buy | may_sell)
        forced = (lower > 0.0) | (upper < 0.0)
        settled = np.zeros(len(lower), np.bool_)
        return Node(lower, upper, may_buy, may_sell, may_sell.copy(), decided, settled, forced)

    def send(self, piece: Piece, sides: dict[int, Side]) -> "Node":
        """The node with some assets sent to one side each, under their minimum (full liquidation exempt).

        What rests may be sold and bought back at once where it is not exclusive, unless the piece is `still`.
        """
        lower, upper, decided = self.lower.copy(), self.upper.copy(), self.decided.copy()
        may_buy, may_sell, pays = self.may_buy.copy(), self.may_sell.copy(), self.pays.copy()
        countable = piece.counted & (piece.max_trades < len(lower))
        for i, side in sides.items():
            decided[i] = True
            pays[i] |= side is not Side.REST and bool(countable[i] or piece.ticket[i] > 0.0)
            if side is Side.BUY:
                lower[i] = max(lower[i], piece.min_trade[i])
            elif side is Side.SELL:
                upper[i] = min(upper[i], -min(piece.min_trade[i], piece.problem.held[i]))
            else:
                lower[i], upper[i] = max(lower[i], 0.0), min(upper[i], 0.0)
            if piece.exclusive[i] or (piece.still and side is Side.REST):
                may_buy[i] &= side is Side.BUY
                may_sell[i] &= side is Side.SELL
        may_lose = self.may_lose & may_sell
        return replace(
            self,
            lower=lower,
            upper=upper,
            may_buy=may_buy,
            may_sell=may_sell,
            may_lose=may_lose,
            decided=decided,
            pays=pays,
        )

    def settle(self, piece: Piece, group: int, *, buys: bool) -> "Node":
        """The node in which a wash group keeps its buys and gives up its losses, or the reverse."""
        members = piece.group == group
        settled = self.settled.copy()
        settled[group] = True
        if buys:
            return replace(self, may_lose=self.may_lose & ~members, settled=settled)
        upper = np.where(members, np.minimum(self.upper, 0.0), self.upper)
        return replace(self, upper=upper, may_buy=self.may_buy & ~members, settled=settled)

    @property
    def may_rest(self) -> Bools:
        """Which assets may stay as they are."""
        return np.asarray((self.lower <= 0.0) & (self.upper >= 0.0))

    def without_buys(self) -> "Node":
        """The node in which nothing is bought."""
        return replace(self, upper=np.minimum(self.upper, 0.0), may_buy=np.zeros_like(self.may_buy))

    def sides(self, piece: Piece, i: int) -> tuple[Side, ...]:
        """The sides an asset could take, given its limits and its minimum trade."""
        least = piece.min_trade[i]
        found = []
        if self.may_sell[i] and self.lower[i] <= -min(least, piece.problem.held[i]):
            found.append(Side.SELL)
        if self.lower[i] <= 0.0 <= self.upper[i]:
            found.append(Side.REST)
        if self.may_buy[i] and self.upper[i] >= least:
            found.append(Side.BUY)
        return tuple(found)

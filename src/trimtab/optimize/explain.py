"""What each trade is worth and what stops the others: benefit, tax and cost that sum, and the limit that binds.

Everything is a fraction of the unit's value, in the batch's own columns; positive benefit is good for the client.
`worth` and `missed` are for those who solve problems of their own; a night takes `binding` from here and writes the
worth of its trades in money.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints

_NONE = 1e-9  # a trade smaller than this is none; a multiplier smaller than this does not press


class Blocked(IntEnum):
    """What stops an asset from going to its target by itself, the firmest reason first."""

    NOTHING = 0
    MAY_NOT_SELL = 1
    MAY_NOT_BUY = 2
    LIMIT = 3
    WASH = 4
    ROW = 5
    MINIMUM = 6
    TAX = 7
    COST = 8
    BALANCED = 9


SENTENCES: Final = {
    Blocked.NOTHING: "{name} is at its target.",
    Blocked.MAY_NOT_SELL: "{name} is kept: it may not be sold.",
    Blocked.MAY_NOT_BUY: "{name} is not bought: it may not be bought now.",
    Blocked.LIMIT: "{name} has been traded as far as its own limit allows.",
    Blocked.WASH: "{name} is not bought: a sale at a loss beside it would be a wash sale.",
    Blocked.ROW: "{name} stays where it is: {limit} leaves no room for more.",
    Blocked.MINIMUM: "{name} is close to its target: the trade would be below the minimum.",
    Blocked.TAX: "{name} is kept for now: the tax on its gain outweighs being closer to the target.",
    Blocked.COST: "{name} stays where it is: trading it would cost more than it is worth.",
    Blocked.BALANCED: "{name} stays where it is: other holdings already balance its risk.",
}
"""One sentence per code, for an advisor to read to a client; `limit` is the name of the row that presses."""


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What a set of trades is worth. Per asset `benefit` (risk removed), `cost` (spreads, hurdles, tickets) and
    `preference` (the objective's own charge on lots: latent tax, credit withheld); per lot `tax`.

    Per unit: objective after − before = Σ cost + Σ preference + Σ tax − Σ benefit, exactly.
    """

    benefit: Floats
    cost: Floats
    preference: Floats
    tax: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """What holds each asset's trade: `bound` (−1 at its lower limit, +1 at its upper, else 0), the `row` of the batch
    that presses most on it (−1: none) and its `push`: what one more unit of trade is charged for it.
    """

    bound: Ints
    row: Ints
    push: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """The trade each asset did not make: the rest of the way to its target, alone. `blocked` holds `Blocked` codes."""

    trade: Floats
    benefit: Floats
    tax: Floats
    cost: Floats
    blocked: Ints


def worth(batch: Batch, trade: Floats, sale: Floats, *, rates: tuple[Floats, Floats]) -> Worth:
    """Value any trades. `rates`: means of ∂T/∂S and ∂T/∂L on the straight path of each unit (`yearpath`).

    benefit_i = −γ·x_i·(Σ(2e + x))_i, so that the benefits sum to the fall of the risk term.
    """
    unit, lot_unit, lot_line = _owners(batch)
    sold = np.bincount(lot_line, sale, len(trade))
    gap = batch.held - batch.target
    pull = _covariance(batch, unit, 2.0 * gap + trade)
    ticket = np.where(np.abs(trade) > 0.0, batch.ticket, 0.0)
    return Worth(
        benefit=-batch.risk_aversion[unit] * trade * pull,
        cost=batch.buy_cost * (trade + sold) + batch.sell_cost * sold + ticket,
        preference=np.asarray(np.bincount(lot_line, batch.lot_slope * sale, len(trade))),
        tax=batch.lot_gain * sale * _lot_rates(batch, lot_unit, rates),
    )


def binding(batch: Batch, answers: Answers) -> Binding:
    """Which limit holds each asset at the answers' trades and multipliers."""
    trade = answers.trade
    bound = np.where(trade >= batch.upper - _NONE, 1, 0) - np.where(trade <= batch.lower + _NONE, 1, 0)
    row, push = np.full(len(trade), -1, np.int64), np.zeros(len(trade))
    factors = batch.exposures.shape[1]
    cell = 0
    for u in range(len(batch)):
        assets = slice(batch.asset_offset[u], batch.asset_offset[u + 1])
        first, last = batch.row_offset[u], batch.row_offset[u + 1]
        size = (last - first) * (assets.stop - assets.start)
        prices = answers.multipliers[u, factors : factors + last - first]
        if np.any(np.abs(prices) > _NONE):
            table = batch.cells[cell : cell + size].reshape(last - first, -1) * prices[:, None]
            most = np.argmax(np.abs(table), axis=0)
            press = table[most, np.arange(table.shape[1])]
            row[assets] = np.where(np.abs(press) > _NONE, first + most, -1)
            push[assets] = press
        cell += size
    return Binding(bound, row, push)


def missed(
    batch: Batch, trade: Floats, sale: Floats, *, held_by: Binding, rates: tuple[Floats, Floats]
) -> Missed:
    """What going the rest of the way to target would bring each asset, and what stopped it.

    Sells the cheapest remaining lots; where they do not reach, the trade is cut to them.
    """
    unit, lot_unit, lot_line = _owners(batch)
    gap = batch.held + trade - batch.target
    left = np.maximum(batch.lot_size - sale, 0.0)
    step = np.maximum(-gap, -np.bincount(lot_line, left, len(trade)))
    own = _variance(batch)
    pull = _covariance(batch, unit, 2.0 * gap)
    benefit = -batch.risk_aversion[unit] * step * (pull + step * own)
    charge = batch.lot_gain * _lot_rates(batch, lot_unit, rates) + batch.lot_slope
    take = _cheapest(lot_line, charge, left, wanted=np.maximum(-step, 0.0))
    tax = np.asarray(np.bincount(lot_line, take * charge, len(trade)), np.float64)
    cost = np.where(step > 0.0, batch.buy_cost, batch.sell_cost) * np.abs(step)
    cost = cost + np.where(trade == 0.0, batch.ticket, 0.0)
    found = Missed(step, benefit, tax, cost, np.zeros(len(trade), np.int64))
    return Missed(step, benefit, tax, cost, _blocked(batch, trade, sale, found=found, held_by=held_by))


def _blocked(batch: Batch, trade: Floats, sale: Floats, *, found: Missed, held_by: Binding) -> Ints:
    """The first reason that holds, in the order of `Blocked`."""
    up, down = found.trade > _NONE, found.trade < -_NONE
    against = np.sign(held_by.push) * np.sign(found.trade) > 0.0
    tests = [
        (Blocked.NOTHING, ~up & ~down),
        (Blocked.MAY_NOT_SELL, down & (batch.lower >= 0.0)),
        (Blocked.MAY_NOT_BUY, up & (batch.upper <= 0.0)),
        (Blocked.LIMIT, (up & (held_by.bound > 0)) | (down & (held_by.bound < 0))),
        (Blocked.WASH, up & _losing(batch, sale)),
        (Blocked.ROW, (held_by.row >= 0) & against & (found.benefit > found.tax + found.cost)),
        (Blocked.MINIMUM, (trade == 0.0) & (np.abs(found.trade) < batch.min_trade)),
        (Blocked.TAX, down & (found.tax > 0.0) & (found.benefit > 0.0) & (found.tax >= found.cost)),
        (Blocked.COST, (found.benefit > 0.0) & (found.benefit <= found.tax + found.cost)),
    ]
    return np.asarray(
        np.select([test for _, test in tests], [int(code) for code, _ in tests], int(Blocked.BALANCED))
    )


def _losing(batch: Batch, sale: Floats) -> Bools:
    """Whether an asset, or its wash group in the unit, sells at a loss."""
    unit, _, lot_line = _owners(batch)
    lost = np.bincount(lot_line, np.where(batch.lot_gain < 0.0, sale, 0.0), len(unit))
    wide = int(batch.group.max(initial=-1)) + 1
    if wide == 0:
        return np.asarray(lost > _NONE)
    key = np.where(batch.group >= 0, unit * wide + batch.group, len(batch) * wide)
    together = np.bincount(key, lost, len(batch) * wide + 1)[key]
    return np.asarray((lost > _NONE) | ((batch.group >= 0) & (together > _NONE)))


def _owners(batch: Batch) -> tuple[Ints, Ints, Ints]:
    """The unit of each asset, the unit of each lot, and the asset of each lot counted over the batch."""
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    lot_unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    return unit, lot_unit, batch.asset_offset[lot_unit] + batch.lot_asset


def _lot_rates(batch: Batch, lot_unit: Ints, rates: tuple[Floats, Floats]) -> Floats:
    by_term = np.zeros((len(batch), 3))
    by_term[:, SHORT], by_term[:, LONG] = rates
    return np.asarray(by_term[lot_unit, batch.lot_term])


def _loadings(batch: Batch) -> tuple[Floats, Floats]:
    """Exposures and specific variance per asset; zero where it has no risk."""
    risky = batch.security >= 0
    rows = np.maximum(batch.security, 0)
    if len(batch.specific) == 0:
        return np.zeros((len(risky), batch.exposures.shape[1])), np.zeros(len(risky))
    return np.where(risky[:, None], batch.exposures[rows], 0.0), np.where(risky, batch.specific[rows], 0.0)


def _covariance(batch: Batch, unit: Ints, weights: Floats) -> Floats:
    """(Σ·weights)_i within each unit."""
    exposures, specific = _loadings(batch)
    factors = np.zeros((len(batch), exposures.shape[1]))
    some = np.flatnonzero(np.diff(batch.asset_offset))
    if len(some):
        factors[some] = np.add.reduceat(exposures * weights[:, None], batch.asset_offset[some], axis=0)
    return np.asarray((exposures * factors[unit]).sum(axis=1) + specific * weights)


def _variance(batch: Batch) -> Floats:
    exposures, specific = _loadings(batch)
    return np.asarray((exposures * exposures).sum(axis=1) + specific)


def _cheapest(lot_line: Ints, charge: Floats, left: Floats, *, wanted: Floats) -> Floats:
    """Fill what each asset sells from its remaining lots, the cheapest first."""
    order = np.lexsort((charge, lot_line))
    line, step = lot_line[order], left[order]
    before = np.cumsum(step) - step
    first = np.searchsorted(line, np.arange(len(wanted)))
    start = before[np.minimum(first, max(len(step) - 1, 0))] if len(step) else np.zeros(len(wanted))
    taken = np.clip(wanted[line] - (before - start[line]), 0.0, step) if len(step) else step
    take = np.zeros(len(left))
    take[order] = taken
    return take

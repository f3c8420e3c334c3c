"""The certifier in columns: every unit of a batch at once, from the definitions alone, nothing shared with kernels.

The same limits and prices as `certify`, which checks one problem slowly; the two are held against each other by test.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify import TOLERANCE
from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints, Status

_CHUNK = 1 << 20  # entries of a table worked on at once, so that a wide batch does not fill the memory


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Per unit of a batch: the `kind` of its gravest finding and by how much it is exceeded (fractions of value)."""

    kind: tuple[str, ...]
    excess: Floats

    @property
    def ok(self) -> Bools:
        """Which units are in order."""
        return np.asarray(self.excess <= TOLERANCE)


def certify_batch(batch: Batch, answers: Answers, *, gap: float = 1e-7, idle: bool = True) -> Verdict:
    """Check every answer of a batch, with `idle` against doing nothing too; one without trades is only checked to
    carry none.
    """
    answered = (answers.status == Status.SOLVED) | (answers.status == Status.SOLVED_INACCURATE)
    found = check_trades_batch(batch, answers.trade, answers.sale)
    value = objectives(batch, answers.trade, answers.sale)
    found["objective"] = np.abs(value - answers.objective)
    found["bound above the objective"] = answers.lower_bound - value
    found["gap"] = np.where(answers.status == Status.SOLVED, value - answers.lower_bound - gap, 0.0)
    if idle:
        found["worse than doing nothing"] = _against_nothing(batch, value)
    found = {kind: np.where(answered, excess, 0.0) for kind, excess in found.items()}
    trade, sale = np.abs(answers.trade), np.abs(answers.sale)
    carried = np.maximum(_most(trade, batch.asset_offset), _most(sale, batch.lot_offset))
    found["trade without an answer"] = np.where(answered, 0.0, carried)
    return _verdict(found)


def certify_trades(batch: Batch, trade: Floats, sale: Floats, *, ticket: Floats | None = None) -> Verdict:
    """Check any trades against the limits of their units; `ticket`: what each trade pays out of cash besides, as those
    in whole shares do.
    """
    return _verdict(check_trades_batch(batch, trade, sale, ticket=ticket))


def check_trades_batch(
    batch: Batch, trade: Floats, sale: Floats, *, ticket: Floats | None = None
) -> dict[str, Floats]:
    """By kind of limit, each unit's worst violation by these trades and sales; `ticket`: paid out of cash per trade."""
    unit, lot_unit, line = _owners(batch)
    sold = np.asarray(np.bincount(line, sale, len(trade)), np.float64)
    buy = trade + sold
    losing = batch.lot_gain < 0.0
    loss_lots = np.bincount(line, losing & (batch.lot_size > 0.0), len(trade)) > 0
    exclusive = np.where(batch.exclusive < 0, loss_lots, batch.exclusive > 0) | (batch.ordered > 0)
    short = np.where(trade != 0.0, batch.min_trade - np.abs(trade), 0.0)
    whole = np.where(trade < 0.0, np.abs(trade + batch.held), np.inf)
    assets = {
        "lower limit": batch.lower - trade,
        "upper limit": trade - batch.upper,
        "lots do not add up": -buy,
        "bought and sold": np.where(exclusive, np.minimum(buy, sold), 0.0),
        "below the minimum trade": np.minimum(short, whole),
    }
    lots = {
        "sale below none": -sale,
        "sale beyond the lot": sale - batch.lot_size,
        "sold out of order": _early(batch, line, sale),
    }
    found = {kind: _most(values, batch.asset_offset) for kind, values in assets.items()}
    found |= {kind: _most(values, batch.lot_offset) for kind, values in lots.items()}
    charged = batch.buy_charge * buy + batch.sell_charge * sold
    found["row"] = _rows(batch, trade, charged if ticket is None else charged + ticket * (trade != 0.0))
    found["lot row"] = _lot_rows(batch, sale)
    gains = np.bincount(lot_unit, batch.lot_gain * sale, len(batch))
    found["gain budget"] = gains - batch.gain_budget
    counted = batch.counted > 0.0
    found["turnover"] = 0.5 * np.bincount(unit, counted * (buy + sold), len(batch)) - batch.turnover
    found["number of trades"] = np.bincount(unit, counted * (trade != 0.0), len(batch)) - batch.max_trades
    lost = np.asarray(np.bincount(line, np.where(losing, sale, 0.0), len(trade)), np.float64)
    found["wash"] = _washed(batch, unit, buy=buy, lost=lost)
    return found


def _early(batch: Batch, line: Ints, sale: Floats) -> Floats:
    """What each lot of an ordered asset sells before the lots ahead of it are gone."""
    early = np.zeros(len(sale))
    lots = np.flatnonzero(batch.ordered[line] > 0)
    if len(lots) == 0:
        return early
    lots = lots[np.argsort(line[lots], kind="stable")]
    left = batch.lot_size[lots] - sale[lots]
    ahead = np.cumsum(left) - left
    first = np.searchsorted(line[lots], line[lots])
    early[lots] = np.minimum(sale[lots], ahead - ahead[first])
    return early


def objectives(batch: Batch, trade: Floats, sale: Floats) -> Floats:
    """Each unit's objective at any trades; NaN where no piece of its year holds."""
    unit, lot_unit, line = _owners(batch)
    sold = np.bincount(line, sale, len(trade))
    costs = batch.buy_cost * (trade + sold) + batch.sell_cost * sold
    costs = costs + batch.ticket * (trade != 0.0)
    count = len(batch)
    linear = np.bincount(unit, costs, count) + np.bincount(lot_unit, batch.lot_slope * sale, count)
    risk = batch.risk_aversion * _variance(batch, unit, batch.held - batch.target + trade)
    return np.asarray(risk + linear + _year_tax(batch, lot_unit, sale))


def _variance(batch: Batch, unit: Ints, active: Floats) -> Floats:
    """Active variance per unit: factors summed asset by asset, some units at a time."""
    risky = np.flatnonzero(batch.security >= 0)
    security = batch.security[risky]
    total = np.bincount(unit[risky], batch.specific[security] * active[risky] ** 2, len(batch))
    width = batch.exposures.shape[1]
    if width == 0 or len(risky) == 0:
        return np.asarray(total)
    starts = np.searchsorted(unit[risky], np.arange(len(batch) + 1))
    step = max(_CHUNK // width, 1)
    first = 0
    while first < len(batch):
        last = max(int(np.searchsorted(starts, starts[first] + step, side="right")) - 1, first + 1)
        part = slice(int(starts[first]), int(starts[last]))
        held = batch.exposures[security[part]] * active[risky[part]][:, None]
        sums = _sums(held, starts[first : last + 1] - starts[first])
        total[first:last] += (sums * sums).sum(axis=1)
        first = last
    return np.asarray(total)


def _year_tax(batch: Batch, lot_unit: Ints, sale: Floats) -> Floats:
    """T at these sales by the piece that is missed least; 0 without a year, NaN where every piece is missed."""
    count = len(batch)
    tax = np.zeros(count)
    pieces = np.diff(batch.piece_offset)
    if not pieces.any():
        return tax
    gains = batch.lot_gain * sale
    short = np.bincount(lot_unit, np.where(batch.lot_term == SHORT, gains, 0.0), count)
    long = np.bincount(lot_unit, np.where(batch.lot_term == LONG, gains, 0.0), count)
    owner = np.repeat(np.arange(count), pieces)
    sides, bound = batch.piece_sides, batch.piece_sides[:, :, 2]
    beyond = sides[:, :, 0] * short[owner, None] + sides[:, :, 1] * long[owner, None]
    excess = np.where(np.isfinite(bound), beyond - bound, 0.0).max(axis=1, initial=0.0)
    order = np.lexsort((np.arange(len(owner)), excess, owner))
    taxed = np.flatnonzero(pieces > 0)
    best = order[batch.piece_offset[taxed]]
    slope = batch.piece_slope[best]
    value = slope[:, 0] * short[taxed] + slope[:, 1] * long[taxed] + batch.piece_constant[best]
    tax[taxed] = np.where(excess[best] > TOLERANCE, np.nan, value)
    return tax


def _against_nothing(batch: Batch, value: Floats) -> Floats:
    """How much worse than doing nothing each answer is, where doing nothing is lawful (its year known included)."""
    nothing, none = np.zeros(len(batch.target)), np.zeros(len(batch.lot_size))
    excess = _verdict(check_trades_batch(batch, nothing, none)).excess
    idle = objectives(batch, nothing, none)
    return np.where((excess <= TOLERANCE) & ~np.isnan(idle), value - idle, 0.0)


def _rows(batch: Batch, trade: Floats, charged: Floats) -> Floats:
    """The rows' violations; `charged`: what each asset pays on its cost row."""
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    rows, width = np.diff(batch.row_offset), np.diff(batch.asset_offset)
    activity = _table(batch.cells, trade, rows=rows, width=width, start=batch.asset_offset)
    paying = np.flatnonzero(batch.cost_row >= 0)
    place = batch.row_offset[unit[paying]] + batch.cost_row[paying]
    activity += np.bincount(place, charged[paying], len(activity))
    return _most(np.maximum(batch.row_lower - activity, activity - batch.row_upper), batch.row_offset)


def _lot_rows(batch: Batch, sale: Floats) -> Floats:
    rows, width = np.diff(batch.lot_row_offset), np.diff(batch.lot_offset)
    activity = _table(batch.lot_cells, sale, rows=rows, width=width, start=batch.lot_offset)
    missed = np.maximum(batch.lot_row_lower - activity, activity - batch.lot_row_upper)
    return _most(missed, batch.lot_row_offset)


def _table(cells: Floats, values: Floats, *, rows: Ints, width: Ints, start: Ints) -> Floats:
    """Row sums of every unit's table (rows × width cells, row after row) times its own values."""
    each = np.repeat(width, rows)
    ends = np.cumsum(each)
    first = ends - each
    own = np.repeat(np.repeat(start[:-1], rows) - first, each) + np.arange(len(cells))
    return _sums(cells * values[own], np.concatenate([[0], ends]))


def _washed(batch: Batch, unit: Ints, *, buy: Floats, lost: Floats) -> Floats:
    """What each unit buys in a wash group beside a sale at a loss there."""
    grouped = np.flatnonzero(batch.group >= 0)
    if len(grouped) == 0:
        return np.zeros(len(batch))
    wide = int(batch.group.max()) + 1
    key = unit[grouped] * wide + batch.group[grouped]
    size = len(batch) * wide
    both = np.minimum(np.bincount(key, buy[grouped], size), np.bincount(key, lost[grouped], size))
    return np.asarray(both.reshape(len(batch), wide).max(axis=1))


def _owners(batch: Batch) -> tuple[Ints, Ints, Ints]:
    """The unit of each asset, the unit of each lot, and the asset of each lot counted over the batch."""
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    lot_unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    return unit, lot_unit, batch.asset_offset[lot_unit] + batch.lot_asset


def _sums(values: Floats, offsets: Ints) -> Floats:
    """Sums of consecutive stretches; an empty stretch sums to zero."""
    out = np.zeros((len(offsets) - 1, *values.shape[1:]))
    some = np.flatnonzero(offsets[1:] > offsets[:-1])
    if len(some):
        out[some] = np.add.reduceat(values, offsets[some], axis=0)
    return out


def _most(values: Floats | NDArray[np.float64], offsets: Ints) -> Floats:
    """The largest of each stretch, never below zero; NaN counts as infinite."""
    out = np.zeros(len(offsets) - 1)
    some = np.flatnonzero(offsets[1:] > offsets[:-1])
    if len(some):
        known = np.where(np.isnan(values), np.inf, values)
        out[some] = np.maximum(np.maximum.reduceat(known, offsets[some]), 0.0)
    return out


def _verdict(found: dict[str, Floats]) -> Verdict:
    """The gravest finding of each unit."""
    kinds = sorted(found)
    table = np.stack([np.where(np.isnan(found[kind]), np.inf, found[kind]) for kind in kinds])
    worst = np.argmax(table, axis=0)
    excess = np.maximum(table[worst, np.arange(table.shape[1])], 0.0)
    return Verdict(tuple(kinds[w] if e > 0.0 else "" for w, e in zip(worst, excess, strict=True)), excess)

"""What is to be rounded: a batch and its answers beside integer prices, units, quantities and cash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.kernels import moves as at
from trimtab.optimize.problem import Bools, Floats, Ints, Solution

NO_FLOOR = -4 * 10**18
_FAR = 4 * 10**18


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """The integer side of a batch: quantities in billionths of a share, prices and cash in billionths of a dollar.

    Per asset `price`, `unit`, `quantity`; per lot `lot_quantity`; per unit of the batch `value` (dollars), `cash`
    now and its `floor` (NO_FLOOR: not asked). `unit` is the least that may be traded: 10⁹ for whole shares, 10³
    where fractions are allowed, the denomination of a bond; 0 marks the asset that stands for cash, which moves
    against its account's row `tie` so that the row stays an equality.
    """

    value: Floats
    price: Ints
    unit: Ints
    quantity: Ints
    lot_quantity: Ints
    cash: Ints
    floor: Ints
    tie: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the rounding kernels read; see `kernels.moves` for the columns of `floats` and `integers`.

    `lots` (size, slope) stand in the order they are sold in, `order` says which lot each is, `extra` holds the lot
    rows (gain budget first) in that order. `account` and `lot_line` count over the whole batch.
    """

    account: Ints
    lot_line: Ints
    floats: Floats
    integers: Ints
    last: Ints
    lots: Floats
    order: Ints
    lot_open: Ints
    absorber: Ints
    settled: Floats
    cells_at: Ints
    row_price: Floats
    extra_at: Ints
    extra_cells_at: Ints
    extra: Floats
    extra_limits: Floats
    extra_price: Floats


def plan(batch: Batch, answers: Answers, holdings: Holdings, lot_prices: Floats | None = None) -> Plan:
    """Integer limits per asset, lots in selling order, and the cash line of every account."""
    count, n = len(batch), len(batch.held)
    account = np.repeat(np.arange(count), np.diff(batch.asset_offset))
    lot_account = np.repeat(np.arange(count), np.diff(batch.lot_offset))
    lot_line = batch.asset_offset[lot_account] + batch.lot_asset
    slope = batch.lot_slope + _year_rates(batch, answers, lot_account) * batch.lot_gain
    order = selling_order(batch, lot_line, slope)
    lot_open, upper = _wash(batch, answers, holdings, account=account, lot_line=lot_line)
    cash_line = holdings.unit == 0
    weight = holdings.price * 1e-18 / holdings.value[account]
    weight = np.where(cash_line | (weight <= 0.0), 1.0, weight)
    first = np.searchsorted(lot_line[order], np.arange(n))
    last = np.searchsorted(lot_line[order], np.arange(n), side="right")
    integers = _limits(
        batch, holdings, upper=upper, weight=weight, sellable=_whole_sum(lot_line, lot_open, n)
    )
    integers[:, at.LEAST] = _units(batch.min_trade - 1e-12, np.ceil, weight=weight, unit=holdings.unit)
    integers[:, at.COST] = batch.cost_row
    integers[:, at.LOT] = first - batch.lot_offset[account]
    size = np.where(cash_line[lot_line], batch.lot_size, lot_open * weight[lot_line])
    absorber = np.full(count, -1, np.int64)
    absorber[account[cash_line]] = (np.arange(n) - batch.asset_offset[account])[cash_line]
    settled = np.zeros((count, 2))
    settled[account[cash_line]] = np.column_stack([batch.lower, batch.upper])[cash_line]
    rows, lots = np.diff(batch.row_offset), np.diff(batch.lot_offset)
    extra_at, extra, extra_limits = _extra(batch, order)
    given = np.zeros(len(batch.lot_row_upper)) if lot_prices is None else lot_prices
    return Plan(
        account=account,
        lot_line=lot_line,
        floats=_floats(batch, weight=weight, wanted=answers.trade),
        integers=integers,
        last=last - batch.lot_offset[account],
        lots=np.vstack([size[order], slope[order]]),
        order=order,
        lot_open=lot_open,
        absorber=absorber,
        settled=settled,
        cells_at=_offsets(rows * np.diff(batch.asset_offset)),
        row_price=_row_prices(batch, answers),
        extra_at=extra_at,
        extra_cells_at=_offsets(np.diff(extra_at) * lots),
        extra=extra,
        extra_limits=extra_limits,
        extra_price=_extra_prices(batch, answers, given),
    )


def _floats(batch: Batch, *, weight: Floats, wanted: Floats) -> Floats:
    risky = batch.security >= 0
    specific = (
        np.where(risky, batch.specific[np.maximum(batch.security, 0)], 0.0) if len(batch.specific) else risky
    )
    floats = np.zeros((len(weight), at.F_SIZE))
    for column, values in (
        (at.E, batch.held - batch.target),
        (at.D, specific),
        (at.KB, batch.buy_cost),
        (at.KS, batch.sell_cost),
        (at.CB, batch.buy_charge),
        (at.CS, batch.sell_charge),
        (at.TICKET, batch.ticket),
        (at.WEIGHT, weight),
        (at.WANT, wanted),
    ):
        floats[:, column] = values
    return floats


def _year_rates(batch: Batch, answers: Answers, lot_account: Ints) -> Floats:
    """The rate per unit of gain that the answer's piece of the year puts on each lot."""
    if len(batch.piece_constant) == 0:
        return np.zeros(len(lot_account))
    piece = batch.piece_offset[:-1] + answers.piece
    taxed = (np.diff(batch.piece_offset) > 0) & (answers.piece >= 0)
    slope = np.where(taxed[:, None], batch.piece_slope[np.where(taxed, piece, 0)], 0.0)
    rates = np.column_stack([np.zeros(len(slope)), slope])
    return np.asarray(rates[lot_account, batch.lot_term])


def _wash(
    batch: Batch, answers: Answers, holdings: Holdings, *, account: Ints, lot_line: Ints
) -> tuple[Ints, Floats]:
    """Lots that may be sold and limits on buying, once every wash group keeps the side its answer gave it."""
    lot_open = np.where(batch.lot_size > 0.0, holdings.lot_quantity, 0)
    grouped = batch.group >= 0
    if not grouped.any():
        return lot_open, batch.upper
    wide = int(batch.group.max()) + 1
    key = np.where(grouped, account * wide + batch.group, -1)
    losing = (key[lot_line] >= 0) & (batch.lot_gain < 0.0)
    lost = np.bincount(key[lot_line][losing], answers.sale[losing], wide * len(batch))
    sells_losses = grouped & (lost[np.maximum(key, 0)] > 1e-9)
    upper = np.where(sells_losses, np.minimum(batch.upper, 0.0), batch.upper)
    shut = losing & ~sells_losses[lot_line]
    lot_open = np.where(shut | _behind(batch, lot_line, shut), 0, lot_open)
    return lot_open, np.maximum(upper, batch.lower)


def selling_order(batch: Batch, lot_line: Ints, slope: Floats) -> Ints:
    """Lots by line, in increasing cost, ties to the smaller gain; those of an ordered line as they were given."""
    given = batch.ordered[lot_line] > 0
    cost = np.where(given, np.arange(len(slope)), np.round(slope, 12))
    return np.asarray(np.lexsort((np.where(given, 0.0, batch.lot_gain), cost, lot_line)), np.int64)


def _behind(batch: Batch, lot_line: Ints, shut: Bools) -> Bools:
    """Lots of ordered lines that stand behind one that is shut."""
    behind = np.zeros(len(shut), np.bool_)
    lots = np.flatnonzero(batch.ordered[lot_line] > 0)
    lots = lots[np.argsort(lot_line[lots], kind="stable")]
    counts = np.cumsum(shut[lots])
    first = np.searchsorted(lot_line[lots], lot_line[lots])
    behind[lots] = counts - (counts - shut[lots])[first] > 0 if len(lots) else False
    return behind


def _whole_sum(index: Ints, values: Ints, count: int) -> Ints:
    """Sum integers by index, exactly."""
    total = np.zeros(count, np.int64)
    np.add.at(total, index, values)
    return total


def _units(values: Floats, rounding: Callable[[Floats], NDArray[Any]], *, weight: Floats, unit: Ints) -> Ints:
    """A weight as a quantity in whole units, rounded as told; beyond any account it is cut off."""
    step = np.maximum(unit, 1)
    far = (_FAR // step).astype(np.float64)
    return np.asarray(np.clip(rounding(values / weight / step), -far, far).astype(np.int64) * step)


def _limits(batch: Batch, holdings: Holdings, *, upper: Floats, weight: Floats, sellable: Ints) -> Ints:
    """Unit, least and most quantity, and the whole position (NONE where it may not be sold whole) per asset."""
    unit = np.maximum(holdings.unit, 1)
    low = _units(batch.lower - 1e-10, np.ceil, weight=weight, unit=unit)
    low = np.maximum(low, -(sellable // unit) * unit)
    high = _units(upper + 1e-10, np.floor, weight=weight, unit=unit)
    reach = holdings.quantity * weight
    whole = (sellable == holdings.quantity) & (holdings.quantity > 0) & (upper >= -reach - 1e-9)
    whole &= batch.lower <= -np.minimum(reach, batch.held) + 1e-9
    # No whole number lies between the limits: the whole position if that does, else the nearest toward none.
    toward = np.trunc(np.where(upper < 0.0, upper, np.maximum(batch.lower, 0.0)) / weight / unit)
    empty = low > high
    low = np.where(empty, np.where(whole, -holdings.quantity, toward.astype(np.int64) * unit), low)
    high = np.where(empty, low, high)
    integers = np.zeros((len(weight), at.N_SIZE), np.int64)
    integers[:, at.UNIT], integers[:, at.LOW], integers[:, at.HIGH] = unit, low, high
    integers[:, at.WHOLE] = np.where(whole, -holdings.quantity, at.NONE)
    return integers


def _row_prices(batch: Batch, answers: Answers) -> Floats:
    """The rows' multipliers of every answer, row after row."""
    rows = np.diff(batch.row_offset)
    owner = np.repeat(np.arange(len(batch)), rows)
    within = np.arange(len(batch.row_lower)) - batch.row_offset[owner]
    return np.ascontiguousarray(answers.multipliers[owner, batch.exposures.shape[1] + within])


def _extra(batch: Batch, order: Ints) -> tuple[Ints, Floats, Floats]:
    """Gain budgets and lot rows of the accounts that have any, their cells in selling order."""
    given = np.diff(batch.lot_row_offset) + np.isfinite(batch.gain_budget)
    cells: list[Floats] = []
    limits: list[Floats] = []
    start = np.concatenate([[0], np.cumsum(np.diff(batch.lot_row_offset) * np.diff(batch.lot_offset))])
    for u in np.flatnonzero(given):
        lots = slice(batch.lot_offset[u], batch.lot_offset[u + 1])
        rows = slice(batch.lot_row_offset[u], batch.lot_row_offset[u + 1])
        own = order[lots] - lots.start
        if np.isfinite(batch.gain_budget[u]):
            cells.append(batch.lot_gain[lots][own])
            limits.append(np.array([[-np.inf, batch.gain_budget[u]]]))
        table = batch.lot_cells[start[u] : start[u + 1]].reshape(rows.stop - rows.start, len(own))
        cells.append(table[:, own].ravel())
        limits.append(np.column_stack([batch.lot_row_lower[rows], batch.lot_row_upper[rows]]))
    joined = np.concatenate(limits).T if limits else np.zeros((2, 0))
    return _offsets(given), np.concatenate([np.zeros(0), *cells]), np.ascontiguousarray(joined)


def _extra_prices(batch: Batch, answers: Answers, given: Floats) -> Floats:
    """The multiplier of each gain budget, and the given prices of lot rows, in the order of `_extra`."""
    budgeted = np.isfinite(batch.gain_budget)
    counts = np.diff(batch.lot_row_offset)
    at = _offsets(counts + budgeted)
    prices = np.zeros(int(at[-1]))
    first = batch.exposures.shape[1] + np.diff(batch.row_offset)
    units = np.flatnonzero(budgeted & (first < answers.multipliers.shape[1]))
    prices[at[units]] = answers.multipliers[units, first[units]]
    owner = np.repeat(np.arange(len(batch)), counts)
    within = np.arange(len(given)) - batch.lot_row_offset[owner]
    prices[at[owner] + budgeted[owner] + within] = given
    return prices


def _offsets(counts: NDArray[Any]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def answers_of(batch: Batch, solutions: Sequence[Solution]) -> Answers:
    """Single solutions of a batch's problems (in order) as its answers, so that they can be rounded together."""
    widest = batch.exposures.shape[1]
    rows = np.diff(batch.row_offset)
    sides = batch.piece_sides.shape[1] if len(batch.piece_sides) else 0
    multipliers = np.zeros((len(solutions), widest + int(rows.max(initial=0)) + sides + 1))
    for u, solution in enumerate(solutions):
        prices = solution.multipliers
        own = len(prices) - int(rows[u]) if len(prices) < widest + rows[u] else widest
        given = prices[own : own + multipliers.shape[1] - widest]
        multipliers[u, widest : widest + len(given)] = given
    return Answers(
        trade=np.concatenate([s.trade for s in solutions]),
        sale=np.concatenate([s.sale for s in solutions]),
        status=np.array([int(s.status) for s in solutions], np.int64),
        objective=np.array([s.objective for s in solutions]),
        lower_bound=np.array([s.lower_bound for s in solutions]),
        iterations=np.array([s.iterations for s in solutions], np.int64),
        nodes=np.array([s.nodes for s in solutions], np.int64),
        piece=np.array([s.region for s in solutions], np.int64),
        multipliers=multipliers,
        conflict=np.zeros(len(batch.row_lower), np.bool_),
    )

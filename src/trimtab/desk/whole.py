"""Whole: trades in whole shares as the problem counts them, and a bound that holds for them, room included."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from trimtab.desk.propose import Asked
from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.including import including
from trimtab.optimize.minimum import spread, take
from trimtab.optimize.problem import Bools, Floats
from trimtab.optimize.rounding import Rounded

_BELOW = 1e-10
"""Of value: whole shares that undercut the bound by less than this do so by the order of a sum."""
UNSOUND = "bound above the objective in whole shares"
_DOUBT = 1e-8
"""Of value: a bound of what includes the whole shares that still lies above them by more is wrong."""


def bound_with(
    batch: Batch,
    trades: tuple[Floats, Floats],
    *,
    worth: Floats,
    bound: Floats,
    lawful: Bools,
    solve: Callable[[Batch], Answers],
    paid: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Bools]:
    """The `bound` of each unit, lowered where `lawful` trades in whole shares are worth less, and whether it is sound.

    Those units are solved again with their limits moved to include the trades; the lesser of both bounds holds for
    all that keeps the limits and for the trades. All in fractions of the unit's value. `paid`: what variance costs
    beyond the risk aversion, and the variance of the trades, for units held to a limit on tracking error.
    """
    lowered, sound = bound.copy(), np.ones(len(bound), np.bool_)
    units = np.flatnonzero(lawful & (worth < bound - _BELOW))
    if len(units) == 0:
        return lowered, sound
    part = take(batch, units)
    price, variance = (np.zeros(len(units)),) * 2 if paid is None else (each[units] for each in paid)
    part = replace(part, risk_aversion=part.risk_aversion + price)
    trade, sale = trades[0][spread(batch.asset_offset, units)], trades[1][spread(batch.lot_offset, units)]
    found = solve(including(part, trade, sale)).lower_bound - price * variance
    lowered[units] = np.minimum(bound[units], found)
    sound[units] = found <= worth[units] + _DOUBT
    return lowered, sound


def whole_trades(asked: Asked, rounded: Rounded) -> tuple[Floats, Floats]:
    """The rounded trades and sales as fractions of value; the cash asset takes what they pay and cost."""
    batch, holdings = asked.assembled.batch, asked.holdings
    account = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    trade = rounded.notional * 1e-9 / holdings.value[account]
    paid = rounded.notional + rounded.paid
    spent = np.zeros(len(batch), np.int64)
    np.add.at(spent, account, paid)
    cash = batch.asset_offset[1:] - 1
    received = -spent * 1e-9 / holdings.value
    trade[cash] = np.where(asked.assembled.turned == 1, -received, received)
    lot_account = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    price = holdings.price[batch.asset_offset[lot_account] + batch.lot_asset]
    sale = rounded.sold * 1e-9 * (price * 1e-9) / holdings.value[lot_account]
    _fill_cash_lots(asked, trade[cash], sale)
    return trade, sale


def _fill_cash_lots(asked: Asked, trade: Floats, sale: Floats) -> None:
    """Give the cash asset's sales to its lots, in their order: toward the target first."""
    batch = asked.assembled.batch
    ends = batch.lot_offset[1:]
    cash_line = np.diff(batch.asset_offset) - 1
    for u in range(len(batch)):
        rest = max(-trade[u], 0.0)
        lots = np.arange(batch.lot_offset[u], ends[u])
        for lot in lots[batch.lot_asset[lots] == cash_line[u]]:
            sale[lot] = min(rest, batch.lot_size[lot])
            rest -= sale[lot]

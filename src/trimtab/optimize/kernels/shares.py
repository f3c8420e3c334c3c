# mypy: disable-error-code="no-untyped-def"
"""Exact integers: money of a trade, lots that add up to a sale, cash that is left."""

import numpy as np

from trimtab.optimize.kernels.compiled import kernel, lean


@lean
def money(quantity, price):
    """quantity · price / 1e9 in billionths, exact but for the last one, which goes against the account."""
    billion = np.int64(1_000_000_000)
    sign = np.int64(1)
    if quantity < 0:
        sign = np.int64(-1)
        quantity = -quantity
    whole, part = quantity // billion, quantity % billion
    dollars, cents = price // billion, price % billion
    tail = part * cents
    value = whole * price + part * dollars + tail // billion
    if sign > 0 and tail % billion > 0:
        value += 1
    return sign * value


@kernel
def settle(
    line_at,
    lot_at,
    unit,
    price,
    quantity,
    charge,
    lot_line,
    order,
    lot_open,
    cash,
    sold,
    notional,
    paid,
    after,
):
    """Lots that add up to each sale, exact notionals (signed as the trade), costs rounded up, and the cash left."""
    for a in range(len(line_at) - 1):
        left = cash[a]
        for i in range(line_at[a], line_at[a + 1]):
            if unit[i] == 0 or quantity[i] == 0:
                continue
            notional[i] = money(quantity[i], price[i])
            paid[i] = np.int64(np.ceil(abs(notional[i]) * charge[i]))
            left -= notional[i] + paid[i]
        line = np.int64(-1)
        rest = np.int64(0)
        for s in range(lot_at[a], lot_at[a + 1]):
            lot = order[s]
            if line_at[a] + lot_line[lot] != line:
                line = line_at[a] + lot_line[lot]
                rest = -quantity[line] if unit[line] != 0 else np.int64(0)
            if rest > 0:
                sold[lot] = min(rest, lot_open[lot])
                rest -= sold[lot]
        after[a] = left

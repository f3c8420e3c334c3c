"""The terms of the objective at given trades, unit by unit: plain sums in the order of the columns."""

from trimtab.optimize.kernels.compiled import kernel
from trimtab.optimize.problem import Floats, Ints


@kernel
def unit_terms(
    asset_offset: Ints,
    lot_offset: Ints,
    exposures: Floats,
    specific: Floats,
    security: Ints,
    gap: Floats,
    buy_cost: Floats,
    sell_cost: Floats,
    lot_asset: Ints,
    lot_term: Ints,
    lot_gain: Floats,
    lot_slope: Floats,
    trade: Floats,
    sale: Floats,
    sold: Floats,
    factor: Floats,
    out: Floats,
) -> None:
    """Fill out[u] with variance of held − target + trade, linear costs, short and long gain counted by the year."""
    k = exposures.shape[1]
    for u in range(asset_offset.shape[0] - 1):
        first, last = asset_offset[u], asset_offset[u + 1]
        for i in range(first, last):
            sold[i] = 0.0
        linear, short, long = 0.0, 0.0, 0.0
        for lot in range(lot_offset[u], lot_offset[u + 1]):
            amount = sale[lot]
            sold[first + lot_asset[lot]] += amount
            linear += lot_slope[lot] * amount
            if lot_term[lot] == 1:
                short += lot_gain[lot] * amount
            elif lot_term[lot] == 2:
                long += lot_gain[lot] * amount
        for j in range(k):
            factor[j] = 0.0
        variance = 0.0
        for i in range(first, last):
            linear += buy_cost[i] * (trade[i] + sold[i]) + sell_cost[i] * sold[i]
            row = security[i]
            if row >= 0:
                active = gap[i] + trade[i]
                variance += specific[row] * active * active
                for j in range(k):
                    factor[j] += exposures[row, j] * active
        for j in range(k):
            variance += factor[j] * factor[j]
        out[u, 0] = variance
        out[u, 1] = linear
        out[u, 2] = short
        out[u, 3] = long

"""The objective's terms at any trades of an assembled batch: before, after the solve, after whole shares."""

from dataclasses import dataclass

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.kernels.terms import unit_terms
from trimtab.optimize.problem import Floats
from trimtab.optimize.years import AccountYears


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """One value an account: `variance` (annual, ex ante), `linear` (costs, hurdles, latent tax, cash drag; share of V),
    `tax` (added, as the objective counts it, dollars) and `objective` (J in dollars, with its constant).
    """

    variance: Floats
    linear: Floats
    tax: Floats
    objective: Floats


def terms_at(assembled: Assembled, years: AccountYears, weight: Floats, trade: Floats, sale: Floats) -> Terms:
    """J at `trade` per asset and `sale` per lot; `weight` is each account's tax_weight."""
    batch = assembled.batch
    out = np.zeros((len(batch), 4))
    unit_terms(
        batch.asset_offset,
        batch.lot_offset,
        batch.exposures,
        batch.specific,
        batch.security,
        batch.held - batch.target,
        batch.buy_cost,
        batch.sell_cost,
        batch.lot_asset,
        batch.lot_term,
        batch.lot_gain,
        batch.lot_slope,
        trade,
        sale,
        np.zeros(len(trade)),
        np.zeros(batch.exposures.shape[1]),
        out,
    )
    value = assembled.value
    tax = years.added_tax(out[:, 2] * value, out[:, 3] * value)
    linear = out[:, 1] + assembled.constant
    return Terms(out[:, 0], linear, tax, value * (batch.risk_aversion * out[:, 0] + linear) + weight * tax)

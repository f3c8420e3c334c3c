"""The objective's terms at any trades of an assembled batch: before, after the solve, after whole shares."""

from dataclasses import dataclass, replace

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.kernels.terms import unit_terms
from trimtab.optimize.problem import Floats, Ints
from trimtab.optimize.years import AccountYears


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """One value an account: `variance` (annual, ex ante), `linear` (costs, tickets, hurdles, latent tax, cash drag),
    `short` and `long` (gains that the year counts, dollars), `tax` (added, as the objective counts it, dollars) and
    `objective` (J in dollars, with its constant).
    """

    variance: Floats
    linear: Floats
    short: Floats
    long: Floats
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
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    tickets = np.bincount(unit, batch.ticket * (trade != 0.0), len(batch))
    short, long = out[:, 2] * value, out[:, 3] * value
    tax = years.added_tax(short, long)
    linear = out[:, 1] + tickets + assembled.constant
    objective = value * (batch.risk_aversion * out[:, 0] + linear) + weight * tax
    return Terms(out[:, 0], linear, short, long, tax, objective)


def united(terms: Terms, unit: Ints, *, years: AccountYears, weight: Floats) -> Terms:
    """The same terms where accounts with the same number in `unit` are one unit: tax and objective are the unit's.

    The taxed accounts of a unit share one taxpayer's year and one `weight`.
    """
    count = int(unit.max(initial=-1)) + 1
    apart = np.bincount(unit, terms.objective - weight * terms.tax, count)
    short, long = (
        np.bincount(unit, np.where(years.taxed, gain, 0.0), count).astype(np.float64)
        for gain in (terms.short, terms.long)
    )
    first = np.arange(len(unit))
    for place in np.flatnonzero(years.taxed)[::-1]:
        first[unit == unit[place]] = place
    _, one = np.unique(unit, return_index=True)
    whose = first[one]
    tax = np.where(years.taxed[whose], years.take(whose).added_tax(short, long), 0.0)
    objective = apart + weight[whose] * tax
    return replace(terms, tax=tax[unit], objective=objective[unit])

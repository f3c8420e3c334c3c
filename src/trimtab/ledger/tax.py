"""Tax of realized gains as reports estimate it: flat rates, by lot or netted; and what a second set of
facts adds.
"""

from dataclasses import dataclass
from fractions import Fraction

from trimtab.ledger.exact import ZERO
from trimtab.ledger.federal import Income, federal_tax
from trimtab.ledger.netting import net
from trimtab.ledger.rates import FederalTable


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatRates:
    """A client's marginal rates, all taxes in: on short gains, long gains, and the income a net loss is
    deducted from.
    """

    short: Fraction
    long: Fraction
    ordinary: Fraction


def tax_by_term(short: Fraction, long: Fraction, *, rates: FlatRates) -> Fraction:
    """Tax with every gain and loss at its own rate: losses count as fully usable (the trade's report
    convention).
    """
    return rates.short * short + rates.long * long


def tax_netted(
    short: Fraction, long: Fraction, *, rates: FlatRates, loss_limit: Fraction = Fraction(3000)
) -> Fraction:
    """Tax after netting, a net loss deducted at the ordinary rate up to the limit; what carries is worth
    nothing yet.
    """
    netted = net(short, long, loss_limit=loss_limit)
    return (
        rates.short * netted.taxed_short + rates.long * netted.taxed_long - rates.ordinary * netted.deduction
    )


def federal_delta(table: FederalTable, before: Income, after: Income) -> Fraction:
    """What a change of income adds to federal tax: a marginal cost is a difference of two returns, not a
    look-up.
    """
    return federal_tax(table, after).total - federal_tax(table, before).total


def effective_rate(tax: Fraction, gain: Fraction) -> Fraction | None:
    """Tax per dollar of gain; None where there is no gain to divide by."""
    return None if gain == ZERO else tax / gain

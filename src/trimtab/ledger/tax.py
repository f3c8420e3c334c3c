"""Tax of realized gains as reports estimate it, at flat rates: term by term, or netted as a return nets."""

from dataclasses import dataclass
from fractions import Fraction

from trimtab.ledger.netting import net


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

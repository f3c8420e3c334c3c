"""Federal income tax on gains: brackets, gain bands stacked on ordinary income, and the NIIT.

Preferential income (net long-term gain and qualified dividends) sits on top of ordinary taxable income; the
tax is never more than the ordinary brackets alone would ask (IRC 1(h)(1), the worksheet's last line). Exact
brackets, not the printed tax table; no AMT, no credits.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from trimtab.ledger.exact import ZERO, above
from trimtab.ledger.netting import net
from trimtab.ledger.rates import GAIN_RATES, NIIT_RATE, ORDINARY_RATES, FederalTable

_ORDINARY: Final = tuple(Fraction(rate) for rate in ORDINARY_RATES)
_GAIN: Final = tuple(Fraction(rate) for rate in GAIN_RATES)
NIIT: Final = Fraction(NIIT_RATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FederalTax:
    """The worksheet's lines: ordinary tax, preferential income by band and its tax, regular tax, NIIT."""

    ordinary: Fraction
    bands: tuple[Fraction, Fraction, Fraction]
    preferential: Fraction
    regular: Fraction
    niit: Fraction

    @property
    def total(self) -> Fraction:
        """Regular tax and NIIT together."""
        return self.regular + self.niit


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """A year's income: `ordinary` taxable income after deductions and without gains (negative: unused
    deductions), netted gains, qualified dividends; MAGI and net investment income with the gains in, None
    where not known.
    """

    ordinary: Fraction
    short: Fraction = ZERO
    long: Fraction = ZERO
    dividends: Fraction = ZERO
    magi: Fraction | None = None
    investment_income: Fraction | None = None


def ordinary_tax(table: FederalTable, income: Fraction) -> Fraction:
    """Tax of ordinary taxable income by the seven brackets; none below zero."""
    tax, lower = ZERO, ZERO
    for rate, edge in zip(_ORDINARY, table.edges, strict=False):
        upper = Fraction(edge)
        tax += rate * above(min(income, upper), lower)
        lower = upper
    return tax + _ORDINARY[-1] * above(income, lower)


def gain_bands(
    table: FederalTable, *, below: Fraction, amount: Fraction
) -> tuple[Fraction, Fraction, Fraction]:
    """Split preferential income stacked on `below` dollars of ordinary income into the 0, 15 and 20 %
    bands.
    """
    zero = min(amount, above(Fraction(table.zero_top), below))
    fifteen = min(amount - zero, above(Fraction(table.fifteen_top), max(below, Fraction(table.zero_top))))
    return zero, fifteen, amount - zero - fifteen


def gain_tax(table: FederalTable, income: Fraction) -> Fraction:
    """Tax of preferential income that fills the gain bands from zero up to an income; none below zero."""
    bands = gain_bands(table, below=ZERO, amount=above(income))
    return sum((rate * band for rate, band in zip(_GAIN, bands, strict=True)), ZERO)


def net_investment_tax(table: FederalTable, magi: Fraction, investment_income: Fraction) -> Fraction:
    """3.8 % of the smaller of net investment income and MAGI above the threshold (IRC 1411)."""
    return NIIT * min(above(investment_income), above(magi, Fraction(table.niit_threshold)))


def federal_tax(table: FederalTable, income: Income) -> FederalTax:
    """Federal tax of a year's income. A net capital loss is deducted up to the limit of the filing status."""
    gains = net(income.short, income.long, loss_limit=Fraction(table.loss_limit))
    ordinary = income.ordinary + gains.taxed_short - gains.deduction
    preferential = gains.taxed_long + income.dividends
    taxable = above(ordinary + preferential)
    stacked = min(preferential, taxable)
    below = taxable - stacked
    bands = gain_bands(table, below=below, amount=stacked)
    on_ordinary = ordinary_tax(table, below)
    on_gains = sum((rate * band for rate, band in zip(_GAIN, bands, strict=True)), ZERO)
    invested = income.investment_income
    if invested is None:
        invested = gains.taxed_short + gains.taxed_long + income.dividends
    return FederalTax(
        ordinary=on_ordinary,
        bands=bands,
        preferential=on_gains,
        regular=min(on_ordinary + on_gains, ordinary_tax(table, taxable)),
        niit=ZERO if income.magi is None else net_investment_tax(table, income.magi, invested),
    )

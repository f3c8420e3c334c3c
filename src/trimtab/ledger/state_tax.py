"""State tax on gains, a state being parameters and not code (docs/spec/tax.md says what each parameter is for).

Five rules cover the states of the tables: an excise on long-term gains, ordinary rates with federal netting, gains
of one year only, separate rates for short and long, and the combined marginal rate of federal and state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from trimtab.ledger.exact import ZERO, above
from trimtab.ledger.netting import NO_CARRY, Carry, RealizedYear, net_year
from trimtab.ledger.rates import ExciseTable, SplitTable, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTax:
    """State tax of a year's gains: taxed by term, the tax, what other income or dividends take, what carries."""

    taxable_short: Fraction = ZERO
    taxable_long: Fraction = ZERO
    tax: Fraction = ZERO
    deduction: Fraction = ZERO
    dividends_offset: Fraction = ZERO
    surtax: Fraction = ZERO
    carry: Carry = NO_CARRY

    @property
    def taxable(self) -> Fraction:
        """Short and long taxable gain together."""
        return self.taxable_short + self.taxable_long


def flat(rate: Decimal) -> tuple[Tier, ...]:
    """One rate without end, as tiers."""
    return (Tier(None, rate),)


def tier_tax(tiers: Sequence[Tier], amount: Fraction) -> Fraction:
    """Tax of an amount by tiers that start at zero; the last tier has no end."""
    assert tiers, "a rate table without tiers"
    assert tiers[-1].up_to is None, "the last tier of a rate table must be without end"
    tax, lower = ZERO, ZERO
    for tier in tiers:
        upper = amount if tier.up_to is None else min(amount, Fraction(tier.up_to))
        tax += Fraction(tier.rate) * above(upper, lower)
        lower = max(lower, upper)
    return tax


def excise(table: ExciseTable, long_net: Fraction) -> StateTax:
    """Excise on net long-term gain above the deduction; short-term losses do not offset (Washington, RCW 82.87)."""
    taxable = above(long_net, Fraction(table.deduction))
    return StateTax(taxable_long=taxable, tax=tier_tax(table.tiers, taxable))


def ordinary(
    year: RealizedYear,
    *,
    tiers: Sequence[Tier],
    carry: Carry = NO_CARRY,
    long_exclusion: Fraction = ZERO,
    other_income: Fraction = ZERO,
) -> StateTax:
    """Gains at ordinary rates after federal-style netting and carry: what they add to the tax of other income.

    `long_exclusion` is the fraction of net long-term gain left out.
    """
    netted = net_year(year, carry)
    taxable_long = netted.taxed_long * (1 - long_exclusion)
    taxed = netted.taxed_short + taxable_long
    return StateTax(
        taxable_short=netted.taxed_short,
        taxable_long=taxable_long,
        tax=tier_tax(tiers, above(other_income + taxed)) - tier_tax(tiers, above(other_income)),
        deduction=netted.deduction,
        carry=netted.carry,
    )


def no_carryforward(gains: Fraction, losses: Fraction, *, rate: Fraction) -> StateTax:
    """Losses meet gains of the same year only: nothing carried, nothing against other income (NJ, PA)."""
    taxable = above(gains - losses)
    return StateTax(taxable_short=taxable, tax=rate * taxable)


def split_rates(
    short: Fraction,
    long: Fraction,
    *,
    table: SplitTable,
    dividends: Fraction = ZERO,
    other_income: Fraction = ZERO,
) -> StateTax:
    """Short and long net gains at rates of their own; a net loss meets the other term, a short one dividends first.

    The surtax falls on the gains above what other income leaves below the threshold (Massachusetts, G.L. c. 62).
    """
    met = min(above(-short), dividends, Fraction(table.dividend_offset))
    short_loss, long_loss = above(-short, met), above(-long)
    taxable_short, taxable_long = above(short, long_loss), above(long, short_loss)
    surtax = ZERO
    if table.surtax_threshold is not None:
        threshold = Fraction(table.surtax_threshold)
        taxed = other_income + taxable_short + taxable_long
        surtax = Fraction(table.surtax_rate) * (above(taxed, threshold) - above(other_income, threshold))
    own = Fraction(table.short_rate) * taxable_short + Fraction(table.long_rate) * taxable_long
    return StateTax(
        taxable_short=taxable_short,
        taxable_long=taxable_long,
        tax=own + surtax,
        dividends_offset=met,
        surtax=surtax,
        carry=Carry(above(short_loss, above(long)), above(long_loss, above(short))),
    )


def combined_rate(
    federal: Fraction, state: Fraction, *, niit: Fraction = ZERO, state_deductible: bool = False
) -> Fraction:
    """Combined marginal rate: federal + NIIT + state, less federal relief where state tax is really deducted."""
    return federal + niit + state - (federal * state if state_deductible else ZERO)

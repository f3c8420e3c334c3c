"""Netting of a year's gains and losses and the carry-forward of what is left (IRC 1211, 1212, 1222;
Schedule D).

Losses meet gains of their own term first, then of the other; what is left is deducted from other income up
to the limit of the filing status; the rest is carried with its character, reduced only by what income could
absorb.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from trimtab.ledger.exact import ZERO, above


@dataclass(frozen=True, slots=True)
class Carry:
    """Losses carried between years, by character; both positive or zero."""

    short: Fraction = ZERO
    long: Fraction = ZERO


NO_CARRY: Final = Carry()


@dataclass(frozen=True, slots=True, kw_only=True)
class RealizedYear:
    """One tax year before netting; gains and losses are positive, fund capital gain distributions are
    long-term.

    `income_before_loss` is taxable income without the capital loss deduction (may be negative); None:
    ample.
    """

    loss_limit: Fraction
    short_gains: Fraction = ZERO
    short_losses: Fraction = ZERO
    long_gains: Fraction = ZERO
    long_losses: Fraction = ZERO
    gain_distributions: Fraction = ZERO
    income_before_loss: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Netted:
    """Schedule D of one year: nets (after carry-ins), what is taxed, deducted from income, absorbed, and
    carried.
    """

    short: Fraction
    long: Fraction
    taxed_short: Fraction
    taxed_long: Fraction
    deduction: Fraction
    absorbed: Fraction
    carry: Carry

    @property
    def net(self) -> Fraction:
        """Schedule D line 16: short and long together."""
        return self.short + self.long


def net(
    short: Fraction, long: Fraction, *, loss_limit: Fraction, income_before_loss: Fraction | None = None
) -> Netted:
    """Net signed short and long amounts (carry-ins already taken off) into taxed, deducted and carried
    parts.
    """
    total = short + long
    deduction = min(loss_limit, above(-total))
    absorbed = deduction if income_before_loss is None else min(deduction, above(income_before_loss))
    short_loss, long_loss = above(-short), above(-long)
    return Netted(
        short=short,
        long=long,
        taxed_short=above(short, long_loss),
        taxed_long=above(long, short_loss),
        deduction=deduction,
        absorbed=absorbed,
        carry=Carry(
            above(short_loss, absorbed + above(long)),
            above(long_loss, above(short) + above(absorbed, short_loss)),
        ),
    )


def net_year(year: RealizedYear, carry: Carry) -> Netted:
    """Net one year with the losses carried into it."""
    return net(
        year.short_gains - year.short_losses - carry.short,
        year.long_gains + year.gain_distributions - year.long_losses - carry.long,
        loss_limit=year.loss_limit,
        income_before_loss=year.income_before_loss,
    )


def net_years(years: Iterable[RealizedYear], carry: Carry) -> tuple[Netted, ...]:
    """Roll through consecutive years: on each 1 January the carry-out of one year becomes the carry-in of
    the next.
    """
    rolled: list[Netted] = []
    for year in years:
        rolled.append(net_year(year, carry))
        carry = rolled[-1].carry
    return tuple(rolled)

"""T of the book: the tax of a taxpayer's year as a function of all short and long gains realized in it.

`T(S, L) = short·(S - L⁻)₊ + long·(L - S⁻)₊ - worth of the loss left over`, exact. With a filing status,
ordinary income and MAGI the federal bracket tables stand in for the flat rates. docs/spec/tax.md states
each rule and its reason.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from trimtab.ledger.exact import ZERO, above
from trimtab.ledger.federal import NIIT, Income, federal_tax, ordinary_tax
from trimtab.ledger.netting import Netted, net
from trimtab.ledger.rates import FederalTable

CARRY_YEARS: Final = 5
"""Years of loss limit and expected gain in which a carried loss is worth `carry_value` of the long rate."""
TAIL_VALUE: Final = Fraction(5, 100)
"""What a dollar of loss carried beyond those years is worth, as a share of the long rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets:
    """The federal table, and the year's ordinary taxable income and MAGI without the gains of this year."""

    table: FederalTable
    ordinary_income: Fraction
    magi: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxpayerYear:
    """A taxpayer's year: marginal rates, what was realized outside the book, losses carried in, worth of
    losses left.

    `ytd_*` have gains positive; `carryforward_*`, `loss_limit`, `zero_gain_room` are dollars ≥ 0;
    `expected_gain` is dollars a year; `carry_value` and `tail_value` are shares of the long rate.
    """

    short_rate: Fraction
    long_rate: Fraction
    ordinary_rate: Fraction
    ytd_short: Fraction = ZERO
    ytd_long: Fraction = ZERO
    carryforward_short: Fraction = ZERO
    carryforward_long: Fraction = ZERO
    loss_limit: Fraction = Fraction(3000)
    expected_gain: Fraction = ZERO
    zero_gain_room: Fraction = ZERO
    carry_value: Fraction = Fraction(1, 2)
    tail_value: Fraction = TAIL_VALUE
    brackets: Brackets | None = None

    def __post_init__(self) -> None:
        for name in (
            "carryforward_short",
            "carryforward_long",
            "loss_limit",
            "expected_gain",
            "zero_gain_room",
        ):
            assert getattr(self, name) >= 0, f"{name} is below zero"

    def position(self, short: Fraction = ZERO, long: Fraction = ZERO) -> tuple[Fraction, Fraction]:
        """S and L: outside gains less losses carried in, plus short and long gains realized inside the
        book.
        """
        return (
            self.ytd_short - self.carryforward_short + short,
            self.ytd_long - self.carryforward_long + long,
        )

    def netted(self, short: Fraction, long: Fraction) -> Netted:
        """Schedule D of the year at S and L; income limits the deduction only where brackets state the
        income.
        """
        limit, income = self.loss_limit, None
        if self.brackets is not None:
            limit = min(limit, Fraction(self.brackets.table.loss_limit))
            income = self.brackets.ordinary_income
        return net(short, long, loss_limit=limit, income_before_loss=income)

    def tax(self, short: Fraction, long: Fraction) -> Fraction:
        """T(S, L): tax due for the year less the worth of the loss it leaves over."""
        netted = self.netted(short, long)
        return self._due(netted) - self.carried_value(netted.carry.short + netted.carry.long)

    def in_money(self) -> "TaxpayerYear":
        """The same year with losses carried out of it worth nothing: its T is the tax of the year's own
        return.
        """
        return replace(self, carry_value=ZERO, tail_value=ZERO)

    def carried_value(self, loss: Fraction) -> Fraction:
        """Worth of a loss carried into later years: near dollars at `carry_value`, the rest at the tail's
        value.
        """
        near = min(loss, self.carry_span)
        return self.long_rate * (self.carry_value * near + self.tail_value * (loss - near))

    @property
    def carry_span(self) -> Fraction:
        """Dollars of carried loss that later years are expected to use."""
        return CARRY_YEARS * (self.loss_limit + self.expected_gain)

    def _due(self, netted: Netted) -> Fraction:
        if self.brackets is None:
            taxed_long = above(netted.taxed_long, self.zero_gain_room)
            return (
                self.short_rate * netted.taxed_short
                + self.long_rate * taxed_long
                - self.ordinary_rate * netted.absorbed
            )
        table, income = self.brackets.table, self.brackets.ordinary_income
        ordinary = income - netted.absorbed
        due = federal_tax(
            table, Income(ordinary=ordinary, short=netted.taxed_short, long=netted.taxed_long)
        ).regular
        room = above(Fraction(table.niit_threshold), self.brackets.magi)
        invested = NIIT * above(netted.taxed_short + netted.taxed_long, room)
        return due - ordinary_tax(table, income) + invested


UNKNOWN: Final = TaxpayerYear(
    short_rate=Fraction(408, 1000), long_rate=Fraction(238, 1000), ordinary_rate=Fraction(37, 100)
)
"""The year of a taxable account without a taxpayer: top federal rates, nothing else realized; the account says so."""

UNTAXED: Final = TaxpayerYear(short_rate=ZERO, long_rate=ZERO, ordinary_rate=ZERO)
"""The year of a tax-deferred or tax-exempt account."""


def next_year(year: TaxpayerYear, short: Fraction, long: Fraction) -> TaxpayerYear:
    """The same taxpayer on 1 January: what S and L left over is carried in by character, nothing is
    realized yet.
    """
    carry = year.netted(short, long).carry
    return replace(
        year,
        ytd_short=ZERO,
        ytd_long=ZERO,
        carryforward_short=carry.short,
        carryforward_long=carry.long,
    )

"""Gifts of lots to a public charity (IRC 170(b)(1), (e)(1)): what is deducted, when, and which gain escapes
tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from trimtab.core.dates import Term, tax_year, term
from trimtab.ledger.exact import ZERO, above
from trimtab.ledger.rates import DONATION_FLOOR, DONATION_FLOOR_FROM

_APPRECIATED_LIMIT = Fraction(30, 100)
_OTHER_LIMIT = Fraction(50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Donation:
    """A gift of one lot: the contribution, its limit of AGI, what is deducted now and carried (five years).

    `gain_escaping` is the gain never taxed, `loss_forgone` the loss nobody may claim.
    """

    contribution: Fraction
    agi_limit: Fraction
    deduct_now: Fraction
    carryforward: Fraction
    gain_escaping: Fraction
    loss_forgone: Fraction


def donate(
    basis: Fraction, value: Fraction, *, acquired: date, donated: date, agi: Fraction, inherited: bool = False
) -> Donation:
    """Long-term appreciated shares: value, within 30 % of AGI. Else the smaller of basis and value, within
    50 %.
    """
    gain = value - basis
    appreciated = gain > 0 and (inherited or term(acquired, donated) is Term.LONG)
    contribution = value if appreciated else min(value, basis)
    limit = _APPRECIATED_LIMIT if appreciated else _OTHER_LIMIT
    now = min(contribution, limit * above(agi))
    return Donation(
        contribution=contribution,
        agi_limit=limit,
        deduct_now=now,
        carryforward=contribution - now,
        gain_escaping=above(gain),
        loss_forgone=above(-gain),
    )


def deduction_floor(donated: date, agi: Fraction) -> Fraction:
    """The part of a year's gifts that itemizers lose: 0.5 % of AGI from 2026, nothing before."""
    return Fraction(DONATION_FLOOR) * above(agi) if tax_year(donated) >= DONATION_FLOOR_FROM else ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftLot:
    """A lot that could be given: its id, basis and value per the whole lot, and the date its term counts
    from.
    """

    lot_id: str
    basis: Fraction
    value: Fraction
    acquired: date


def rank_gifts(lots: Iterable[GiftLot], *, on: date) -> tuple[GiftLot, ...]:
    """Lots worth giving, best first: long-term with a gain, highest gain per dollar given; never short-term
    or loss lots.
    """
    good = [lot for lot in lots if lot.value > lot.basis and term(lot.acquired, on) is Term.LONG]
    return tuple(sorted(good, key=lambda lot: (lot.basis / lot.value, lot.lot_id)))

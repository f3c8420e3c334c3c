"""Losses on fund shares held six months or less (IRC 852(b)(4)): exempt dividends first, then gain
distributions.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from trimtab.core.dates import Term, held_more_than, term
from trimtab.ledger.exact import ZERO, above

MONTHS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FundLoss:
    """A fund loss by character, all positive; `disallowed` is gone for good."""

    short: Fraction = ZERO
    long: Fraction = ZERO
    disallowed: Fraction = ZERO


def fund_loss(
    loss: Fraction,
    acquired: date,
    disposed: date,
    *,
    gain_distributions: Fraction = ZERO,
    exempt_dividends: Fraction = ZERO,
) -> FundLoss:
    """Character of a loss (positive) on fund shares; exactly six months is "six months or less".

    Within six months it is disallowed up to the exempt-interest dividends, then long-term up to the capital
    gain distributions received on the shares, then short-term.
    """
    loss = above(loss)
    if held_more_than(acquired, disposed, MONTHS):
        if term(acquired, disposed) is Term.LONG:
            return FundLoss(long=loss)
        return FundLoss(short=loss)
    disallowed = min(loss, exempt_dividends)
    long = min(loss - disallowed, gain_distributions)
    return FundLoss(short=loss - disallowed - long, long=long, disallowed=disallowed)

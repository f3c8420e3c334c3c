"""Measures of tax management as the trade states them; each is one formula, named with its source in
docs/spec/savings.md.
"""

from fractions import Fraction

from trimtab.ledger.exact import ZERO


def tax_alpha(
    *,
    portfolio_after_tax: Fraction,
    benchmark_after_tax: Fraction,
    portfolio_pre_tax: Fraction,
    benchmark_pre_tax: Fraction,
) -> Fraction:
    """Excess return after tax less excess return before tax (Parametric)."""
    return (portfolio_after_tax - benchmark_after_tax) - (portfolio_pre_tax - benchmark_pre_tax)


def after_tax_return(*, gain: Fraction, tax: Fraction, beginning_value: Fraction) -> Fraction:
    """Return after tax on what was realized, before liquidation: (gain - tax) / beginning value
    (Parametric).
    """
    return (gain - tax) / beginning_value


def loss_value(loss: Fraction, rate: Fraction) -> Fraction:
    """Tax a harvested loss saves where it is fully usable: loss × rate (Rowboat)."""
    return loss * rate


def loss_alpha(
    *,
    short_losses: Fraction,
    long_losses: Fraction,
    short_rate: Fraction,
    long_rate: Fraction,
    average_value: Fraction,
) -> Fraction:
    """Losses at their own rates on average value (Covestor)."""
    return (short_losses * short_rate + long_losses * long_rate) / average_value


def wait_value(gain: Fraction, *, short_rate: Fraction, long_rate: Fraction) -> Fraction:
    """Tax saved for good by waiting until a gain is long-term: gain × (short - long rate) (Smartleaf)."""
    return gain * (short_rate - long_rate)


def savings(baseline_tax: Fraction, managed_tax: Fraction) -> Fraction:
    """Tax bill without management less the bill with it (55ip)."""
    return baseline_tax - managed_tax


def share(part: Fraction, whole: Fraction) -> Fraction | None:
    """Part of a whole as a fraction; None where the whole is zero, since no share is then defined."""
    return None if whole == ZERO else part / whole


def deferral_value(tax: Fraction, *, discount_rate: Fraction, years: int) -> Fraction:
    """Present value of paying a tax that many years later: tax × (1 - (1 + r)^-years), an interest-free
    loan's worth.
    """
    assert years >= 0, "a deferral cannot end before it begins"
    return tax * (1 - (1 + discount_rate) ** -years)

"""Cases about one sale, dividend, gift or measure: the runners that look at one lot or one figure."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from trimtab.core.dates import Term
from trimtab.ledger import metrics
from trimtab.ledger.caseinput import Input, Output, amount, day, held_from, needed, optional, optional_day
from trimtab.ledger.dividends import Span, dividend_test
from trimtab.ledger.donations import donate
from trimtab.ledger.exact import text
from trimtab.ledger.form8949 import Form1099B, Sale8949, row
from trimtab.ledger.ric import fund_loss


def dividend(given: Input, _policy: Input) -> Output:
    """Whether a dividend is qualified by the days held around its ex-date."""
    out = given.get("diminished_risk_days", 0)
    spans = out if isinstance(out, list) else []
    test = dividend_test(
        day(given, "acquired"),
        optional_day(given, "disposed"),
        ex_date=day(given, "ex_date"),
        preferred=any(bool(value) for name, value in given.items() if name.startswith("preferred")),
        diminished=tuple(Span(day(span, "from"), day(span, "to")) for span in spans),
        diminished_days=0 if spans else int(out or 0),
    )
    return {
        "days_held_in_window": test.days_held,
        "qualified": test.qualified,
        "window_start": test.window_start.isoformat(),
        "window_end": test.window_end.isoformat(),
    }


def ric_loss(given: Input, _policy: Input) -> Output:
    """Character of a loss on fund shares held six months or less."""
    loss = fund_loss(
        needed(given, "basis") - needed(given, "proceeds"),
        day(given, "acquired"),
        day(given, "disposed"),
        gain_distributions=amount(given, "capital_gain_distributions"),
        exempt_dividends=amount(given, "exempt_interest_dividends"),
    )
    return {
        "short_term_loss": text(loss.short),
        "long_term_loss": text(loss.long),
        "disallowed": text(loss.disallowed),
    }


def _term_shown(given: Input) -> Term | None:
    for name in ("term_on_1099b", "term_reported", "reported_term"):
        if given.get(name):
            return Term(str(given[name])[0].upper())
    return None


def form8949(given: Input, _policy: Input) -> Output:
    """The Form 8949 row of one sale."""
    filled = row(
        Sale8949(
            acquired=held_from(given),
            disposed=day(given, "disposed"),
            form=Form1099B(given["form_1099b"]),
            proceeds=needed(given, "proceeds"),
            basis=needed(given, "correct_basis", "basis_reported"),
            basis_shown=optional(given, "basis_reported"),
            wash_disallowed=amount(given, "wash_disallowed"),
            wash_shown=optional(given, "wash_on_1099b"),
            term_shown=_term_shown(given),
            inherited=given.get("acquisition") == "inherited",
            fees=amount(given, "fees_not_in_proceeds", "selling_expenses"),
            nondeductible=amount(given, "nondeductible_loss"),
            market_discount=amount(given, "accrued_market_discount", "market_discount"),
            nominee=amount(given, "nominee_amount"),
            collectible=bool(given.get("collectible")),
            summary=bool(given.get("summary")),
        )
    )
    return {
        "part": filled.part,
        "box": filled.box,
        "acquired": filled.acquired,
        "disposed": filled.disposed.isoformat(),
        "code": filled.code,
        "proceeds": text(filled.proceeds),
        "basis": text(filled.basis),
        "adjustment": text(filled.adjustment),
        "gain": text(filled.gain),
    }


def donation(given: Input, _policy: Input) -> Output:
    """The deduction for a gift of shares to a public charity."""
    gift = donate(
        needed(given, "basis"),
        needed(given, "fmv"),
        acquired=held_from(given),
        inherited=given.get("acquisition") == "inherited",
        donated=day(given, "donated"),
        agi=needed(given, "agi"),
    )
    return {
        "contribution": text(gift.contribution),
        "agi_limit_pct": text(gift.agi_limit * 100),
        "deduct_now": text(gift.deduct_now),
        "carryforward": text(gift.carryforward),
        "gain_recognized": text(Fraction(0)),
        "gain_escaping_tax": text(gift.gain_escaping),
        "loss_forgone": text(gift.loss_forgone),
    }


def _tax_alpha(given: Input) -> Fraction:
    return metrics.tax_alpha(
        portfolio_after_tax=needed(given, "portfolio_after_tax"),
        benchmark_after_tax=needed(given, "benchmark_after_tax"),
        portfolio_pre_tax=needed(given, "portfolio_pre_tax"),
        benchmark_pre_tax=needed(given, "benchmark_pre_tax"),
    )


def _loss_alpha(given: Input) -> Fraction:
    return metrics.loss_alpha(
        short_losses=amount(given, "net_short_losses"),
        long_losses=amount(given, "net_long_losses"),
        short_rate=amount(given, "st_rate"),
        long_rate=amount(given, "lt_rate"),
        average_value=needed(given, "average_value"),
    )


def _after_tax_return(given: Input) -> Fraction:
    return metrics.after_tax_return(
        gain=needed(given, "gain"), tax=needed(given, "tax"), beginning_value=needed(given, "beginning_value")
    )


def _wait(given: Input) -> Fraction:
    return metrics.wait_value(
        needed(given, "gain"), short_rate=needed(given, "st_rate"), long_rate=needed(given, "lt_rate")
    )


_METRICS: Final[Mapping[str, Callable[[Input], Fraction]]] = {
    "tax_alpha": _tax_alpha,
    "after_tax_return": _after_tax_return,
    "loss_value": lambda given: metrics.loss_value(needed(given, "loss"), needed(given, "rate")),
    "tax_alpha_from_losses": _loss_alpha,
    "wait_for_long_term": _wait,
    "saved_or_deferred": lambda given: metrics.savings(
        needed(given, "baseline_tax"), needed(given, "managed_tax")
    ),
}


def metric(given: Input, _policy: Input) -> Output:
    """One measure of tax management."""
    name = given["metric"]
    if name not in _METRICS:
        raise ValueError(f"metric {name!r} is not one of {', '.join(sorted(_METRICS))}")
    return {"value": text(_METRICS[name](given))}

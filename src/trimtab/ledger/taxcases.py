"""Cases of tax rules run through the rules: one runner a kind, input and output in the form of the case files.

A runner reads an input of plain JSON values (decimal strings, ISO dates) and returns every figure the rule yields, so
that a case may expect any of them.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from trimtab.core.result import Failure
from trimtab.ledger import salecases, state_tax
from trimtab.ledger.caseinput import Input, Output, Runner, amount, needed, optional, short_names
from trimtab.ledger.exact import text
from trimtab.ledger.federal import FederalTax, Income, federal_tax
from trimtab.ledger.netting import NO_CARRY, Carry, Netted, RealizedYear, net_year
from trimtab.ledger.rates import (
    EXCISE,
    LOSS_LIMITS,
    SPLIT,
    ExciseTable,
    FederalTable,
    SplitTable,
    Tier,
    federal_table,
)
from trimtab.ledger.tax import FlatRates, tax_by_term, tax_netted


def _loss_limit(given: Input) -> Fraction:
    return amount(given, "loss_limit", default=Fraction(LOSS_LIMITS[given.get("filing_status") or "single"]))


def _realized(given: Input) -> RealizedYear:
    return RealizedYear(
        loss_limit=_loss_limit(given),
        short_gains=amount(given, "st_gains"),
        short_losses=amount(given, "st_losses"),
        long_gains=amount(given, "lt_gains"),
        long_losses=amount(given, "lt_losses"),
        gain_distributions=amount(given, "capital_gain_distributions"),
        income_before_loss=optional(given, "taxable_income_before_loss"),
    )


def _carry(given: Input, default: Carry) -> Carry:
    return Carry(
        amount(given, "st_carry_in", default=default.short),
        amount(given, "lt_carry_in", default=default.long),
    )


def netting(given: Input, _policy: Input) -> Output:
    """One year, or `years` in a row with each year's carry-outs brought into the next."""
    carry, outputs = _carry(given, NO_CARRY), []
    for stated in given.get("years", [given]):
        year = {"filing_status": given.get("filing_status", "single"), **stated}
        netted = net_year(_realized(year), _carry(year, carry))
        carry = netted.carry
        outputs.append(_netted(netted))
    return {"years": outputs} if "years" in given else outputs[0]


def _netted(netted: Netted) -> Output:
    return {
        "net_st": text(netted.short),
        "net_lt": text(netted.long),
        "net": text(netted.net),
        "ordinary_offset": text(netted.deduction),
        "st_carry_out": text(netted.carry.short),
        "lt_carry_out": text(netted.carry.long),
        "taxed_st": text(netted.taxed_short),
        "taxed_lt": text(netted.taxed_long),
    }


def _table(given: Input) -> FederalTable:
    found = federal_table(int(given["year"]), given["filing_status"])
    if isinstance(found, Failure):
        raise ValueError(f"{found.message}; {found.remedy}")  # noqa: TRY004 - the case's values are at fault
    return found


def _federal(given: Input) -> FederalTax:
    income = Income(
        ordinary=amount(given, "ordinary_taxable_income"),
        short=amount(given, "net_short_term_gain"),
        long=amount(given, "net_long_term_gain"),
        dividends=amount(given, "qualified_dividends"),
        magi=optional(given, "magi"),
        investment_income=optional(given, "net_investment_income"),
    )
    return federal_tax(_table(given), income)


def tax(given: Input, _policy: Input) -> Output:
    """Federal tax of a year, line by line."""
    due = _federal(given)
    return {
        "ordinary_tax": text(due.ordinary),
        "taxed_at_0": text(due.bands[0]),
        "taxed_at_15": text(due.bands[1]),
        "taxed_at_20": text(due.bands[2]),
        "preferential_tax": text(due.preferential),
        "regular_tax": text(due.regular),
        "niit": text(due.niit),
        "total": text(due.total),
    }


def tax_delta(given: Input, _policy: Input) -> Output:
    """What a change of facts adds to the year's federal tax."""
    common = given.get("common", {})
    before = _federal({**common, **given.get("before", {})}).total
    after = _federal({**common, **given.get("after", {})}).total
    return {"before_total": text(before), "after_total": text(after), "delta": text(after - before)}


def tax_flat(given: Input, _policy: Input) -> Output:
    """A report's estimate at flat rates, losses usable at their own rate or netted first."""
    short, long = amount(given, "realized_short"), amount(given, "realized_long")
    short_rate = needed(given, "st_rate")
    rates = FlatRates(
        short=short_rate,
        long=needed(given, "lt_rate"),
        ordinary=amount(given, "ordinary_rate", default=short_rate),
    )
    match given["losses"]:
        case "usable_at_own_rate":
            due = tax_by_term(short, long, rates=rates)
        case "net_then_tax":
            due = tax_netted(short, long, rates=rates, loss_limit=_loss_limit(given))
        case other:
            raise ValueError(f"losses: {other!r} is neither usable_at_own_rate nor net_then_tax")
    return {"estimated_tax": text(due)}


def _tiers(given: Input) -> tuple[Tier, ...]:
    if "rate" in given:
        return state_tax.flat(Decimal(str(given["rate"])))
    rows = given.get("tiers") or given["brackets"]
    return tuple(
        Tier(None if tier.get("up_to") is None else Decimal(str(tier["up_to"])), Decimal(str(tier["rate"])))
        for tier in rows
    )


def _wa_excise(given: Input) -> state_tax.StateTax:
    dated = EXCISE.get(("WA", int(given.get("year", 0))))
    deduction = (
        given["standard_deduction"] if dated is None else given.get("standard_deduction", dated.deduction)
    )
    tiers = dated.tiers if dated is not None and not {"tiers", "rate"} & given.keys() else _tiers(given)
    long_net = amount(given, "lt_gains") - amount(given, "lt_losses") - amount(given, "lt_carry_in")
    return state_tax.excise(ExciseTable(Decimal(str(deduction)), tiers), long_net)


def _ordinary(given: Input) -> state_tax.StateTax:
    return state_tax.ordinary(
        _realized(given),
        tiers=_tiers(given),
        carry=_carry(given, NO_CARRY),
        long_exclusion=amount(given, "lt_exclusion"),
        other_income=amount(given, "other_income", "ordinary_taxable_income"),
    )


def _no_carryforward(given: Input) -> state_tax.StateTax:
    gains = amount(given, "gains") + amount(given, "st_gains") + amount(given, "lt_gains")
    losses = amount(given, "losses") + amount(given, "st_losses") + amount(given, "lt_losses")
    return state_tax.no_carryforward(gains, losses, rate=needed(given, "rate"))


def _split_table(given: Input) -> SplitTable:
    """The rates of the input, or where it gives none those of the state's dated table."""
    if not given.keys() & {"st_rate", "lt_rate"}:
        return SPLIT[given.get("state", "MA"), int(given["year"])]
    threshold = given.get("surtax_threshold")
    return SplitTable(
        short_rate=Decimal(str(given["st_rate"])),
        long_rate=Decimal(str(given["lt_rate"])),
        dividend_offset=Decimal(str(given.get("dividend_offset", 2000))),
        surtax_rate=Decimal(str(given.get("surtax_rate", 0))),
        surtax_threshold=None if threshold is None else Decimal(str(threshold)),
    )


def _split_rates(given: Input) -> state_tax.StateTax:
    return state_tax.split_rates(
        amount(given, "st_gains") - amount(given, "st_losses") - amount(given, "st_carry_in"),
        amount(given, "lt_gains") - amount(given, "lt_losses") - amount(given, "lt_carry_in"),
        table=_split_table(given),
        dividends=amount(given, "dividends", "interest_and_dividends"),
        other_income=amount(given, "other_income"),
    )


_STATE_RULES: Final[dict[str, Callable[[Input], state_tax.StateTax]]] = {
    "wa_excise": _wa_excise,
    "ordinary": _ordinary,
    "no_carryforward": _no_carryforward,
    "split_rates": _split_rates,
}


def state_rule(given: Input, _policy: Input) -> Output:
    """A state's rule with its parameters; the combined marginal rate for `combined_marginal`."""
    if given["rule"] == "combined_marginal":
        rate = state_tax.combined_rate(
            amount(given, "federal_rate"),
            amount(given, "state_rate"),
            niit=amount(given, "niit_rate"),
            state_deductible=bool(given.get("state_tax_deductible", False)),
        )
        return {"rate": text(rate, 0)}
    due = _STATE_RULES[given["rule"]](short_names(given))
    return {
        "taxable": text(due.taxable),
        "taxable_st": text(due.taxable_short),
        "taxable_lt": text(due.taxable_long),
        "tax": text(due.tax),
        "surtax": text(due.surtax),
        "ordinary_offset": text(due.deduction),
        "dividends_offset": text(due.dividends_offset),
        "st_carry_out": text(due.carry.short),
        "lt_carry_out": text(due.carry.long),
        "carry_out": text(due.carry.short + due.carry.long),
    }


RUNNERS: Final[Mapping[str, Runner]] = {
    "netting": netting,
    "tax": tax,
    "tax_delta": tax_delta,
    "tax_flat": tax_flat,
    "state": state_rule,
    "dividend": salecases.dividend,
    "ric_loss": salecases.ric_loss,
    "form8949": salecases.form8949,
    "donation": salecases.donation,
    "metric": salecases.metric,
}
"""The runner of each kind of tax case: (input, policy) -> output in the form of `expected`."""

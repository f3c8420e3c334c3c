"""Cases of lots and of holding periods: from the form an accountant writes to the form of what is expected."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from trimtab.core.amounts import Money, total
from trimtab.core.dates import Term, first_day_held_more_than, held_more_than, tax_year, term
from trimtab.ledger.entries import Relief
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY, Closed, Ledger, Lot
from trimtab.ledger.read import entry_of, relief_of
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import Scope, Tacking, WashRules

Case = Mapping[str, Any]
ADVANTAGED = frozenset(
    {
        *(
            "ira",
            "roth_ira",
            "sep_ira",
            "simple_ira",
            "401k",
            "roth_401k",
            "403b",
            "457",
            "hsa",
            "529",
            "annuity",
        ),
        *("tax_deferred", "tax_exempt"),
    }
)
"""Account types and registrations in which a replacement adds nothing to basis: the loss is gone for good."""


def run_lots(case: Case, policy: Case | None = None) -> dict[str, Any]:
    """Fold a case's transactions; closed and open rows of taxable accounts, and totals."""
    household = household_of(case)
    entries = [entry_of(row) for row in case["transactions"]]
    ledger = fold(EMPTY, entries, household=household, rules=rules_of(policy or {}))
    return output_of(ledger, household)


def household_of(case: Case) -> Household:
    """Accounts, identical groups and default relief of a case."""
    default = relief_of(case.get("default_relief")) or Relief("FIFO")
    accounts = (
        Account(row["id"], row.get("type", "taxable") not in ADVANTAGED, row.get("owner", "self"))
        for row in case["accounts"]
    )
    groups = tuple(tuple(group) for group in case.get("identical_groups") or ())
    return Household(tuple(accounts), groups, default)


def rules_of(policy: Case) -> WashRules:
    """Wash settings by the names the policies use; what is not said keeps its default."""
    default = WashRules()
    return WashRules(
        scope=Scope(policy.get("wash_scope", default.scope)),
        owners=tuple(policy.get("wash_owners", default.owners)),
        exclude_acquired_before_loss_lot=bool(policy.get("exclude_acquired_before_loss_lot", False)),
        holding_period=Tacking(policy.get("wash_holding_period", default.holding_period)),
    )


def output_of(ledger: Ledger, household: Household) -> dict[str, Any]:
    """Rows and totals of the taxable accounts; money is exact decimal text, unknown is None.

    Where a transaction could not be used, `failures` says which and why.
    """
    taxed = {account.account_id for account in household.accounts if account.taxable}
    closed = [row for row in ledger.closed if row.account_id in taxed]
    lots = [lot for lot in ledger.lots if lot.account_id in taxed]
    trouble = [f"{failure.row}: {failure.message}" for failure in ledger.failures]
    return ({"failures": trouble} if trouble else {}) | {
        "closed": [_closed(row) for row in closed],
        "open": [_open(lot) for lot in lots],
        "totals": {
            "short": _gains(closed, Term.SHORT),
            "long": _gains(closed, Term.LONG),
            "disallowed": total([row.disallowed for row in closed]).text(2),
            "permanently_disallowed": total([row.permanent for row in closed]).text(2),
            "open_basis": _sum([lot.basis for lot in lots]),
        },
    }


def _gains(closed: list[Closed], kind: Term) -> str:
    return total([row.gain for row in closed if row.term is kind and row.gain is not None]).text(2)


def _sum(amounts: list[Money | None]) -> str | None:
    known = [amount for amount in amounts if amount is not None]
    return total(known).text(2) if len(known) == len(amounts) else None


def _closed(row: Closed) -> dict[str, Any]:
    return {
        "sell": row.sale_id,
        "lot": row.lot_id,
        "account": row.account_id,
        "symbol": row.security_id,
        "qty": row.quantity.text(),
        "proceeds": row.proceeds.text(2),
        "basis": None if row.basis is None else row.basis.text(2),
        "disallowed": row.disallowed.text(2),
        "code": "W" if row.disallowed else "",
        "gain": None if row.gain is None else row.gain.text(2),
        "term": row.term,
        "acquired": _date(row.acquired, inherited=row.inherited),
        "adjusted_acquired": _date(row.adjusted_acquired, inherited=row.inherited),
        "disposed": row.disposed.isoformat(),
    }


def _open(lot: Lot) -> dict[str, Any]:
    return {
        "lot": lot.lot_id,
        "account": lot.account_id,
        "symbol": lot.security_id,
        "qty": lot.quantity.text(),
        "basis": None if lot.basis is None else lot.basis.text(2),
        "acquired": _date(lot.acquired, inherited=lot.inherited),
        "adjusted_acquired": _date(lot.adjusted_acquired, inherited=lot.inherited),
    }


def _date(day: dt.date, *, inherited: bool) -> str:
    return "inherited" if inherited else day.isoformat()


def run_holding_period(case: Case, _policy: Case | None = None) -> dict[str, Any]:
    """Term, the first day held more than the threshold, and the tax year; no setting bears on the count."""
    bought = dt.date.fromisoformat(case["acquired"])
    origin = case.get("acquisition") or "purchase"
    counted = case["donor_acquired"] if origin == "gift_carryover" else case.get("adjusted_acquired")
    start = dt.date.fromisoformat(counted) if counted else bought
    months = int(case.get("threshold_months") or 12)
    output: dict[str, Any] = {
        "first_date_held_more_than": first_day_held_more_than(start, months).isoformat()
    }
    if case.get("disposed"):
        disposed = dt.date.fromisoformat(case["disposed"])
        inherited = origin == "inherited"
        output["held_more_than"] = inherited or held_more_than(start, disposed, months)
        output["term"] = Term.LONG if inherited else term(start, disposed)
        output["tax_year"] = tax_year(disposed)
    return output


RUNNERS: dict[str, Callable[[Case, Case | None], dict[str, Any]]] = {
    "lots": run_lots,
    "holding_period": run_holding_period,
}
"""How to run each kind of case: input and policy in, output in the form of `expected`."""

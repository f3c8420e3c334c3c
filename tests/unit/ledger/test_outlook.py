"""The ledger's own windows where a basis is unknown; the columns are held to it in test_windows."""

import datetime as dt

import pytest

from trimtab.core.amounts import ZERO, Money, Price, Quantity
from trimtab.ledger.entries import Entry, Purchase, Receipt, Sale
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY
from trimtab.ledger.outlook import ScheduledBuy, outlook
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import WashRules

HOME = Household((Account("A"),))
OLD = dt.date(2020, 1, 6)
TODAY = dt.date(2024, 6, 3)


def received(qty: int) -> Receipt:
    return Receipt(
        entry_id="R",
        date=OLD,
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(qty),
        basis=None,
        acquired=OLD,
    )


def bought(days_ago: int) -> Purchase:
    return Purchase(
        entry_id="B",
        date=TODAY - dt.timedelta(days=days_ago),
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(2),
        amount=Money.parse(1),
    )


def look(*entries: Entry, scheduled: tuple[ScheduledBuy, ...] = ()) -> list[tuple[object, ...]]:
    ledger = fold(EMPTY, list(entries), household=HOME)
    rows = outlook(ledger, {"X": Price.parse(50)}, scheduled, household=HOME, rules=WashRules(), as_of=TODAY)
    return [(row.no_buy_until, row.loss_at_risk_if_bought, row.disallowed_if_sold) for row in rows]


def test_an_account_is_ones_own_and_taxed_unless_said() -> None:
    assert (Account("A").owner, Account("A").taxable) == ("self", True)


@pytest.mark.parametrize(("days_ago", "told"), [(30, [(None, ZERO, None)]), (31, [])])
def test_what_a_sale_of_unknown_basis_would_find_refused_is_unknown(
    days_ago: int, told: list[object]
) -> None:
    assert look(received(10), bought(days_ago)) == told


@pytest.mark.parametrize(
    ("days", "told"), [(0, []), (1, [(None, ZERO, None)]), (30, [(None, ZERO, None)]), (31, [])]
)
def test_a_scheduled_purchase_may_refuse_an_unknown_loss_too(days: int, told: list[object]) -> None:
    plan = ScheduledBuy("A", "X", TODAY + dt.timedelta(days=days))
    assert look(received(10), scheduled=(plan,)) == told


def test_a_sale_of_unknown_gain_forbids_buying_for_thirty_days() -> None:
    sold = Sale(
        entry_id="S",
        date=TODAY,
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(10),
        amount=Money.parse(5),
    )
    assert look(received(10), sold) == [(TODAY + dt.timedelta(days=30), None, ZERO)]

import datetime as dt
from decimal import Decimal

import pytest

from trimtab.core.result import Reason
from trimtab.feeds.statement import Draft
from trimtab.feeds.trades import Trade, add_trade, kind_in, option_of


def traded(**change):
    draft = Draft("file")
    facts = {"place": "line 1", "side": "buy", "account": "A", "date": dt.date(2024, 1, 2), "symbol": "X"}
    add_trade(draft, Trade(**{**facts, "shares": Decimal(-3), "amount": Decimal(-30), **change}))
    return draft


def test_signs_are_the_brokers_the_line_has_none():
    (line,) = traded().lines
    assert line.row == {
        "type": "buy",
        "date": "2024-01-02",
        "account": "A",
        "symbol": "X",
        "qty": "3",
        "amount": "30",
    }


@pytest.mark.parametrize("field", ["date", "symbol", "quantity", "amount"])
def test_a_sale_without_a_needed_field_is_a_failure(field):
    name = {"quantity": "shares"}.get(field, field)
    draft = traded(**{"side": "sell", name: "" if field == "symbol" else None})
    assert not draft.lines
    assert [(f.field, f.reason) for f in draft.failures] == [(field, Reason.MISSING)]


def test_a_purchase_of_unknown_cost_is_kept():
    assert "amount" not in traded(amount=None).lines[0].row


@pytest.mark.parametrize(
    ("symbol", "option"),
    [
        ("SPY 07/19/2024 450.00 C", ("SPY", "C")),
        ("-SPY240719P450", ("SPY", "P")),
        ("SPY   240719C00450000", ("SPY", "C")),
        ("SPY", None),
        ("BRK.B", None),
    ],
)
def test_options_by_their_symbols(symbol, option):
    assert option_of(symbol) == option


def test_a_call_bought_covers_shares_of_its_underlying_and_a_put_does_not():
    call = traded(symbol="-SPY240719C450", opening=True).lines[0].row
    assert (call["type"], call["underlying"], call["qty"]) == ("option_buy", "SPY", "300")
    put = traded(symbol="-SPY240719P450", opening=True).lines[0].row
    assert (put["type"], put["qty"]) == ("buy", "300")
    assert "underlying" not in put


@pytest.mark.parametrize(("side", "opening"), [("sell", True), ("buy", False)])
def test_options_written_are_not_counted_and_that_is_said(side, opening):
    draft = traded(symbol="-SPY240719C450", side=side, opening=opening)
    assert [f.reason for f in draft.failures] == [Reason.NOT_APPLICABLE]


def test_shares_times_price_far_from_the_amount_is_noted():
    assert not traded(price=Decimal("10.1")).notices
    assert traded(price=Decimal(100)).notices


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("ROTH IRA Z1", "roth_ira"), ("Rollover IRA", "ira"), ("ACME 401(K) PLAN", "401k")),
        *(("Health Savings", "hsa"), ("MY TACTICAL (taxable)", "taxable"), ("Brokerage", ""), ("MIRA", "")),
    ],
)
def test_registrations_that_names_tell(name, kind):
    assert kind_in(name) == kind

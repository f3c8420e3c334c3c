"""Rows to entries: every kind of the cases, exact, and what cannot be read is said."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from trimtab.core.amounts import Money, Price, Quantity
from trimtab.ledger import entries as e
from trimtab.ledger.read import READERS, entry_of, relief_of

DAY = dt.date(2024, 1, 2)
NAMED: dict[str, Any] = {"entry_id": "T", "date": DAY}
TRADE: dict[str, Any] = {**NAMED, "account_id": "A", "security_id": "X", "quantity": Quantity.parse("1.5")}


def read(**row: Any) -> e.Entry:
    return entry_of(
        {"id": "T", "date": "2024-01-02", "account": "A", "symbol": "X", "qty": "1.5", "amount": "9", **row}
    )


@pytest.mark.parametrize("kind", ["buy", "reinvest"])
def test_purchases(kind: str) -> None:
    assert read(type=kind) == e.Purchase(**TRADE, amount=Money.parse(9))
    assert read(type=kind, order="O") == e.Purchase(**TRADE, amount=Money.parse(9), order_id="O")
    assert read(type=kind, amount="") == e.Purchase(**TRADE, amount=None)
    assert read(type=kind, amount=None) == e.Purchase(**TRADE, amount=None)


def test_a_call() -> None:
    assert read(type="option_buy", underlying="U") == e.Purchase(
        **TRADE, amount=Money.parse(9), underlying_id="U"
    )


def test_sales_and_their_relief() -> None:
    assert read(type="sell") == e.Sale(**TRADE, amount=Money.parse(9))
    relief = {"method": "SPEC", "lots": [{"lot": "L1", "qty": "1"}, {"lot": "L2"}, "L3"]}
    picks = (e.Pick("L1", Quantity.parse(1)), e.Pick("L2"), e.Pick("L3"))
    assert read(type="sell", relief=relief, order="O") == e.Sale(
        **TRADE, amount=Money.parse(9), relief=e.Relief("SPEC", picks), order_id="O"
    )
    assert relief_of("LIFO") == e.Relief("LIFO")
    assert relief_of({"method": "MINTAX_RATE", "st_rate": "0.5", "lt_rate": "0.1"}) == e.Relief(
        "MINTAX_RATE", (), Fraction(1, 2), Fraction(1, 10)
    )
    assert relief_of({"method": "MINTAX_RATE"}) == e.Relief("MINTAX_RATE")
    assert relief_of({"lots": ["L3"]}) == e.Relief("SPEC", (e.Pick("L3"),))
    assert relief_of(None) is None
    assert relief_of("") is None


def test_splits_and_cash_for_fractions() -> None:
    cash = [{"account": "A", "amount": "3.50"}]
    assert read(type="split", new="1.05", old="1", cash_in_lieu=cash) == e.Split(
        **NAMED, security_id="X", ratio=Fraction(21, 20), cash=(e.CashForFraction("A", Money.parse("3.5")),)
    )


def test_spin_offs_by_fraction_or_by_values() -> None:
    expected = e.SpinOff(
        **NAMED, security_id="X", child_id="C", ratio=Fraction(4), basis_fraction=Fraction(1, 3)
    )
    assert read(type="spinoff", child="C", new="4", old="1", fmv_parent="80", fmv_child="10") == expected
    given = read(type="spinoff", child="C", new="4", old="1", child_basis_fraction="0.25")
    assert isinstance(given, e.SpinOff)
    assert given.basis_fraction == Fraction(1, 4)


def test_mergers() -> None:
    expected = e.StockMerger(**NAMED, security_id="X", new_security_id="N", ratio=Fraction(1, 2))
    assert read(type="merger_stock", new_symbol="N", new="1", old="2") == expected
    boot = read(type="merger_stock", new_symbol="N", new="1", old="2", cash_per_share="10", fmv_new="80")
    assert isinstance(boot, e.StockMerger)
    assert (boot.cash_per_share, boot.new_price) == (Price.parse(10), Price.parse(80))
    assert read(type="merger_cash", cash_per_share="35") == e.CashMerger(
        **NAMED, security_id="X", cash_per_share=Price.parse(35)
    )


def test_the_other_actions() -> None:
    at = {**NAMED, "security_id": "X"}
    assert read(type="return_of_capital", per_share="1.5") == e.ReturnOfCapital(
        **at, account_id="A", per_share=Price.parse("1.5")
    )
    assert read(type="symbol_change", new_symbol="N") == e.SymbolChange(**at, new_security_id="N")
    assert entry_of(
        {"id": "T", "date": "2024-01-02", "type": "transfer", "from": "A", "to": "B", "symbol": "X"}
    ) == (e.Transfer(**at, from_id="A", to_id="B"))


def test_arrivals_without_purchase() -> None:
    assert read(type="transfer_in") == e.Receipt(**TRADE)
    assert read(type="transfer_in", basis="5", acquired="2020-02-03") == e.Receipt(
        **TRADE, basis=Money.parse(5), acquired=dt.date(2020, 2, 3)
    )
    gift = {"donor_basis": "7", "donor_acquired": "2019-01-07", "fmv": "8"}
    expected = {
        **TRADE,
        "donor_basis": Money.parse(7),
        "donor_acquired": dt.date(2019, 1, 7),
        "value": Money.parse(8),
    }
    assert read(type="gift_in", **gift) == e.Gift(**expected)
    assert read(type="gift_in", **gift, gift_tax_paid="2", taxable_gift="3") == e.Gift(
        **expected, gift_tax=Money.parse(2), taxable_gift=Money.parse(3)
    )
    assert read(type="inherit", fmv="8") == e.Inheritance(**TRADE, value=Money.parse(8))


@pytest.mark.parametrize("kind", ["gift_out", "donate", "transfer_out"])
def test_removals(kind: str) -> None:
    assert read(type=kind) == e.Removal(**TRADE)
    assert read(type=kind, qty="") == e.Removal(**{**TRADE, "quantity": None})
    assert read(type=kind, relief="HIFO") == e.Removal(**TRADE, relief=e.Relief("HIFO"))
    assert read(type=kind, lots=["L1"]) == e.Removal(**TRADE, relief=e.Relief("SPEC", (e.Pick("L1"),)))


def test_cash_only() -> None:
    assert read(type="dividend") == e.CashMovement(
        **NAMED, account_id="A", amount=Money.parse(9), kind="dividend", security_id="X"
    )
    assert read(type="fee", symbol=None) == e.CashMovement(
        **NAMED, account_id="A", amount=Money.parse(-9), kind="fee"
    )


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"type": "sel"}, r"no transaction kind 'sel'; there are buy, "),
        ({"type": "buy", "qty": "0"}, "qty is zero"),
        ({"type": "buy", "qty": "x"}, "'x' is not a decimal number"),
        ({"type": "sell", "amount": "-1"}, "amount is below zero: -1"),
        ({"type": "split", "new": "0", "old": "1"}, "0 for 1 is no ratio"),
        ({"type": "split", "new": "-2", "old": "1"}, "-2 for 1 is no ratio"),
        ({"type": "buy", "date": "2024-13-01"}, "month"),
    ],
)
def test_what_cannot_be_read_is_said(row: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read(**row)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="fmv"):
        read(type="inherit")
    with pytest.raises(KeyError, match="new"):
        read(type="split")


def test_every_kind_of_the_cases_is_known() -> None:
    header = "buy reinvest option_buy sell split spinoff merger_stock merger_cash return_of_capital transfer"
    assert set(header.split()) | {"gift_in", "inherit", "gift_out", "donate"} <= set(READERS)
    book = {"dividend", "interest", "fee", "gain_distribution_short", "gain_distribution_long", "journal"}
    assert book <= set(READERS)

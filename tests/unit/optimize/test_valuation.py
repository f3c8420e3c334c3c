"""Values, cash and lots of accounts, through a book: sweeps, reserves, flows, orders, bonds, what is outside."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from tests.e2e.tiny import ran

CASES = {
    ("cash", "SWEPT"): ("100000", "20000", "20000"),
    ("cash", "RESERVE"): ("90000", "20000", "10000"),
    ("cash", "S11-DUE"): ("95000", "4000", "-21000"),
    ("cash", "S11-LATER"): ("103000", "4000", "4000"),
    ("cash", "S11-RMD"): ("97000", "4000", "-2000"),
    ("cash", "DEPOSIT"): ("100000", "1000", "1000"),
    ("limits", "EXCLUDE"): ("100000", "1000", "1000"),
    ("limits", "ORDER"): ("100000", "40000", "40000"),
    ("prices", "STALE"): ("100000", "50000", "50000"),
    ("prices", "LAST-PRICE"): ("100000", "50000", "50000"),
    ("prices", "NOTE"): ("100540", "50000", "50000"),
}


@pytest.mark.parametrize("where", CASES, ids=str)
def test_value_and_cash(where: tuple[str, str]) -> None:
    case, account = where
    row = ran(case)[1].day.valuation.accounts.filter(pl.col("account_id") == account).to_dicts()[0]
    assert (row["value"], row["cash_now"], row["cash_free"]) == tuple(Decimal(text) for text in CASES[where])


def test_an_account_without_a_price_has_no_value() -> None:
    accounts = ran("prices")[1].day.valuation.accounts
    assert accounts.filter(pl.col("account_id") == "NO-PRICE")["value"].to_list() == [None]


def test_a_bond_is_worth_price_by_factor_and_accrued_interest_which_is_no_gain() -> None:
    lots = ran("prices")[1].day.valuation.lots
    row = lots.filter((pl.col("account_id") == "NOTE") & (pl.col("security_id") == "NOTE")).to_dicts()[0]
    assert row["unit_value"] == Decimal("1.027")
    assert row["size"] == Decimal(20540)
    assert row["gain"] == Decimal(300)


@pytest.mark.parametrize(
    ("account", "long", "soon"),
    [("S5-WAIT", False, True), ("S5-NOW", True, False), ("S5-EARLY", False, False)],
)
def test_terms(account: str, long: bool, soon: bool) -> None:
    lots = ran("taxes")[1].day.valuation.lots
    row = lots.filter((pl.col("account_id") == account) & (pl.col("security_id") == "OLD")).to_dicts()[0]
    assert (row["long"], row["long_soon"]) == (long, soon)
    assert isinstance(row["since"], date)


def test_what_is_frozen_says_why() -> None:
    def frozen(case: str, account: str, security: str) -> str | None:
        rows = ran(case)[1].day.valuation.holdings
        found = rows.filter((pl.col("account_id") == account) & (pl.col("security_id") == security))
        return found["frozen"][0]

    assert frozen("limits", "BREAK", "OLD") == "break"
    assert frozen("limits", "ORDER", "US") == "open_order"
    assert frozen("limits", "FREEZE", "OLD") == "freeze"
    assert frozen("prices", "STALE", "OLD") == "stale_price"
    assert frozen("prices", "LAST-PRICE", "BANK") == "unpriced"
    assert frozen("cash", "S12-ILLIQUID", "PRIVATE") == "illiquid"
    assert frozen("limits", "BREAK", "BOND") is None

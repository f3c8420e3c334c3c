from decimal import Decimal as D

import polars as pl
import pytest

from trimtab.trade.orders import ORDER_COLUMNS, orders_from

MONEY = pl.Decimal(38, 9)


def frames():
    trades = pl.DataFrame(
        {
            "account_id": ["A1", "A1", "A2"],
            "security_id": ["S1", "S2", "S1"],
            "side": ["buy", "sell", "buy"],
            "quantity": [D(10), D("30.5"), D(2)],
        },
        schema_overrides={"quantity": MONEY},
    )
    sales = pl.DataFrame(
        {
            "account_id": ["A1", "A1"],
            "lot_id": ["L2", "L1"],
            "security_id": ["S2", "S2"],
            "quantity": [D(10), D("20.5")],
        },
        schema_overrides={"quantity": MONEY},
    )
    accounts = pl.DataFrame({"account_id": ["A1", "A2"], "custodian": ["schwab", None]})
    securities = pl.DataFrame(
        {"security_id": ["S1", "S2"], "kind": ["mutual_fund", "etf"], "symbol": ["FUND", None]}
    )
    return trades, sales, accounts, securities


@pytest.fixture
def orders():
    trades, sales, accounts, securities = frames()
    return orders_from(trades, sales, accounts=accounts, securities=securities)


def test_sells_stand_before_buys_within_an_account(orders):
    assert orders.columns == list(ORDER_COLUMNS)
    rows = orders.select("account_id", "side").rows()
    assert rows == [("A1", "sell"), ("A1", "buy"), ("A2", "buy")]


def test_a_sale_names_each_lot_and_its_quantity(orders):
    sell, *buys = orders.to_dicts()
    assert sell["lot_instructions"] == "L1:20.5;L2:10"
    assert sell["lot_method"] == "specific"
    assert all(row["lot_instructions"] is None and row["lot_method"] is None for row in buys)


def test_lots_of_an_order_add_up_to_its_quantity(orders):
    for row in orders.filter(pl.col("side") == "sell").to_dicts():
        assert sum(D(part.split(":")[1]) for part in row["lot_instructions"].split(";")) == row["quantity"]


def test_a_fund_trades_at_net_asset_value_and_a_missing_symbol_is_the_identifier(orders):
    assert orders.select("symbol", "order_type").rows() == [
        ("S2", "market"),
        ("FUND", "nav"),
        ("FUND", "nav"),
    ]


def test_an_account_without_a_custodian_is_said_to_be_unknown(orders):
    assert orders.filter(pl.col("account_id") == "A2")["custodian"].to_list() == ["unknown"]

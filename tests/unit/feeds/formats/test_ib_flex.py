import pytest

from trimtab.core.result import Reason
from trimtab.feeds.parse import parse

TRADE = {
    "accountId": "U1",
    "currency": "USD",
    "assetCategory": "STK",
    "symbol": "X",
    "tradeID": "1",
    "tradeDate": "20240102",
    "quantity": "5",
    "netCash": "-50",
    "buySell": "BUY",
    "openCloseIndicator": "O",
    "levelOfDetail": "EXECUTION",
}


def element(tag, **change):
    facts = {**TRADE, **change}
    return f"<{tag} " + " ".join(f'{name}="{value}"' for name, value in facts.items()) + " />"


def read(*elements):
    return parse("f.xml", f"<FlexQueryResponse>{''.join(elements)}</FlexQueryResponse>".encode())


def test_what_the_query_comes_to(fixture, come_to):
    statement = fixture("flex.xml")
    assert (statement.rows, statement.passed) == (10, 2)
    found = come_to(statement)
    (row,) = found.rows
    assert [str(v) for v in (row.closed.proceeds, row.closed.basis)] == ["538.99", "600.6"]
    assert row.closed.disallowed.text().startswith("20.53666")
    assert {(lot.security_id, str(lot.quantity), lot.basis is None) for lot in found.lots} == {
        *(("ALFA", "120", False), ("ALFA", "60", False), ("BETA", "7", True), ("GAMA", "4", False))
    }
    assert [(f.reason, f.row) for f in found.failures] == [(Reason.NOT_APPLICABLE, "Trade 4")]


@pytest.mark.parametrize(
    ("tag", "change", "kind"),
    [
        ("Trade", {}, ("buy", "5", "50")),
        ("Trade", {"netCash": "", "proceeds": "-49", "ibCommission": "-1"}, ("buy", "5", "50")),
        (
            "Trade",
            {"quantity": "-5", "netCash": "50", "buySell": "SELL", "openCloseIndicator": "C"},
            ("sell", "5", "50"),
        ),
        ("TradeTransfer", {"deliveredReceived": "Received", "cost": "50"}, ("buy", "5", "50")),
        ("Transfer", {"direction": "OUT", "date": "20240103"}, ("transfer_out", "5", None)),
        ("TransferLot", {"direction": "IN", "date": "20240103"}, ("transfer_in", "5", None)),
        (
            "CorporateAction",
            {"type": "TC", "quantity": "-5", "proceeds": "50", "dateTime": "20240103"},
            ("sell", "5", "50"),
        ),
        (
            "CashTransaction",
            {"type": "Dividends", "amount": "50", "dateTime": "2024-01-03"},
            ("dividend", None, "50"),
        ),
    ],
)
def test_elements_in_the_ledgers_words(tag, change, kind):
    (line,) = read(element(tag, **change)).lines
    assert (line.row["type"], line.row.get("qty"), line.row.get("amount")) == kind


@pytest.mark.parametrize(
    ("tag", "change"),
    [
        ("Trade", {"currency": "EUR"}),
        ("Trade", {"assetCategory": "FUT"}),
        ("Trade", {"buySell": "SELL", "quantity": "-5"}),
        ("Trade", {"assetCategory": "OPT", "transactionType": "BookTrade"}),
        ("Trade", {"quantity": "x"}),
        ("Trade", {"tradeDate": "20249999"}),
        ("OptionEAE", {}),
        ("CorporateAction", {"type": "SO", "description": "SPINOFF 1 FOR 3"}),
        ("OpenPosition", {"position": "-5", "levelOfDetail": "LOT"}),
    ],
)
def test_what_cannot_be_counted_is_said(tag, change):
    statement = read(element(tag, **change))
    assert not statement.lines
    assert len(statement.failures) == 1


def test_closed_lots_repeat_the_trade_and_a_trade_twice_is_a_duplicate():
    statement = read(element("Trade"), element("Trade", levelOfDetail="CLOSED_LOT"), element("Trade"))
    assert (len(statement.lines), statement.passed) == (1, 1)
    assert [f.reason for f in statement.failures] == [Reason.DUPLICATE]


def test_open_lots_come_from_before_the_first_trade_only():
    old = element(
        "OpenPosition", position="3", levelOfDetail="LOT", openDateTime="20200101", costBasisMoney="3"
    )
    new = element(
        "OpenPosition", position="5", levelOfDetail="LOT", openDateTime="20240102", costBasisMoney="50"
    )
    assert [line.row["qty"] for line in read(element("Trade"), old, new).lines] == ["5", "3"]


@pytest.mark.parametrize(
    "data",
    [
        b"<FlexQueryResponse><Trade",
        b"<FlexQueryResponse></Trade>",
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><FlexQueryResponse>&b;</FlexQueryResponse>',
    ],
)
def test_a_broken_file_is_one_clear_failure(data):
    (failure,) = parse("broken.xml", data).failures
    assert failure.reason is Reason.PARSING
    assert failure.remedy

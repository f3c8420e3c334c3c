import argparse
import datetime as dt

import numpy as np
import polars as pl
import pytest

from harvesting import (
    SETTINGS,
    Direct,
    Result,
    by_total_return,
    folded,
    free_of_wash,
    month_ends,
    naive,
    ours,
    tell,
)


def test_what_there_is_to_harvest_by_hand():
    """Falls to 0.8, rises to 0.9, falls to 0.6: losses of 0.2 and of 0.8 − 0.6, bought back each time."""
    assert free_of_wash(np.array([[1.0], [0.8], [0.9], [0.6]])) == pytest.approx(0.4)


def test_the_naive_rule_waits_two_month_ends():
    price = np.array([[1.0, 1.0], [0.8, 1.1], [0.9, 1.1], [0.9, 1.2], [0.9, 1.2]])
    found = naive(price)
    assert found.loss == pytest.approx(0.5 * 0.2)
    assert found.active[0] == pytest.approx(0.0)
    assert found.active[1] < 0.0  # the first name rises while its money is in the second


def test_the_ledger_sees_a_purchase_too_near():
    day = dt.date(2015, 6, 30)
    opening = [("A", "X-0", "X", 10.0, 100.0, day)]
    sold = {"account_id": "A", "security_id": "X", "transaction_id": "1", "date": dt.date(2016, 1, 4), "kind": "sell",
            "quantity": "10", "amount": "900", "lot_id": "X-0"}  # fmt: skip
    for bought, refused in ((dt.date(2016, 2, 3), "40"), (dt.date(2016, 2, 4), "0")):
        again = {"date": bought, "kind": "buy", "quantity": "4", "amount": "380", "lot_id": "X-1"}
        log = pl.DataFrame([sold, {**sold, **again, "transaction_id": "2"}])
        assert [str(piece.disallowed) for piece in folded("A", log, opening).closed] == [refused]


def test_the_demand(capsys):
    noise = np.array([0.01, -0.01] * 30)
    a = argparse.Namespace(names=2, months=60, te="0.01")
    rule = {"1": Result(0.9, 3 * noise)}
    assert tell({"1": 1.0}, rule, {"1": Result(0.86, noise)}, a) == 0
    assert tell({"1": 1.0}, rule, {"1": Result(0.84, noise)}, a) == 1
    assert tell({"1": 1.0}, rule, {"1": Result(0.86, 1.6 * noise)}, a) == 1
    assert tell({"1": 1.0}, rule, {"1": Result(0.86, noise + 0.0001)}, a) == 1
    assert tell({"1": 1.0}, rule, {"1": Result(0.86, noise, wash_sales=1)}, a) == 1
    assert capsys.readouterr().out.count("FAIL") == 4


@pytest.mark.shared
def test_three_months_of_twenty_names(market):
    funds = by_total_return(market)
    rows = month_ends(funds, dt.date(2018, 8, 31), 4)
    stocks = funds.securities.filter(pl.col("kind") == "equity")["symbol"].to_list()
    whole = [s for s in stocks if not np.isnan(funds.close[rows[0] - 520 :, funds.symbols.index(s)]).any()]
    account = Direct(funds, rows, whole[:20])
    found = ours(funds, {"A": account}, SETTINGS | {"max_tracking_error": "0.02"})["A"]
    there = free_of_wash(account.price)
    assert 0.1 * there < found.loss < 1.01 * there
    assert found.wash_sales == 0
    assert len(found.active) == 4
    assert found.error < 0.04

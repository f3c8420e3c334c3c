import datetime as dt

import numpy as np
import pytest

from quiet_days import Quiet


@pytest.mark.shared
def test_a_week_of_a_few_accounts(market):
    first = market.row(dt.date(2018, 3, 19))
    desk = Quiet(market, 4, first, 1)
    before = desk.line.values(np.array([first]))[:, 0]
    desk.run(range(first, first + 6))
    assert desk.days == 24
    assert 0 < desk.traded < 24
    assert not desk.stopped
    assert desk.worst < 0.1
    after = desk.line.values(np.array([first + 5]))[:, 0]
    assert after == pytest.approx(before, rel=0.06)


@pytest.mark.shared
def test_dividends_come_as_cash(market):
    """BND and EMB go ex on the first session of a month."""
    row = market.row(dt.date(2018, 5, 1))
    desk = Quiet(market, 2, row - 1, 1)
    cash = desk.line.own["cash"].cast(float).to_numpy()
    desk.dividends(row)
    paid = desk.line.own["cash"].cast(float).to_numpy() - cash
    shares = {s: desk.line.shares()[:, desk.line.symbols.index(s)] for s in ("BND", "EMB")}
    assert paid == pytest.approx(0.19 * shares["BND"] + 0.45 * shares["EMB"], rel=0.1)

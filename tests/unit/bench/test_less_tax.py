import datetime as dt

import numpy as np
import pytest

from less_tax import (
    COST,
    FUNDS,
    LONG,
    SHORT,
    VALUE,
    WEIGHTS,
    Account,
    Control,
    Engine,
    Year,
    drawn,
    measured,
    synthetic,
)


def account(**changed):
    given = {
        "start": 0,
        "legacy": WEIGHTS,
        "basis": np.ones(6),
        "interval": 63,
        "phase": 1,
        "defers": False,
        "flows": {},
    }
    return Account(**(given | changed))


DAYS = np.datetime64("2011-01-03") + np.arange(400)


def test_a_year_nets_within_a_term_then_across_and_carries_by_term():
    year = Year()
    year.gains = [-300.0, 1000.0]
    year.close()
    assert year.tax == pytest.approx(LONG * 700)
    year.gains = [200.0, -900.0]
    year.close()
    assert year.tax == pytest.approx(LONG * 700)
    assert year.carried == [0.0, 700.0]
    year.gains = [500.0, 0.0]
    year.close()
    assert year.carried == [0.0, 200.0]
    year.gains = [300.0, 0.0]
    year.close()
    assert year.tax == pytest.approx(LONG * 700 + SHORT * 100)


def test_the_control_sells_the_oldest_first_and_pays_both_sides():
    price = np.ones((3, 6)) * 100.0
    one = Control(account(legacy=np.eye(6)[0]), price, DAYS[:3])
    one.review(0)
    worth = one.shares() * price[0]
    assert worth[1:].sum() == pytest.approx(VALUE * (1 - WEIGHTS[0]), rel=2 * COST)
    assert worth.sum() == pytest.approx(VALUE * (1 - 2 * COST * (1 - WEIGHTS[0])), rel=1e-6)
    assert one.year.gains[1] == pytest.approx(-COST * VALUE * (1 - WEIGHTS[0]))


def test_who_puts_off_gains_leaves_what_is_a_fifth_above_its_basis():
    price = np.ones((3, 6)) * 100.0
    for basis, sold in ((0.83, False), (0.84, True)):
        one = Control(account(legacy=np.eye(6)[0], basis=np.full(6, basis), defers=True), price, DAYS[:3])
        one.review(0)
        assert (one.shares()[1] > 0) == sold


def test_flows_are_no_return():
    price = np.ones((300, 6)) * 100.0
    growth, tax, _ = Control(account(flows={70: 1, 140: -1}), price, DAYS[:300]).run()
    assert growth[-1] == pytest.approx(1.0, abs=3e-4)
    assert tax == 0.0


def test_dispersion_is_across_accounts_and_tax_in_share_of_value():
    days = 1400
    steady = np.cumprod(np.full(days, 1.0 + 1e-4))
    faster = np.cumprod(np.full(days, 1.0 + 2e-4))
    one, two = account(), account()
    found = measured([(steady, 100.0, 1e5), (faster, 300.0, 1e5)], [one, two])
    apart = (1.0002**252 - 1.0001**252) / 2
    assert found[0] == pytest.approx(apart, rel=1e-9)
    assert found[1] == pytest.approx(400.0 / (2e5 * days / 252))


@pytest.mark.shared
def test_a_few_nights_of_two_accounts(market):
    funds = synthetic(market)
    first = funds.row(dt.date(2010, 1, 4))
    rows = range(first, first + 60)
    accounts = {
        f"default/{s:03d}": account(basis=np.full(6, 1.05 - 0.3 * s), legacy=drawn(s, 60).legacy)
        for s in (0, 1)
    }
    desk = Engine(funds, first, accounts, [])
    found = desk.run(rows)
    assert desk.acted["default"] >= 2
    assert desk.stopped == {}
    for growth, tax, held in found.values():
        assert np.isfinite(growth).all()
        assert held == pytest.approx(VALUE, rel=0.1)
        assert 0.0 <= tax < 0.02 * VALUE
    assert found["default/001"][1] > found["default/000"][1]
    weights = (desk.line.shares() * desk.line.price(rows[-1])).reshape(2, len(FUNDS), 2).sum(axis=2)
    assert np.abs(weights / weights.sum(axis=1, keepdims=True) - WEIGHTS[np.argsort(FUNDS)]).max() < 0.06

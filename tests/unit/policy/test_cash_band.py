"""The cash band moves with its target, and says so."""

from datetime import date

import polars as pl
import pytest

from trimtab.policy.cascade import resolve

DAY = date(2026, 3, 2)
ACCOUNTS = [
    {"account_id": "a2", "firm_id": "f1", "household_id": "h1", "custodian": "c1", "model_id": "m2"},
    {"account_id": "a1", "firm_id": "f1", "household_id": "h1", "custodian": "c1"},
    {"account_id": "b1", "firm_id": "f2", "custodian": "c1", "model_id": "m1"},
]
HOUSEHOLDS = [{"household_id": "h1", "firm_id": "f1", "model_id": "m1"}]


def said(scope, scope_id, key, value, **more):
    return {"scope": scope, "scope_id": scope_id, "key": key, "value": value, "locked": False, **more}


@pytest.fixture
def settle(book):
    def run(*rows, day=DAY):
        tables = book(accounts=ACCOUNTS, households=HOUSEHOLDS, policies=rows)
        return resolve(tables["policies"], tables["accounts"], as_of=day, households=tables["households"])

    return run


def column(result, key):
    return dict(result.value.wide.select("account_id", key).iter_rows())


def line(result, account, key):
    long = result.value.long()
    return long.filter((pl.col("account_id") == account) & (pl.col("key") == key)).row(0)[2:]


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [
        ("0.02", 0.005, 0.02),
        ("0.005", 0.005, 0.02),
        ("0.05", 0.005, 0.06),
        ("0", 0.0, 0.02),
        ("1", 0.005, 1.0),
    ],
)
def test_a_cash_bound_that_its_target_has_left_moves_along(settle, target, low, high):
    result = settle(said("account", "a1", "cash_target", target))
    assert result.failures == ()
    assert column(result, "cash_min") == {"a1": low, "a2": 0.005, "b1": 0.005}
    assert column(result, "cash_max") == {"a1": high, "a2": 0.02, "b1": 0.02}


def test_a_moved_cash_bound_says_why_and_a_set_one_is_told(settle):
    result = settle(said("account", "a1", "cash_target", "0.05"), said("firm", "f1", "cash_max", "0.03"))
    assert column(result, "cash_max") == {"a1": 0.06, "a2": 0.03, "b1": 0.02}
    assert line(result, "a1", "cash_max") == ("0.06", "default", "follows cash_target")
    (failure,) = result.failures
    assert failure.row == "firm/f1/cash_max"
    assert failure.accounts == ()

"""Which value wins, who set it, and what a bad row stops."""

from datetime import date

import polars as pl
import pytest

from trimtab.core.result import Reason
from trimtab.policy.cascade import resolve
from trimtab.policy.settings import KEYS

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


def test_unsaid_keys_have_their_defaults(settle):
    result = settle()
    assert result.failures == ()
    wide = result.value.wide
    assert wide.get_column("account_id").to_list() == ["a1", "a2", "b1"]
    assert wide.columns == ["account_id", *KEYS, "settings_digest"]
    assert wide.schema["cash_target"] == pl.Float64
    assert wide.schema["harvest"] == pl.Boolean
    assert wide.schema["cash_floor"] == pl.Decimal(38, 9)
    assert wide.get_column("risk_aversion").to_list() == [25.0] * 3
    assert wide.get_column("max_trades").to_list() == [None] * 3
    assert wide.get_column("budget_prorate").to_list() == ["none"] * 3
    assert line(result, "a1", "latent_tax") == ("0.5", "default", "")


def test_the_long_table_has_every_key_of_every_account_in_order(settle):
    long = settle(said("account", "a1", "ticket", "5")).value.long()
    assert long.columns == ["account_id", "key", "value", "scope", "set_by"]
    assert long.height == 3 * len(KEYS)
    assert long.equals(long.sort("account_id", "key"))


def test_each_scope_beats_the_wider_ones(settle):
    rows = [
        said("desk", None, "ticket", "1"),
        said("custodian", "c1", "ticket", "2"),
        said("firm", "f1", "ticket", "3"),
        said("model", "m1", "ticket", "4"),
        said("household", "h1", "ticket", "5"),
        said("account", "a1", "ticket", "6"),
    ]
    for count in range(1, 7):
        assert column(settle(*rows[:count]), "ticket")["a1"] == count
    everything = settle(*rows)
    assert column(everything, "ticket") == {"a1": 6, "a2": 5, "b1": 4}
    assert line(everything, "b1", "ticket") == ("4", "model", "m1")


def test_the_model_is_the_accounts_own_before_its_households(settle):
    result = settle(said("model", "m1", "ticket", "4"), said("model", "m2", "ticket", "7"))
    assert column(result, "ticket") == {"a1": 4, "a2": 7, "b1": 4}


def test_the_widest_lock_wins_and_names_who_set_it(settle):
    result = settle(
        said("desk", None, "ticket", "1"),
        said("firm", "f1", "ticket", "3", locked=True, by="cio"),
        said("household", "h1", "ticket", "5", locked=True),
        said("account", "a1", "ticket", "6"),
    )
    assert column(result, "ticket") == {"a1": 3, "a2": 3, "b1": 1}
    assert line(result, "a1", "ticket") == ("3", "firm", "cio")


def test_a_households_lock_binds_its_accounts(settle):
    result = settle(
        said("household", "h1", "ticket", "5", locked=True), said("account", "a1", "ticket", "6", locked=True)
    )
    assert column(result, "ticket") == {"a1": 5, "a2": 5, "b1": 0}


@pytest.mark.parametrize(
    ("day", "value"),
    [(date(2026, 3, 1), 0), (date(2026, 3, 2), 8), (date(2026, 3, 31), 8), (date(2026, 4, 1), 0)],
)
def test_a_window_holds_both_of_its_days(settle, day, value):
    row = said("account", "a1", "ticket", "8", since=date(2026, 3, 2), until=date(2026, 3, 31))
    assert column(settle(row, day=day), "ticket")["a1"] == value


def test_a_lock_out_of_its_window_locks_nothing(settle):
    result = settle(
        said("desk", None, "ticket", "1", locked=True, until=date(2026, 3, 1)),
        said("account", "a1", "ticket", "6"),
    )
    assert column(result, "ticket")["a1"] == 6


@pytest.mark.parametrize(("word", "weight"), [("low", 0.5), ("medium", 1.0), ("high", 2.0), ("none", 1.5)])
def test_tax_sensitivity_speaks_as_tax_weight(settle, word, weight):
    result = settle(
        said("firm", "f1", "tax_weight", "1.5"), said("account", "a1", "tax_sensitivity", word, by="eve")
    )
    assert column(result, "tax_weight") == {"a1": weight, "a2": 1.5, "b1": 1.0}


def test_tax_weight_at_the_same_scope_beats_the_dial(settle):
    result = settle(said("account", "a1", "tax_weight", "3"), said("account", "a1", "tax_sensitivity", "low"))
    assert column(result, "tax_weight")["a1"] == 3


def test_a_bad_value_stops_the_accounts_for_which_it_would_have_won(settle):
    result = settle(
        said("firm", "f1", "ticket", "free"),
        said("account", "a1", "ticket", "6"),
    )
    (failure,) = result.failures
    assert failure.accounts == ("a2",)
    assert (failure.table, failure.row, failure.field, failure.value) == (
        "policies",
        "firm/f1/ticket",
        "value",
        "free",
    )
    assert "dollars" in failure.remedy
    assert column(result, "ticket") == {"a1": 6, "a2": 0, "b1": 0}


def test_an_unknown_key_is_a_failure_that_names_the_nearest(settle):
    result = settle(said("household", "h1", "tax_wieght", "2"))
    (failure,) = result.failures
    assert failure.accounts == ("a1", "a2")
    assert failure.remedy == "did you mean tax_weight?"
    assert failure.field == "key"
    assert result.value.long().height == 3 * len(KEYS)


def test_an_unknown_scope_is_a_failure(settle):
    (failure,) = settle(said("firms", "f1", "ticket", "2")).failures
    assert failure.field == "scope"
    assert failure.remedy == "did you mean firm?"


def test_two_rows_for_one_place_are_both_refused(settle):
    result = settle(said("account", "a1", "ticket", "2"), said("account", "a1", "ticket", "3"))
    (failure,) = result.failures
    assert failure.reason is Reason.DUPLICATE
    assert (failure.value, failure.accounts) == ("2", ("a1",))
    assert column(result, "ticket")["a1"] == 0


def test_digests_tell_settings_apart_and_nothing_else(settle):
    same = column(settle(said("firm", "f1", "ticket", "1.0")), "settings_digest")
    other = column(
        settle(said("account", "a1", "ticket", "1"), said("firm", "f2", "ticket", "2")), "settings_digest"
    )
    assert same["a1"] == same["a2"] != same["b1"]
    assert other["a1"] == same["a1"]
    assert len({*same.values(), *other.values()}) == 3


def test_some_accounts_alone(settle):
    long = settle(said("account", "a1", "ticket", "6")).value.long(["a1"])
    assert long.height == len(KEYS)
    assert set(long.get_column("account_id")) == {"a1"}

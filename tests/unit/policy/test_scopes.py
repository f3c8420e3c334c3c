"""Whom a scope covers, when a row is in force, and how few combinations of wide scopes there are."""

from datetime import date

import polars as pl
import pytest

from trimtab.policy.scopes import account_scopes, combinations, in_force, scope_id_text, speaking


@pytest.fixture
def scopes(book):
    made = book(
        accounts=[
            {"account_id": "b", "firm_id": "f1", "household_id": "h1", "custodian": "c1"},
            {"account_id": "a", "firm_id": "f1", "household_id": "h1", "model_id": "own"},
            {"account_id": "c", "firm_id": "f1", "household_id": "h2", "custodian": "c1"},
            {"account_id": "d", "firm_id": "f1", "custodian": "c1", "model_id": "theirs"},
        ],
        households=[
            {"household_id": "h1", "firm_id": "f1", "model_id": "theirs"},
            {"household_id": "h2", "firm_id": "f1"},
        ],
    )
    return account_scopes(made["accounts"], made["households"])


def test_an_accounts_model_is_its_own_else_its_households(scopes):
    assert scopes.select("account_id", "model", "account").rows() == [
        ("a", "own", "a"),
        ("b", "theirs", "b"),
        ("c", None, "c"),
        ("d", "theirs", "d"),
    ]
    assert set(scopes.get_column("desk")) == {""}


def test_accounts_alike_share_a_combination(scopes):
    accounts, distinct = combinations(scopes)
    groups = dict(accounts.select("account_id", "group").iter_rows())
    assert groups["b"] == groups["d"]
    assert len({groups["a"], groups["b"], groups["c"]}) == distinct.height == 3
    assert accounts.get_column("account_id").to_list() == ["a", "b", "c", "d"]


def test_rows_reach_the_units_under_their_scope(scopes):
    rows = pl.DataFrame(
        {
            "scope": ["desk", "household", "account", "model", "firm"],
            "scope_id": ["", "h1", "c", "theirs", "f2"],
            "n": [1, 2, 3, 4, 5],
        }
    )
    heard = speaking(rows, scopes, "account_id").sort("n", "account_id")
    assert heard.select("n", "account_id").rows() == [
        *[(1, name) for name in "abcd"],
        (2, "a"),
        (2, "b"),
        (3, "c"),
        (4, "b"),
        (4, "d"),
    ]
    narrow = speaking(rows, scopes.select("account_id", "account"), "account_id")
    assert narrow.get_column("n").to_list() == [3]


def test_windows_hold_both_ends_and_open_ones():
    day = date(2026, 5, 5)
    rows = pl.DataFrame(
        {
            "since": [None, day, date(2026, 5, 6), None, None],
            "until": [None, day, None, date(2026, 5, 4), date(2026, 5, 5)],
        }
    )
    assert rows.select(in_force(day)).to_series().to_list() == [True, True, False, False, True]


def test_the_desk_has_one_id():
    rows = pl.DataFrame({"scope": ["desk", "desk", "firm"], "scope_id": [None, "x", "f1"]})
    assert rows.select(scope_id_text()).to_series().to_list() == ["", "", "f1"]

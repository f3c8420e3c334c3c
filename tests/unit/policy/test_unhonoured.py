"""What an account relies on and nobody acts on yet is flagged, and nothing else."""

from datetime import date

import polars as pl
import pytest

from trimtab.policy.cascade import resolve
from trimtab.policy.restrictions import Held, resolve_restrictions
from trimtab.policy.settings import KEYS
from trimtab.policy.unhonoured import unhonoured

DAY = date(2026, 3, 2)
ACCOUNTS = [
    {"account_id": "a1", "firm_id": "f1", "household_id": "h1", "taxpayer_id": "t1"},
    {"account_id": "a2", "firm_id": "f1", "household_id": "h1"},
    {"account_id": "b1", "firm_id": "f2"},
]
TABLES = frozenset({"plans", "taxpayers", "distributions", "risk_free"})


@pytest.fixture
def flags(book):
    def run(honoured=frozenset(), **tables):
        made = book(accounts=ACCOUNTS, securities=[{"security_id": "VTI"}], **tables)
        settings = resolve(made["policies"], made["accounts"], as_of=DAY, households=made["households"]).value
        universe = pl.DataFrame({"account_id": ["a2"], "security_id": ["VTI"]})
        held = Held(made["accounts"], made["households"], made["securities"], made["tags"], universe)
        bound = resolve_restrictions(made["restrictions"], held, as_of=DAY).value
        return unhonoured(
            settings, bound, made, honoured=frozenset(honoured), asked=TABLES, universe=universe
        ).rows()

    return run


def policy(scope, scope_id, key, value):
    return {"scope": scope, "scope_id": scope_id, "key": key, "value": value, "locked": False}


def test_defaults_are_silent(flags):
    assert flags() == []


def test_keys_away_from_their_default(flags):
    policies = [
        policy("firm", "f1", "max_trades", "5"),
        policy("account", "a2", "max_trades", "none"),
        policy("account", "b1", "location", "on"),
        policy("account", "a1", "cash_drag_bps", "300.0"),
        policy("account", "a1", "tax_sensitivity", "medium"),
    ]
    assert flags(policies=policies) == [("a1", "unhonoured:max_trades"), ("b1", "unhonoured:location")]
    assert flags({"max_trades"}, policies=policies) == [("b1", "unhonoured:location")]
    assert flags(KEYS.keys(), policies=policies) == []


def test_rules_in_force(flags):
    rows = [
        {"scope": "household", "scope_id": "h1", "rule": "no_gain", "selector": "security:VTI"},
        {"scope": "account", "scope_id": "a1", "rule": "freeze", "selector": "*", "until": date(2026, 3, 1)},
    ]
    assert flags(restrictions=rows) == [("a1", "unhonoured:no_gain"), ("a2", "unhonoured:no_gain")]
    assert flags({"no_gain"}, restrictions=rows) == []


@pytest.mark.parametrize(
    ("name", "row", "who"),
    [
        ("plans", {"account_id": "b1"}, ["b1"]),
        ("taxpayers", {"taxpayer_id": "t1", "household_id": "h1"}, ["a1"]),
        ("distributions", {"security_id": "VTI"}, ["a2"]),
        ("distributions", {"security_id": "BND"}, []),
        ("risk_free", {"date": DAY, "rate": 0.01}, ["a1", "a2", "b1"]),
    ],
)
def test_tables_with_rows_for_the_account(flags, name, row, who):
    assert flags(**{name: [row]}) == [(account, f"unhonoured:{name}") for account in who]
    assert flags({name}, **{name: [row]}) == []

"""What of a year's budget is released by a date, who shares it, and when a plan governs."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.policy.budgets import budgets_on
from trimtab.policy.cascade import resolve

ACCOUNTS = [
    {"account_id": "b", "firm_id": "f", "household_id": "h", "taxpayer_id": "t"},
    {"account_id": "a", "firm_id": "f", "household_id": "h"},
]


@pytest.fixture
def budget(book):
    def run(day, plans=(), **policies):
        rows = [
            {"scope": "desk", "key": key, "value": str(value), "locked": False}
            for key, value in policies.items()
        ]
        made = book(accounts=ACCOUNTS, policies=rows, plans=plans)
        settings = resolve(made["policies"], made["accounts"], as_of=day).value.wide
        frame = budgets_on(settings, made["accounts"], made["plans"], as_of=day)
        return {row["account_id"]: row for row in frame.to_dicts()}

    return run


@pytest.mark.parametrize(
    ("prorate", "day", "released"),
    [
        ("quarter", date(2026, 1, 1), "3000"),
        ("quarter", date(2026, 3, 31), "3000"),
        ("quarter", date(2026, 4, 1), "6000"),
        ("quarter", date(2026, 6, 30), "6000"),
        ("quarter", date(2026, 12, 31), "12000"),
        ("quarter", date(2027, 1, 1), "3000"),
        ("month", date(2026, 1, 31), "1000"),
        ("month", date(2026, 2, 1), "2000"),
        ("none", date(2026, 1, 1), "12000"),
    ],
)
def test_release_over_the_year_and_a_fresh_start(budget, prorate, day, released):
    row = budget(day, budget_tax=12000, budget_gain="none", budget_prorate=prorate)["a"]
    assert row["tax"] == Decimal(released)
    assert row["tax_year"] == Decimal(12000)
    assert row["gain"] is None
    assert row["tax_fraction"] is None


def test_cents_are_never_released_early(budget):
    assert budget(date(2026, 1, 5), budget_gain="0.23", budget_prorate="quarter")["a"]["gain"] == Decimal(
        "0.05"
    )
    assert budget(date(2026, 2, 5), budget_gain="100", budget_prorate="month")["a"]["gain"] == Decimal(
        "16.66"
    )


def test_without_dollars_a_share_of_value(budget):
    row = budget(date(2026, 5, 5), budget_tax_fraction="0.02", budget_prorate="quarter")["a"]
    assert row["tax"] is None
    assert row["tax_fraction"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("scope", "a", "b"),
    [
        ("account", "account:a", "account:b"),
        ("taxpayer", "account:a", "taxpayer:t"),
        ("household", "household:h", "household:h"),
    ],
)
def test_who_shares_it(budget, scope, a, b):
    rows = budget(date(2026, 5, 5), budget_scope=scope)
    assert (rows["a"]["shared_by"], rows["b"]["shared_by"]) == (a, b)


@pytest.mark.parametrize(
    ("day", "gain", "planned"),
    [
        (date(2026, 5, 4), 900, False),
        (date(2026, 5, 5), 10000, True),
        (date(2026, 9, 1), 10000, True),
        (date(2026, 9, 2), 900, False),
    ],
)
def test_a_plan_governs_while_it_runs_where_it_speaks(budget, day, gain, planned):
    plan = {
        "account_id": "a",
        "approved": date(2026, 5, 5),
        "until": date(2026, 9, 1),
        "budget_gain": Decimal(10000),
    }
    rows = budget(day, plans=[plan], budget_gain=900, budget_tax=50)
    assert (rows["a"]["gain"], rows["a"]["tax"], rows["a"]["planned"]) == (
        Decimal(gain),
        Decimal(50),
        planned,
    )
    assert (rows["b"]["gain"], rows["b"]["planned"]) == (Decimal(900), False)


def test_columns_are_typed_without_rows(budget, book):
    made = book()
    settings = resolve(made["policies"], made["accounts"], as_of=date(2026, 1, 1)).value.wide
    frame = budgets_on(settings, made["accounts"], made["plans"], as_of=date(2026, 1, 1))
    assert frame.is_empty()
    assert frame.schema["tax"] == pl.Decimal(38, 9)


def test_a_plan_in_gains_alone_lifts_the_share_of_value(budget):
    plan = {"account_id": "a", "approved": date(2026, 1, 1), "budget_gain": Decimal(10000)}
    rows = budget(date(2026, 5, 5), plans=[plan], budget_tax_fraction="0.02")
    assert rows["a"]["tax_fraction"] == float("inf")
    assert rows["b"]["tax_fraction"] == pytest.approx(0.02)

"""Which plan is in force on a day, and what it puts in the place of the account's own budgets."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.desk.plans import by_point_alone, plans_in_force, with_budgets, yearly

MONEY = pl.Decimal(38, 9)
SCHEMA = {"account_id": pl.String, "approved": pl.Date, "budget_tax": MONEY, "budget_gain": MONEY, "until": pl.Date,
          "point": pl.String}  # fmt: skip
DAY = date(2025, 6, 27)


def plans(**said: object) -> pl.DataFrame:
    return pl.DataFrame([{"account_id": "A", "approved": DAY, **said}], schema=SCHEMA)


def accounts(**said: object) -> pl.DataFrame:
    row = {"account_id": "A", "value": 100000.0, "budget_tax": None, "budget_gain": None, "budget_tax_fraction": 0.01,
           "budget_prorate": "none", **said}  # fmt: skip
    return pl.DataFrame(
        [row], schema_overrides={"budget_tax": MONEY, "budget_gain": MONEY, "budget_tax_fraction": pl.Float64}
    )


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ({}, True),
        ({"approved": date(2025, 6, 28)}, False),
        ({"until": DAY}, True),
        ({"approved": date(2025, 1, 1), "until": date(2025, 6, 26)}, False),
    ],
)
def test_in_force_from_its_day_to_its_until(said: dict[str, date], stands: bool) -> None:
    assert (len(plans_in_force(plans(**said), DAY)) == 1) is stands


def test_the_firms_own_year_without_a_plan() -> None:
    tax, gain, parts = yearly(accounts(budget_prorate="quarter"))
    assert (tax[0], gain[0], parts[0]) == (1000.0, float("inf"), 4.0)
    tax, gain, parts = yearly(accounts(budget_tax=Decimal(7), budget_gain=Decimal(9)))
    assert (tax[0], gain[0], parts[0]) == (7.0, 9.0, 1.0)


def test_a_point_gives_its_budget_only_where_none_is_said() -> None:
    named, told = plans(point="3"), plans(point="3", budget_tax=Decimal(9))
    assert by_point_alone(named, DAY)["plan_point"].to_list() == ["3"]
    assert by_point_alone(told, DAY).is_empty()
    assert with_budgets(named, {"A": 12.345})["budget_tax"].to_list() == [Decimal("12.35")]
    assert with_budgets(told, {"A": 12.345})["budget_tax"].to_list() == [Decimal(9)]

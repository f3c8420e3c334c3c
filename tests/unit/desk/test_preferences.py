"""What a preference costs: exact where the objective is the same, never below zero for a limit, and said who set it."""

from functools import cache

import polars as pl
import pytest
from tests.e2e.tiny import ran

from trimtab.book.read import Book
from trimtab.desk.day import Day, open_day, risk_model
from trimtab.desk.preferences import Prices, prices_of

_ROUNDING = 5.0
"""Dollars that whole shares may turn one way or the other."""


def still(*_: object) -> None:
    """Tells nobody how far a run is."""


@cache
def opened() -> tuple[Book, Day]:
    book = ran("limits")[0]
    return book, open_day(book, still)


@cache
def priced(account: str) -> Prices:
    book, day = opened()
    return prices_of(book, account, risk=risk_model(book.tables, book.as_of), day=day, advance=still)


def row(account: str, preference: str) -> dict[str, object]:
    return priced(account).costs.filter(pl.col("preference") == preference).row(0, named=True)


def test_a_holding_that_may_not_be_sold_costs_its_tracking_error() -> None:
    kept = row("NEVER-SELL", "never_sell security:OLD")
    assert (kept["scope"], kept["set_by"], kept["measure"]) == ("account", "NEVER-SELL", "objective")
    assert 0.07 < kept["tracking_error_change"] < 0.08
    assert kept["tax_change"] == 0.0
    assert pytest.approx(kept["dollars_a_year"], rel=0.05) == 25 * 100_000 * 0.0054


def test_a_budget_of_nothing_costs_what_it_keeps_from_being_sold() -> None:
    budget = row("SCREEN", "budget_tax 0")
    assert budget["tax_change"] < -10_000
    assert budget["dollars_a_year"] > 30_000
    assert priced("SCREEN").costs["preference"][0] == "budget_tax 0"


@pytest.mark.parametrize("account", ["NEVER-SELL", "CAP", "HOLD-SHARES", "FREEZE", "SCREEN", "NO-GAIN"])
def test_a_limit_never_earns_anything(account: str) -> None:
    limits = priced(account).costs.filter(pl.col("measure") == "objective")
    assert limits["dollars_a_year"].min() > -_ROUNDING


@pytest.mark.parametrize("account", ["NEVER-SELL", "SCREEN"])
def test_dearest_first(account: str) -> None:
    costs = priced(account).costs["dollars_a_year"].drop_nulls().to_list()
    assert costs == sorted(costs, reverse=True)


def test_what_changes_the_value_is_measured_by_what_a_person_sees() -> None:
    assert row("EXCLUDE", "exclude security:OLD")["measure"] == "visible"

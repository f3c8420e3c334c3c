"""Each account's year: whose it is, what stands in it, and what of the budget is used and left."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from tests.checker.tax import Year

from trimtab.optimize.years import AccountYears, account_years

MONEY = pl.Decimal(38, 9)


def _years(accounts: list[dict], taxpayers: list[dict] = (), transactions: list[dict] = ()) -> AccountYears:
    money = dict.fromkeys(("ytd_short", "ytd_long"), MONEY)
    blank = {"tax_type": "taxable", "taxpayer_id": None, "ytd_short": None, "ytd_long": None}
    payer = {
        "short_rate": 0.408, "long_rate": 0.238, "ordinary_rate": None, "ytd_short": None, "ytd_long": None,
        "carryforward_short": None, "carryforward_long": None, "loss_limit": Decimal(3000),
        "expected_gain": Decimal(0), "zero_gain_room": None, "filing_status": None,
        "ordinary_income": None, "magi": None,
    }  # fmt: skip
    amounts = ("ytd_short", "ytd_long", "carryforward_short", "carryforward_long", "loss_limit", "expected_gain",
               "zero_gain_room", "ordinary_income", "magi")  # fmt: skip
    shape = {"taxpayer_id": pl.String, "short_rate": pl.Float64, "long_rate": pl.Float64, "ordinary_rate": pl.Float64,
             **dict.fromkeys(amounts, MONEY), "filing_status": pl.String}  # fmt: skip
    moves = {"account_id": pl.String, "date": pl.Date, "gain": MONEY, "term": pl.String}
    tables = {
        "accounts": pl.DataFrame(
            [{**blank, **row} for row in accounts], schema_overrides=money | {"taxpayer_id": pl.String}
        ),
        "taxpayers": pl.DataFrame([{**payer, **row} for row in taxpayers], schema=shape),
        "transactions": pl.DataFrame(list(transactions), schema=moves),
    }
    settings = pl.DataFrame({"account_id": [row["account_id"] for row in accounts], "carry_value": 0.5})
    return account_years(tables, settings, as_of=date(2025, 6, 27)).value


def _amount(value: float) -> Decimal:
    return Decimal(str(value))


def test_without_a_taxpayer_the_top_rates_stand_in() -> None:
    years = _years([{"account_id": "A"}])
    assert not years.has_taxpayer[0]
    short, long = years.marginal_rates()
    assert (short[0], long[0]) == (pytest.approx(0.408), pytest.approx(0.238))
    assert not years.known[0]


def test_accounts_of_a_taxpayer_share_the_year() -> None:
    rows = [
        {"account_id": "A", "taxpayer_id": "T", "ytd_short": _amount(100), "ytd_long": _amount(200)},
        {"account_id": "B", "taxpayer_id": "T", "ytd_short": _amount(10), "ytd_long": _amount(20)},
        {"account_id": "I", "taxpayer_id": "T", "tax_type": "tax_deferred"},
    ]
    payer = {
        "taxpayer_id": "T",
        "ytd_short": _amount(1),
        "ytd_long": _amount(2),
        "carryforward_long": _amount(1000),
    }
    years = _years(rows, [payer])
    assert years.position[0].tolist() == [111.0, 111.0, 0.0]
    assert years.position[1].tolist() == [-778.0, -778.0, 0.0]
    assert years.own_long.tolist() == [200.0, 20.0, 0.0]
    assert years.known.tolist() == [True, True, True]
    assert years.added_tax(np.array([0.0, 0.0, 500.0]), np.zeros(3))[2] == 0.0


def test_sales_of_the_year_where_the_account_says_nothing() -> None:
    moves = [
        {"account_id": "A", "date": date(2025, 3, 1), "gain": _amount(50), "term": "S"},
        {"account_id": "A", "date": date(2025, 3, 1), "gain": _amount(-70), "term": "L"},
        {"account_id": "A", "date": date(2024, 12, 31), "gain": _amount(999), "term": "L"},
        {"account_id": "A", "date": date(2025, 7, 1), "gain": _amount(999), "term": "L"},
    ]
    years = _years([{"account_id": "A"}], (), moves)
    assert (years.own_short[0], years.own_long[0]) == (50.0, -70.0)


@pytest.mark.parametrize("carried", [0, 2000, 50000])
@pytest.mark.parametrize(("own_short", "own_long"), [(0, 0), (4000, -1000), (-9000, 2000), (0, 60000)])
@pytest.mark.parametrize(("short", "long"), [(0, 0), (1000, 0), (0, 30000), (-5000, 2500), (-40000, 0)])
def test_added_tax_and_budget_agree_with_the_checker(
    carried: float, own_short: float, own_long: float, short: float, long: float
) -> None:
    row = {
        "account_id": "A",
        "taxpayer_id": "T",
        "ytd_short": _amount(own_short),
        "ytd_long": _amount(own_long),
    }
    years = _years([row], [{"taxpayer_id": "T", "carryforward_long": _amount(carried)}])
    plain = Year(ordinary_rate=0.408, others_long=-carried, own_short=own_short, own_long=own_long)
    gains = np.array([float(short)]), np.array([float(long)])
    assert years.added_tax(*gains)[0] == pytest.approx(plain.added(short, long), abs=1e-6)
    assert years.budget_used(*gains)[0] == pytest.approx(plain.due(short, long), abs=1e-6)


def test_budget_room_is_what_is_left() -> None:
    years = _years([{"account_id": "A", "ytd_short": _amount(0), "ytd_long": _amount(10000)}])
    assert years.budget_room(np.array([11900.0]))[0] == pytest.approx(11900 - 2380)
    assert years.budget_room(np.array([1000.0]))[0] == 0.0
    assert years.budget_room(np.array([np.inf]))[0] == np.inf

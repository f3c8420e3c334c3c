"""Columns value and age lots exactly as the objects do."""

import datetime as dt
import random
from decimal import Decimal

import polars as pl

from trimtab.core.amounts import Money, Price, Quantity
from trimtab.core.dates import first_day_held_more_than, term
from trimtab.ledger.columns import MONEY, decimal, first_long_day, nano, portion, times, value_lots


def test_billionths_out_and_back() -> None:
    frame = pl.DataFrame({"a": ["-1.5", "0.000000001", "99999999999.123456789", None]}).cast(MONEY)
    counts = frame.select(nano("a"))
    assert counts.to_series().to_list() == [-1_500_000_000, 1, 99_999_999_999_123_456_789, None]
    assert counts.select(decimal(pl.col("a"))).to_series().to_list() == frame["a"].to_list()
    assert frame.select(decimal(nano("a"))).schema["a"] == MONEY


def test_products_round_as_prices_do() -> None:
    rng = random.Random(5)
    prices = [Price(rng.randrange(10 ** rng.randint(1, 14))) for _ in range(3000)]
    shares = [Quantity(rng.randrange(1, 10 ** rng.randint(1, 14))) for _ in range(3000)]
    prices += [Price(5 * 10**8 * (2 * i + 1)) for i in range(100)]
    shares += [Quantity(2 * i + 1) for i in range(100)]
    frame = pl.DataFrame(
        {"p": [p.decimal() for p in prices], "q": [q.decimal() for q in shares]},
        schema={"p": MONEY, "q": MONEY},
    )
    found = frame.select(times("p", "q").to_physical()).to_series().to_list()
    assert found == [p.times(q).nano for p, q in zip(prices, shares, strict=True)]


def test_portions_are_the_objects_portions() -> None:
    frame = pl.DataFrame({"t": [100, 10**17], "p": [1, 10**15 - 1], "w": [3, 10**15]})
    found = frame.select(portion(pl.col("t"), pl.col("p"), pl.col("w"))).to_series().to_list()
    assert found == [33, Money(10**17).of(Quantity(10**15 - 1), Quantity(10**15)).nano]


def test_every_day_of_fifty_years_turns_long_when_the_law_says() -> None:
    days = pl.date_range(dt.date(1990, 1, 1), dt.date(2040, 1, 1), eager=True).alias("d")
    found = days.to_frame().select(first_long_day("d")).to_series().to_list()
    assert found == [first_day_held_more_than(day) for day in days]


def test_lots_are_valued_and_aged() -> None:
    as_of = dt.date(2024, 6, 3)
    lots = pl.DataFrame(
        {
            "account_id": ["A"] * 5,
            "lot_id": list("abcde"),
            "security_id": ["X", "X", "X", "Y", "X"],
            "quantity": ["10", "3", "1", "1", "1"],
            "unit_cost": ["20", "40.000000001", None, "5", "1"],
            "acquired": [
                dt.date(2023, 6, 2),
                dt.date(2023, 6, 3),
                dt.date(2024, 6, 3),
                dt.date(2020, 1, 2),
                dt.date(2024, 1, 2),
            ],
            "adjusted_acquired": [None, None, None, None, dt.date(2023, 1, 2)],
        }
    ).with_columns(pl.col("quantity", "unit_cost").cast(MONEY))
    prices = pl.DataFrame({"security_id": ["X"], "price": ["30"]}).with_columns(pl.col("price").cast(MONEY))
    worth = value_lots(lots, prices, as_of=as_of)
    assert worth.columns == [
        *lots.columns,
        "price",
        "value",
        "basis",
        "gain",
        "long_from",
        "term",
        "days_to_long",
    ]
    assert worth["lot_id"].to_list() == list("abcde")
    assert worth["value"].to_list() == [Decimal(300), Decimal(90), Decimal(30), None, Decimal(30)]
    assert worth["basis"].to_list() == [Decimal(200), Decimal("120.000000003"), None, Decimal(5), Decimal(1)]
    assert worth["gain"].to_list() == [Decimal(100), Decimal("-30.000000003"), None, None, Decimal(29)]
    assert worth["term"].to_list() == ["L", "S", "S", "L", "L"]
    assert worth["days_to_long"].to_list() == [0, 1, 366, 0, 0]
    assert worth["long_from"][1] == dt.date(2024, 6, 4)
    for acquired, kind in zip(lots["acquired"].to_list()[:4], worth["term"], strict=False):
        assert term(acquired, as_of) == kind

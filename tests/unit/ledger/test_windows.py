"""Wash windows: columns of a shard say what the ledger itself says, on every case and on random households."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.unit.ledger.case_text import CASES, _transaction, read_cases
from tests.unit.ledger.ledger_households import frames_of, random_case

from trimtab.core.amounts import Price, Quantity
from trimtab.ledger.cases import household_of, rules_of
from trimtab.ledger.columns import MONEY
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY
from trimtab.ledger.outlook import ScheduledBuy, outlook
from trimtab.ledger.read import entry_of
from trimtab.ledger.windows import wash_windows

RENAMING = ("spinoff", "merger_stock", "symbol_change")  # a frame has no memory of what a security was before


def ordered(given: dict[str, Any]) -> dict[str, Any]:
    """The case with ids that sort as the list does: a frame has no order but that of ids within a day."""
    names = {row["id"]: f"{place:03d}{row['id']}" for place, row in enumerate(given["transactions"])}
    text = json.dumps(given["transactions"])
    rows = json.loads(text)
    for row in rows:
        row["id"] = names[row["id"]]
        for holder in (row, row.get("relief") or {}):
            for pick in holder.get("lots", ()):
                if isinstance(pick, dict):
                    pick["lot"] = names.get(pick["lot"], pick["lot"])
    return {**given, "transactions": rows}


def both(
    given: dict[str, Any],
    policy: dict[str, Any],
    as_of: dt.date,
    prices: dict[str, Price],
    scheduled: list[ScheduledBuy],
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows by the ledger and rows by columns."""
    household, rules = household_of(given), rules_of(policy)
    entries = [entry for row in given["transactions"] if (entry := entry_of(row)).date <= as_of]
    ledger = fold(EMPTY, entries, household=household, rules=rules)
    by_ledger = outlook(ledger, prices, scheduled, household=household, rules=rules, as_of=as_of)
    shard = frames_of(ledger, entries, prices, scheduled, household=household, rules=rules, as_of=as_of)
    rows = [
        (
            row.account_id,
            row.security_id,
            row.no_buy_until,
            None if row.loss_at_risk_if_bought is None else row.loss_at_risk_if_bought.decimal(),
            None if row.disallowed_if_sold is None else row.disallowed_if_sold.decimal(),
        )
        for row in by_ledger
    ]
    return rows, wash_windows(shard, as_of=as_of).rows()


def every_case(shared: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for path in sorted(CASES.glob("*.txt")):
        for case in read_cases(path):
            yield case.title, case.given, case.policy
    for case in json.loads((shared / "cases" / "tax_lots.json").read_text())["cases"]:
        if case["kind"] == "lots":
            yield case["id"], case["input"], case.get("policy", {})


def days_of(given: dict[str, Any]) -> list[dt.date]:
    dates = sorted({dt.date.fromisoformat(row["date"]) for row in given["transactions"]})
    return sorted({day + dt.timedelta(days=more) for day in dates for more in (0, 30)})


@pytest.mark.parametrize("part", range(4))
def test_columns_equal_the_ledger_on_every_case(part: int, shared: Path) -> None:
    seen = rows = 0
    for title, given, policy in list(every_case(shared))[part::4]:
        kinds = {row["type"] for row in given["transactions"]}
        if kinds & set(RENAMING):
            continue
        given = ordered(given)
        symbols = {
            row[name] for row in given["transactions"] for name in ("symbol", "underlying") if row.get(name)
        }
        for as_of in days_of(given):
            prices = {symbol: Price.parse("7.5") for symbol in symbols}
            by_ledger, by_columns = both(given, policy, as_of, prices, [])
            assert by_columns == by_ledger, (title, as_of)
            seen += 1
            rows += len(by_ledger)
    assert seen > 100
    assert rows > 50


@pytest.mark.parametrize("seed", range(150))
def test_columns_equal_the_ledger_on_random_households(seed: int) -> None:
    given = random_case(seed, splits=seed % 2 == 0)
    rng = random.Random(-seed)
    as_of = rng.choice(days_of(given)) + dt.timedelta(days=rng.choice([0, 0, 1, 15]))
    accounts = [account["id"] for account in given["accounts"]]
    scheduled = [
        ScheduledBuy(
            rng.choice(accounts),
            rng.choice("XYZ"),
            as_of + dt.timedelta(days=rng.choice([0, 1, 29, 30, 31])),
            Quantity.parse(rng.randint(1, 5)) if rng.random() < 0.7 else None,
        )
        for _ in range(rng.randint(0, 2))
    ]
    policy = {
        "wash_scope": rng.choice(["household", "taxpayer", "account"]),
        "exclude_acquired_before_loss_lot": rng.random() < 0.3,
    }
    prices = {symbol: Price.parse(rng.randint(4, 14)) for symbol in "XYZ"}
    by_ledger, by_columns = both(given, policy, as_of, prices, scheduled)
    assert by_columns == by_ledger


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    given = random_case(seed, splits=True)
    household, rules = household_of(given), rules_of({})
    as_of = random.Random(seed).choice(days_of(given))
    entries = [entry for row in given["transactions"] if (entry := entry_of(row)).date <= as_of]
    ledger = fold(EMPTY, entries, household=household, rules=rules)
    prices = {symbol: Price.parse(8) for symbol in "XYZ"}
    plans = [ScheduledBuy("A0", "X", as_of + dt.timedelta(days=3), Quantity.parse(2))]
    shard = frames_of(ledger, entries, prices, plans, household=household, rules=rules, as_of=as_of)
    names = ("lots", "transactions", "scheduled_buys", "accounts", "members", "securities")
    turned = replace(shard, **{name: getattr(shard, name).reverse() for name in names})
    assert wash_windows(turned, as_of=as_of).equals(wash_windows(shard, as_of=as_of))


@pytest.mark.parametrize("absent", ["order", "underlying", "acquired", "new", "old"])
def test_a_book_without_an_optional_column_is_one_with_that_column_empty(absent: str) -> None:
    given = random_case(7)
    household, rules = household_of(given), rules_of({})
    as_of = days_of(given)[-1]
    entries = [entry_of(row) for row in given["transactions"]]
    ledger = fold(EMPTY, entries, household=household, rules=rules)
    prices = {symbol: Price.parse(8) for symbol in "XYZ"}
    shard = frames_of(ledger, entries, prices, [], household=household, rules=rules, as_of=as_of)
    empty = shard.transactions.with_columns(pl.lit(None, shard.transactions.schema[absent]).alias(absent))
    without = wash_windows(replace(shard, transactions=empty.drop(absent)), as_of=as_of)
    assert without.equals(wash_windows(replace(shard, transactions=empty), as_of=as_of))


@pytest.mark.parametrize("ratio", [("0", "1"), ("1", "0"), ("0", "0")])
def test_a_split_into_nothing_or_of_nothing_is_not_one(ratio: tuple[str, str]) -> None:
    given = plain("2023-01-03 buy L1 A X 10 1000", "2024-05-20 sell S1 A X 10 700 L1:10")
    household, rules = household_of(given), rules_of({})
    as_of, prices = dt.date(2024, 5, 25), {"X": Price.parse(80)}
    entries = [entry_of(row) for row in given["transactions"]]
    ledger = fold(EMPTY, entries, household=household, rules=rules)
    shard = frames_of(ledger, entries, prices, [], household=household, rules=rules, as_of=as_of)
    named = {"transaction_id": "P1", "date": dt.date(2024, 5, 22), "kind": "split", "security_id": "X"}
    split = pl.DataFrame([{**named, "new": Decimal(ratio[0]), "old": Decimal(ratio[1])}])
    lines = pl.concat([shard.transactions, split.cast({"new": MONEY, "old": MONEY})], how="diagonal")
    windows = wash_windows(replace(shard, transactions=lines), as_of=as_of)
    assert windows.rows() == [("A", "X", dt.date(2024, 6, 19), Decimal(300), Decimal(0))]


def test_nothing_in_nothing_out() -> None:
    given = random_case(1)
    household, rules = household_of(given), rules_of({})
    day = dt.date(2024, 1, 1)
    shard = frames_of(EMPTY, [], {"X": Price.parse(1)}, [], household=household, rules=rules, as_of=day)
    windows = wash_windows(shard, as_of=day)
    assert windows.height == 0
    assert windows.schema == {
        "account_id": pl.String,
        "security_id": pl.String,
        "no_buy_until": pl.Date,
        "loss_at_risk_if_bought": pl.Decimal(38, 9),
        "disallowed_if_sold": pl.Decimal(38, 9),
    }


def plain(*lines: str) -> dict[str, Any]:
    account = {"id": "A", "type": "taxable", "owner": "self"}
    return {"accounts": [account], "transactions": [_transaction(line) for line in lines]}


@pytest.mark.parametrize(
    ("day", "refused"),
    [
        ("2024-06-19", "0"),
        ("2024-06-20", "200"),
        ("2024-06-24", "200"),
        ("2024-06-25", "0"),
        ("2024-05-25", "0"),
    ],
)
def test_a_waiting_loss_takes_scheduled_shares_first_while_its_window_lasts(day: str, refused: str) -> None:
    """Sold 20 May, looked at on 25 May: 19 June is the last day of the first window, 24 June of one opened today."""
    given = plain(
        "2023-01-03 buy L1 A X 10 1000",
        "2023-02-01 buy L2 A X 10 1000",
        "2024-05-20 sell S1 A X 10 700 L1:10",
    )
    plan = ScheduledBuy("A", "X", dt.date.fromisoformat(day), Quantity.parse(10))
    by_ledger, by_columns = both(given, {}, dt.date(2024, 5, 25), {"X": Price.parse(80)}, [plan])
    assert by_ledger == by_columns == [("A", "X", dt.date(2024, 6, 19), Decimal(300), Decimal(refused))]


def test_a_loss_partly_replaced_takes_only_what_is_left_of_a_scheduled_purchase() -> None:
    """Four of the ten waiting shares are replaced; of twelve scheduled shares six are left for a sale today."""
    given = plain(
        "2023-01-03 buy L1 A X 10 1000",
        "2023-02-01 buy L2 A X 10 1000",
        "2024-05-20 sell S1 A X 10 700 L1:10",
        "2024-05-22 buy L3 A X 4 280",
    )
    plan = ScheduledBuy("A", "X", dt.date(2024, 6, 10), Quantity.parse(12))
    by_ledger, by_columns = both(given, {}, dt.date(2024, 5, 25), {"X": Price.parse(80)}, [plan])
    assert by_ledger == by_columns == [("A", "X", dt.date(2024, 6, 19), Decimal(180), Decimal(120))]


def test_of_purchases_of_one_day_of_unknown_order_none_is_the_older() -> None:
    """The purchase of the shares sold is not among the transactions, only its day: with caution, the other replaces."""
    given = ordered(
        plain(
            "2024-05-01 buy L1 A X 10 1000",
            "2024-05-01 buy L3 A X 10 900",
            "2024-05-20 sell S1 A X 10 700 L1:10",
        )
    )
    household, rules = household_of(given), rules_of({"exclude_acquired_before_loss_lot": True})
    as_of, prices = dt.date(2024, 5, 25), {"X": Price.parse(150)}
    entries = [entry_of(row) for row in given["transactions"]]
    ledger = fold(EMPTY, entries, household=household, rules=rules)
    shard = frames_of(ledger, entries, prices, [], household=household, rules=rules, as_of=as_of)
    assert shard.accounts["exclude_older"].to_list() == [True]
    untold = shard.transactions.filter(pl.col("transaction_id") != "000L1")
    assert untold.height == 2
    for lines in (shard.transactions, untold):
        assert wash_windows(replace(shard, transactions=lines), as_of=as_of).height == 0


@pytest.mark.parametrize(
    ("as_of", "until"), [("2024-06-19", "2024-06-19"), ("2024-06-20", None), ("2024-05-20", "2024-06-19")]
)
def test_the_days_of_a_window(as_of: str, until: str | None) -> None:
    """Bought 20 April and sold 20 May: on 20 May the purchase is thirty days old and still replaces."""
    given = plain(
        "2023-01-03 buy L1 A X 10 1000",
        "2023-02-01 buy L2 A X 10 1000",
        "2024-04-20 buy L3 A X 5 350",
        "2024-05-20 sell S1 A X 10 850 L1:10",
    )
    by_ledger, by_columns = both(given, {}, dt.date.fromisoformat(as_of), {"X": Price.parse(95)}, [])
    assert by_ledger == by_columns
    if until is None:
        assert by_ledger == []
    else:
        assert [(str(row[2]), row[3]) for row in by_ledger] == [(until, Decimal(75))]

"""Breaks: shown where lots and the custodian's position differ, silent where they agree or no file came."""

import random
from decimal import Decimal

import polars as pl

from trimtab.ledger.columns import MONEY
from trimtab.ledger.reconcile import breaks


def frame(*rows: tuple[str, str, str]) -> pl.DataFrame:
    data = [(account, security, Decimal(quantity)) for account, security, quantity in rows]
    schema = {"account_id": pl.String, "security_id": pl.String, "quantity": MONEY}
    return pl.DataFrame(data, schema=schema, orient="row")


def test_lots_that_add_up_to_the_position_are_no_break() -> None:
    assert breaks(frame(("A", "X", "6"), ("A", "X", "4.5")), frame(("A", "X", "10.5"))).height == 0


def test_a_billionth_is_a_break_and_so_is_what_only_one_side_has() -> None:
    lots = frame(("A", "X", "6"), ("A", "Y", "3"), ("A", "W", "1"))
    positions = frame(("A", "X", "6.000000001"), ("A", "Z", "7"), ("A", "W", "0.5"), ("A", "W", "0.5"))
    assert breaks(lots, positions).rows() == [
        ("A", "X", Decimal(6), Decimal("6.000000001")),
        ("A", "Y", Decimal(3), Decimal(0)),
        ("A", "Z", Decimal(0), Decimal(7)),
    ]


def test_an_account_without_any_position_row_is_not_compared() -> None:
    lots = frame(("A", "X", "6"), ("B", "X", "2"))
    assert breaks(lots, frame(("A", "X", "6"))).height == 0
    found = breaks(lots, frame(("B", "X", "1")))
    assert found.rows() == [("B", "X", Decimal(2), Decimal(1))]
    assert found.columns == ["account_id", "security_id", "lots", "position"]


def test_the_order_of_rows_does_not_matter() -> None:
    rng = random.Random(5)
    rows = [(rng.choice("AB"), rng.choice("XYZ"), str(rng.randint(1, 9))) for _ in range(30)]
    lots, positions = frame(*rows), frame(*(row for row in rows if row[2] != "9"))
    assert breaks(lots, positions).equals(breaks(lots.reverse(), positions.reverse()))

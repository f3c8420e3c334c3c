"""What a unit is worth, and what is doubtful about it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from tests.small_book import TABLES, spoiled

from trimtab.book.pricing import stale_rows


def worth(book, security: str) -> tuple[object, object, object]:
    row = book.tables["securities"].filter(security_id=security)
    return row["price"][0], row["unit_value"][0], row["unpriced"][0]


def flags(book) -> list[tuple[str, str, str | None]]:
    return book.flags.select("account_id", "flag", "security_id").rows()


def test_a_bond_quoted_per_hundred_is_worth_a_hundredth(read) -> None:
    assert worth(read(), "UST") == (Decimal("101.5"), Decimal("1.015"), False)


def test_accrued_interest_is_added_per_unit(read) -> None:
    text = (
        TABLES["securities.csv"]
        .replace("price_date\n", "price_date,accrued\n")
        .replace("01\n", "01,0.012345678\n")
    )
    assert worth(read({"securities.csv": text}), "UST")[1] == Decimal("1.027345678")


def test_an_unpriced_security_is_worth_its_last_close(read) -> None:
    book = read(spoiled("securities.csv", "etf,88.5", "etf,"))
    assert worth(book, "BND") == (None, Decimal("88.25"), True)
    assert [row for row in flags(book) if row[1] == "unpriced"] == [
        ("A1", "unpriced", "BND"),
        ("A3", "unpriced", "BND"),
    ]
    assert "88.25" in book.failures[0].message
    assert not book.isolated


def test_without_any_price_the_worth_is_unknown_not_zero(read) -> None:
    book = read(spoiled("securities.csv", "etf,88.5", "etf,0") | {"prices.csv": None})
    assert worth(book, "BND") == (None, None, True)
    assert list(book.isolated) == ["A1", "A3"]


@pytest.mark.parametrize(("day", "stale"), [(27, False), (26, True), (30, False)])
def test_a_price_is_stale_after_three_weekdays(day: int, stale: bool) -> None:
    frame = pl.DataFrame({"price_date": [date(2020, 5, day)], "price": [1]})
    assert stale_rows(frame, date(2020, 6, 1)).to_list() == [stale]


def test_who_holds_a_stale_price_is_flagged(read) -> None:
    book = read(spoiled("securities.csv", "us_equity,1,,2020-06-01", "us_equity,1,,2020-05-20"))
    assert [row for row in flags(book) if row[1] == "stale_price"] == [
        (account, "stale_price", "VTI") for account in ("A1", "A2", "A4")
    ]
    assert not book.isolated


def test_a_price_of_tomorrow_reads_as_unknown(read) -> None:
    book = read(spoiled("securities.csv", "us_bond,2,,2020-06-01", "us_bond,2,,2020-06-02"))
    assert worth(book, "BND") == (None, Decimal("88.25"), True)


def test_unknown_basis_is_flagged_in_taxable_accounts_only(read) -> None:
    text = (
        TABLES["lots.csv"].replace("7,99,", "7,,").replace("5,90,", "5,,").replace("1,80,2019-01-02", "1,80,")
    )
    book = read({"lots.csv": text})
    assert [row for row in flags(book) if row[1] == "missing_basis"] == [
        ("A1", "missing_basis", "BND"),
        ("A4", "missing_basis", "VTI"),
    ]
    assert book.tables["lots"]["unit_cost"].null_count() == 2


def test_unknown_tax_is_flagged(read) -> None:
    book = read(spoiled("accounts.csv", "75,,T2", "75,,"))
    assert flags(book) == [("A4", "unknown_tax", None)]

"""What a fund asks: of first and later buyers, of those who leave early, at one custodian or at all."""

from datetime import date

import polars as pl
import pytest

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.policy.fund_terms import FundTerms, fund_terms

AS_OF = date(2026, 3, 31)


def rows(name: str, *given: dict[str, object]) -> pl.DataFrame:
    schema = {
        "accounts": {"account_id": pl.String, "custodian": pl.String},
        "lots": {"account_id": pl.String, "lot_id": pl.String, "security_id": pl.String, "acquired": pl.Date},
        "transactions": {
            "account_id": pl.String, "security_id": pl.String, "kind": pl.String, "date": pl.Date
        },
        "fund_terms": {
            "security_id": pl.String, "custodian": pl.String, "ticket": pl.Float64, "minimum_initial": pl.Float64,
            "minimum_additional": pl.Float64, "redemption_fee_bps": pl.Float64, "redemption_days": pl.Int64,
            "round_trip_days": pl.Int64,
        },
    }[name]  # fmt: skip
    assert name in TABLES_IN
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in given], schema=schema)


def terms(lots=(), transactions=(), **asked: object) -> FundTerms:
    tables = {
        "accounts": rows(
            "accounts", {"account_id": "A", "custodian": "here"}, {"account_id": "B", "custodian": "there"}
        ),
        "lots": rows("lots", *lots),
        "transactions": rows("transactions", *transactions),
        "fund_terms": rows("fund_terms", {"security_id": "F", **asked}),
    }
    universe = pl.DataFrame({"account_id": ["A", "B"], "security_id": ["F", "F"]})
    return fund_terms(tables, universe, as_of=AS_OF)


def lot(account: str = "A", acquired: date = date(2020, 1, 2)) -> dict[str, object]:
    return {"account_id": account, "lot_id": "L", "security_id": "F", "acquired": acquired}


def test_a_first_purchase_has_another_minimum_than_later_ones():
    found = terms([lot()], minimum_initial=3000.0, minimum_additional=50.0, ticket=20.0).lines
    assert found["least_buy"].to_list() == [50.0, 3000.0]
    assert found["own_ticket"].to_list() == [20.0, 20.0]
    assert found["fee"].to_list() == [0.0, 0.0]


def test_terms_of_a_custodian_hold_there_alone():
    assert terms(custodian="there", ticket=20.0).lines["account_id"].to_list() == ["B"]


@pytest.mark.parametrize(
    ("acquired", "young"),
    [(date(2026, 3, 2), "redemption_fee"), (date(2026, 3, 1), "round_trip"), (date(2026, 1, 30), None)],
)
def test_a_lot_is_young_until_its_days_are_over(acquired, young):
    found = terms([lot(acquired=acquired)], redemption_fee_bps=100.0, redemption_days=30, round_trip_days=60)
    assert found.lots["young"].to_list() == ([young] if young else [])
    assert found.lines["fee"].to_list() == [0.01 if young == "redemption_fee" else 0.0, 0.0]


@pytest.mark.parametrize(
    ("sold", "text"), [(date(2026, 3, 2), "round trip until 2026-04-01"), (date(2026, 3, 1), None)]
)
def test_a_fund_sold_is_not_bought_back_within_its_round_trip(sold, text):
    sale = {"account_id": "A", "security_id": "F", "kind": "sell", "date": sold}
    assert terms(transactions=[sale], round_trip_days=30).lines["closed"].to_list() == [text, None]

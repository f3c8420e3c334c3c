"""Reasons: each code where it belongs, a sentence for every one, sums that add up."""

import polars as pl
import pytest
from tests.e2e.tiny import CASES, ran

CODES = {
    ("decisions", "OUT-BAND", "US"): "trim",
    ("decisions", "OUT-BAND", "BOND"): "to_target",
    ("decisions", "TRACKING", "OLD"): "leave_legacy",
    ("limits", "SELL-DUE", "OLD"): "ordered_sale",
    ("limits", "NEVER-BUY", "US2"): "stand_in",
    ("limits", "NEVER-SELL", "OLD"): "may_not_sell",
    ("limits", "BREAK", "OLD"): "frozen_break",
    ("cash", "S11-DUE", "US"): "raise_cash",
    ("cash", "S12-ILLIQUID", "PRIVATE"): "frozen_illiquid",
    ("taxes", "GATE-ABOVE", "US"): "harvest",
    ("taxes", "S6-AFTER30", "US"): "may_not_buy",
    ("taxes", "S10-UNKNOWN", "OLD"): "missing_basis",
    ("taxes", "S5-WAIT", "OLD"): "wait_long_term",
}


@pytest.mark.parametrize("where", CODES, ids=str)
def test_codes(where: tuple[str, str, str]) -> None:
    case, account, security = where
    rows = ran(case)[1].tables["reasons"].filter(account_id=account, security_id=security)
    assert rows["code"].to_list() == [CODES[where]]


@pytest.mark.parametrize("case", CASES)
def test_every_reason_is_a_sentence_that_names_its_security(case: str) -> None:
    rows = ran(case)[1].tables["reasons"]
    assert rows["text"].null_count() == 0
    assert rows.filter(~pl.col("text").str.contains(pl.col("security_id"), literal=True)).is_empty()
    assert rows.filter(~pl.col("text").str.ends_with(".")).is_empty()


@pytest.mark.parametrize("case", CASES)
def test_positive_is_good_for_the_client(case: str) -> None:
    tables = ran(case)[1].tables
    made = (
        tables["reasons"]
        .filter(pl.col("decision") != "hold")
        .join(
            tables["trades"].select("account_id", "security_id", paid="tax", spent="cost"),
            on=["account_id", "security_id"],
        )
    )
    known = made.filter(pl.col("paid").is_not_null())
    assert ((known["tax"] + known["paid"].cast(pl.Float64)).abs() < 0.001).all()
    assert ((made["cost"] + made["spent"].cast(pl.Float64)).abs() < 0.001).all()

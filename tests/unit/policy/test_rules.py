"""Rules read one by one; what they bind is shown in the tests of restrictions."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.policy.rules import ROW, RULES, Fault, Rule, place, read_rows, read_rule, rule_failure


@pytest.mark.parametrize(
    ("rule", "selector", "value", "read"),
    [
        ("never_buy", "tag:x", None, Rule("never_buy", "tag:x")),
        ("sell", "*", "2026-06-30", Rule("sell", "*", sell_by=date(2026, 6, 30))),
        ("sell", "*", None, Rule("sell", "*")),
        ("hold_shares", "security:A", "0", Rule("hold_shares", "security:A", quantity=Decimal(0))),
        ("hold_lot", "lot:L1", None, Rule("hold_lot", "lot:L1", lots=("L1",))),
        ("hold_lot", "security:A", "L2;L1;", Rule("hold_lot", "security:A", lots=("L1", "L2"))),
        ("max_weight", "security:A", "1", Rule("max_weight", "security:A", weight=1.0)),
        ("max_weight", "*", "0", Rule("max_weight", "*", weight=0.0)),
        ("min_weight", "class:us", "0.5", Rule("min_weight", "class:us", weight=0.5, summed=True)),
    ],
)
def test_what_reads(rule, selector, value, read):
    assert read_rule(rule, selector, value) == read


@pytest.mark.parametrize(
    ("rule", "selector", "value", "field"),
    [
        ("never", "*", None, "rule"),
        (None, "*", None, "rule"),
        ("never_buy", None, None, "selector"),
        ("freeze", "lot:L1", None, "selector"),
        ("hold_lot", "security:A", ";", "value"),
        ("hold_shares", "*", None, "value"),
        ("hold_shares", "*", "nan", "value"),
        ("max_weight", "*", "1.0001", "value"),
        ("max_weight", "*", "inf", "value"),
        ("sell", "*", "2026-02-30", "value"),
    ],
)
def test_what_does_not(rule, selector, value, field):
    read = read_rule(rule, selector, value)
    assert isinstance(read, Fault)
    assert read.field == field
    assert read.remedy


def test_rows_and_their_words():
    row = {
        "scope": ["firm", "desk", "realm"],
        "scope_id": ["f1", "", "x"],
        "rule": ["sell", "max_weight", "freeze"],
        "selector": ["security:A", "*", "*"],
        "value": [None, "0.1", None],
        "note": ["sold out", None, None],
    }
    strings = dict.fromkeys(row, pl.String)
    frame = pl.DataFrame(row, schema=strings).with_columns(
        since=pl.lit(date(2026, 1, 1)), until=pl.lit(None, dtype=pl.Date)
    )
    rows, bad = read_rows(frame, as_of=date(2026, 1, 2))
    assert rows.schema == pl.Schema(ROW)
    assert rows.select("since", "until").row(0) == (date(2026, 1, 1), None)
    assert rows.get_column("text").to_list() == [
        "sell security:A (firm f1: sold out)",
        "max_weight * 0.1 (desk)",
    ]
    assert rows.get_column("sell_by").to_list() == [date(2026, 1, 2), None]
    ((faulty, fault),) = bad
    failure = rule_failure(faulty, fault, ("a",))
    assert (failure.row, failure.field, failure.value, failure.accounts) == (
        "realm/x/freeze/*",
        "scope",
        "realm",
        ("a",),
    )
    assert failure.remedy.startswith("write one of desk, ")


def test_places_and_names():
    assert place({"scope": "desk", "scope_id": None, "rule": "freeze", "selector": "*"}) == "desk//freeze/*"
    assert len(set(RULES)) == 15

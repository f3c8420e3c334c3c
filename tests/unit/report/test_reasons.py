"""Reasons: each code where it belongs, a sentence for every one, sums that add up."""

import polars as pl
import pytest
from tests.e2e.tiny import CASES, ran

from trimtab.report.reasons import reason_lines

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
    ("force_loss", "ALL", "US"): "force_loss",
    ("gain_harvest", "ROOM", "US"): "gain_harvest",
    ("taxes", "S6-AFTER30", "US"): "may_not_buy",
    ("taxes", "S10-UNKNOWN", "OLD"): "missing_basis",
    ("taxes", "S5-WAIT", "OLD"): "wait_long_term",
}


@pytest.mark.parametrize("where", CODES, ids=str)
def test_codes(where: tuple[str, str, str]) -> None:
    case, account, security = where
    rows = ran(case)[1].tables["reasons"].filter(account_id=account, security_id=security)
    assert set(rows["code"]) == {CODES[where]}


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


_LINE = {
    "account_id": "A", "security_id": "OLD", "first": "OLD", "side": "sell", "quantity": 1.0, "legacy": False,
    "must_sell": None, "no_buy": None, "no_sell": None, "kept": None, "waits": None, "frozen": None,
    "cash_short": False, "lot_relief": "least_tax",
    "harvested": None, "left_saved": None, "weight": 0.7, "weight_after": 0.6, "target": 0.5,
    "away": 0.1, "benefit": 40.0, "tax": 0.0, "cost": 1.0, "decision": "propose", "why": "class_band",
    "binding": None, "forced_loss": None, "stepped_up": None, "not_seen": None,
}  # fmt: skip
_TEXTS = ("must_sell", "no_buy", "no_sell", "kept", "waits", "frozen", "binding", "side", "not_seen")
_FLOATS = ("harvested", "left_saved", "tax")


def _said(**changes: object) -> tuple[str, str]:
    schema = dict.fromkeys(_TEXTS, pl.String) | dict.fromkeys(_FLOATS, pl.Float64)
    line = pl.DataFrame([_LINE | changes], schema_overrides=schema)
    return reason_lines(line).select("code", "text").row(0)


@pytest.mark.parametrize(
    ("tax", "words"),
    [
        (1234.4, "this adds $1,234 of tax."),
        (-50.0, "this saves $50 of tax."),
        (0.2, "this adds no tax."),
        (None, "its tax is unknown."),
    ],
)
@pytest.mark.parametrize("changes", [{}, {"legacy": True}, {"cash_short": True}], ids=str)
def test_a_sale_says_what_it_does_to_the_tax(changes: dict, tax: float | None, words: str) -> None:
    assert _said(tax=tax, **changes)[1].endswith(words)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"harvested": 900.0, "tax": -90.0}, "harvest"),
        ({"harvested": 900.0, "tax": 90.0}, "trim"),
        ({"harvested": 900.0, "tax": 90.0, "cash_short": True}, "raise_cash"),
        ({"side": None, "tax": 90.0}, "tax_outweighs"),
        ({"side": None, "tax": 90.0, "benefit": -40.0}, "balanced"),
        ({"side": None, "away": -0.1}, "offset_costs"),
        ({"side": None, "away": -0.1, "benefit": 0.5}, "balanced"),
    ],
    ids=str,
)
def test_a_reason_claims_no_more_than_the_numbers(changes: dict, code: str) -> None:
    assert _said(**changes)[0] == code


def test_what_is_frozen_is_said_in_words() -> None:
    said = _said(side=None, frozen="stale_price")
    assert said == ("frozen_stale_price", "OLD is not traded today: its price is stale.")

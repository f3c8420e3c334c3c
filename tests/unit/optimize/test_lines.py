"""Lines: what is held beside what should be, with stand-ins only where they are held or needed."""

import polars as pl
from tests.e2e.tiny import ran


def _lines(case: str, account: str) -> dict[str, dict]:
    frame = ran(case)[1].day.lines.filter(pl.col("account_id") == account)
    return {row["security_id"]: row for row in frame.to_dicts()}


def test_a_plain_account_has_its_target_alone() -> None:
    lines = _lines("decisions", "AT-TARGET")
    assert sorted(lines) == ["BOND", "US"]
    assert (lines["US"]["target"], lines["US"]["weight"]) == (0.594, 0.594)
    assert lines["US"]["buyable"]


def test_a_legacy_holding_is_a_slot_of_its_own() -> None:
    old = _lines("decisions", "TRACKING")["OLD"]
    assert (old["slot"], old["first"], old["asset_class"]) == ("held:OLD", "OLD", "us_equity")
    assert (old["legacy"], old["buyable"], old["target"]) == (True, False, 0.0)


def test_a_hold_only_product_counts_as_its_slot() -> None:
    held = _lines("taxes", "S7-HOLD-ONLY")["US3"]
    assert (held["first"], held["hold_only"], held["buyable"], held["legacy"]) == ("US", True, False, False)
    assert held["slot"] == _lines("taxes", "S7-HOLD-ONLY")["US"]["slot"]


def test_stand_ins_where_a_loss_or_a_rule_asks_for_them() -> None:
    assert "US2" in _lines("taxes", "GATE-ABOVE")
    assert "US2" not in _lines("taxes", "GATE-BELOW")
    assert "US2" in _lines("limits", "NEVER-BUY")
    assert _lines("limits", "NEVER-BUY")["US2"]["hurdle"] == 0.0015


def test_an_account_without_a_value_has_no_line() -> None:
    assert _lines("prices", "NO-PRICE") == {}

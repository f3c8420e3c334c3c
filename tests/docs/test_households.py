"""The example of docs/households.md is what the engine does."""

import re
from pathlib import Path

from tests.e2e.tiny import ran

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "households.md").read_text(encoding="utf-8")
TRADES = re.findall(r"^\| ([A-Z-]+) \| ([A-Z0-9]+) \| (buy|sell) \| (\d+) \|$", TEXT, re.MULTILINE)


def test_the_trades_are_those_of_the_table() -> None:
    trades = ran("households")[1].tables["trades"].to_dicts()
    named = {row[0] for row in TRADES}
    found = {
        (row["account_id"], row["security_id"], row["side"], str(int(row["quantity"])))
        for row in trades
        if row["account_id"] in named
    }
    assert len(TRADES) == 6
    assert found == set(TRADES)


def test_the_taxes_are_those_of_the_text() -> None:
    rows = ran("households")[1].tables["evaluations"].to_dicts()
    taxes = {row["account_id"]: row["tax"] for row in rows}
    for name in ("SHARED-GAIN", "SHARED-LOSS"):
        assert f"{abs(taxes[name]):,.2f}" in TEXT
    assert f"{abs(taxes['SHARED-GAIN'] + taxes['SHARED-LOSS']):,.2f}" in TEXT


def test_the_iras_of_the_text() -> None:
    trades = ran("households")[1].tables["trades"]
    sides = {(a, s): side for a, s, side in trades.select("account_id", "security_id", "side").rows()}
    assert sides["IRA", "US2"] == "buy"
    assert ("IRA", "US") not in sides
    assert sides["SMALL-IRA", "US"] == "buy"
    assert sides.get(("SMALL-LOSS", "US")) != "sell"

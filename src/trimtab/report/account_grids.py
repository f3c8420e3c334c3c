"""The tables of one account: trades and what was not traded, each with its sentence; lots, settings, wash windows."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from trimtab.report import numbers
from trimtab.report.account import ROWS_MOST, Story
from trimtab.report.grids import Grid, capped, conflict_grid, dated

_TERMS = {"S": "short", "L": "long"}


def trade_grid(one: Story, names: Mapping[str, str]) -> Grid:
    """Proposed trades with the reason for each."""
    rows = [
        (
            str(row["side"]),
            names.get(row["security_id"], row["security_id"]),
            str(row["text"] or numbers.UNKNOWN),
            str(row["binding"] or ""),
            numbers.quantity(row["quantity"]),
            numbers.money(row["notional"]),
            numbers.money(_gain(row)),
            numbers.money(row["tax"]),
            numbers.cents(row["cost"]),
        )
        for row in one.trades.iter_rows(named=True)
    ]
    kept, note = capped(rows, ROWS_MOST, "trades.csv")
    titles = ("side", "security", "why", "bound by", "quantity", "amount", "gain", "tax", "cost")
    return Grid("Trades", titles, kept, 4, note, wide=True)


def _gain(row: Mapping[str, Any]) -> Decimal | None:
    short, long = row["gain_short"], row["gain_long"]
    return None if short is None or long is None else short + long


def kept_grid(one: Story, names: Mapping[str, str]) -> Grid:
    """Notable trades that are not made, what binds, and what they would be worth and cost."""
    rows = [
        (
            names.get(row["security_id"], row["security_id"]),
            str(row["text"]),
            str(row["blocked_by"] or ""),
            numbers.money(row["benefit"]),
            numbers.money(None if row["tax"] is None else -row["tax"]),
            numbers.money(None if row["cost"] is None else -row["cost"]),
        )
        for row in one.kept.iter_rows(named=True)
    ]
    kept, note = capped(rows, ROWS_MOST, "reasons.csv")
    titles = ("security", "why not", "bound by", "risk saved a year", "tax", "cost")
    return Grid("Trades not made", titles, kept, 3, note, wide=True)


def lot_grid(one: Story, names: Mapping[str, str]) -> Grid:
    """The lots that are sold."""
    rows = [
        (
            names.get(row["security_id"], row["security_id"]),
            str(row["lot_id"]),
            dated(row["acquired"]),
            _TERMS.get(row["term"], numbers.UNKNOWN),
            numbers.quantity(row["quantity"]),
            numbers.money(row["proceeds"]),
            numbers.money(row["basis"]),
            numbers.money(row["gain"]),
            numbers.money(row["disallowed"]),
            numbers.money(row["tax"]),
        )
        for row in one.lots.iter_rows(named=True)
    ]
    kept, note = capped(rows, ROWS_MOST, "sales.csv")
    titles = (
        "security", "lot", "acquired", "term", "quantity", "proceeds", "basis", "gain", "disallowed", "tax"
    )  # fmt: skip
    return Grid("Lots sold", titles, kept, 4, note, wide=True)


def setting_grid(one: Story) -> Grid:
    """Settings that are not at their default, and who set them."""
    rows = tuple(
        (row["key"], str(row["value"]), row["scope"], row["set_by"] or numbers.UNKNOWN)
        for row in one.settings.iter_rows(named=True)
    )
    return Grid("Settings not at their default", ("key", "value", "scope", "set by"), rows)


def window_grid(one: Story, names: Mapping[str, str]) -> Grid:
    """What may not be bought, or not sold at a loss, because of the wash rule."""
    rows = [
        (
            names.get(row["security_id"], row["security_id"]),
            dated(row["no_buy_until"]) if row["no_buy_until"] else "",
            numbers.money(row["loss_at_risk_if_bought"]) if row["loss_at_risk_if_bought"] is not None else "",
            numbers.money(row["disallowed_if_sold"]) if row["disallowed_if_sold"] is not None else "",
        )
        for row in one.windows.iter_rows(named=True)
    ]
    kept, note = capped(rows, ROWS_MOST, "wash_windows.csv")
    titles = ("security", "no buy until", "loss at risk if bought", "disallowed if sold")
    return Grid("Wash windows", titles, kept, 2, note)


def gift_grid(one: Story, names: Mapping[str, str]) -> Grid:
    """Lots that the transition would sell and that could be given instead, the most tax for a dollar given first."""
    rows = [
        (
            names.get(row["security_id"], row["security_id"]),
            row["lot_id"],
            dated(row["acquired"]),
            numbers.money(row["worth"]),
            numbers.money(row["gain"]),
            numbers.money(row["tax_avoided"]),
        )
        for row in one.gifts.iter_rows(named=True)
    ]
    kept, note = capped(rows, ROWS_MOST, "lots.csv")
    titles = ("security", "lot", "acquired", "worth", "gain", "tax avoided")
    return Grid("Gift candidates", titles, kept, 3, note)


def binding_grid(one: Story) -> Grid:
    """The limits that collide in this account."""
    return conflict_grid(one.conflicts, with_account=False)

"""The checker finds nothing in honest runs, and finds each kind of tampering."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from tests.checker.run import check_run
from tests.e2e.tiny import ran

Tables = dict[str, pl.DataFrame]


def _set(table: str, account: str, column: str, value: object, *, security: str | None = None) -> Callable:
    """Set one cell of an account's rows, or change it where `value` is a function of the column."""

    def change(tables: Tables) -> Tables:
        frame = tables[table]
        here = pl.col("account_id") == account
        if security is not None:
            here &= pl.col("security_id") == security
        new = value(pl.col(column)) if callable(value) else pl.lit(value)
        changed = frame.with_columns(
            pl.when(here).then(new).otherwise(column).cast(frame.schema[column]).alias(column)
        )
        return {**tables, table: changed}

    return change


def _drop(table: str, account: str) -> Callable:
    return lambda tables: {**tables, table: tables[table].filter(pl.col("account_id") != account)}


def _twice(tables: Tables) -> Tables:
    return {**tables, "evaluations": pl.concat([tables["evaluations"], tables["evaluations"].head(1)])}


CENT = Decimal("0.5")
ONE = Decimal(1)
TAMPERED = {
    "an account is missing": ("decisions", _drop("evaluations", "IRA"), "not evaluated"),
    "an account comes twice": ("decisions", _twice, "more than once"),
    "value": ("decisions", _set("evaluations", "IRA", "value", lambda c: c + CENT), "value"),
    "cash before": ("decisions", _set("evaluations", "IRA", "cash_before", lambda c: c + CENT), "cash_before"),
    "cash after": ("decisions", _set("evaluations", "IRA", "cash_after", lambda c: c + CENT), "cash_after"),
    "drift before": ("decisions", _set("evaluations", "IRA", "drift_before", 0.25), "drift_before"),
    "drift after": ("decisions", _set("evaluations", "IRA", "drift_after", 0.25), "drift_after"),
    "worst class": ("decisions", _set("evaluations", "IRA", "worst_class_deviation", 0.5), "worst class"),
    "drift of no target": (
        "decisions",
        _set("evaluations", "NO-MODEL", "drift_before", 0.5),
        "though it is unknown",
    ),
    "turnover": ("decisions", _set("evaluations", "IRA", "turnover", 0.01), "turnover"),
    "tax": ("decisions", _set("evaluations", "OUT-BAND", "tax", lambda c: c + CENT), "tax"),
    "a sharer's use": (
        "shared_budget",
        _set("evaluations", "TWO-A", "budget_used", lambda c: c - 1),
        "budget_used",
    ),
    "forced losses untold": ("force_loss", _drop("conflicts", "ALL"), "are missing"),
    "forced losses not taken": ("force_loss", _drop("sales", "ENOUGH"), "are asked for"),
    "budget used": ("budget", _set("evaluations", "S1-AT", "budget_used", lambda c: c - 1), "budget_used"),
    "objective": ("decisions", _set("evaluations", "IRA", "objective", -1e6), "below its bound"),
    "no benefit": ("decisions", _set("evaluations", "IRA", "objective_no_trade", 8.0), "less than the minimum"),
    "why": ("decisions", _set("evaluations", "IRA", "why", "cash_band"), "class_band"),
    "within bands": ("decisions", _set("evaluations", "CASH-LOW", "why", "within_bands"), "out of its band"),
    "no reason": ("decisions", _set("evaluations", "IRA", "why", None), "no reason"),
    "hold with trades": ("decisions", _set("evaluations", "IRA", "decision", "hold"), "without a proposal"),
    "no trades": ("decisions", _drop("trades", "IRA"), "without trades"),
    "price": ("decisions", _set("trades", "IRA", "price", lambda c: c + 1), "price"),
    "notional": ("decisions", _set("trades", "IRA", "notional", lambda c: c + 1), "notional"),
    "cost": ("decisions", _set("trades", "IRA", "cost", Decimal(0)), "cost"),
    "half a share": ("decisions", _set("trades", "IRA", "quantity", lambda c: c + CENT), "no multiple"),
    "a trade's gain": ("decisions", _set("trades", "IRA", "gain_long", lambda c: c + 1), "gain_long"),
    "short position": ("decisions", _set("trades", "IRA", "quantity", Decimal(1000), security="US"), "short"),
    "lot beyond its size": ("decisions", _set("sales", "IRA", "quantity", Decimal(1000)), "of 900"),
    "unknown lot": ("decisions", _set("sales", "IRA", "lot_id", "nowhere"), "not held"),
    "proceeds": ("decisions", _set("sales", "IRA", "proceeds", lambda c: c + 1), "proceeds"),
    "basis": ("decisions", _set("sales", "IRA", "basis", lambda c: c + 1), "basis"),
    "gain": ("decisions", _set("sales", "IRA", "gain", lambda c: c + 1), "gain"),
    "term": ("decisions", _set("sales", "IRA", "term", "S"), "term"),
    "acquired": ("decisions", _set("sales", "IRA", "acquired", date(2021, 1, 1)), "acquired"),
    "order": ("decisions", _set("orders", "IRA", "quantity", lambda c: c + 1), "orders are not"),
    "lot instruction": ("decisions", _set("orders", "IRA", "lot_instructions", "2:1"), "lot"),
    "reason's benefit": ("decisions", _set("reasons", "IRA", "benefit", lambda c: c + 1.0), "benefits sum"),
    "reason's tax": ("decisions", _set("reasons", "OUT-BAND", "tax", lambda c: c + 1.0), "taxes of the reasons"),
    "reasons gone": ("decisions", _drop("reasons", "IRA"), "reasons do not name"),
    "weight": ("decisions", _set("targets", "IRA", "weight_after", 0.9, security="US"), "weight_after"),
    "target": ("decisions", _set("targets", "IRA", "target_weight", 0.9, security="US"), "sum to"),
    "setting": ("budget", _set("settings", "S1-AT", "value", "99"), "holds"),
    "unenrolled": ("decisions", _set("targets", "IRA", "account_id", "CLOSED"), "not enrolled"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampering_is_found(kind: str) -> None:
    case, change, words = TAMPERED[kind]
    book, run = ran(case)
    found = check_run(book.tables, change(dict(run.tables)), book.as_of)
    assert any(words in line for line in found), found


def _rule(account: str, rule: str, selector: str, value: str | None = None) -> Callable:
    def change(tables: Tables) -> Tables:
        row = {"scope": "account", "scope_id": account, "rule": rule, "selector": selector, "value": value}
        added = pl.concat(
            [tables["restrictions"], pl.DataFrame([row], schema_overrides={"value": pl.String})],
            how="diagonal",
        )
        return {**tables, "restrictions": added}

    return change


def _row(frame: pl.DataFrame, **values: object) -> pl.DataFrame:
    named = {"account_id": "IRA", **values}
    row = pl.DataFrame([{name: named[name] for name in named if name in frame.columns}])
    return pl.concat([frame, row.cast({name: frame.schema[name] for name in row.columns})], how="diagonal")


def _with_row(table: str, **values: object) -> Callable:
    return lambda tables: {**tables, table: _row(tables[table], **values)}


def _set_in_settings(account: str, key: str, value: str) -> Callable:
    def change(tables: Tables) -> Tables:
        here = (pl.col("account_id") == account) & (pl.col("key") == key)
        frame = tables["settings"].with_columns(value=pl.when(here).then(pl.lit(value)).otherwise("value"))
        return {**tables, "settings": frame}

    return change


IN = {
    "never buy": (_rule("IRA", "never_buy", "security:BOND"), "against never_buy"),
    "never sell": (_rule("IRA", "never_sell", "class:us_equity"), "against never_sell"),
    "freeze": (_rule("IRA", "freeze", "*"), "against freeze"),
    "cap": (_rule("IRA", "max_weight", "security:BOND", "0.2"), "max_weight"),
    "group floor": (_rule("IRA", "min_weight", "class:us_equity", "0.8"), "min_weight"),
    "hold shares": (_rule("IRA", "hold_shares", "security:US", "800"), "to be kept"),
    "hold lot": (_rule("IRA", "hold_lot", "security:US", "1"), "on hold"),
    "no gain": (_rule("IRA", "no_gain", "*"), "no_gain"),
    "break": (_with_row("positions", security_id="US", quantity=ONE), "custodian"),
    "open order": (_with_row("open_orders", order_id="1", security_id="US", side="buy", quantity=ONE), "order is open"),
    "approved list": (
        _with_row("approved_list", firm_id="ALPHA", security_id="BOND", status="watch"),
        "no product",
    ),
    "menu": (_with_row("menu", security_id="US"), "no product"),
    "frozen": (_set("accounts", "IRA", "status", "frozen"), "is frozen"),
    "arriving": (_set("accounts", "IRA", "status", "arriving"), "no plan is in force"),
    "unsettled": (_set("accounts", "IRA", "unsettled_cash", Decimal(5000)), "below its lowest"),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN)
def test_a_limit_that_the_run_did_not_know_is_found_broken(kind: str) -> None:
    change, words = IN[kind]
    book, run = ran("decisions")
    found = check_run(change(dict(book.tables)), run.tables, book.as_of)
    assert any(line.startswith("IRA") and words in line for line in found), found


PLANS = {
    "tax": ("S8-TODAY", "budget_tax", "exceeds the budget"),
    "gains": ("S9-LEFT", "budget_gain", "exceed the budget"),
    "a plan of tomorrow": ("S8-TODAY", "approved", "no plan is in force"),
    "a plan of yesterday": ("S8-LAST", "until", "no plan is in force"),
}


@pytest.mark.parametrize("kind", PLANS)
def test_a_plan_that_the_run_did_not_know_is_found_broken(kind: str) -> None:
    account, column, words = PLANS[kind]
    value: object = Decimal(1)
    if column in ("approved", "until"):
        value = date(2025, 6, 28) if column == "approved" else date(2025, 6, 26)
    book, run = ran("plans")
    found = check_run(_set("plans", account, column, value)(dict(book.tables)), run.tables, book.as_of)
    assert any(line.startswith(account) and words in line for line in found), found


LIMITS = {
    "minimum trade": ("IRA", "min_trade", "100000", "below the minimum"),
    "cash floor": ("IRA", "cash_floor", "5000", "below its lowest"),
    "cash target": ("IRA", "cash_target", "0.05", "below its target"),
    "tax budget": ("OUT-BAND", "budget_tax", "1", "exceeds the budget"),
    "gain budget": ("OUT-BAND", "budget_gain", "1", "exceed the budget"),
    "turnover": ("IRA", "max_turnover", "0.01", "turnover"),
    "number of trades": ("IRA", "max_trades", "1", "trades exceed"),
    "tracking error": ("IRA", "max_tracking_error", "0.0000001", "tracking error"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_a_policy_that_the_run_did_not_know_is_found_broken(kind: str) -> None:
    account, key, value, words = LIMITS[kind]
    book, run = ran("decisions")
    found = check_run(book.tables, _set_in_settings(account, key, value)(dict(run.tables)), book.as_of)
    assert any(line.startswith(account) and words in line for line in found), found


def test_washed_losses_are_found() -> None:
    book, run = ran("taxes")
    schedule = _row(
        book.tables["scheduled_buys"], account_id="HARVESTER-IRA", security_id="US", date=date(2025, 7, 1)
    )
    found = check_run({**book.tables, "scheduled_buys": schedule}, run.tables, book.as_of)
    assert any(line.startswith("HARVESTER: US is sold at a loss") for line in found), found
    lots = _set("lots", "HARVESTER-IRA", "security_id", "US")(dict(book.tables))
    recent = _set("lots", "HARVESTER-IRA", "acquired", date(2025, 6, 20))(lots)
    assert any("bought US on 2025-06-20" in line for line in check_run(recent, run.tables, book.as_of))
    trades = _set("trades", "HARVESTER-IRA", "security_id", "US", security="US2")(dict(run.tables))
    assert any("while HARVESTER-IRA buys" in line for line in check_run(book.tables, trades, book.as_of))

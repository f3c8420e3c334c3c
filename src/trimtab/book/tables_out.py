"""Tables out: what a run says of every account, trade, lot, limit and datum."""

from collections.abc import Mapping
from types import MappingProxyType

from trimtab.book.schema import (
    Column,
    Table,
    day,
    exact,
    fraction,
    integer,
    items,
    need,
    number,
    signed,
    text,
)
from trimtab.book.tables_wishes import SPEAKERS, STATUSES

DECISIONS = ("propose", "hold", "blocked", "error")
SIDE = text("side", allowed=("buy", "sell"))
ACCOUNT, SECURITY = text("account_id"), text("security_id")


def _table(name: str, key: tuple[str, ...], columns: tuple[Column, ...], doc: str) -> Table:
    return Table(name, key, tuple(need(column, blank=column.name not in key) for column in columns), doc=doc)


EVALUATIONS = _table(
    "evaluations",
    ("account_id",),
    (
        ACCOUNT,
        text("unit_id", "the accounts that are solved together"),
        text("decision", allowed=DECISIONS),
        text("release", allowed=("auto", "review", "none")),
        items("flags", "conflict, missing_basis, break, stale_price, unknown_tax, partial_coverage, …"),
        text("why"),
        exact("value"),
        exact("cash_before"),
        signed("cash_after"),
        number("drift_before", low="0"),
        number("drift_after", low="0"),
        text("worst_class"),
        number("worst_class_deviation"),
        number("tracking_error_before", "annual, ex ante", low="0"),
        number("tracking_error_after", "annual, ex ante", low="0"),
        number("turnover", low="0"),
        signed("realized_short"),
        signed("realized_long"),
        signed("harvested_loss"),
        signed("tax", "added, true"),
        signed("budget_used"),
        signed("budget_left"),
        exact("cost"),
        signed("tax_of_full_realignment", "least-tax lots, netted"),
        signed("unrealized_short"),
        signed("unrealized_long"),
        number("objective"),
        number("objective_no_trade"),
        number("lower_bound"),
        number("gap", "dollars, before whole shares"),
        number("rounding_cost"),
        day("next_review"),
        number("solve_ms", low="0"),
        text("inputs_digest"),
        text("settings_digest"),
        text("result_digest"),
        text("engine"),
    ),
    "One row per enrolled account.",
)
TRADES = _table(
    "trades",
    ("account_id", "security_id", "side"),
    (
        ACCOUNT,
        SECURITY,
        SIDE,
        exact("quantity", above=True),
        exact("price"),
        exact("notional"),
        exact("cost"),
        signed("gain_short"),
        signed("gain_long"),
        signed("tax"),
        text("reason"),
        text("binding"),
    ),
    "One row per account, security and side.",
)
SALES = _table(
    "sales",
    ("account_id", "lot_id"),
    (
        ACCOUNT,
        text("lot_id"),
        SECURITY,
        exact("quantity", above=True),
        exact("proceeds"),
        exact("basis"),
        signed("gain"),
        text("term"),
        exact("disallowed"),
        signed("tax"),
        day("acquired"),
    ),
    "One row per lot sold.",
)
REASONS = _table(
    "reasons",
    ("account_id", "security_id", "decision", "code"),
    (
        ACCOUNT,
        SECURITY,
        text("decision", allowed=("buy", "sell", "hold")),
        text("code"),
        text("text"),
        number("benefit", "positive is good for the client"),
        number("tax"),
        number("cost"),
        text("blocked_by"),
    ),
    "One row per trade, and per notable trade not made.",
)
CONFLICTS = _table(
    "conflicts",
    ("account_id", "limit"),
    (ACCOUNT, text("limit"), number("shortfall"), text("relaxation"), number("relaxation_cost")),
    "One row per colliding limit.",
)
SETTINGS = _table(
    "settings",
    ("account_id", "key"),
    (ACCOUNT, text("key"), text("value"), text("scope"), text("set_by")),
    "One row per account and policy key.",
)
TARGETS = _table(
    "targets",
    ("account_id", "security_id"),
    (
        ACCOUNT,
        SECURITY,
        text("slot"),
        text("asset_class"),
        fraction("target_weight"),
        number("weight_before"),
        number("weight_after"),
    ),
    "One row per account and security.",
)
WASH_WINDOWS = _table(
    "wash_windows",
    ("account_id", "security_id"),
    (ACCOUNT, SECURITY, day("no_buy_until"), exact("loss_at_risk_if_bought"), exact("disallowed_if_sold")),
    "One row per account and security (or group).",
)
ORDERS = _table(
    "orders",
    ("account_id", "security_id", "side"),
    (
        ACCOUNT,
        text("custodian"),
        SECURITY,
        text("symbol"),
        SIDE,
        exact("quantity", above=True),
        text("order_type"),
        items("lot_instructions", "lot:quantity"),
    ),
    "One row per account, security and side, ready for a custodian.",
)
LIST_PROPOSALS = _table(
    "list_proposals",
    ("firm_id", "security_id"),
    (
        text("firm_id"),
        SECURITY,
        text("status", "what is recommended", allowed=STATUSES),
        text("firm_status", "what the firm's list says; empty: not on it"),
        text("successor"),
        text("by", allowed=SPEAKERS),
        text("reason"),
        day("as_of"),
        integer("accounts", "that hold it", low="0"),
        number("value", "dollars held"),
        number("gain", "unrealized in taxable accounts"),
        text("effect", "what taking it would do, in words"),
    ),
    "One row per firm and recommendation that it has not taken.",
)
FAILURES = _table(
    "failures",
    (),
    (
        text("table"),
        text("row"),
        text("field"),
        text("value"),
        text("reason"),
        text("remedy"),
    ),
    "One row per bad or missing datum.",
)

TABLES_OUT: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            EVALUATIONS,
            TRADES,
            SALES,
            REASONS,
            CONFLICTS,
            SETTINGS,
            TARGETS,
            WASH_WINDOWS,
            ORDERS,
            LIST_PROPOSALS,
            FAILURES,
        )
    }
)

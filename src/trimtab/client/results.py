"""Records of what runs came to, as the API reads them; written by `tests/client_records.py`."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from trimtab.client.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Record):
    """A row of `evaluations`."""

    resource: ClassVar[str] = "evaluations"
    firm_id: str
    run_id: str
    account_id: str
    unit_id: str | None
    decision: str | None
    release: str | None
    flags: str | None
    why: str | None
    value: Decimal | None
    cash_before: Decimal | None
    cash_after: Decimal | None
    drift_before: float | None
    drift_after: float | None
    worst_class: str | None
    worst_class_deviation: float | None
    tracking_error_before: float | None
    tracking_error_after: float | None
    turnover: float | None
    realized_short: Decimal | None
    realized_long: Decimal | None
    harvested_loss: Decimal | None
    tax: Decimal | None
    budget_used: Decimal | None
    budget_left: Decimal | None
    cost: Decimal | None
    tax_of_full_realignment: Decimal | None
    unrealized_short: Decimal | None
    unrealized_long: Decimal | None
    objective: float | None
    objective_no_trade: float | None
    lower_bound: float | None
    gap: float | None
    rounding_cost: float | None
    next_review: dt.date | None
    solve_ms: float | None
    inputs_digest: str | None
    settings_digest: str | None
    result_digest: str | None
    engine: str | None
    release_hits: str | None
    plan_progress: float | None
    plan_finish: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(Record):
    """A row of `trades`."""

    resource: ClassVar[str] = "trades"
    firm_id: str
    run_id: str
    account_id: str
    security_id: str
    side: str
    quantity: Decimal | None
    price: Decimal | None
    notional: Decimal | None
    cost: Decimal | None
    gain_short: Decimal | None
    gain_long: Decimal | None
    tax: Decimal | None
    reason: str | None
    binding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Record):
    """A row of `sales`."""

    resource: ClassVar[str] = "sales"
    firm_id: str
    run_id: str
    account_id: str
    lot_id: str
    security_id: str | None
    quantity: Decimal | None
    proceeds: Decimal | None
    basis: Decimal | None
    gain: Decimal | None
    term: str | None
    disallowed: Decimal | None
    tax: Decimal | None
    acquired: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Record):
    """A row of `reasons`."""

    resource: ClassVar[str] = "reasons"
    firm_id: str
    run_id: str
    account_id: str
    security_id: str
    decision: str
    code: str
    text: str | None
    benefit: float | None
    tax: float | None
    cost: float | None
    blocked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Record):
    """A row of `settings`."""

    resource: ClassVar[str] = "settings"
    firm_id: str
    run_id: str
    account_id: str
    key: str
    value: str | None
    scope: str | None
    set_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Record):
    """A row of `conflicts`."""

    resource: ClassVar[str] = "conflicts"
    firm_id: str
    run_id: str
    account_id: str
    limit: str
    shortfall: float | None
    relaxation: str | None
    relaxation_cost: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Record):
    """A row of `targets`."""

    resource: ClassVar[str] = "targets"
    firm_id: str
    run_id: str
    account_id: str
    security_id: str
    slot: str | None
    asset_class: str | None
    target_weight: float | None
    weight_before: float | None
    weight_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WashWindow(Record):
    """A row of `wash_windows`."""

    resource: ClassVar[str] = "wash_windows"
    firm_id: str
    run_id: str
    account_id: str
    security_id: str
    no_buy_until: dt.date | None
    loss_at_risk_if_bought: Decimal | None
    disallowed_if_sold: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """A row of `orders`."""

    resource: ClassVar[str] = "orders"
    firm_id: str
    run_id: str
    account_id: str
    custodian: str | None
    security_id: str
    symbol: str | None
    side: str
    quantity: Decimal | None
    order_type: str | None
    lot_instructions: str | None
    lot_method: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Record):
    """A row of `failures`."""

    resource: ClassVar[str] = "failures"
    firm_id: str
    run_id: str
    ordinal: int
    table: str | None
    row: str | None
    field: str | None
    value: str | None
    reason: str | None
    remedy: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProposal(Record):
    """A row of `list_proposals`."""

    resource: ClassVar[str] = "list_proposals"
    firm_id: str
    run_id: str
    security_id: str
    status: str | None
    firm_status: str | None
    successor: str | None
    by: str | None
    reason: str | None
    as_of: dt.date | None
    accounts: int | None
    value: float | None
    gain: float | None
    effect: str | None

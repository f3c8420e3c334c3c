"""Records of a firm's facts, as the API reads them; written by `tests/client_records.py`."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from trimtab.client.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Record):
    """A row of `accounts`."""

    resource: ClassVar[str] = "accounts"
    firm_id: str
    account_id: str
    tax_type: str | None
    cash: Decimal | None
    household_id: str | None
    taxpayer_id: str | None
    advisor_id: str | None
    custodian: str | None
    model_id: str | None
    name: str | None
    registration: str | None
    status: str | None
    discretion: bool | None
    margin: bool | None
    unsettled_cash: Decimal | None
    held_away: bool | None
    reinvest: bool | None
    ytd_short: Decimal | None
    ytd_long: Decimal | None
    opened: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow(Record):
    """A row of `cash_flows`."""

    resource: ClassVar[str] = "cash_flows"
    firm_id: str
    account_id: str
    flow_id: str
    date: dt.date | None
    amount: Decimal | None
    direction: str | None
    kind: str | None
    every: str | None
    until: dt.date | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Record):
    """A row of `plans`."""

    resource: ClassVar[str] = "plans"
    firm_id: str
    account_id: str
    approved: dt.date | None
    budget_tax: Decimal | None
    budget_gain: Decimal | None
    until: dt.date | None
    point: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(Record):
    """A row of `transactions`."""

    resource: ClassVar[str] = "transactions"
    firm_id: str
    account_id: str
    transaction_id: str
    date: dt.date | None
    kind: str | None
    security_id: str | None
    quantity: Decimal | None
    amount: Decimal | None
    gain: Decimal | None
    term: str | None
    lot_id: str | None
    order: str | None
    underlying: str | None
    method: str | None
    lots: str | None
    new: Decimal | None
    old: Decimal | None
    new_symbol: str | None
    child: str | None
    child_basis_fraction: float | None
    fmv_parent: Decimal | None
    fmv_child: Decimal | None
    fmv_new: Decimal | None
    fmv: Decimal | None
    cash_per_share: Decimal | None
    cash_in_lieu: Decimal | None
    per_share: Decimal | None
    from_: str | None
    to: str | None
    donor_basis: Decimal | None
    donor_acquired: dt.date | None
    gift_tax_paid: Decimal | None
    taxable_gift: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder(Record):
    """A row of `open_orders`."""

    resource: ClassVar[str] = "open_orders"
    firm_id: str
    account_id: str
    order_id: str
    security_id: str | None
    side: str | None
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledBuy(Record):
    """A row of `scheduled_buys`."""

    resource: ClassVar[str] = "scheduled_buys"
    firm_id: str
    account_id: str
    security_id: str
    date: dt.date
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Record):
    """A row of `menu`."""

    resource: ClassVar[str] = "menu"
    firm_id: str
    account_id: str
    security_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot(Record):
    """A row of `lots`."""

    resource: ClassVar[str] = "lots"
    firm_id: str
    account_id: str
    lot_id: str
    security_id: str | None
    quantity: Decimal | None
    unit_cost: Decimal | None
    acquired: dt.date | None
    adjusted_acquired: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(Record):
    """A row of `positions`."""

    resource: ClassVar[str] = "positions"
    firm_id: str
    account_id: str
    security_id: str
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Household(Record):
    """A row of `households`."""

    resource: ClassVar[str] = "households"
    firm_id: str
    household_id: str
    name: str | None
    model_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxpayer(Record):
    """A row of `taxpayers`."""

    resource: ClassVar[str] = "taxpayers"
    firm_id: str
    taxpayer_id: str
    household_id: str | None
    short_rate: float | None
    long_rate: float | None
    ordinary_rate: float | None
    ytd_short: Decimal | None
    ytd_long: Decimal | None
    carryforward_short: Decimal | None
    carryforward_long: Decimal | None
    loss_limit: Decimal | None
    expected_gain: Decimal | None
    zero_gain_room: Decimal | None
    filing_status: str | None
    ordinary_income: Decimal | None
    magi: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(Record):
    """A row of `models`."""

    resource: ClassVar[str] = "models"
    firm_id: str
    model_id: str
    node_id: str
    parent_node_id: str | None
    kind: str | None
    ref: str | None
    weight: float | None
    lower: float | None
    upper: float | None
    version: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion(Record):
    """A row of `model_versions`."""

    resource: ClassVar[str] = "model_versions"
    firm_id: str
    model_id: str
    version: str
    node_id: str
    parent_node_id: str | None
    kind: str | None
    ref: str | None
    weight: float | None
    lower: float | None
    upper: float | None
    name: str | None
    effective: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    """A row of `products`."""

    resource: ClassVar[str] = "products"
    firm_id: str
    model_id: str
    node_id: str
    security_id: str
    rank: int | None
    hurdle_bps: float | None
    hold_only: bool | None
    account_types: str | None
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedSecurity(Record):
    """A row of `approved_list`."""

    resource: ClassVar[str] = "approved_list"
    firm_id: str
    security_id: str
    status: str | None
    successor: str | None
    by: str | None
    reason: str | None
    as_of: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Record):
    """A row of `policies`."""

    resource: ClassVar[str] = "policies"
    firm_id: str
    scope: str
    scope_id: str
    key: str
    value: str | None
    locked: bool | None
    by: str | None
    since: dt.date | None
    until: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction(Record):
    """A row of `restrictions`."""

    resource: ClassVar[str] = "restrictions"
    firm_id: str
    scope: str
    scope_id: str
    rule: str
    selector: str
    value: str | None
    since: dt.date | None
    until: dt.date | None
    note: str | None

"""The columns of everything kept: the book's facts and a run's tables, as data that schema, reader and writer share.

The book's contract is described in another room of this floor; a test holds the two descriptions equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

DESK = "*"
"""The desk as a tenant: its own people, audit and leases. No firm may be called so."""
NOBODY = "-"
"""Rows of a book that name no known firm: kept for a lossless export, visible to no firm."""

KNOWN_AT = "known_at"
DTYPES: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "text": pl.String(),
        "decimal": pl.Decimal(38, 9),
        "number": pl.Float64(),
        "integer": pl.Int64(),
        "count": pl.Int32(),
        "date": pl.Date(),
        "flag": pl.Boolean(),
        "moment": pl.Datetime("us", "UTC"),
    }
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One kept table: key columns, every column with its kind, and whether the desk, firms or both own rows of it."""

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    by_firm: bool = True
    by_desk: bool = False

    @property
    def frame_schema(self) -> dict[str, pl.DataType]:
        """Column name to polars type, in order."""
        return {name: DTYPES[kind] for name, kind in self.columns.items()}

    def empty(self) -> pl.DataFrame:
        """A frame of no rows."""
        return pl.DataFrame(schema=self.frame_schema)


def _shapes(described: str, *, by_firm: bool = True, by_desk: bool = False) -> dict[str, Shape]:
    """`name (key) column column:kind …`, one table a line; a column without a kind is text."""
    shapes = {}
    for line in described.strip().splitlines():
        name, rest = line.strip().split(" (", 1)
        key, columns = rest.split(") ", 1)
        pairs = [[*word.split(":"), "text"][:2] for word in columns.split()]
        shapes[name] = Shape(name, tuple(key.split()), dict(pairs), by_firm, by_desk)
    return shapes


_MARKET = """
    securities (security_id) security_id kind price:decimal asset_class name symbol sector industry expense_ratio:number dividend_yield:number qualified_fraction:number half_spread_bps:number fractional:flag identical_group cusip isin figi illiquid:flag next_window:date price_date:date price_factor:decimal accrued:decimal min_denomination:decimal maturity:date adv:decimal
    tags (security_id tag) security_id tag value:number
    prices (date security_id) date:date security_id close:decimal total_return_index:number
    factor_exposures (security_id factor) security_id factor exposure:number
    factor_covariance (factor_a factor_b) factor_a factor_b covariance:number
    specific_risk (security_id) security_id variance:number
    distributions (security_id ex_date) security_id ex_date:date kind per_share:decimal estimated:flag
    fund_terms (security_id) security_id custodian ticket:decimal minimum_initial:decimal minimum_additional:decimal redemption_fee_bps:number redemption_days:integer round_trip_days:integer cutoff
    risk_free (date) date:date rate:number
    calendar (date) date:date
    indexes (index_id security_id) index_id security_id weight:number
    recommendations (security_id) security_id status successor by reason as_of:date
"""  # noqa: E501
_BOTH = """
    models (model_id node_id) model_id node_id parent_node_id kind ref weight:number lower:number upper:number firm_id version name
    model_versions (model_id version node_id) model_id version node_id parent_node_id kind ref weight:number lower:number upper:number firm_id name effective:date
    policies (scope scope_id key) scope scope_id key value locked:flag by since:date until:date
    restrictions (scope scope_id rule selector) scope scope_id rule selector value since:date until:date note
"""  # noqa: E501
_FIRMS = """
    firms (firm_id) firm_id name
    households (household_id) household_id firm_id name model_id
    taxpayers (taxpayer_id) taxpayer_id household_id short_rate:number long_rate:number ordinary_rate:number ytd_short:decimal ytd_long:decimal carryforward_short:decimal carryforward_long:decimal loss_limit:decimal expected_gain:decimal zero_gain_room:decimal filing_status ordinary_income:decimal magi:decimal
    accounts (account_id) account_id firm_id tax_type cash:decimal household_id taxpayer_id advisor_id custodian model_id name registration status discretion:flag margin:flag unsettled_cash:decimal held_away:flag reinvest:flag ytd_short:decimal ytd_long:decimal opened:date
    lots (account_id lot_id) account_id lot_id security_id quantity:decimal unit_cost:decimal acquired:date adjusted_acquired:date
    positions (account_id security_id) account_id security_id quantity:decimal
    open_orders (account_id order_id) account_id order_id security_id side quantity:decimal
    transactions (account_id transaction_id) account_id transaction_id date:date kind security_id quantity:decimal amount:decimal gain:decimal term lot_id order underlying method lots new:decimal old:decimal new_symbol child child_basis_fraction:number fmv_parent:decimal fmv_child:decimal fmv_new:decimal fmv:decimal cash_per_share:decimal cash_in_lieu:decimal per_share:decimal from to donor_basis:decimal donor_acquired:date gift_tax_paid:decimal taxable_gift:decimal
    scheduled_buys (account_id security_id date) account_id security_id date:date amount:decimal
    products (firm_id model_id node_id security_id) firm_id model_id node_id security_id rank:integer hurdle_bps:number hold_only:flag account_types share:number
    approved_list (firm_id security_id) firm_id security_id status successor by reason as_of:date
    menu (account_id security_id) account_id security_id
    cash_flows (account_id flow_id) account_id flow_id date:date amount:decimal direction kind every until:date status
    plans (account_id) account_id approved:date budget_tax:decimal budget_gain:decimal until:date point
"""  # noqa: E501
_OUT = """
    evaluations (account_id) account_id unit_id decision release flags why value:decimal cash_before:decimal cash_after:decimal drift_before:number drift_after:number worst_class worst_class_deviation:number tracking_error_before:number tracking_error_after:number turnover:number realized_short:decimal realized_long:decimal harvested_loss:decimal tax:decimal budget_used:decimal budget_left:decimal cost:decimal tax_of_full_realignment:decimal unrealized_short:decimal unrealized_long:decimal objective:number objective_no_trade:number lower_bound:number gap:number rounding_cost:number next_review:date solve_ms:number inputs_digest settings_digest result_digest engine release_hits plan_progress:number plan_finish:date
    trades (account_id security_id side) account_id security_id side quantity:decimal price:decimal notional:decimal cost:decimal gain_short:decimal gain_long:decimal tax:decimal reason binding
    sales (account_id lot_id) account_id lot_id security_id quantity:decimal proceeds:decimal basis:decimal gain:decimal term disallowed:decimal tax:decimal acquired:date
    reasons (account_id security_id decision code) account_id security_id decision code text benefit:number tax:number cost:number blocked_by
    conflicts (account_id limit) account_id limit shortfall:number relaxation relaxation_cost:number
    settings (account_id key) account_id key value scope set_by
    targets (account_id security_id) account_id security_id slot asset_class target_weight:number weight_before:number weight_after:number
    wash_windows (account_id security_id) account_id security_id no_buy_until:date loss_at_risk_if_bought:decimal disallowed_if_sold:decimal
    orders (account_id security_id side) account_id custodian security_id symbol side quantity:decimal order_type lot_instructions lot_method
    list_proposals (firm_id security_id) firm_id security_id status firm_status successor by reason as_of:date accounts:integer value:number gain:number effect
    failures (ordinal) ordinal:integer table row field value reason remedy
"""  # noqa: E501

FACTS: Mapping[str, Shape] = MappingProxyType(
    _shapes(_MARKET, by_firm=False, by_desk=True) | _shapes(_BOTH, by_desk=True) | _shapes(_FIRMS)
)
"""Tables in: `facts.NAME` holds firms' rows, `market.NAME` the desk's."""

RESULTS: Mapping[str, Shape] = MappingProxyType(_shapes(_OUT))
"""Tables out of a run, `results.NAME`: one firm's part of it."""

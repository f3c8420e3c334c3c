"""Tables in, the wishes: models, lists, policies, restrictions, flows and plans. And all tables in together."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from trimtab.book.schema import (
    Table,
    Touch,
    day,
    exact,
    flag,
    fraction,
    integer,
    items,
    need,
    number,
    ref,
    text,
)
from trimtab.book.tables_in import ACCOUNT, FACTS, FIRM, LISTED, SECURITY, TAX_TYPES

SCOPES = ("desk", "custodian", "firm", "model", "household", "account")
STATUSES = ("approved", "watch", "closed", "sell")
SPEAKERS = ("firm", "desk", "consultant")
RULES = (
    "never_buy",
    "never_sell",
    "never_own",
    "sell",
    "hold_shares",
    "hold_lot",
    "sell_first",
    "max_weight",
    "min_weight",
    "freeze",
    "blackout",
    "no_short_gain",
    "no_gain",
    "exclude",
    "held_away",
)
SELECTOR = (
    r"^(\*|(security|lot|class|sector|industry|group):.+|tag:[^<>=]+((>=|<=|>|<|=)[0-9]+(\.[0-9]+)?)?)$"
)

MODELS = Table(
    "models",
    ("model_id", "node_id"),
    (
        need(text("model_id")),
        need(text("node_id")),
        need(text("parent_node_id", "empty: the model itself"), blank=True),
        need(text("kind", allowed=("class", "sleeve", "security", "model", "index", "cash"))),
        need(text("ref", "by kind: asset_class, –, security_id, model_id, index_id, –"), blank=True),
        need(fraction("weight", "share of the parent; siblings sum to 1")),
        fraction("lower", "hard bound, share of the parent"),
        fraction("upper", "hard bound, share of the parent"),
        replace(FIRM, doc="empty: published by the desk"),
        text("version"),
        text("name"),
    ),
    Touch.MODEL,
    required=True,
    doc="Target portfolios as trees.",
)

MODEL_VERSIONS = Table(
    "model_versions",
    ("model_id", "version", "node_id"),
    (
        need(ref("model_id", "models.model_id")),
        need(text("version")),
        need(text("node_id")),
        *(column for column in MODELS.columns if column.name not in ("model_id", "version", "node_id")),
        day("effective", "the first business day of the version; empty: from the beginning"),
    ),
    Touch.MODEL,
    doc="Versions of models with the day each takes effect; the one in force stands in for the rows of models.",
)

INDEXES = Table(
    "indexes",
    ("index_id", "security_id"),
    (need(text("index_id")), need(SECURITY), need(fraction("weight"))),
    Touch.INDEX,
    doc="Constituents for direct indexing inside an account.",
)

PRODUCTS = Table(
    "products",
    ("firm_id", "model_id", "node_id", "security_id"),
    (
        need(FIRM),
        need(ref("model_id", "models.model_id", "empty: every model with that node"), blank=True),
        need(text("node_id")),
        need(SECURITY),
        need(integer("rank", low="1")),
        number("hurdle_bps", "cost per year of standing in for rank 1", low="0"),
        flag("hold_only", default="false"),
        items("account_types", allowed=TAX_TYPES),
        fraction("share"),
    ),
    Touch.PRODUCT,
    doc="What may fill a slot, in which order.",
)

APPROVED_LIST = Table(
    "approved_list",
    ("firm_id", "security_id"),
    (
        need(FIRM),
        need(LISTED),
        need(text("status", allowed=STATUSES)),
        text("successor"),
        text("by", allowed=SPEAKERS),
        text("reason"),
        day("as_of"),
    ),
    Touch.FIRM,
    doc="What a firm lets be bought for it.",
)

RECOMMENDATIONS = Table(
    "recommendations",
    ("security_id",),
    (
        need(LISTED),
        need(text("status", allowed=STATUSES)),
        need(text("successor"), blank=True),
        need(text("by", allowed=SPEAKERS), blank=True),
        need(text("reason"), blank=True),
        need(day("as_of"), blank=True),
    ),
    advisory=True,
    doc="Never acted on; each becomes a proposal to every firm that holds it.",
)

MENU = Table(
    "menu",
    ("account_id", "security_id"),
    (need(ACCOUNT), need(SECURITY)),
    Touch.ACCOUNT,
    doc="The closed list of a 401(k), 529 or annuity.",
)

POLICIES = Table(
    "policies",
    ("scope", "scope_id", "key"),
    (
        need(text("scope", allowed=SCOPES)),
        need(text("scope_id", "empty for the desk"), blank=True),
        need(text("key")),
        need(text("value")),
        flag("locked", default="false"),
        text("by"),
        day("since"),
        day("until"),
    ),
    Touch.SCOPE,
    doc="Narrower wins unless a wider one is locked.",
)

RESTRICTIONS = Table(
    "restrictions",
    ("scope", "scope_id", "rule", "selector"),
    (
        need(text("scope", allowed=SCOPES)),
        need(text("scope_id", "empty for the desk"), blank=True),
        need(text("rule", allowed=RULES)),
        replace(need(text("selector")), pattern=SELECTOR),
        text("value"),
        day("since"),
        day("until"),
        text("note"),
    ),
    Touch.SCOPE,
    doc="Forbidden, held or capped.",
)

CASH_FLOWS = Table(
    "cash_flows",
    ("account_id", "flow_id"),
    (
        need(ACCOUNT),
        need(text("flow_id")),
        need(day("date", "by when")),
        need(exact("amount")),
        need(text("direction", allowed=("in", "out"))),
        text("kind", allowed=("once", "rmd", "fee", "contribution"), default="once"),
        text("every", allowed=("month", "quarter", "year")),
        day("until"),
        text("status", allowed=("requested", "pending", "done"), default="requested"),
    ),
    Touch.ACCOUNT,
    doc="Money to come or to go.",
)

PLANS = Table(
    "plans",
    ("account_id",),
    (
        need(ACCOUNT),
        need(day("approved")),
        exact("budget_tax"),
        exact("budget_gain"),
        day("until"),
        text("point"),
    ),
    Touch.ACCOUNT,
    doc="The arrival or transition plan that was chosen.",
)

WISHES = (
    MODELS,
    MODEL_VERSIONS,
    INDEXES,
    PRODUCTS,
    APPROVED_LIST,
    RECOMMENDATIONS,
    MENU,
    POLICIES,
    RESTRICTIONS,
    CASH_FLOWS,
    PLANS,
)

TABLES_IN: Mapping[str, Table] = MappingProxyType({table.name: table for table in FACTS + WISHES})

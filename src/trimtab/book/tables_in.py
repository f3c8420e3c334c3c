"""Tables in, the facts: who there is, what there is, what each account owns and what moved."""

from dataclasses import replace

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
    signed,
    text,
)

TAX_TYPES = ("taxable", "tax_deferred", "tax_exempt")
CASE_KINDS = (
    "buy",
    "reinvest",
    "option_buy",
    "sell",
    "split",
    "spinoff",
    "merger_stock",
    "merger_cash",
    "return_of_capital",
    "transfer",
    "gift_in",
    "inherit",
    "gift_out",
    "donate",
)
INCOME_KINDS = (
    "dividend",
    "interest",
    "fee",
    "gain_distribution_short",
    "gain_distribution_long",
    "journal",
)

ACCOUNT = ref("account_id", "accounts.account_id")
SECURITY = ref("security_id", "securities.security_id")
LISTED = ref("security_id", "securities.security_id", loose=True)
FIRM = ref("firm_id", "firms.firm_id")

PRICE = exact("price", "closing price on as_of, quoted as price_factor says", above=True, high="1000000000")

FIRMS = Table(
    "firms",
    ("firm_id",),
    (need(text("firm_id")), need(text("name"), blank=True)),
    Touch.FIRM,
    required=True,
    doc="Advisory firms: the tenants.",
)

SECURITIES = Table(
    "securities",
    ("security_id",),
    (
        need(text("security_id")),
        need(text("kind", allowed=("equity", "etf", "mutual_fund", "bond", "cash", "other"))),
        replace(PRICE, required=True, blank=True, soft=True),
        need(text("asset_class"), blank=True),
        text("name"),
        text("symbol"),
        text("sector"),
        text("industry"),
        fraction("expense_ratio", "per year"),
        number("dividend_yield", "per year", low="0"),
        fraction("qualified_fraction", "share of the dividend taxed at the long rate"),
        number("half_spread_bps", "half the bid-ask spread", low="0", default="2"),
        flag("fractional", "whether fractions of a unit can be traded", default="false"),
        text("identical_group", "securities that the wash-sale rule takes as one"),
        text("cusip"),
        text("isin"),
        text("figi"),
        flag("illiquid", default="false"),
        day("next_window", "next day an illiquid security can be traded"),
        day("price_date", "day of the price; empty: as_of"),
        exact(
            "price_factor",
            "value per unit of quoted price; 0.01 for bonds quoted per 100",
            default="1",
            above=True,
            high="1000",
        ),
        exact("accrued", "accrued interest per unit", high="1000000000"),
        exact("min_denomination"),
        day("maturity"),
        exact("adv", "average daily volume"),
    ),
    Touch.SECURITY,
    required=True,
    doc="What can be held.",
)

TAGS = Table(
    "tags",
    ("security_id", "tag"),
    (need(LISTED), need(text("tag")), number("value", "e.g. share of revenue")),
    Touch.SECURITY,
    doc="Labels that screens select by.",
)

PRICES = Table(
    "prices",
    ("date", "security_id"),
    (
        need(day("date")),
        need(LISTED),
        need(exact("close", "split-adjusted", above=True, high="1000000000")),
        number("total_return_index", low="0"),
    ),
    Touch.NONE,
    doc="History for the risk model.",
)

FACTOR_EXPOSURES = Table(
    "factor_exposures",
    ("security_id", "factor"),
    (need(LISTED), need(text("factor")), need(number("exposure"))),
    Touch.EVERY,
    doc="A risk model from outside, per year.",
)
FACTOR_COVARIANCE = Table(
    "factor_covariance",
    ("factor_a", "factor_b"),
    (need(text("factor_a")), need(text("factor_b")), need(number("covariance"))),
    Touch.EVERY,
    doc="A risk model from outside, per year.",
)
SPECIFIC_RISK = Table(
    "specific_risk",
    ("security_id",),
    (need(LISTED), need(number("variance", low="0"))),
    Touch.EVERY,
    doc="A risk model from outside, per year.",
)

HOUSEHOLDS = Table(
    "households",
    ("household_id",),
    (need(text("household_id")), need(FIRM), text("name"), ref("model_id", "models.model_id")),
    Touch.HOUSEHOLD,
    doc="Families taxed or advised together.",
)

TAXPAYERS = Table(
    "taxpayers",
    ("taxpayer_id",),
    (
        need(text("taxpayer_id")),
        need(ref("household_id", "households.household_id")),
        need(fraction("short_rate", "all-in marginal rate")),
        need(fraction("long_rate", "all-in marginal rate")),
        fraction("ordinary_rate", "empty: short_rate"),
        signed("ytd_short", "realized outside the book this year"),
        signed("ytd_long", "realized outside the book this year"),
        exact("carryforward_short", "loss carried in"),
        exact("carryforward_long", "loss carried in"),
        exact("loss_limit", default="3000"),
        exact("expected_gain", "per year", default="0"),
        exact("zero_gain_room", "long gains still taxed at 0"),
        text("filing_status"),
        signed("ordinary_income"),
        signed("magi"),
    ),
    Touch.TAXPAYER,
    doc="Who pays the tax.",
)

ACCOUNTS = Table(
    "accounts",
    ("account_id",),
    (
        need(text("account_id")),
        need(FIRM),
        need(text("tax_type", allowed=TAX_TYPES)),
        need(exact("cash")),
        ref("household_id", "households.household_id"),
        ref("taxpayer_id", "taxpayers.taxpayer_id"),
        text("advisor_id"),
        text("custodian"),
        ref("model_id", "models.model_id"),
        text("name"),
        text("registration", "individual, joint, trust, ira, roth_ira, 401k, 529, …"),
        text("status", allowed=("open", "arriving", "closing", "frozen", "closed"), default="open"),
        flag("discretion", default="true"),
        flag("margin", default="false"),
        exact("unsettled_cash"),
        flag("held_away", default="false"),
        flag("reinvest", default="false"),
        signed("ytd_short", "realized in this account this year"),
        signed("ytd_long", "realized in this account this year"),
        day("opened"),
    ),
    Touch.ACCOUNT,
    required=True,
    doc="One registration at one custodian.",
)

LOTS = Table(
    "lots",
    ("account_id", "lot_id"),
    (
        need(ACCOUNT),
        need(text("lot_id")),
        need(SECURITY),
        need(exact("quantity")),
        need(exact("unit_cost", "after wash adjustments; empty: basis unknown"), blank=True),
        need(day("acquired"), blank=True),
        day("adjusted_acquired"),
    ),
    Touch.ACCOUNT,
    required=True,
    doc="One purchase of one security.",
)

POSITIONS = Table(
    "positions",
    ("account_id", "security_id"),
    (need(ACCOUNT), need(SECURITY), need(exact("quantity", "as the custodian reports it"))),
    Touch.ACCOUNT,
    doc="A difference from the lots is a break.",
)

OPEN_ORDERS = Table(
    "open_orders",
    ("account_id", "order_id"),
    (
        need(ACCOUNT),
        need(text("order_id")),
        need(SECURITY),
        need(text("side", allowed=("buy", "sell"))),
        need(exact("quantity", above=True)),
    ),
    Touch.ACCOUNT,
    doc="Counted as done, never placed twice.",
)

TRANSACTIONS = Table(
    "transactions",
    ("account_id", "transaction_id"),
    (
        need(ACCOUNT),
        need(text("transaction_id")),
        need(day("date")),
        need(text("kind", allowed=CASE_KINDS + INCOME_KINDS)),
        need(text("security_id"), blank=True),
        need(exact("quantity"), blank=True),
        need(exact("amount", "net of costs"), blank=True),
        signed("gain"),
        text("term", allowed=("S", "L", "short", "long")),
        text("lot_id"),
        text("order", "fills of one order share it"),
        text("underlying"),
        text("method", "relief of a sale"),
        items("lots", "lots of a sale or transfer, as lot:quantity"),
        exact("new", above=True),
        exact("old", above=True),
        text("new_symbol"),
        text("child"),
        fraction("child_basis_fraction"),
        exact("fmv_parent"),
        exact("fmv_child"),
        exact("fmv_new"),
        exact("fmv"),
        exact("cash_per_share"),
        exact("cash_in_lieu"),
        exact("per_share"),
        text("from"),
        text("to"),
        exact("donor_basis"),
        day("donor_acquired"),
        exact("gift_tax_paid"),
        exact("taxable_gift"),
    ),
    Touch.ACCOUNT,
    doc="What happened: the last 61 days at least, the year for budgets.",
)

SCHEDULED_BUYS = Table(
    "scheduled_buys",
    ("account_id", "security_id", "date"),
    (need(ACCOUNT), need(SECURITY), need(day("date")), exact("amount")),
    Touch.ACCOUNT,
    doc="Reinvestments and automatic purchases to come.",
)

DISTRIBUTIONS = Table(
    "distributions",
    ("security_id", "ex_date"),
    (
        need(LISTED),
        need(day("ex_date")),
        need(text("kind", allowed=("income", "short_gain", "long_gain"))),
        need(exact("per_share"), blank=True),
        flag("estimated", default="false"),
    ),
    Touch.SECURITY,
    doc="Payments of funds to come.",
)

FUND_TERMS = Table(
    "fund_terms",
    ("security_id",),
    (
        need(LISTED),
        text("custodian"),
        exact("ticket"),
        exact("minimum_initial"),
        exact("minimum_additional"),
        number("redemption_fee_bps", low="0"),
        integer("redemption_days", low="0"),
        integer("round_trip_days", low="0"),
        text("cutoff"),
    ),
    Touch.SECURITY,
    doc="What a mutual fund asks of its buyers.",
)

RISK_FREE = Table("risk_free", ("date",), (need(day("date")), need(number("rate", "per year"))), Touch.NONE)
CALENDAR = Table(
    "calendar",
    ("date",),
    (need(day("date", "a session")),),
    Touch.NONE,
    doc="Trading days; without it the New York exchange's.",
)

FACTS = (
    FIRMS,
    SECURITIES,
    TAGS,
    PRICES,
    FACTOR_EXPOSURES,
    FACTOR_COVARIANCE,
    SPECIFIC_RISK,
    HOUSEHOLDS,
    TAXPAYERS,
    ACCOUNTS,
    LOTS,
    POSITIONS,
    OPEN_ORDERS,
    TRANSACTIONS,
    SCHEDULED_BUYS,
    DISTRIBUTIONS,
    FUND_TERMS,
    RISK_FREE,
    CALENDAR,
)

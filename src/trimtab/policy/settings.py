"""The policy keys of the book's contract: type, default, bounds, unit, and how a value's text is read."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

import polars as pl
from polars.datatypes import DataType, DataTypeClass

NONE: Final = "none"
MONEY: Final = pl.Decimal(38, 9)
_LARGEST: Final = Decimal(10) ** 15
_FLAGS: Final = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


class Kind(StrEnum):
    """How a key's text is read, and so the type of its column."""

    NUMBER = "number"
    MONEY = "money"
    COUNT = "count"
    FLAG = "flag"
    CHOICE = "choice"
    DATE = "date"
    LIST = "list"


_DTYPES: Final[dict[Kind, DataType | DataTypeClass]] = {
    Kind.NUMBER: pl.Float64,
    Kind.MONEY: MONEY,
    Kind.COUNT: pl.Int64,
    Kind.FLAG: pl.Boolean,
    Kind.CHOICE: pl.String,
    Kind.DATE: pl.Date,
    Kind.LIST: pl.String,
}


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """One policy key: `default` is canonical text ("none" is no value); bounds are inclusive."""

    name: str
    kind: Kind
    default: str
    doc: str
    unit: str = ""
    lower: Decimal | None = None
    upper: Decimal | None = None
    choices: tuple[str, ...] = ()
    group: str = ""

    @property
    def optional(self) -> bool:
        """Whether "none" may be said: the limit is then off and the column null."""
        return self.default == NONE and self.kind is not Kind.CHOICE

    @property
    def dtype(self) -> DataType | DataTypeClass:
        """The polars type of the key's column in `Settings.wide`."""
        return _DTYPES[self.kind]

    @property
    def allowed(self) -> str:
        """What may be written, in words."""
        if self.kind is Kind.CHOICE:
            return "one of " + ", ".join(self.choices)
        words = {
            Kind.NUMBER: "a number",
            Kind.MONEY: "an amount in dollars",
            Kind.COUNT: "a whole number",
            Kind.FLAG: "true or false",
            Kind.DATE: "a date as YYYY-MM-DD",
            Kind.LIST: "names separated by ;",
        }[self.kind]
        if self.lower is not None and self.upper is not None:
            words += f" from {self.lower} to {self.upper}"
        elif self.lower is not None:
            words += f" of at least {self.lower}"
        return words + (", or none" if self.optional else "")


def _key(name: str, kind: Kind, default: str, *, doc: str, **more: object) -> PolicyKey:
    unit, choices = more.get("unit", ""), more.get("choices", ())
    bounds = [None if more.get(side) is None else Decimal(str(more[side])) for side in ("lower", "upper")]
    assert isinstance(unit, str)
    assert isinstance(choices, tuple)
    return PolicyKey(name, kind, default, doc, unit, bounds[0], bounds[1], choices)


def _share(name: str, default: str, doc: str, **more: object) -> PolicyKey:
    return _key(name, Kind.NUMBER, default, doc=doc, **{"unit": "fraction", "lower": 0, "upper": 1, **more})


def _number(name: str, default: str, doc: str, **more: object) -> PolicyKey:
    return _key(name, Kind.NUMBER, default, doc=doc, **{"lower": 0, **more})


def _bps(name: str, default: str, doc: str, **more: object) -> PolicyKey:
    return _key(name, Kind.NUMBER, default, doc=doc, **{"unit": "bps", "lower": 0, "upper": 10000, **more})


def _money(name: str, default: str, doc: str) -> PolicyKey:
    return _key(name, Kind.MONEY, default, doc=doc, unit="dollars", lower=0)


def _count(name: str, default: str, doc: str, *, unit: str) -> PolicyKey:
    return _key(name, Kind.COUNT, default, doc=doc, unit=unit, lower=0, upper=100000)


def _choice(name: str, choices: tuple[str, ...], doc: str) -> PolicyKey:
    return _key(name, Kind.CHOICE, choices[0], doc=doc, choices=choices)


def _flag(name: str, default: str, doc: str) -> PolicyKey:
    return _key(name, Kind.FLAG, default, doc=doc)


_TRADE_OFF: Final = (
    _number("risk_aversion", "25", "cost of active variance, per year of V·TE²"),
    _number("tax_weight", "1", "weight of added tax in the objective", upper=1000),
    _share("latent_tax", "0.5", "share of a deferred long-term tax that will be paid some day"),
    _number(
        "cross_hedge_points",
        "0",
        "how far a class may move away from its target or past it",
        unit="percentage points",
        upper=100,
    ),
    _choice("rebalance_to", ("optimum", "target"), "where a proposal leads"),
    _share("max_tracking_error", NONE, "limit on tracking error after trading, annual"),
    _choice(
        "tax_sensitivity",
        (NONE, "low", "medium", "high"),
        "one dial: sets tax_weight to 0.5, 1 or 2 where the same scope does not set it",
    ),
)
_WHEN: Final = (
    _share("band_class_abs", "0.05", "band of a class, in share of value"),
    _number("band_class_rel", "0.2", "band of a class, in share of its target", unit="fraction"),
    _number("band_security_rel", NONE, "band of a slot, in share of its target", unit="fraction"),
    _share("band_tracking_error", "0.01", "band of tracking error, annual, ex ante"),
    _money("min_benefit", "25", "least fall of the objective worth acting for"),
    _bps("min_benefit_bps", "2", "the same in basis points of value; the larger binds"),
)
_TRADING: Final = (
    _money("min_trade", "100", "smallest trade; full liquidation is exempt"),
    _bps("min_trade_bps", "2", "the same in basis points of value; the larger binds"),
    _money("ticket", "0", "fixed cost of a trade"),
    _share("max_turnover", NONE, "limit on (buys + sells) / 2V"),
    _count("max_trades", NONE, "limit on the number of trades", unit="trades"),
    _choice(
        "fractional",
        ("security", "true", "false"),
        "whether fractions of a share trade: as the security says, or always, or never",
    ),
)
_CASH: Final = (
    _share("cash_target", "0.01", "wanted share of cash; a cash node of the model replaces it"),
    _share("cash_min", "0.005", "below it the account acts"),
    _share("cash_max", "0.02", "above it the account acts"),
    _money("cash_floor", "0", "cash that is never touched"),
    _money("cash_reserve", "0", "cash set aside, outside the value that is managed"),
    _bps("cash_drag_bps", "300", "yearly cost of cash away from its target"),
    _count("cash_lead_days", "5", "withdrawals due within so many days are raised", unit="days"),
)
_TAX: Final = (
    _flag("harvest", "true", "whether losses are harvested"),
    _choice("harvest_gate", ("volatility", "ratio", NONE), "what a loss must exceed to earn credit"),
    _share("harvest_ratio_january", "0.8", "price / basis at or below which a loss counts, January"),
    _share("harvest_ratio_december", "0.95", "the same in December; linear by month between"),
    _money("harvest_min_loss", "100", "smallest loss of a lot that earns credit"),
    _money("budget_tax", NONE, "limit on the added tax of the year"),
    _share("budget_tax_fraction", "0.01", "the same as a share of value, where budget_tax is none"),
    _money("budget_gain", NONE, "limit on the net realized gains of the year"),
    _choice("budget_scope", ("account", "taxpayer", "household"), "who shares the budget"),
    _choice("budget_prorate", (NONE, "month", "quarter"), "how the budget is released over the year"),
    _share("carry_value", "0.5", "worth of a loss carried on, as a share of the long rate"),
    _choice("wash_scope", ("household", "taxpayer", "account"), "accounts watched for replacements"),
    _key("wash_owners", Kind.LIST, "self;spouse", doc="owners whose accounts count for wash sales"),
    _flag(
        "exclude_acquired_before_loss_lot",
        "false",
        "whether shares bought before the loss lot are no replacement",
    ),
    _choice("wash_holding_period", ("tack_days", "original_date"), "holding period of a replacement lot"),
    _choice(
        "lot_relief",
        ("least_tax", "fifo", "lifo", "hifo", "average", "mintax"),
        "which lots are sold first",
    ),
    _count("long_term_wait_days", "30", "a gain this near to long-term waits", unit="days"),
    _count("avoid_distribution_days", "30", "no buy so near before a gain distribution", unit="days"),
    _money("force_loss", NONE, "losses to realize this year"),
    _key("force_loss_protect", Kind.DATE, NONE, doc="until when the forced loss is kept net"),
    _choice("gain_harvest", ("auto", "off"), "gains realized within the room taxed at zero"),
)
_HOUSEHOLD: Final = (
    _choice("location", ("off", "on"), "one target over the household's accounts"),
    _share("ira_haircut", "0", "share of a deferred account's value owed as tax"),
)
_ARRIVAL: Final = (_choice("arrival", ("hold", "plan", "none"), "what a new account may sell before a plan"),)
_RELEASE: Final = (
    _choice("release", ("review", "auto"), "whether proposals may go without a person"),
    _share("release_max_turnover", "0.3", "turnover above which a person looks"),
    _money("release_max_notional", "10000000", "notional above which a person looks"),
    _money("release_max_tax", "2500", "added tax above which a person looks"),
    _bps("release_max_tax_bps", "25", "the same in basis points of value; the larger binds"),
)
_GROUPS: Final = {
    "trade-off": _TRADE_OFF,
    "when to act": _WHEN,
    "trading": _TRADING,
    "cash": _CASH,
    "tax": _TAX,
    "household": _HOUSEHOLD,
    "arrival": _ARRIVAL,
    "release": _RELEASE,
}
KEYS: Final[dict[str, PolicyKey]] = {
    key.name: replace(key, group=group)
    for key, group in sorted(
        ((key, group) for group, keys in _GROUPS.items() for key in keys), key=lambda pair: pair[0].name
    )
}
"""Every policy key by name, in alphabetical order."""

TAX_WEIGHT_OF: Final = {"low": "0.5", "medium": "1", "high": "2"}
"""What `tax_sensitivity` says of `tax_weight`."""


def nearest(word: str, known: list[str]) -> str:
    """The known name nearest to a word, or an empty text where none is near."""
    lowered = {name.lower(): name for name in sorted(known, reverse=True)}
    found = get_close_matches(word.lower(), sorted(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else ""


def canonical(key: PolicyKey, text: str | None) -> str | None:
    """The one text of a value ("none" for no value), or None where the text cannot be that key's value."""
    word = (text or "").strip()
    if key.kind is Kind.CHOICE:
        return word.lower() if word.lower() in key.choices else None
    if word.lower() == NONE:
        return NONE if key.optional else None
    if key.kind is Kind.FLAG:
        return _FLAGS.get(word.lower())
    if key.kind is Kind.LIST:
        return ";".join(sorted({part.strip() for part in word.split(";") if part.strip()})) or None
    if key.kind is Kind.DATE:
        return _date(word)
    return _decimal(key, word)


def _date(word: str) -> str | None:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        return None


def _decimal(key: PolicyKey, word: str) -> str | None:
    try:
        number = Decimal(word)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > _LARGEST:
        return None
    if key.lower is not None and number < key.lower:
        return None
    if key.upper is not None and number > key.upper:
        return None
    if key.kind is Kind.COUNT and number != number.to_integral_value():
        return None
    return decimal_text(number)


def decimal_text(number: Decimal) -> str:
    """A finite number's shortest plain text: no exponent, no trailing zeros, no negative zero."""
    assert number.is_finite()
    return format(number.normalize() if number else Decimal(0), "f")


def typed(column: str) -> pl.Expr:
    """A column of canonical texts as the key's type; "none" becomes null, but stays a word in choices."""
    key = KEYS[column]
    if key.kind in (Kind.CHOICE, Kind.LIST):
        return pl.col(column)
    words = pl.when(pl.col(column) != NONE).then(pl.col(column))
    if key.kind is Kind.FLAG:
        return (words == "true").alias(column)
    if key.kind is Kind.DATE:
        return words.str.to_date("%Y-%m-%d").alias(column)
    return words.cast(key.dtype).alias(column)

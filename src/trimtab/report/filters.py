"""The filter language of the work list: `firm:acme drift>2% tax_budget_used>80% status:review -flag:conflict`.

Words apart by spaces, all of which must hold; `-` in front turns one round; quotes hold spaces together. A comparison
never holds for what is unknown; `name:unknown` asks for just that.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import reduce
from operator import and_
from types import MappingProxyType
from typing import Final

import polars as pl

from trimtab.report.numbers import UNKNOWN

_COMPARISONS: Final = (">=", "<=", ">", "<", "=", ":")
_SCALES: Final = {"k": Decimal(1000), "m": Decimal(1_000_000), "b": Decimal(1_000_000_000)}


class Kind(StrEnum):
    """How a field's word is read: text, one of several words in a list, a share, dollars, a plain number, a date."""

    TEXT = "text"
    WORDS = "words"
    SHARE = "share"
    MONEY = "money"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that may be asked for: what it is read from, its kind, and what it means."""

    name: str
    value: pl.Expr
    kind: Kind
    doc: str


class FilterError(Exception):
    """A word that cannot be read, with the remedy."""


def _used() -> pl.Expr:
    """Share of the year's tax budget that is used; unknown without a budget."""
    used, left = pl.col("budget_used"), pl.col("budget_left")
    whole = used + left
    return pl.when(whole > 0).then(used / whole)


def _fields() -> dict[str, Field]:
    column = pl.col
    found = (
        Field("account", column("account_id"), Kind.TEXT, "id of the account"),
        Field("name", column("title"), Kind.TEXT, "name of the account"),
        Field("firm", column("firm_id"), Kind.TEXT, "id of the firm"),
        Field("household", column("household_id"), Kind.TEXT, "id of the household"),
        Field("advisor", column("advisor_id"), Kind.TEXT, "id of the advisor"),
        Field("custodian", column("custodian"), Kind.TEXT, "where the account is held"),
        Field("model", column("model_id"), Kind.TEXT, "id of its model"),
        Field("tax_type", column("tax_type"), Kind.TEXT, "taxable, tax_deferred, …"),
        Field("decision", column("decision"), Kind.TEXT, "propose, hold, blocked, error"),
        Field("status", column("release"), Kind.TEXT, "auto, review, none"),
        Field("why", column("why"), Kind.TEXT, "the cause of the decision"),
        Field("flag", column("flags"), Kind.WORDS, "any of the account's flags"),
        Field("hit", column("release_hits"), Kind.WORDS, "release rules that keep it for a person"),
        Field("class", column("worst_class"), Kind.TEXT, "the class farthest from its target"),
        Field("value", column("value"), Kind.MONEY, "dollars"),
        Field("cash", column("cash_before"), Kind.MONEY, "dollars of cash before"),
        Field("drift", column("drift_before"), Kind.SHARE, "distance from target before"),
        Field("drift_after", column("drift_after"), Kind.SHARE, "distance from target after"),
        Field("te", column("tracking_error_before"), Kind.SHARE, "tracking error before, a year"),
        Field("te_after", column("tracking_error_after"), Kind.SHARE, "tracking error after, a year"),
        Field("turnover", column("turnover"), Kind.SHARE, "buys and sells over twice the value"),
        Field("tax", column("tax"), Kind.MONEY, "tax added"),
        Field("harvested", column("harvested_loss"), Kind.MONEY, "losses harvested"),
        Field("tax_budget_used", _used(), Kind.SHARE, "share of the year's tax budget used"),
        Field("budget_left", column("budget_left"), Kind.MONEY, "dollars left of the tax budget"),
        Field("cost", column("cost"), Kind.MONEY, "trading cost"),
        Field("gap", column("gap"), Kind.MONEY, "dollars from the best possible, at most"),
        Field("solve_ms", column("solve_ms"), Kind.NUMBER, "milliseconds of the solve"),
        Field("review", column("next_review"), Kind.DATE, "when it asks again"),
    )
    return {field.name: field for field in found}


FIELDS: Final[Mapping[str, Field]] = MappingProxyType(_fields())
"""Everything that may be asked for and sorted by, in the order in which it is explained."""


def condition(text: str) -> pl.Expr:
    """The filter as a condition on the rows of a work list; FilterError names the word that cannot be read."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise FilterError("a quote is opened and not closed") from None
    return reduce(and_, (_word(word) for word in words), pl.lit(value=True))


def _word(word: str) -> pl.Expr:
    plain = word.removeprefix("-")
    sign = next((one for one in _COMPARISONS if one in plain), "")
    if not sign:
        held = _holds_text(pl.col("account_id"), plain) | _holds_text(pl.col("title"), plain)
    else:
        name, said = plain.split(sign, 1)
        if name not in FIELDS:
            raise FilterError(f"{name!r} is nothing to ask for; known: {', '.join(FIELDS)}")
        held = _compared(FIELDS[name], sign, said)
    held = held.fill_null(value=False)
    return ~held if plain != word else held


def _holds_text(value: pl.Expr, said: str) -> pl.Expr:
    return value.str.to_lowercase().str.contains(said.lower(), literal=True)


def _compared(field: Field, sign: str, said: str) -> pl.Expr:
    if said == UNKNOWN and sign in ":=":
        return field.value.is_null()
    if field.kind is Kind.TEXT:
        return _text(field, sign, said)
    if field.kind is Kind.WORDS:
        if sign not in ":=":
            raise FilterError(f"{field.name} is asked for by : and not by {sign}")
        return field.value.str.split(";").list.contains(pl.lit(said))
    wanted = pl.lit(_day(field, said)) if field.kind is Kind.DATE else pl.lit(_number(field, said))
    comparisons = {
        ">=": field.value >= wanted,
        "<=": field.value <= wanted,
        ">": field.value > wanted,
        "<": field.value < wanted,
    }
    return comparisons.get(sign, field.value == wanted)


def _text(field: Field, sign: str, said: str) -> pl.Expr:
    if sign == "=":
        return field.value == said
    if sign == ":":
        return field.value.str.to_lowercase().is_in([one.lower() for one in said.split(",")])
    raise FilterError(f"{field.name} is a word: ask {field.name}:WORD and not by {sign}")


def _day(field: Field, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise FilterError(f"{field.name} is a date, such as 2026-03-31, and not {said!r}") from None


def _number(field: Field, said: str) -> float:
    """2%, 150bps, $10,000, 10k, 1.5m: shares as fractions, dollars as dollars."""
    word = said.lower().replace(",", "").removeprefix("$")
    scale = Decimal(1)
    for ending, share in (("%", Decimal(100)), ("bps", Decimal(10_000)), ("bp", Decimal(10_000))):
        if word.endswith(ending) and field.kind is Kind.SHARE:
            word, scale = word.removesuffix(ending), 1 / share
            break
    if word[-1:] in _SCALES and field.kind is Kind.MONEY:
        word, scale = word[:-1], _SCALES[word[-1]]
    try:
        return float(Decimal(word) * scale)
    except InvalidOperation:
        example = {Kind.SHARE: "2% or 50bps", Kind.MONEY: "$10,000 or 10k"}.get(field.kind, "12.5")
        raise FilterError(f"{field.name} is a number, such as {example}, and not {said!r}") from None

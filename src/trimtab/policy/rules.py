"""The restriction rules of the book's contract: what each asks for, and how its value is read."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from trimtab.core.result import Failure, Reason
from trimtab.market.selectors import nearest_selector, parse_selector
from trimtab.policy.scopes import SCOPES
from trimtab.policy.settings import MONEY, nearest

RULES: Final = (
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
WEIGHTS: Final = ("max_weight", "min_weight")
UNTRADED: Final = ("freeze", "blackout", "exclude", "held_away")
"""Rules under which a security is neither bought nor sold."""

ROW: Final[dict[str, DataType | DataTypeClass]] = {
    "number": pl.UInt32,
    "scope": pl.String,
    "scope_id": pl.String,
    "rule": pl.String,
    "selector": pl.String,
    "value": pl.String,
    "weight": pl.Float64,
    "quantity": MONEY,
    "sell_by": pl.Date,
    "lots": pl.String,
    "summed": pl.Boolean,
    "note": pl.String,
    "text": pl.String,
    "since": pl.Date,
    "until": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A restriction's row read: at most one of weight, quantity, sell_by and lots is set.

    `summed` is true where a weight binds the sum over the selector, false where it binds each security.
    """

    rule: str
    selector: str
    weight: float | None = None
    quantity: Decimal | None = None
    sell_by: date | None = None
    lots: tuple[str, ...] = ()
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be a rule: the field, what is wrong, the remedy."""

    field: str
    message: str
    remedy: str


def read_rule(rule: str, selector: str, value: str | None) -> Rule | Fault:
    """Read a rule with its selector and value."""
    if rule not in RULES:
        near = nearest(rule or "", list(RULES))
        remedy = f"did you mean {near}?" if near else "write one of " + ", ".join(RULES)
        return Fault("rule", f"there is no restriction rule {rule}", remedy)
    word = (value or "").strip()
    chosen = parse_selector(selector or "")
    if chosen is None:
        near = nearest_selector(selector or "")
        remedy = f"did you mean {near}?" if near else "write kind:name, or *"
        return Fault("selector", f"{selector or 'an empty text'} is no selector", remedy)
    if rule == "hold_lot":
        lots = (chosen.name,) if chosen.kind == "lot" else tuple(sorted(filter(None, word.split(";"))))
        if not lots:
            return Fault("value", "hold_lot does not say which lot", "give the lot_id as the value")
        return Rule(rule, selector, lots=lots)
    if chosen.kind == "lot":
        return Fault("selector", f"{rule} speaks of securities, not of a lot", "name a security")
    return _with_value(rule, selector, word, summed=chosen.kind not in ("security", "*"))


def _with_value(rule: str, selector: str, word: str, *, summed: bool) -> Rule | Fault:
    if rule in WEIGHTS:
        weight = _number(word)
        if weight is None or weight > 1:
            return Fault("value", f"{word or 'an empty value'} is no weight", "write a fraction from 0 to 1")
        return Rule(rule, selector, weight=float(weight), summed=summed)
    if rule == "hold_shares":
        quantity = _number(word)
        if quantity is None:
            return Fault("value", f"{word or 'an empty value'} is no quantity", "write the quantity kept")
        return Rule(rule, selector, quantity=quantity)
    if rule == "sell" and word:
        try:
            return Rule(rule, selector, sell_by=date.fromisoformat(word))
        except ValueError:
            return Fault("value", f"{word} is no date", "write the date by when as YYYY-MM-DD, or nothing")
    return Rule(rule, selector)


def _number(word: str) -> Decimal | None:
    try:
        number = Decimal(word)
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number < Decimal(10) ** 15 else None


_SAID: Final = ("scope", "scope_id", "rule", "selector", "value", "note", "since", "until")


def read_rows(
    restrictions: pl.DataFrame, *, as_of: date
) -> tuple[pl.DataFrame, list[tuple[dict[str, object], Fault]]]:
    """The rows that are rules (scope, scope_id, rule, selector, value, note, since, until; sorted), others with faults.

    What is to be sold by no date is to be sold on `as_of`.
    """
    out: list[dict[str, object]] = []
    bad: list[tuple[dict[str, object], Fault]] = []
    for number, row in enumerate(restrictions.to_dicts()):
        scope = str(row["scope"])
        read: Rule | Fault
        if scope not in SCOPES:
            near = nearest(scope, list(SCOPES))
            remedy = f"did you mean {near}?" if near else "write one of " + ", ".join(SCOPES)
            read = Fault("scope", f"there is no scope {scope}", remedy)
        else:
            read = read_rule(row["rule"], row["selector"], row["value"])
        if isinstance(read, Fault):
            bad.append((row, read))
            continue
        out.append(
            {
                **{name: row[name] for name in _SAID},
                "number": number,
                "weight": read.weight,
                "quantity": read.quantity,
                "sell_by": as_of if read.rule == "sell" and read.sell_by is None else read.sell_by,
                "lots": ";".join(read.lots) or None,
                "summed": read.summed,
                "text": _text(row),
            }
        )
    rows = [tuple(row[name] for name in ROW) for row in out]
    return pl.DataFrame(rows, schema=ROW, orient="row"), bad


def _text(row: dict[str, object]) -> str:
    """A rule in words, with who set it: `never_buy tag:tobacco (household h1: no tobacco)`."""
    value = f" {row['value']}" if row["value"] else ""
    who = f"{row['scope']} {row['scope_id'] or ''}".strip()
    note = f": {row['note']}" if row["note"] else ""
    return f"{row['rule']} {row['selector']}{value} ({who}{note})"


def rule_failure(row: dict[str, object], fault: Fault, accounts: tuple[str, ...]) -> Failure:
    """The failure of one bad row; it stops the accounts under its scope."""
    value = "" if row[fault.field] is None else str(row[fault.field])
    return Failure(
        Reason.INVALID, "restrictions", place(row), fault.field, value, fault.message, fault.remedy, accounts
    )


def place(row: dict[str, object]) -> str:
    """A row's key as text."""
    return "/".join(str(row[name] or "") for name in ("scope", "scope_id", "rule", "selector"))

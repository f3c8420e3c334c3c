"""What if: a preference of one account tried before it is saved: what it would cost, in tax, drift and trades."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.desk.access import Principal, may
from trimtab.desk.at_hand import AtHand, book_at_hand
from trimtab.desk.day import Risk
from trimtab.desk.ports import Store
from trimtab.desk.rebalance import Run, rebalance
from trimtab.policy.settings import KEYS, canonical, nearest

MEASURES: Final = (
    "decision", "why", "drift_after", "tracking_error_after", "turnover", "tax", "harvested_loss", "cost",
    "cash_after",
)  # fmt: skip


class UnknownPreferenceError(Exception):
    """The key is no policy key, or the value none that it takes; the message names the remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """An account today without and with a preference: `measures` by name (before, after), and the trades of both."""

    key: str
    value: str
    measures: Mapping[str, tuple[object, object]]
    trades: pl.DataFrame


def what_if(
    store: Store, principal: Principal, kept: AtHand, firm: str, account_id: str, *, key: str, value: str
) -> Tried:
    """Solve an account of the firm's newest edition as it stands, and with one preference of its own scope."""
    may(principal, "policy:preference:write", firm)
    said = checked(key, value)
    own, risk = book_at_hand(store, principal, kept, firm, account_id, why=f"{key} {said}")
    before, after = (
        _solved(one, account_id, risk) for one in (own, with_preference(own, account_id, key, said))
    )
    return Tried(key, said, _measures(before, after), _trades(before, after))


def checked(key: str, value: str) -> str:
    """The canonical text of a preference's value; UnknownPreferenceError where key or value is none."""
    if key not in KEYS:
        raise UnknownPreferenceError(f"{key!r} is no setting; nearest is {nearest(key, list(KEYS))}")
    said = canonical(KEYS[key], value)
    if said is None:
        raise UnknownPreferenceError(f"{key} takes {KEYS[key].allowed}, and not {value!r}")
    return said


def with_preference(book: Book, account_id: str, key: str, value: str) -> Book:
    """The book with a policy of the account's own scope in place of what it said."""
    policies = book.tables["policies"]
    own = (pl.col("scope") == "account") & (pl.col("scope_id") == account_id) & (pl.col("key") == key)
    row = {"scope": "account", "scope_id": account_id, "key": key, "value": value}
    added = pl.DataFrame([row], schema_overrides=dict.fromkeys(row, pl.String))
    both = pl.concat([policies.filter(~own.fill_null(value=False)), added], how="diagonal_relaxed")
    named = both.select(policies.columns).sort("scope", "scope_id", "key")
    return replace(book, tables={**book.tables, "policies": named})


def _solved(book: Book, account_id: str, risk: Risk) -> Run:
    return rebalance(book, only=account_id, advance=lambda *_: None, risk=risk)


def _measures(before: Run, after: Run) -> dict[str, tuple[object, object]]:
    rows = [run.tables["evaluations"].row(0, named=True) for run in (before, after)]
    return {name: (rows[0][name], rows[1][name]) for name in MEASURES}


def _trades(before: Run, after: Run) -> pl.DataFrame:
    """security_id, side, quantity before and after (null: no such trade), where they differ or not."""
    key = ["security_id", "side"]
    frames = [
        run.tables["trades"].select(*key, pl.col("quantity").alias(name))
        for run, name in ((before, "before"), (after, "after"))
    ]
    return frames[0].join(frames[1], on=key, how="full", coalesce=True).sort(key)

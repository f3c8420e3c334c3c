"""What a file says, whatever its format: accounts, transactions in the ledger's words, positions, and what it lacks."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.core.result import Failure, Reason
from trimtab.ledger.lots import Lot
from trimtab.ledger.relief import METHODS

ACCOUNT_UNNAMED = "account"
"""The account of a file that names none."""
FEED_KINDS = ("split_shares", "return_of_capital_total")
"""Kinds that need the shares held: a split told as shares added, a return of capital told as one amount."""


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction in the fields of `ledger.read`, and where in the file it stands."""

    place: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Shares of a security as the file reports them on a day; basis None where it does not say."""

    place: str
    account_id: str
    security_id: str
    date: dt.date | None
    quantity: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """An account as the file knows it: its tax type or registration, and whose it is; empty where it does not say."""

    account_id: str
    kind: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The contents of one file.

    `source` says what kind of file it was read as. `complete` files tell every purchase: a sale of shares never bought
    is a failure there, elsewhere the shares were bought before the file begins, at a basis it does not know.
    `opening` are lots held before the first line, `held` the open lots where the file lists them itself; `undated` are
    lots of known term and unknown day of purchase. `through` is the day the file tells of, where it is known.
    `missing` says in words what the file lacks, `notices` how it was read; `passed` counts rows that bear on no lot.
    """

    source: str
    rows: int = 0
    lines: tuple[Line, ...] = ()
    accounts: tuple[Registration, ...] = ()
    positions: tuple[Position, ...] = ()
    opening: tuple[Lot, ...] = ()
    held: tuple[Lot, ...] | None = None
    undated: frozenset[str] = frozenset()
    groups: tuple[tuple[str, ...], ...] = ()
    relief: Any = None
    policy: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    through: dt.date | None = None
    missing: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    passed: int = 0
    failures: tuple[Failure, ...] = ()


class NotAFeedError(Exception):
    """The file is of no kind that is known: a bad call, not bad data."""


@dataclass(slots=True)
class Draft:
    """A statement while it is being read: good lines are added, bad ones noted with their place."""

    table: str
    lines: list[Line] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    open_lots: list[Line] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    missing: dict[str, None] = field(default_factory=dict)
    notices: dict[str, None] = field(default_factory=dict)
    accounts: dict[str, Registration] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    rows: int = 0
    passed: int = 0

    def add(self, place: str, **fields: Any) -> None:
        """One transaction; fields that are None or empty are left out."""
        self.lines.append(Line(place, {k: v for k, v in fields.items() if v not in (None, "")}))

    def add_open_lot(self, place: str, **fields: Any) -> None:
        """A lot the file reports as open; `settle_lots` says which of them its transactions do not tell."""
        self.open_lots.append(Line(place, {k: v for k, v in fields.items() if v not in (None, "")}))

    def settle_lots(self) -> None:
        """Open lots from before the first transaction come as received on their day; later ones were told by it."""
        days = [line.row["date"] for line in self.lines if "date" in line.row]
        first = min(days, default="9999")
        for line in self.open_lots:
            came = line.row.get("acquired") or line.row.get("date")
            if came is not None and came < first:
                self.add(line.place, **{**line.row, "type": "transfer_in", "date": came})

    def lacks(self, what: str) -> None:
        """Something the file does not tell, said once."""
        self.missing.setdefault(what)

    def note(self, what: str) -> None:
        """Something a reader should know of how the file was read, said once."""
        self.notices.setdefault(what)

    def again(self, place: str, key: str) -> bool:
        """Whether the file already had a transaction with this id of the broker's; then it is a failure."""
        if key not in self.keys:
            self.keys.add(key)
            return False
        message = "a transaction with this id stands in the file already"
        self.fail(place, message, "give each transaction once", reason=Reason.DUPLICATE, value=key)
        return True

    def seen(self, account_id: str, kind: str = "", owner: str = "") -> None:
        """An account the file names; what is known of it is kept."""
        old = self.accounts.get(account_id, Registration(account_id))
        self.accounts[account_id] = Registration(account_id, kind or old.kind, owner or old.owner)

    def fail(
        self,
        place: str,
        message: str,
        remedy: str,
        *,
        reason: Reason = Reason.INVALID,
        field_name: str = "",
        value: str = "",
    ) -> None:
        """A row, or a part of it, that cannot be used."""
        shown = value if len(value) <= 80 else value[:77] + "…"
        self.failures.append(Failure(reason, self.table, place, field_name, shown, message, remedy))

    def statement(self, source: str, **more: Any) -> Statement:
        """What was read, frozen."""
        return Statement(
            source=source,
            rows=self.rows,
            lines=tuple(self.lines),
            accounts=tuple(self.accounts.values()),
            positions=tuple(self.positions),
            names=dict(self.names),
            missing=tuple(self.missing),
            notices=tuple(self.notices),
            passed=self.passed,
            failures=tuple(self.failures),
            **more,
        )


RELIEFS = tuple(METHODS)
"""The methods of relief a file or a caller may name."""

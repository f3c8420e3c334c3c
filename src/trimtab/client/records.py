"""Records of approvals, halts, hooks and the audit; written by `tests/client_records.py`."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from trimtab.client.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Record):
    """A row of `runs`."""

    resource: ClassVar[str] = "runs"
    firm_id: str
    run_id: str
    as_of: dt.date
    edition_known_at: dt.datetime
    kind: str | None
    state: str | None
    started_at: dt.datetime
    finished_at: dt.datetime | None
    engine: str | None
    result_digest: str | None
    summary: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition(Record):
    """A row of `editions`."""

    resource: ClassVar[str] = "editions"
    firm_id: str
    known_at: dt.datetime
    as_of: dt.date
    market_known_at: dt.datetime | None
    book_name: str | None
    book_digest: str | None
    cause: str | None
    who: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Record):
    """A row of `proposals`."""

    resource: ClassVar[str] = "proposals"
    firm_id: str
    proposal_id: str
    kind: str | None
    subject: str | None
    as_of: dt.date
    state: str | None
    content_digest: str | None
    content: str | None
    made_by: str | None
    made_at: dt.datetime
    state_at: dt.datetime
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Record):
    """A row of `approvals`."""

    resource: ClassVar[str] = "approvals"
    firm_id: str
    proposal_id: str
    user_id: str
    content_digest: str | None
    approved_at: dt.datetime
    void_at: dt.datetime | None
    void_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt(Record):
    """A row of `halts`."""

    resource: ClassVar[str] = "halts"
    firm_id: str
    halt_id: str
    level: str | None
    subject: str | None
    why: str | None
    halted_by: str | None
    halted_at: dt.datetime
    lifted_by: str | None
    lifted_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Record):
    """A row of `releases`."""

    resource: ClassVar[str] = "releases"
    firm_id: str
    proposal_id: str
    approved_by: str | None
    content_digest: str | None
    released_by: str | None
    released_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Record):
    """A row of `agreements`."""

    resource: ClassVar[str] = "agreements"
    firm_id: str
    agreement_id: str
    kind: str | None
    value: str | None
    signed_by: str | None
    signed_at: dt.datetime
    ended_by: str | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook(Record):
    """A row of `hooks`."""

    resource: ClassVar[str] = "hooks"
    firm_id: str
    hook_id: str
    url: str | None
    kinds: str | None
    made_by: str | None
    made_at: dt.datetime
    ended_by: str | None
    ended_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Record):
    """A row of `deliveries`."""

    resource: ClassVar[str] = "deliveries"
    firm_id: str
    delivery_id: str
    hook_id: str | None
    effect_id: str | None
    kind: str | None
    content: str | None
    made_at: dt.datetime
    due_at: dt.datetime
    attempts: int
    done_at: dt.datetime | None
    dead_at: dt.datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Record):
    """A row of `grants`."""

    resource: ClassVar[str] = "grants"
    firm_id: str
    user_id: str
    role: str
    granted_by: str | None
    granted_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Record):
    """A row of `documents`."""

    resource: ClassVar[str] = "documents"
    firm_id: str
    document_id: str
    kind: str | None
    subject: str | None
    as_of: dt.date
    content_digest: str | None
    made_by: str | None
    made_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowTrade(Record):
    """A row of `shadow_trades`."""

    resource: ClassVar[str] = "shadow_trades"
    firm_id: str
    as_of: dt.date
    account_id: str
    trade_id: str
    security_id: str | None
    side: str | None
    quantity: Decimal
    price: Decimal | None
    made_by: str | None
    made_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Record):
    """A row of `audit`."""

    resource: ClassVar[str] = "audit"
    firm_id: str
    seq: int
    at: dt.datetime
    who: str | None
    verb: str | None
    subject: str | None
    detail: str | None
    previous: str | None
    digest: str | None

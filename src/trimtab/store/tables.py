"""Every table of the store, as SQLAlchemy Core describes it: what the migrations make, and what statements name.

Schemas: `facts` (firms' versioned facts), `results` (firms' parts of runs), `firm` (firms' other records): tenant
tables, each with forced row security. `market` (the desk's facts), readable by every firm, written by the desk;
`people` (who may sign in); `desk` (the desk's own business, which no firm's session may touch).
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, Date, Double, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from trimtab.store.shapes import DTYPES, FACTS, KNOWN_AT, RESULTS, Shape

TENANT_SCHEMAS = ("facts", "results", "firm")
SHARED_SCHEMAS = ("market", "people", "desk")
METADATA = sa.MetaData()
_TYPES: dict[str, Any] = {
    "text": Text,
    "decimal": Numeric(38, 9),
    "number": Double,
    "integer": BigInteger,
    "date": Date,
    "flag": Boolean,
    "moment": TIMESTAMP(timezone=True, precision=6),
    "count": Integer,
}


VERSION = (("business_date", "date", False), (KNOWN_AT, "moment", False), ("gone", "flag", False))
"""What every version of a fact says of itself: the day it is about, when it was known, whether the row is gone."""


def _table(schema: str, name: str, key: Iterable[str], columns: Iterable[tuple[str, str, bool]]) -> sa.Table:
    """A table of columns (name, kind, may be null) with that primary key."""
    keys = tuple(key)
    made = [
        sa.Column(column, _TYPES[kind], nullable=null, info={"kind": kind}) for column, kind, null in columns
    ]
    return sa.Table(name, METADATA, *made, sa.PrimaryKeyConstraint(*keys), schema=schema)


def _versioned(schema: str, shape: Shape, owner: tuple[str, ...]) -> sa.Table:
    """A table of facts: key, columns, when it was known, and whether that was that the row is gone."""
    key = (*owner, *(name for name in shape.key if name not in owner))
    rest = [(name, kind, name not in key) for name, kind in shape.columns.items() if name not in owner]
    head = [(name, "text", False) for name in owner]
    return _table(schema, shape.name, (*key, KNOWN_AT), [*head, *rest, *VERSION])


def _result(shape: Shape) -> sa.Table:
    owner = ("firm_id", "run_id")
    key = (*owner, *(name for name in shape.key if name not in owner))
    rest = [(name, kind, name not in key) for name, kind in shape.columns.items() if name not in owner]
    return _table("results", shape.name, key, [("firm_id", "text", False), ("run_id", "text", False), *rest])


def _plain(described: str) -> sa.Table:
    """`schema.name (key) column column:kind column:kind? …`; `?` marks what may be null, no kind is text."""
    place, rest = described.strip().split(" (", 1)
    key, columns = rest.split(") ", 1)
    schema, name = place.split(".")
    made = []
    for word in columns.split():
        column, kind = [*word.rstrip("?").split(":"), "text"][:2]
        made.append((column, kind, word.endswith("?")))
    return _table(schema, name, key.split(), made)


FIRM_FACTS = {
    name: _versioned("facts", shape, ("firm_id",)) for name, shape in FACTS.items() if shape.by_firm
}
MARKET_FACTS = {name: _versioned("market", shape, ()) for name, shape in FACTS.items() if shape.by_desk}
RESULT_TABLES = {name: _result(shape) for name, shape in RESULTS.items()}

_RECORDS = """
firm.editions (firm_id known_at) firm_id known_at:moment as_of:date market_known_at:moment? book_name book_digest cause who
firm.edition_failures (firm_id known_at ordinal) firm_id known_at:moment ordinal:integer reason table row field value message remedy accounts
firm.grants (firm_id user_id role) firm_id user_id role granted_by granted_at:moment
firm.runs (firm_id run_id) firm_id run_id as_of:date edition_known_at:moment kind state started_at:moment finished_at:moment? engine result_digest? summary?
firm.proposals (firm_id proposal_id) firm_id proposal_id kind subject as_of:date state content_digest content made_by made_at:moment state_at:moment run_id?
firm.approvals (firm_id proposal_id user_id) firm_id proposal_id user_id content_digest approved_at:moment void_at:moment? void_why?
firm.releases (firm_id proposal_id) firm_id proposal_id approved_by content_digest released_by released_at:moment
firm.agreements (firm_id agreement_id) firm_id agreement_id kind value signed_by signed_at:moment ended_by? ended_at:moment?
firm.audit_events (firm_id seq) firm_id seq:integer at:moment who verb subject detail previous digest
firm.audit_heads (firm_id) firm_id seq:integer digest
firm.outbox (firm_id effect_id) firm_id effect_id kind content made_at:moment due_at:moment attempts:count done_at:moment? last_error?
firm.hooks (firm_id hook_id) firm_id hook_id url kinds made_by made_at:moment ended_by? ended_at:moment?
firm.hook_keys (firm_id hook_id key_id) firm_id hook_id key_id made_by made_at:moment ended_by? ended_at:moment?
firm.deliveries (firm_id delivery_id) firm_id delivery_id hook_id effect_id kind content made_at:moment due_at:moment attempts:count done_at:moment? dead_at:moment? last_error?
firm.halts (firm_id halt_id) firm_id halt_id level subject why halted_by halted_at:moment lifted_by? lifted_at:moment?
firm.documents (firm_id document_id) firm_id document_id kind subject as_of:date content content_digest made_by made_at:moment
firm.shadow_trades (firm_id as_of account_id trade_id) firm_id as_of:date account_id trade_id security_id side quantity:decimal price:decimal? made_by made_at:moment
market.editions (known_at) known_at:moment as_of:date book_name cause who
market.halts (halt_id) halt_id why halted_by halted_at:moment lifted_by? lifted_at:moment?
people.users (user_id) user_id name password_hash? made_at:moment ended_at:moment? desk_roles external_id?
people.sessions (token_digest) token_digest user_id made_at:moment expires_at:moment ended_at:moment?
people.api_keys (key_digest) key_digest key_id user_id label made_at:moment expires_at:moment? ended_at:moment?
desk.tenants (firm_id) firm_id name joined_at:moment left_at:moment?
desk.shards (run_id shard) run_id shard:integer firm_id accounts:integer content state worker? lease_until:moment? attempts:count result_digest? finished_at:moment? error?
desk.checkpoints (firm_id seq) firm_id seq:integer digest at:moment seal
"""  # noqa: E501
RECORDS = {f"{table.schema}.{table.name}": table for table in map(_plain, _RECORDS.strip().splitlines())}

RECORDS["firm.approvals"].append_constraint(
    sa.ForeignKeyConstraint(
        ["firm_id", "proposal_id"], ["firm.proposals.firm_id", "firm.proposals.proposal_id"]
    )
)
RECORDS["firm.releases"].append_constraint(
    sa.ForeignKeyConstraint(
        ["firm_id", "proposal_id", "approved_by"],
        ["firm.approvals.firm_id", "firm.approvals.proposal_id", "firm.approvals.user_id"],
    )
)
for _of_a_hook in ("firm.hook_keys", "firm.deliveries"):
    RECORDS[_of_a_hook].append_constraint(
        sa.ForeignKeyConstraint(["firm_id", "hook_id"], ["firm.hooks.firm_id", "firm.hooks.hook_id"])
    )
for _result_table in RESULT_TABLES.values():
    _result_table.append_constraint(
        sa.ForeignKeyConstraint(["firm_id", "run_id"], ["firm.runs.firm_id", "firm.runs.run_id"])
    )
for _session in ("people.sessions", "people.api_keys"):
    RECORDS[_session].append_constraint(sa.ForeignKeyConstraint(["user_id"], ["people.users.user_id"]))
RECORDS["people.users"].append_constraint(sa.UniqueConstraint("name"))
RECORDS["people.api_keys"].append_constraint(sa.UniqueConstraint("key_id"))

sa.Index("sessions_of", RECORDS["people.sessions"].c.user_id)
sa.Index("keys_of", RECORDS["people.api_keys"].c.user_id)
sa.Index("deliveries_waiting", RECORDS["firm.deliveries"].c.firm_id, RECORDS["firm.deliveries"].c.due_at)
sa.Index("effects_waiting", RECORDS["firm.outbox"].c.firm_id, RECORDS["firm.outbox"].c.done_at)
sa.Index("shards_waiting", RECORDS["desk.shards"].c.state, RECORDS["desk.shards"].c.lease_until)

TABLES: dict[str, sa.Table] = {f"{table.schema}.{table.name}": table for table in METADATA.sorted_tables}
"""Every table by `schema.name`."""

APPEND_ONLY = frozenset(
    [f"facts.{name}" for name in FIRM_FACTS]
    + [f"market.{name}" for name in MARKET_FACTS]
    + [f"results.{name}" for name in RESULT_TABLES]
    + [
        "firm.editions",
        "firm.edition_failures",
        "firm.audit_events",
        "firm.releases",
        "firm.documents",
        "firm.shadow_trades",
        "market.editions",
        "desk.checkpoints",
    ]
)
"""Tables of which nothing is ever changed or removed; no login of the application may."""


CHANGEABLE = frozenset(
    ("firm.runs", "firm.proposals", "firm.approvals", "firm.audit_heads", "firm.outbox", "firm.halts", "market.halts",
     "firm.agreements", "firm.hooks", "firm.hook_keys", "firm.deliveries",
     "people.users", "people.sessions", "people.api_keys", "desk.tenants", "desk.shards")
)  # fmt: skip
"""Tables whose rows may be changed: state that is not a fact."""

REMOVABLE = frozenset(("firm.grants",))
"""Tables whose rows may be removed: a right that is gone is gone."""


def key_of(table: sa.Table) -> tuple[str, ...]:
    """The columns of the primary key, in order."""
    return tuple(column.name for column in table.primary_key.columns)


def frame_schema(table: sa.Table) -> dict[str, pl.DataType]:
    """Column name to polars type, in order."""
    return {column.name: DTYPES[column.info["kind"]] for column in table.columns}


def is_tenant(table: sa.Table) -> bool:
    """Whether rows of the table belong to a firm and stand under row security."""
    return table.schema in TENANT_SCHEMAS

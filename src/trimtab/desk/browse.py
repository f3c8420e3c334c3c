"""Read a firm's records a page at a time; every read is recorded, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from trimtab.desk.access import Permission, Principal, may
from trimtab.desk.ports import Store
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.tables import TABLES, is_tenant, key_of
from trimtab.store.versions import VERSION_COLUMNS


@dataclass(frozen=True, slots=True)
class Resource:
    """One readable table: where it is kept, the permission to read it, and what of it is never shown."""

    table: str
    permission: Permission
    hidden: frozenset[str] = frozenset()

    @property
    def columns(self) -> Mapping[str, str]:
        """Its columns with their kinds, in order: what is shown and may be asked for."""
        hidden = self.hidden | (frozenset(VERSION_COLUMNS) if self.versioned else frozenset())
        shown = (column for column in TABLES[self.table].columns if column.name not in hidden)
        return {column.name: str(column.info["kind"]) for column in shown}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row within its firm, in the order of pages."""
        besides = (*(VERSION_COLUMNS if self.versioned else ()), *(("firm_id",) if self.owned else ()))
        return tuple(name for name in key_of(TABLES[self.table]) if name not in besides)

    @property
    def owned(self) -> bool:
        """Whether each row is some firm's own."""
        return is_tenant(TABLES[self.table])

    @property
    def versioned(self) -> bool:
        """Whether it holds facts, of which those in force are read."""
        schema, name = self.table.split(".")
        return schema in ("facts", "market") and name in FACTS

    def permission_at(self, firm: str) -> Permission:
        """The permission to read it at a firm, or at the desk itself."""
        return self.permission if self.owned or firm != DESK else "desk:market:read"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order of their key, and the key after which the next page begins (None: this is the last)."""

    rows: list[dict[str, object]]
    after: tuple[object, ...] | None


def _many(schema: str, permission: Permission, names: str) -> dict[str, Resource]:
    return {name: Resource(f"{schema}.{name}", permission) for name in names.split()}


_MARKET = (
    "securities tags prices factor_exposures factor_covariance specific_risk distributions fund_terms risk_free "
    "calendar indexes"
)
RESOURCES: Mapping[str, Resource] = MappingProxyType(
    _many(
        "facts", "book:account:read", "accounts cash_flows plans transactions open_orders scheduled_buys menu"
    )
    | _many("facts", "book:lot:read", "lots positions")
    | _many("facts", "book:household:read", "households taxpayers")
    | _many("facts", "policy:model:read", "models model_versions products")
    | _many("facts", "policy:list:read", "approved_list")
    | _many("facts", "policy:setting:read", "policies restrictions")
    | _many("results", "run:result:read", "evaluations trades sales reasons settings conflicts targets")
    | _many("results", "run:result:read", "wash_windows orders failures list_proposals")
    | _many("firm", "run:result:read", "runs editions")
    | _many("firm", "trade:proposal:read", "proposals approvals halts releases agreements")
    | _many("firm", "hook:hook:read", "hooks deliveries")
    | _many("firm", "people:grant:read", "grants")
    | {
        "documents": Resource("firm.documents", "run:result:read", frozenset({"content"})),
        "shadow_trades": Resource("firm.shadow_trades", "run:shadow:read"),
        "audit": Resource("firm.audit_events", "audit:event:read"),
    }
)
"""What a firm's people may read, by name."""
MARKET: Mapping[str, Resource] = MappingProxyType(
    _many("market", "policy:model:read", _MARKET)
    | _many("market", "policy:model:read", "models")
    | _many("market", "policy:setting:read", "policies restrictions")
    | _many("market", "policy:list:read", "recommendations")
)
"""What the desk publishes and every firm reads; at the desk itself it takes `desk:market:read`."""


def read_page(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    resource: Resource,
    where: Mapping[str, object],
    after: Sequence[object] | None,
    limit: int,
) -> Page:
    """Rows of a resource from past the key `after`, where the columns are as they are asked (`where.conditions`)."""
    may(principal, resource.permission_at(firm), firm)
    own = {"firm_id": firm} if resource.owned else {}
    past = None if after is None else [*own.values(), *after]
    with store.unit(firm) as unit:
        found = unit.page(
            resource.table, {**where, **own}, after=past, limit=limit + 1, without=resource.hidden
        )
        asked = {name: str(value) for name, value in where.items()}
        unit.record(principal.who, "read", resource.table, rows=min(len(found), limit), asked=asked)
    rows = found[:limit]
    last = tuple(rows[-1][name] for name in resource.key) if len(found) > limit else None
    return Page([_as_shown(row, resource) for row in rows], last)


def _as_shown(row: Mapping[str, object], resource: Resource) -> dict[str, object]:
    """A row in the columns of its resource; an unknown part of a key, which is kept as empty text, is null."""
    blank = {name for name in resource.key if row[name] == ""}
    return {name: None if name in blank else row[name] for name in resource.columns}

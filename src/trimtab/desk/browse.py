"""Read a firm's records a page at a time; every read is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from trimtab.desk.access import Permission, Principal, may
from trimtab.desk.ports import Store
from trimtab.store.tables import TABLES, key_of


@dataclass(frozen=True, slots=True)
class Resource:
    """One readable table of a firm's: where it is kept, and the permission to read it."""

    table: str
    permission: Permission

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns, in order: what may be asked for."""
        hidden = ("known_at", "gone", "business_date") if self.table.startswith("facts.") else ()
        return tuple(column.name for column in TABLES[self.table].columns if column.name not in hidden)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row, in the order of pages."""
        return tuple(name for name in key_of(TABLES[self.table]) if name in self.columns)


def _many(schema: str, permission: Permission, names: str) -> dict[str, Resource]:
    return {name: Resource(f"{schema}.{name}", permission) for name in names.split()}


RESOURCES: Mapping[str, Resource] = MappingProxyType(
    _many("facts", "book:account:read", "accounts cash_flows plans transactions")
    | _many("facts", "book:lot:read", "lots positions")
    | _many("facts", "book:household:read", "households taxpayers")
    | _many("facts", "policy:model:read", "models model_versions products")
    | _many("facts", "policy:list:read", "approved_list")
    | _many("facts", "policy:setting:read", "policies restrictions")
    | _many(
        "results", "run:result:read", "evaluations trades sales reasons settings conflicts list_proposals"
    )
    | _many("firm", "run:result:read", "runs")
    | _many("firm", "trade:proposal:read", "proposals approvals halts releases agreements")
    | _many("firm", "hook:hook:read", "hooks deliveries")
    | {"audit": Resource("firm.audit_events", "audit:event:read")}
)
"""What a firm's people may read, by name."""


def read_page(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    name: str,
    where: Mapping[str, str],
    after: Sequence[str],
    limit: int,
) -> list[dict[str, object]]:
    """Rows of a resource in the order of its key, past the key `after`, where the columns read as they are asked."""
    may(principal, RESOURCES[name].permission, firm)
    resource = RESOURCES[name]
    with store.unit(firm) as unit:
        own = {"firm_id": firm}
        if resource.table.startswith("facts."):
            rows = unit.facts(resource.table, where=own).to_dicts()
        else:
            rows = unit.rows(resource.table, own)
        found = [
            row
            for row in rows
            if all(row[column] is not None and str(row[column]) == asked for column, asked in where.items())
        ]
        found.sort(key=lambda row: _place(row, resource))
        page = [row for row in found if not after or _place(row, resource) > tuple(after)][:limit]
        unit.record(principal.who, "read", name, rows=len(page))
    return page


def _place(row: Mapping[str, object], resource: Resource) -> tuple[str, ...]:
    """A row's key as text of one width, so that numbers keep their order."""
    return tuple(
        f"{row[name]:020d}" if isinstance(row[name], int) else str(row[name]) for name in resource.key
    )


def key_as_text(row: Mapping[str, object], name: str) -> tuple[str, ...]:
    """What `after` must be for the page that follows a row."""
    return _place(row, RESOURCES[name])

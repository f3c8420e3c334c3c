"""The same store in memory, for tests and simulations: same rows seen, same refusals, same words."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import polars as pl
import sqlalchemy as sa

from trimtab.core.clock import moment
from trimtab.store.audit import append_event
from trimtab.store.faults import DuplicateError, RefusedError, StoreError
from trimtab.store.shapes import DESK, FACTS, KNOWN_AT
from trimtab.store.tables import APPEND_ONLY, CHANGEABLE, REMOVABLE, TABLES, frame_schema, is_tenant, key_of
from trimtab.store.versions import owned_key, owned_schema, shown
from trimtab.store.where import Row, Where, holds

_Key = tuple[object, ...]
_Rows = dict[_Key, dict[str, object]]


class MemoryUnit:
    """A unit of work over rows in memory; what it does stands once the unit ends."""

    def __init__(self, tables: dict[str, _Rows], firm: str, now: datetime, audit_key: bytes) -> None:
        self._tables = tables
        self._audit_key = audit_key
        self._desk = firm == DESK
        self._user = ""
        self.firm = firm
        self.now = now
        self.failed = False

    @contextmanager
    def within(self, firm: str) -> Iterator[None]:
        """For the desk: work as one firm, in the same unit."""
        assert self.firm == DESK or firm == self.firm, "only the desk's unit may go from firm to firm"
        before, self.firm = self.firm, firm
        try:
            yield
        finally:
            self.firm = before

    def as_user(self, user_id: str) -> None:
        """Say who is signing in: the desk's unit then sees that user's grants at every firm."""
        self._user = user_id

    def lock(self, name: str, *, shared: bool = False) -> None:
        """Nothing to wait for: units take their turn as they are opened."""
        assert name or shared

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows; a key that is there already is a DuplicateError."""
        described = TABLES[table]
        if described.schema == "market" and not self._desk:
            raise self._failing(RefusedError("the row is not this unit's to write"))
        for row in rows:
            self._add(described, {column.name: row.get(column.name) for column in described.columns})

    def rows(
        self,
        table: str,
        where: Where | None = None,
        *,
        after: Sequence[object] | None = None,
        limit: int | None = None,
        last: bool = False,
    ) -> list[dict[str, object]]:
        """Rows in the order of their key (with `last` backwards), from past the key `after`, at most `limit`."""
        found = sorted(self._seen(table, where or {}), key=lambda pair: pair[0], reverse=last)
        if after is not None:
            found = [(key, row) for key, row in found if key > tuple(after)]
        return [dict(row) for _, row in found[:limit]]

    def page(
        self,
        table: str,
        where: Where | None = None,
        *,
        after: Sequence[object] | None = None,
        limit: int,
        without: Collection[str] = (),
    ) -> list[dict[str, object]]:
        """Rows (of facts those in force, as they are kept) in the order of their key, from past the key `after`;
        `without` some columns of what is no fact.
        """
        described = TABLES[table]
        if described.schema not in ("facts", "market") or described.name not in FACTS:
            rows = self.rows(table, where, after=after, limit=limit)
            return [{name: row[name] for name in row if name not in without} for row in rows]
        shape, tenant = FACTS[described.name], described.schema == "facts"
        key, columns = owned_key(shape, tenant=tenant), owned_schema(shape, tenant=tenant)
        stand = [
            row for row in self._last(table, key).values() if not row["gone"] and holds(row, where or {})
        ]
        if after is not None:
            stand = [row for row in stand if tuple(row[name] for name in key) > tuple(after)]
        return [{name: row[name] for name in columns} for row in stand[:limit]]

    def claim(self, table: str, where: Where, *, limit: int = 1) -> list[dict[str, object]]:
        """Rows that no other unit is working on; none ever is."""
        return self.rows(table, where, limit=limit)

    def change(self, table: str, where: Where, values: Row) -> int:
        """Change rows; how many there were."""
        if table not in CHANGEABLE or (not self._desk and table.startswith("market.")):
            raise self._failing(RefusedError(f"rows of {table} are never changed"))
        described = TABLES[table]
        found = self._seen(table, where)
        for key, row in found:
            del self._tables[table][key]
            self._add(described, row | dict(values))
        return len(found)

    def remove(self, table: str, where: Where) -> int:
        """Remove rows; how many there were. Append-only tables refuse."""
        if table not in REMOVABLE:
            raise self._failing(RefusedError(f"rows of {table} are never removed"))
        found = self._seen(table, where)
        for key, _ in found:
            del self._tables[table][key]
        return len(found)

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add many rows by columns; the desk's unit may add those of many firms at once."""
        assert table in APPEND_ONLY, f"{table} is not kept by columns"
        if not (self._desk and self.firm == DESK and is_tenant(TABLES[table])):
            self.insert(table, *frame.iter_rows(named=True))
            return
        for (firm,), part in frame.group_by("firm_id", maintain_order=True):
            with self.within(str(firm)):
                self.insert(table, *part.iter_rows(named=True))

    def frame(self, table: str, where: Where | None = None) -> pl.DataFrame:
        """Rows by columns, in the order of their key."""
        schema = frame_schema(TABLES[table])
        return pl.DataFrame(self.rows(table, where), schema=schema, orient="row")

    def facts(self, table: str, *, until: datetime | None = None, where: Where | None = None) -> pl.DataFrame:
        """The rows of `facts.NAME` or `market.NAME` in force at a moment (now where none is said), sorted by key."""
        described = TABLES[table]
        shape, tenant = FACTS[described.name], described.schema == "facts"
        known: Where = {} if until is None else {f"{KNOWN_AT} <=": until}
        versions = self._last(table, owned_key(shape, tenant=tenant), known)
        schema = owned_schema(shape, tenant=tenant)
        stand = [row for row in versions.values() if not row["gone"] and holds(row, where or {})]
        cells = {name: [row[name] for row in stand] for name in schema}
        return shown(pl.DataFrame(cells, schema=schema), shape)

    def record(self, who: str, verb: str, subject: str, **detail: object) -> None:
        """Append the audit event of what this unit did; the last thing it does."""
        said = {"who": who, "verb": verb, "subject": subject, "detail": detail}
        append_event(self, self._audit_key, said)

    def _last(self, table: str, key: Sequence[str], known: Where | None = None) -> _Rows:
        """The version of each fact known last, in the order of the key."""
        return {tuple(row[name] for name in key): row for row in self.rows(table, known)}

    def _seen(self, table: str, where: Where) -> list[tuple[_Key, dict[str, object]]]:
        """The rows this unit may see that meet a condition."""
        if self.failed:
            raise StoreError("a statement of this unit failed: all of it is undone")
        described = TABLES[table]
        if described.schema in ("people", "desk") and not self._desk:
            raise self._failing(RefusedError("a firm's unit has no business here"))
        rows = self._tables[table].items()
        return [(key, row) for key, row in rows if self._visible(described, row) and holds(row, where)]

    def _visible(self, table: sa.Table, row: Row) -> bool:
        if not is_tenant(table) or row["firm_id"] == self.firm:
            return True
        return table.name == "grants" and self._desk and self._user != "" and row["user_id"] == self._user

    def _add(self, table: sa.Table, row: dict[str, object]) -> None:
        """Add one row, where the database would let it stand."""
        name = f"{table.schema}.{table.name}"
        self._seen(name, {"firm_id": self.firm} if is_tenant(table) else {})
        if any(row[column.name] is None and not column.nullable for column in table.columns):
            raise self._failing(StoreError("a cell that must be known is not"))
        if is_tenant(table) and row["firm_id"] != self.firm:
            raise self._failing(RefusedError("the row is not this unit's to write"))
        for constraint in table.foreign_key_constraints:
            theirs = self._tables[f"{constraint.referred_table.schema}.{constraint.referred_table.name}"]
            if tuple(row[column] for column in constraint.column_keys) not in theirs:
                raise self._failing(RefusedError("the row names none that exists"))
        key = tuple(row[column] for column in key_of(table))
        if key in self._tables[name] or self._repeats(table, row):
            raise self._failing(DuplicateError("a row with this key is there already"))
        self._tables[name][key] = row

    def _repeats(self, table: sa.Table, row: Row) -> bool:
        unique = [one for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        others = self._tables[f"{table.schema}.{table.name}"].values() if unique else ()
        named = [[column.name for column in one.columns] for one in unique]
        return any(all(row[name] == other[name] for name in names) for names in named for other in others)

    def _failing(self, error: StoreError) -> StoreError:
        self.failed = True
        return error


class MemoryReader:
    """Facts by columns, of what is kept."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    def facts(
        self, table: str, firm: str, *, until: datetime | None = None, where: Where | None = None
    ) -> pl.DataFrame:
        """What `Unit.facts` gives within a firm, of what is kept."""
        unit = MemoryUnit(self._store._tables, DESK, self._store._clock(), b"")
        with unit.within(firm):
            return unit.facts(table, until=until, where=where)


class MemoryStore:
    """A store that is gone with the process; units take their turn."""

    def __init__(self, *, audit_key: bytes, clock: Callable[[], datetime] = moment) -> None:
        self._tables: dict[str, _Rows] = {name: {} for name in TABLES}
        self._audit_key = audit_key
        self._clock = clock
        self._turn = threading.Lock()

    @contextmanager
    def unit(self, firm: str) -> Iterator[MemoryUnit]:
        """A unit of work for a firm, or for the desk: kept at its end, undone if anything is raised."""
        with self._turn:
            work = {name: dict(rows) for name, rows in self._tables.items()}
            unit = MemoryUnit(work, firm, self._clock(), self._audit_key)
            yield unit
            if unit.failed:
                raise StoreError("a statement of this unit failed: all of it is undone")
            self._tables = work

    @contextmanager
    def reader(self) -> Iterator[MemoryReader]:
        """Kept facts by columns."""
        yield MemoryReader(self)

    def unready(self) -> str | None:
        """Nothing keeps it from being worked with."""
        return None

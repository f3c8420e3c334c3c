"""One unit of work over PostgreSQL: a role, a firm, one transaction, one commit at the edge."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import polars as pl
import psycopg
import sqlalchemy as sa

from trimtab.store import bulk
from trimtab.store.audit import append_event
from trimtab.store.faults import DuplicateError, LostError, RefusedError, StoreError
from trimtab.store.health import unready
from trimtab.store.migrate import sqlalchemy_url
from trimtab.store.reader import ColumnReader, column_reader
from trimtab.store.schema.statements import APP, DESK_ROLE
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.tables import APPEND_ONLY, TABLES, frame_schema, key_of
from trimtab.store.versions import in_force, owned_schema, page_in_force, shown
from trimtab.store.where import Row, Where, after_key, conditions

_UNIQUE, _FOREIGN, _DENIED = "23505", "23503", "42501"
_GONE = ("57P", "080")


class PostgresUnit:
    """A unit of work as `desk.ports.Unit` describes it, in one transaction of one connection."""

    def __init__(self, connection: sa.Connection, firm: str, audit_key: bytes) -> None:
        self._connection = connection
        self._audit_key = audit_key
        self.firm = firm
        self.failed = False
        role = DESK_ROLE if firm == DESK else APP
        self.now = self._take(role, firm)

    def _take(self, role: str, firm: str) -> datetime:
        """Take the role and the firm, until the transaction ends; the moment it began."""
        said = sa.text(
            "SELECT set_config('role', :role, true), set_config('app.firm', :firm, true), clock_timestamp()"
        )
        moment = self._connection.execute(said, {"role": role, "firm": firm}).one()[2]
        assert isinstance(moment, datetime)
        return moment.astimezone(UTC)

    def _set(self, name: str, value: str) -> None:
        said = sa.text("SELECT set_config(:name, :value, true)")
        self._connection.execute(said, {"name": name, "value": value})

    @contextmanager
    def within(self, firm: str) -> Iterator[None]:
        """For the desk: work as one firm, in the same transaction."""
        assert self.firm == DESK or firm == self.firm, "only the desk's unit may go from firm to firm"
        before, self.firm = self.firm, firm
        self._set("app.firm", firm)
        try:
            yield
        finally:
            self.firm = before
        self._set("app.firm", before)

    def as_user(self, user_id: str) -> None:
        """Say who is signing in: the desk's unit then sees that user's grants at every firm."""
        self._set("app.user", user_id)

    def lock(self, name: str, *, shared: bool = False) -> None:
        """Wait until no other unit holds a lock of that name (`shared`: but shared); let go at the end of the unit."""
        form = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        self._connection.execute(sa.text(f"SELECT {form}(hashtextextended(:name, 0))"), {"name": name})

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows; a key that is there already is a DuplicateError."""
        if rows:
            self._run(sa.insert(TABLES[table]), list(map(dict, rows)))

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
        described = TABLES[table]
        return self._rows(described, list(described.c), where or {}, after=after, last=last, limit=limit)

    def _rows(
        self,
        described: sa.Table,
        chosen: "list[sa.Column[Any]]",
        where: Where,
        *,
        after: Sequence[object] | None,
        last: bool,
        limit: int | None,
    ) -> list[dict[str, object]]:
        key = key_of(described)
        said = sa.select(*chosen).where(*conditions(described.c, where))
        if after is not None:
            said = said.where(after_key(described.c, key, after))
        said = said.order_by(*(described.c[name].desc() if last else described.c[name] for name in key))
        return [dict(row) for row in self._run(said.limit(limit)).mappings()]

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
            chosen = [column for column in described.c if column.name not in without]
            return self._rows(described, chosen, where or {}, after=after, last=False, limit=limit)
        shape = FACTS[described.name]
        said = page_in_force(described, shape, where=where or {}, after=after, limit=limit)
        return [dict(row) for row in self._run(said).mappings()]

    def claim(self, table: str, where: Where, *, limit: int = 1) -> list[dict[str, object]]:
        """Rows that no other unit is working on, locked for this one until it ends."""
        described = TABLES[table]
        said = sa.select(described).where(*conditions(described.c, where))
        said = said.order_by(*described.primary_key.columns).limit(limit).with_for_update(skip_locked=True)
        return [dict(row) for row in self._run(said).mappings()]

    def change(self, table: str, where: Where, values: Row) -> int:
        """Change rows; how many there were."""
        described = TABLES[table]
        return self._run(
            sa.update(described).where(*conditions(described.c, where)).values(**values)
        ).rowcount

    def remove(self, table: str, where: Where) -> int:
        """Remove rows; how many there were. Append-only tables refuse."""
        described = TABLES[table]
        return self._run(sa.delete(described).where(*conditions(described.c, where))).rowcount

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add many rows by columns; the desk's unit may add those of many firms at once."""
        assert table in APPEND_ONLY, f"{table} is not kept by columns"
        if frame.is_empty():
            return
        described = TABLES[table]
        with self._told():
            staged = bulk.stage(self._raw, described, frame)
            bulk.insert_staged(self._raw, described, staged, frame, ours=self.firm)

    def frame(self, table: str, where: Where | None = None) -> pl.DataFrame:
        """Rows by columns, in the order of their key."""
        described = TABLES[table]
        said = sa.select(*described.c).where(*conditions(described.c, where or {}))
        with self._told():
            found = bulk.read_out(self._raw, said, frame_schema(described))
        return found.sort(key_of(described))

    def facts(self, table: str, *, until: datetime | None = None, where: Where | None = None) -> pl.DataFrame:
        """The rows of `facts.NAME` or `market.NAME` in force at a moment (now where none is said), sorted by key."""
        described = TABLES[table]
        shape = FACTS[described.name]
        statement = in_force(described, shape, until=until, where=where or {})
        schema = owned_schema(shape, tenant=described.schema == "facts")
        with self._told():
            return shown(bulk.read_out(self._raw, statement, schema), shape)

    def record(self, who: str, verb: str, subject: str, **detail: object) -> None:
        """Append the audit event of what this unit did; the last thing it does."""
        said = {"who": who, "verb": verb, "subject": subject, "detail": detail}
        append_event(self, self._audit_key, said)

    @property
    def _raw(self) -> "psycopg.Connection[tuple[object, ...]]":
        raw = self._connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        return raw

    def _run(
        self, statement: sa.Executable, rows: list[dict[str, object]] | None = None
    ) -> sa.CursorResult[tuple[object, ...]]:
        with self._told():
            return self._connection.execute(statement, rows)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The database's refusals in the store's own words, without any other row's values."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            self.failed = True
            raise _named(getattr(error.orig, "sqlstate", None), error) from error
        except psycopg.Error as error:
            self.failed = True
            raise _named(error.sqlstate, error) from error


def _named(state: str | None, error: Exception) -> Exception:
    if state == _UNIQUE:
        return DuplicateError("a row with this key is there already")
    if state in (_FOREIGN, _DENIED):
        return RefusedError("the row is not this unit's to write, or names none that exists")
    if state is not None and state[:3] in _GONE:
        return LostError(f"the database ended the session ({state})")
    return error if state is None else StoreError(f"the database refused ({state})")


class PostgresStore:
    """The store over a PostgreSQL server; `url` is the application's plain login, never an owner or superuser."""

    def __init__(self, url: str, *, audit_key: bytes, connections: int = 8) -> None:
        self.url = url
        self._audit_key = audit_key
        self._engine = sa.create_engine(
            sqlalchemy_url(url), pool_size=connections, max_overflow=2, pool_pre_ping=True
        )

    @contextmanager
    def unit(self, firm: str) -> Iterator[PostgresUnit]:
        """A unit of work for a firm, or for the desk: committed at its end, undone if anything is raised."""
        try:
            with self._engine.begin() as connection:
                unit = PostgresUnit(connection, firm, self._audit_key)
                yield unit
                if unit.failed:
                    raise StoreError("a statement of this unit failed: all of it is undone")
        except (sa.exc.OperationalError, sa.exc.InterfaceError, psycopg.OperationalError) as error:
            raise LostError("the database cannot be reached") from error

    @contextmanager
    def reader(self) -> Iterator[ColumnReader]:
        """Committed facts by columns, for whole books and nights: several times as fast as a unit of work."""
        with column_reader(self.url) as reader:
            yield reader

    def unready(self) -> str | None:
        """Why the database cannot be worked with now; None where it can."""
        return unready(self.url)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def __enter__(self) -> "PostgresStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""Facts out in columns, by ADBC: for whole books and nights; committed facts only, of one firm at a time.

Facts are append-only, so that what was in force at a moment is the same in this transaction as in any other.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Any

import polars as pl
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi
from psycopg import sql
from sqlalchemy.sql.elements import ColumnElement

from trimtab.store.bulk import raw_dialect
from trimtab.store.faults import LostError
from trimtab.store.schema.statements import DESK_ROLE
from trimtab.store.shapes import FACTS, Shape
from trimtab.store.tables import TABLES
from trimtab.store.versions import in_force, owned_schema, shown
from trimtab.store.where import Where


class ColumnReader:
    """A connection that reads facts by columns under one firm's name after another."""

    def __init__(self, connection: "dbapi.Connection") -> None:
        self._connection = connection

    def facts(
        self, table: str, firm: str, *, until: datetime | None = None, where: Where | None = None
    ) -> pl.DataFrame:
        """What `Unit.facts` gives within a firm (or, for `market.NAME`, to the desk), of what is committed."""
        shape, schema = _shape(table)
        statement = _statement(table, until, where or {})
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('role', $1, true), set_config('app.firm', $2, true)", (DESK_ROLE, firm)
            )
            cursor.fetchall()
            cursor.execute(statement)
            found = pl.from_arrow(cursor.fetch_arrow_table())
        self._connection.rollback()
        assert isinstance(found, pl.DataFrame)
        return shown(_typed(found, schema), shape)


@cache
def _shape(table: str) -> tuple[Shape, dict[str, pl.DataType]]:
    described = TABLES[table]
    shape = FACTS[described.name]
    return shape, owned_schema(shape, tenant=described.schema == "facts")


def _statement(table: str, until: datetime | None, where: Where) -> str:
    """The statement with its values in it; that of plain comparisons is composed once for each form."""
    plain = all(isinstance(value, str | date) for value in where.values())
    if not plain:
        asked = _asked(table, until, where)
        said = asked.compile(dialect=raw_dialect(), compile_kwargs={"literal_binds": True})
        return str(said).replace("%%", "%")
    values = {f"p{number}": value for number, value in enumerate(where.values())} | {"until": until}
    form = _form(table, tuple(where), until is not None)
    return form % {name: sql.Literal(value).as_string(None) for name, value in values.items()}


@cache
def _form(table: str, said: tuple[str, ...], ends: bool) -> str:
    """A statement with a place for each value."""
    where: Where = {one: sa.bindparam(f"p{number}") for number, one in enumerate(said)}
    return str(_asked(table, sa.bindparam("until") if ends else None, where).compile(dialect=raw_dialect()))


def _asked(table: str, until: "datetime | sa.BindParameter[Any] | None", where: Where) -> sa.Select[Any]:
    shape, schema = _shape(table)
    asked = in_force(TABLES[table], shape, until=until, where=where).subquery("asked")
    return sa.select(*(_plain(asked.c[name], kind) for name, kind in schema.items()))


def _plain(column: "sa.ColumnElement[Any]", kind: pl.DataType) -> ColumnElement[Any]:
    """Exact decimals cross as text: the driver has no other exact form for them."""
    return column.cast(sa.Text).label(column.key) if isinstance(kind, pl.Decimal) else column


def _typed(found: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return found.select(pl.col(name).cast(kind) for name, kind in schema.items())


@contextmanager
def column_reader(url: str) -> Iterator[ColumnReader]:
    """A reader over a database, by the application's login."""
    try:
        with dbapi.connect(url) as connection:
            yield ColumnReader(connection)
    except dbapi.OperationalError as error:
        raise LostError("the database cannot be reached") from error

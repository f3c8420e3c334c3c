"""Columns in and out of PostgreSQL: COPY into a temporary table, then one INSERT … SELECT per firm.

COPY straight into a table under row security is refused by PostgreSQL; the temporary table is not.
"""

import io
from collections.abc import Mapping

import polars as pl
import sqlalchemy as sa
from psycopg import Connection, sql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from trimtab.store.shapes import DESK
from trimtab.store.tables import is_tenant

_ROWS_A_CHUNK = 100_000


def stage(raw: "Connection[tuple[object, ...]]", table: sa.Table, frame: pl.DataFrame) -> sql.Composed:
    """Copy a frame into a temporary table of the same columns; its name. It goes with the transaction."""
    name = sql.Identifier(f"stage_{table.schema}_{table.name}")
    whole = sql.Identifier(str(table.schema), table.name)
    raw.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(name, whole)
        if not _exists(raw, f"stage_{table.schema}_{table.name}")
        else sql.SQL("TRUNCATE {}").format(name)
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    call = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(name, columns)
    with raw.cursor() as cursor, cursor.copy(call) as copy:
        for part in frame.iter_slices(_ROWS_A_CHUNK):
            copy.write(part.write_csv(include_header=False).encode())
    return sql.Composed([name])


def _exists(raw: "Connection[tuple[object, ...]]", name: str) -> bool:
    found = raw.execute("SELECT to_regclass(%s) IS NOT NULL", (f"pg_temp.{name}",)).fetchone()
    return found is not None and bool(found[0])


def insert_staged(
    raw: "Connection[tuple[object, ...]]",
    table: sa.Table,
    staged: sql.Composed,
    frame: pl.DataFrame,
    *,
    ours: str,
) -> None:
    """Move staged rows into their table: firm by firm where the table has tenants, each under its own name.

    `ours` is the firm of the unit: a firm's unit never takes another's name, so that its rows are refused.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, frame.columns))
    whole = sql.Identifier(str(table.schema), table.name)
    move = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(whole, names, names, staged)
    if ours != DESK or not is_tenant(table):
        raw.execute(move)
        return
    firms = frame["firm_id"].unique().sort().to_list()
    if len(firms) > 1:
        raw.execute(sql.SQL("CREATE INDEX ON {} (firm_id)").format(staged))
        raw.execute(sql.SQL("ANALYZE {}").format(staged))
    for firm in firms:
        raw.execute("SELECT set_config('app.firm', %s, true)", (firm,))
        raw.execute(move + sql.SQL(" WHERE firm_id = {}").format(sql.Literal(firm)))
    raw.execute("SELECT set_config('app.firm', %s, true)", (ours,))


def read_out(
    raw: "Connection[tuple[object, ...]]",
    statement: sa.Select[tuple[object, ...]],
    schema: Mapping[str, pl.DataType],
) -> pl.DataFrame:
    """The rows of a statement as a frame of a known schema, inside the caller's transaction."""
    said = statement.compile(dialect=raw_dialect(), compile_kwargs={"render_postcompile": True})
    with raw.cursor() as cursor, cursor.copy(f"COPY ({said}) TO STDOUT (FORMAT csv)", said.params) as copy:
        data = b"".join(bytes(part) for part in copy)
    return from_csv(data, schema)


def from_csv(data: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """PostgreSQL's CSV as a typed frame: t and f are flags, moments have an offset."""
    if not data:
        return pl.DataFrame(schema=dict(schema))
    plain = {name: pl.String() if _worded(kind) else kind for name, kind in schema.items()}
    frame = pl.read_csv(io.BytesIO(data), has_header=False, schema=plain)
    return frame.with_columns(
        pl.col(name) == "t" if kind == pl.Boolean() else _moment(name)
        for name, kind in schema.items()
        if _worded(kind)
    )


def _worded(kind: pl.DataType) -> bool:
    return kind == pl.Boolean() or isinstance(kind, pl.Datetime)


def _moment(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", time_zone="UTC")


def raw_dialect() -> sa.Dialect:
    """The dialect whose statements psycopg takes."""
    return PGDialect_psycopg()  # type: ignore[no-untyped-call]

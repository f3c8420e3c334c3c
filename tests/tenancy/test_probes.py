"""Every tenant table, probed as firm B for what is firm A's: reading, writing, moving, counting, and after a commit."""

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from tests.database import AUDIT_KEY, app_url, owner_url

from trimtab.store.faults import StoreError
from trimtab.store.schema.statements import APP, DESK_ROLE
from trimtab.store.server import Server
from trimtab.store.session import PostgresStore
from trimtab.store.shapes import DESK
from trimtab.store.tables import TABLES, is_tenant

TENANT_TABLES = sorted(name for name, table in TABLES.items() if is_tenant(table))
LATER = {"firm.approvals", "firm.releases", "firm.hook_keys", "firm.deliveries"}
"""Tables whose rows name a row of another of the firm's."""
VALUES = {
    "text": "x",
    "decimal": Decimal(1),
    "number": 1.0,
    "integer": 1,
    "count": 1,
    "date": date(2020, 6, 1),
    "flag": False,
    "moment": datetime(2020, 6, 1, tzinfo=UTC),
}


def row_of(table: sa.Table, firm: str) -> dict[str, object]:
    row = {column.name: VALUES[column.info["kind"]] for column in table.columns}
    return row | {"firm_id": firm}


@pytest.fixture
def login(cluster: Server, database: str) -> Iterator[psycopg.Connection]:
    """A connection by the application's login, with a row of firm A in every tenant table."""
    with psycopg.connect(owner_url(cluster, database), autocommit=True) as owner:
        for name in sorted(
            TENANT_TABLES,
            key=lambda name: (name.startswith("results."), name in LATER, name),
        ):
            row = row_of(TABLES[name], "A")
            columns = sql.SQL(", ").join(map(sql.Identifier, row))
            holes = sql.SQL(", ").join([sql.Placeholder()] * len(row))
            into = sql.Identifier(*name.split("."))
            owner.execute(
                sql.SQL("insert into {} ({}) values ({})").format(into, columns, holes), list(row.values())
            )
    with psycopg.connect(app_url(cluster, database), autocommit=True) as connection:
        yield connection


def act_as(login: psycopg.Connection, role: str, firm: str | None) -> None:
    login.execute("select set_config('role', %s, true)", (role,))
    if firm is not None:
        login.execute("select set_config('app.firm', %s, true)", (firm,))


def count(login: psycopg.Connection, name: str) -> int:
    found = login.execute(
        sql.SQL("select count(*) from {}").format(sql.Identifier(*name.split(".")))
    ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("role", [APP, DESK_ROLE])
def test_what_is_one_firm_s_is_no_other_s(login: psycopg.Connection, role: str) -> None:
    """Seen by A alone: not by B, not by a firm named with a prefix or nothing, not without a firm."""
    for firm, seen in (("A", 1), ("B", 0), ("", 0), ("a", 0), ("A ", 0), ("*", 0), ("%", 0), (None, 0)):
        with login.transaction():
            act_as(login, role, firm)
            for name in TENANT_TABLES:
                assert count(login, name) == seen, (name, firm)


def attempt(
    login: psycopg.Connection, role: str, statement: sql.Composed, values: list[object] | None
) -> tuple[int, str | None]:
    """Do something as firm B: how many rows it touched, or the refusal."""
    try:
        with login.transaction():
            act_as(login, role, "B")
            if values is not None:
                return login.execute(statement, values).rowcount, None
            with login.cursor() as cursor, cursor.copy(statement):
                return 0, None
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported) as error:
        return 0, str(error)


@pytest.mark.parametrize("role", [APP, DESK_ROLE])
@pytest.mark.parametrize("name", TENANT_TABLES)
def test_nothing_of_another_firm_is_written(login: psycopg.Connection, role: str, name: str) -> None:
    """An insert for A, a repeat of A's key, a move to A, an update and a delete of A's row, as B."""
    table, into = TABLES[name], sql.Identifier(*name.split("."))
    row = row_of(table, "A")
    columns = sql.SQL(", ").join(map(sql.Identifier, row))
    insert = sql.SQL("insert into {} ({}) values ({})").format(
        into, columns, sql.SQL(", ").join([sql.Placeholder()] * len(row))
    )
    statements = [
        (insert, list(row.values())),
        (sql.SQL("update {} set firm_id = 'A'").format(into), []),
        (sql.SQL("update {} set firm_id = 'B' where firm_id = 'A'").format(into), []),
        (sql.SQL("delete from {} where firm_id = 'A'").format(into), []),
        (sql.SQL("truncate {}").format(into), []),
        (sql.SQL("copy {} from stdin").format(into), None),
    ]
    for statement, values in statements:
        changed, refused = attempt(login, role, statement, values)
        assert refused is None or "row-level security" in refused or "denied" in refused, refused
        assert changed <= 0, statement.as_string(login)
    with login.transaction():
        act_as(login, role, "A")
        assert count(login, name) == 1


def test_a_key_of_another_firm_is_free_and_its_row_cannot_be_named(login: psycopg.Connection) -> None:
    """Absent and foreign look alike: A's keys are free for B, and what A has cannot be referred to."""
    with login.transaction():
        act_as(login, APP, "B")
        columns = sql.SQL("firm_id, halt_id, level, subject, why, halted_by, halted_at")
        login.execute(
            sql.SQL("insert into firm.halts ({}) values ('B','x','x','x','x','x', now())").format(columns)
        )
    said = []
    for proposal in ("x", "absent"):
        values = "('B', %s, 'u', 'd', now(), null, null)"
        with login.transaction(force_rollback=True):
            act_as(login, APP, "B")
            with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
                login.execute(f"insert into firm.approvals values {values}", (proposal,))
            said.append(str(refused.value).replace(proposal, "?"))
    assert said[0] == said[1]


def test_after_the_commit_a_connection_sees_nothing(login: psycopg.Connection) -> None:
    with login.transaction():
        act_as(login, APP, "A")
        assert count(login, "facts.lots") == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        count(login, "facts.lots")
    with login.transaction():
        act_as(login, APP, None)
        assert count(login, "facts.lots") == 0


def test_random_firms_through_one_pooled_connection_never_meet(cluster: Server, database: str) -> None:
    """Firms one after the other on one connection, with errors and cancels between: each sees its own row alone."""
    draw = random.Random(44)
    firms = [f"F{number}" for number in range(8)]
    with PostgresStore(app_url(cluster, database), audit_key=AUDIT_KEY, connections=1) as store:
        for firm in firms:
            with store.unit(firm) as unit:
                unit.insert("firm.audit_heads", {"firm_id": firm, "seq": 1, "digest": firm})
        for _ in range(700):
            firm = draw.choice(firms)
            with suppress(StoreError), store.unit(firm) as unit:
                assert [row["digest"] for row in unit.rows("firm.audit_heads")] == [firm]
                if draw.random() < 0.2:
                    unit.insert("firm.audit_heads", {"firm_id": draw.choice(firms), "seq": 2, "digest": "x"})
                elif draw.random() < 0.05:
                    unit.append("facts.plans", pl.DataFrame({"firm_id": [draw.choice(firms)]}))
        with store.unit(DESK) as unit:
            assert unit.rows("firm.audit_heads") == []

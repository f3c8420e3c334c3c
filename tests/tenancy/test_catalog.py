"""The catalog of the database itself: every tenant table stands under forced row security, or this is red."""

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.database import app_url, owner_url

from trimtab.store.migrate import migrate, newest, revision_of, sqlalchemy_url
from trimtab.store.schema.statements import APP, DESK_ROLE, TENANT
from trimtab.store.server import Server
from trimtab.store.tables import (
    APPEND_ONLY,
    CHANGEABLE,
    METADATA,
    REMOVABLE,
    SHARED_SCHEMAS,
    TABLES,
    TENANT_SCHEMAS,
)

OWN = "(user_id = NULLIF(current_setting('app.user'::text, true), ''::text))"
TENANT_SAID = "(firm_id = NULLIF(current_setting('app.firm'::text, true), ''::text))"


@pytest.fixture
def owner(cluster: Server, database: str):
    with psycopg.connect(owner_url(cluster, database), autocommit=True) as connection:
        yield connection


def faults(owner: psycopg.Connection) -> list[str]:
    """Every tenant table that is not held as it should be, and every table that stands nowhere."""
    found = []
    rows = owner.execute(
        "select n.nspname, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.oid from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f') "
        "and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1, 2"
    ).fetchall()
    for schema, name, kind, enabled, forced, oid in rows:
        table = f"{schema}.{name}"
        if table == "public.alembic_version":
            continue
        if kind != "r":
            found.append(f"{table}: views leak what row security hides")
        elif schema in TENANT_SCHEMAS:
            if not (enabled and forced):
                found.append(f"{table}: row security is not forced")
            found += [
                f"{table}: {fault}" for fault in policy_faults(owner, oid, table) + key_faults(owner, oid)
            ]
        elif schema not in SHARED_SCHEMAS:
            found.append(f"{table}: in no schema of the store")
    return found + function_faults(owner) + role_faults(owner)


def policy_faults(owner: psycopg.Connection, oid: int, table: str) -> list[str]:
    policies = owner.execute(
        "select polname, polcmd::text, polpermissive, polroles::regrole[]::text[], pg_get_expr(polqual, polrelid), "
        "pg_get_expr(polwithcheck, polrelid) from pg_policy where polrelid = %s order by polname desc",
        (oid,),
    ).fetchall()
    wanted = [("tenant", "*", True, ["-"], TENANT_SAID, TENANT_SAID)]
    if table == "firm.grants":
        wanted.append(("own", "r", True, [DESK_ROLE], OWN, None))
    return [] if policies == wanted else [f"policies are {policies}"]


def key_faults(owner: psycopg.Connection, oid: int) -> list[str]:
    """Keys and indexes that say something of another firm: each begins with firm_id, each reference carries it."""
    found = []
    unique = owner.execute(
        "select i.indexrelid::regclass::text, a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid "
        "and a.attnum = i.indkey[0] where i.indrelid = %s and i.indisunique",
        (oid,),
    ).fetchall()
    found += [f"unique {name} does not begin with firm_id" for name, first in unique if first != "firm_id"]
    if not owner.execute("select 1 from pg_index where indrelid = %s and indisprimary", (oid,)).fetchone():
        found.append("no primary key")
    foreign = owner.execute(
        "select conname, (select array_agg(attname::text) from pg_attribute where attrelid = conrelid and "
        "attnum = any(conkey)) from pg_constraint where conrelid = %s and contype = 'f'",
        (oid,),
    ).fetchall()
    return found + [
        f"reference {name} does not carry firm_id" for name, names in foreign if "firm_id" not in names
    ]


def function_faults(owner: psycopg.Connection) -> list[str]:
    rows = owner.execute(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
        "where prosecdef and n.nspname not in ('pg_catalog', 'information_schema')"
    ).fetchall()
    return [f"{name} runs as its definer" for (name,) in rows]


def role_faults(owner: psycopg.Connection) -> list[str]:
    rows = owner.execute(
        "select rolname from pg_roles where rolname like 'trimtab%' and rolname <> 'trimtab_owner' and "
        "(rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)"
    ).fetchall()
    return [f"role {name} can do too much" for (name,) in rows]


def test_every_tenant_table_is_held(owner: psycopg.Connection) -> None:
    assert faults(owner) == []


MUTANTS = {
    "no force": "alter table facts.lots no force row level security",
    "not enabled": "alter table firm.runs disable row level security",
    "no policy": "drop policy tenant on results.trades",
    "open policy": "create policy all_of_it on facts.accounts using (true)",
    "policy without nullif": "alter policy tenant on facts.lots using (firm_id = current_setting('app.firm'))",
    "no write check": "drop policy tenant on facts.lots; "
    f"create policy tenant on facts.lots for select using ({TENANT})",
    "new table": "create table firm.notes (firm_id text, note text)",
    "table elsewhere": "create table public.notes (firm_id text primary key)",
    "key without firm": "create unique index leak on facts.accounts (account_id, known_at)",
    "reference without firm": "alter table firm.runs add unique (firm_id, run_id, kind), add column other text; "
    "create unique index one on people.users (name, user_id); "
    "alter table firm.runs add foreign key (other) references people.users (user_id)",
    "view": "create view firm.leak as select * from facts.lots",
    "materialized view": "create materialized view firm.leak as select * from facts.lots",
    "definer": "create function firm.leak() returns bigint language sql security definer as 'select 1::bigint'",
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_schema_that_is_not_held_is_seen(owner: psycopg.Connection, mutant: str) -> None:
    owner.execute(MUTANTS[mutant])
    assert faults(owner) != []


def test_no_role_of_the_application_changes_what_is_appended(owner: psycopg.Connection) -> None:
    granted = owner.execute(
        "select grantee, table_schema || '.' || table_name, privilege_type from information_schema.role_table_grants "
        "where grantee in ('trimtab_app', 'trimtab_desk', 'trimtab_login', 'PUBLIC') and table_schema <> 'pg_catalog' "
        "and table_schema <> 'information_schema'"
    ).fetchall()
    assert {table for _, table, _ in granted} == {*TABLES, "public.alembic_version"}
    changed = {(role, table) for role, table, right in granted if right not in ("SELECT", "INSERT")}
    assert {table for _, table in changed} & APPEND_ONLY == set()
    firm = {table.split(".")[0] for role, table, _ in granted if role == APP}
    assert firm == {*TENANT_SCHEMAS, "market"}
    assert {right for role, t, right in granted if role == APP and t.startswith("market.")} == {"SELECT"}
    assert not [role for role, _, _ in granted if role == "trimtab_login"]


def test_the_login_alone_sees_nothing(cluster: Server, database: str) -> None:
    with psycopg.connect(app_url(cluster, database), autocommit=True) as login:
        for table in ("facts.lots", "market.prices", "people.users"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(f"select * from {table}")


def test_migrations_make_the_described_tables_forward_and_back(cluster: Server, database: str) -> None:
    url = owner_url(cluster, database)
    for to, revision in (("base", None), ("head", newest()), ("base", None), ("head", newest())):
        migrate(url, to=to)
        engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert revision_of(connection) == revision
            if to == "head":
                context = MigrationContext.configure(connection, opts={"include_schemas": True})
                assert compare_metadata(context, METADATA) == []
            else:
                schemas = connection.execute(sa.text("select nspname from pg_namespace")).scalars()
                assert not {*TENANT_SCHEMAS, *SHARED_SCHEMAS} & set(schemas)


def test_the_rights_are_those_the_store_in_memory_gives(owner: psycopg.Connection) -> None:
    def with_right(right: str) -> set[str]:
        rows = owner.execute(
            "select distinct table_schema || '.' || table_name from information_schema.role_table_grants "
            "where grantee in ('trimtab_app', 'trimtab_desk') and privilege_type = %s",
            (right,),
        )
        return {name for (name,) in rows}

    assert with_right("UPDATE") == CHANGEABLE
    assert with_right("DELETE") == REMOVABLE

"""Bring a database to the schema of this version, or back: roles first, then Alembic's migrations."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

from trimtab.store.schema.statements import APP, DESK_ROLE

LOGIN = "trimtab_login"
_SCHEMA = Path(__file__).parent / "schema"


def migrate(owner_url: str, *, to: str = "head", login: str = LOGIN, password: str | None = None) -> None:
    """Create the roles if they are absent, then run migrations forward (or back) to a revision.

    With a password the application's login is created too; on a server of your own it may exist already.
    """
    engine = sa.create_engine(sqlalchemy_url(owner_url), poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            _roles(connection, login, password)
        with engine.connect() as connection:
            config = _config(connection)
            if to == "head" or _is_ahead(connection, to):
                command.upgrade(config, to)
            else:
                command.downgrade(config, to)
            connection.commit()
    finally:
        engine.dispose()


def newest() -> str:
    """The revision that this version of Trimtab needs."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert head is not None
    return head


def known_revisions() -> frozenset[str]:
    """Every revision that this version of Trimtab can bring a database to."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_config(None)).walk_revisions())


def revision_of(connection: sa.Connection) -> str | None:
    """The revision of a database, none where nothing was ever migrated."""
    if connection.execute(sa.text("SELECT to_regclass('public.alembic_version')")).scalar() is None:
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def sqlalchemy_url(url: str) -> str:
    """A PostgreSQL URL with the driver's name in it."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCHEMA))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _is_ahead(connection: sa.Connection, to: str) -> bool:
    current = revision_of(connection)
    connection.rollback()
    return to != "base" and (current is None or to > current)


def _roles(connection: sa.Connection, login: str, password: str | None) -> None:
    """Two roles without login that hold all rights, and a plain login that holds none until a unit takes a role."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(710)"))
    known = set(connection.execute(sa.text("SELECT rolname FROM pg_roles")).scalars())
    for role in (APP, DESK_ROLE):
        if role not in known:
            connection.execute(sa.text(f"CREATE ROLE {role} NOLOGIN"))
    raw = connection.connection.driver_connection
    assert raw is not None
    name = sql.Identifier(login)
    if login not in known and password is not None:
        create = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT PASSWORD {}")
        raw.execute(create.format(name, sql.Literal(password)))
    for role in (APP, DESK_ROLE):
        raw.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))

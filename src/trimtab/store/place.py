"""Where the store is: an embedded server in a folder, or a PostgreSQL of one's own; opened, prepared, closed."""

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from trimtab.store.backup import Backup, BackupError, load_backup
from trimtab.store.binaries import StoreUnavailableError
from trimtab.store.migrate import LOGIN, migrate, newest
from trimtab.store.server import Server, secret
from trimtab.store.session import PostgresStore

BACKUPS, HOOKS, SIGN_IN = "backups", "hooks", "sign-in"
"""What the keys that seal backups, sign webhooks and seal sign-ins on their way are asked for by."""


@dataclass(frozen=True, slots=True)
class Place:
    """How the store is reached. `home` holds the secrets, the audit's outside checkpoints and, embedded, the data.

    `database_url` names the application's plain login on a server of one's own; `owner_url` its owner, for
    migrations only. Without `database_url` a server is started in `home`.
    """

    home: Path
    database_url: str | None = None
    owner_url: str | None = None
    binaries: Path | None = None
    durable: bool = True


@contextmanager
def open_store(place: Place, *, prepare: bool = False) -> Iterator[PostgresStore]:
    """The store at a place, for as long as it is needed; with `prepare` its schema is brought up to date first.

    An embedded store is prepared by itself.
    """
    with _urls(place) as (owner, url, password):
        if prepare and owner is None:
            raise StoreUnavailableError("to prepare a database, give the URL of its owner too")
        if owner is not None and (prepare or (password is not None and not _ready(url))):
            migrate(owner, login=_login(url), password=password)
        yield from _opened(url, place)


@contextmanager
def _urls(place: Place) -> Iterator[tuple[str | None, str, str | None]]:
    """The URLs of the owner (where known) and of the application, and, embedded, the latter's password."""
    if place.database_url is not None:
        yield place.owner_url, place.database_url, None
        return
    server = Server(place.home, place.binaries, place.durable)
    owner, password = server.start(), secret(place.home, "app")
    try:
        yield owner, server.url(LOGIN, password), password
    finally:
        server.stop()


def restore(place: Place, folder: Path) -> Backup:
    """Load a backup at a place that is empty; its key must lie there already."""
    with _urls(place) as (owner, url, password):
        if owner is None:
            raise StoreUnavailableError("to restore into a database, give the URL of its owner too")
        return load_backup(owner, url, folder, key_for(place.home, BACKUPS), password=password)


def take_audit_key(home: Path, key: Path) -> None:
    """Make the audit's key that of a backup; refused where the store has another already."""
    said = key.read_text(encoding="utf-8").strip()
    own = home / "secrets" / "audit"
    if own.exists() and own.read_text(encoding="utf-8") != said:
        raise BackupError(f"{own} holds another key: restore into a folder that has none")
    own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(said)


def _opened(url: str, place: Place) -> Iterator[PostgresStore]:
    _check(url)
    with PostgresStore(url, audit_key=audit_key(place.home)) as store:
        yield store


def audit_key(home: Path) -> bytes:
    """The key of the audit's chains: beside the database, never in it."""
    return secret(home, "audit").encode()


def key_for(home: Path, purpose: str) -> bytes:
    """A key of this store for one purpose, made of the audit's: who knows it knows no other."""
    return hmac.digest(audit_key(home), f"key for {purpose}".encode(), "sha256")


def _login(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["user"])


def _ready(url: str) -> bool:
    """Whether a database answers the application and has the newest schema."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
            return found == (True,) and _revision(connection) == newest()
    except psycopg.OperationalError:
        return False


def _revision(connection: "psycopg.Connection[tuple[object, ...]]") -> str | None:
    found = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return None if found is None else str(found[0])


def _check(url: str) -> None:
    """Refuse a database of another schema, and a login that row security does not bind."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            strong = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            known = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
            revision = _revision(connection) if known == (True,) else None
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(f"the database cannot be reached: {str(error).splitlines()[0]}") from None
    if strong == (True,):
        raise StoreUnavailableError(
            "this login is not bound by row security (superuser or BYPASSRLS); use a plain one"
        )
    if revision != newest():
        raise StoreUnavailableError(
            f"the database has schema {revision or 'none'}, this version needs {newest()}: run trimtab admin init"
        )

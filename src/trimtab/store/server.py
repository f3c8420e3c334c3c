"""An embedded PostgreSQL of our own: initialise, start, share between processes, stop; a crash leaves nothing locked.

Every process that uses the server holds a shared lock on a file; whoever leaves last stops it. The kernel releases
locks of a process that dies, so that no count can be wrong.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from trimtab.store.asroot import Caller, caller_for
from trimtab.store.binaries import StoreUnavailableError, find_binaries

OWNER, DATABASE = "trimtab_owner", "trimtab"
_START_SECONDS = 60.0
_STEP_SECONDS = 0.01
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "work_mem": "64MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "max_parallel_workers_per_gather": "1",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(slots=True)
class Server:
    """A PostgreSQL server over `home`/postgres. `durable` off is for tests: a power cut may then lose data."""

    home: Path
    binaries: Path | None = None
    durable: bool = True
    _held: IO[str] | None = field(default=None, repr=False)

    @property
    def data(self) -> Path:
        """The data folder of the server."""
        return self.home / "postgres"

    @property
    def sockets(self) -> Path:
        """The folder of its socket: short, because a socket's path may have 107 bytes at most."""
        name = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        return Path("/tmp") / f"trimtab-{os.geteuid()}-{name}"

    def start(self) -> str:
        """Start the server, or join the one that runs; the URL of its owner. Several processes may do so at once."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.home / "start.lock"):
            if not self._answers():
                self._launch()
            if self._held is None:
                self._held = (self.home / "users.lock").open("a+")
                fcntl.flock(self._held, fcntl.LOCK_SH)
        return self.url(OWNER, secret(self.home, "owner"))

    def url(self, user: str, password: str, database: str = DATABASE) -> str:
        """The address of a database of this server."""
        return f"postgresql://{user}:{password}@/{database}?host={self.sockets}"

    def stop(self) -> bool:
        """Leave the server; the last to leave stops it (and is told True)."""
        if self._held is None:
            return False
        with _locked(self.home / "start.lock"):
            alone = _alone(self._held)
            if alone:
                self._halt()
            self._held.close()
            self._held = None
        return alone

    def _launch(self) -> None:
        pinned = self.data / "PG_VERSION"
        version = pinned.read_text().strip() if pinned.exists() else None
        folder = find_binaries(self.binaries, version=version)
        caller = caller_for(folder)
        caller.let_through(self.home)
        if version is None:
            self._initialise(folder, caller)
        self._clear_sockets(caller)
        settings = _SETTINGS | {"unix_socket_directories": str(self.sockets)}
        settings |= {} if self.durable else _UNSAFE
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.home / "server.log").open("ab") as log:
            process = caller.popen([str(folder / "postgres"), "-D", str(self.data), *options], log)
        self._await(process)
        process.returncode = 0  # it outlives this object on purpose; `_halt` reaps it
        self._create_database()

    def _initialise(self, folder: Path, caller: Caller) -> None:
        """A new cluster, made aside and moved in whole: a crash half-way leaves nothing that looks like one."""
        part = self.home / "postgres.part"
        shutil.rmtree(part, ignore_errors=True)
        caller.folder(part)
        secret(self.home, "owner")
        word = caller.file(self.home / "owner.once", secret(self.home, "owner"))
        call = [str(folder / "initdb"), "-D", str(part), "-U", OWNER, "--pwfile", str(word)]
        call += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
        made = caller.run(call)
        word.unlink()
        if made.returncode:
            raise StoreUnavailableError(f"initdb failed: {made.stderr.strip()[-400:]}")
        if self.durable:
            os.sync()
        part.rename(self.data)

    def _clear_sockets(self, caller: Caller) -> None:
        """An own, empty folder for the socket; what a killed server left is taken away."""
        if self.sockets.is_symlink() or (self.sockets.exists() and not caller.owns(self.sockets)):
            raise StoreUnavailableError(f"{self.sockets} belongs to another user; remove it")
        shutil.rmtree(self.sockets, ignore_errors=True)
        caller.folder(self.sockets)
        if self._pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        give_up = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None:
                tail = (self.home / "server.log").read_text(errors="replace")[-600:]
                raise StoreUnavailableError(f"PostgreSQL did not start: {tail}")
            if time.monotonic() > give_up:
                process.terminate()
                raise StoreUnavailableError(f"PostgreSQL did not answer within {_START_SECONDS:.0f} seconds")
            time.sleep(_STEP_SECONDS)

    def _answers(self) -> bool:
        """Whether the server takes connections of its owner."""
        if not (self.sockets / ".s.PGSQL.5432").exists():
            return False
        import psycopg

        with suppress(psycopg.OperationalError):
            psycopg.connect(
                self.url(OWNER, secret(self.home, "owner"), "postgres"), connect_timeout=5
            ).close()
            return True
        return False

    def _create_database(self) -> None:
        import psycopg

        at = self.url(OWNER, secret(self.home, "owner"), "postgres")
        with psycopg.connect(at, autocommit=True) as owner:
            if owner.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone() is None:
                owner.execute(f"create database {DATABASE}")

    def _pid(self) -> int | None:
        """The running server's process, if there is one."""
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            return pid if str(self.data).encode() in command else None
        return None

    def _halt(self) -> None:
        """Fast shutdown: sessions are broken off, the data is whole on disk."""
        pid = self._pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        give_up = time.monotonic() + _START_SECONDS
        while pid is not None and self._pid() is not None and time.monotonic() < give_up:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(_STEP_SECONDS)
        shutil.rmtree(self.sockets, ignore_errors=True)


def secret(home: Path, name: str) -> str:
    """A random secret of this store, made once and kept in a file only its owner may read."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    with suppress(FileExistsError):
        part = folder / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        finally:
            part.unlink()
    return path.read_text()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock file alone; the kernel lets go of it if we die."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _alone(held: IO[str]) -> bool:
    """Whether no other process holds the shared lock."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

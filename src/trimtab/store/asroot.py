"""PostgreSQL refuses to run as root: run it in a user namespace where root is nobody, or else as nobody itself."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from trimtab.store.binaries import StoreUnavailableError

_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Caller:
    """How programs of the server are run: with words before the call, or as another user (uid, gid)."""

    before: tuple[str, ...] = ()
    user: tuple[int, int] | None = None

    def run(self, call: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """Run a program to its end; it inherits nothing of the environment but the path and the locale."""
        uid, gid = self.user or (None, None)
        words = [*self.before, *call]
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            user=uid,
            group=gid,
            cwd="/",
        )

    def popen(self, call: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start a program that outlives a Ctrl-C at our terminal."""
        uid, gid = self.user or (None, None)
        return subprocess.Popen(
            [*self.before, *call],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_environment(),
            user=uid,
            group=gid,
            cwd="/",
        )

    def folder(self, path: Path) -> Path:
        """Make a folder that the program owns alone."""
        path.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(path, *self.user)
        return path

    def let_through(self, path: Path) -> None:
        """Let the program pass through a folder of ours to its own; it can list nothing there."""
        if self.user is not None:
            path.chmod(0o711)

    def file(self, path: Path, text: str) -> Path:
        """Write a file that the program may read, and nobody else."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        if self.user is not None:
            os.chown(path, *self.user)
        return path

    def owns(self, path: Path) -> bool:
        """Whether a folder belongs to the program's user or to us."""
        return path.stat().st_uid in {os.geteuid(), (self.user or (os.geteuid(), 0))[0]}


def _environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}


@cache
def caller_for(binaries: Path) -> Caller:
    """An ordinary user calls plainly; root goes through a namespace, else through an unprivileged user."""
    if os.geteuid() != 0:
        return Caller()
    if namespaces_allowed():
        return Caller(before=_NAMESPACE)
    return as_other_user(binaries)


@cache
def namespaces_allowed() -> bool:
    """Whether this machine lets a process make a user namespace."""
    if shutil.which(_NAMESPACE[0]) is None:
        return False
    tried = subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False, timeout=20)
    return tried.returncode == 0


def as_other_user(binaries: Path) -> Caller:
    """A caller that runs as the first unprivileged user who can read the programs."""
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        caller = Caller(user=(entry.pw_uid, entry.pw_gid))
        try:
            if caller.run([str(binaries / "postgres"), "--version"]).returncode == 0:
                return caller
        except PermissionError:
            continue
    raise StoreUnavailableError(
        "PostgreSQL does not run as root, this machine refuses user namespaces, and no unprivileged user can "
        f"execute {binaries}; run trimtab as an ordinary user or give a database URL"
    )

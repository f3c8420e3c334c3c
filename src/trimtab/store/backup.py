"""A backup of everything but sessions: a folder of plain COPY files and a sealed list of what is in them.

It is taken in one snapshot while others write, by the application's own login, firm by firm under row security; it
can be loaded by any version of PostgreSQL and by any later version of Trimtab. Loading checks every row that was
written against what was read, in the same transaction.
"""

import gzip
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

from trimtab.store.migrate import known_revisions, migrate
from trimtab.store.schema.statements import DESK_ROLE
from trimtab.store.shapes import DESK, NOBODY
from trimtab.store.tables import METADATA, TENANT_SCHEMAS, key_of

LEFT_OUT = frozenset(("people.sessions",))
"""Sessions do not come back: whoever was signed in signs in again."""
MANIFEST = "backup.json"
_LEVEL, _CHUNK = 1, 1 << 20
_SAME_TEXT = {"datestyle": "ISO, YMD", "timezone": "UTC", "extra_float_digits": "1", "bytea_output": "hex",
              "intervalstyle": "postgres"}  # fmt: skip
Raw = psycopg.Connection[tuple[object, ...]]


class BackupError(Exception):
    """A backup that cannot be written, or must not be loaded; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a backup: its columns in order, its rows, and SHA-256 of their text in the order of the key.

    `texts` are the columns of the key that are text: they are ordered by their bytes, whatever the database's habit.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    texts: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the schema's revision, the firms in it, and every table."""

    schema: str
    made_at: str
    firms: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def digest(self) -> str:
        """One digest of all that is in it."""
        return hashlib.sha256(self._bytes()).hexdigest()

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(part.rows for part in self.parts)

    def _bytes(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()

    def seal(self, key: bytes) -> str:
        """The seal of the store's key over it."""
        return hmac.digest(key, b"backup:" + self._bytes(), "sha256").hex()


def write_backup(url: str, folder: Path, key: bytes) -> Backup:
    """Write a backup of the database of the application's login into a folder that is not there yet."""
    if folder.exists():
        raise BackupError(f"{folder} is there already; name a new folder")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    with _connected(url, snapshot=True) as raw:
        row = raw.execute("SELECT version_num, clock_timestamp() FROM public.alembic_version").fetchone()
        assert row is not None
        assert isinstance(row[1], datetime)
        firms = _firms(raw)
        parts = [_write_part(raw, table, firms, part) for table in _tables()]
    made = Backup(str(row[0]), row[1].astimezone(UTC).isoformat(), tuple(firms), tuple(parts))
    _write(part / MANIFEST, json.dumps(asdict(made) | {"seal": made.seal(key)}, indent=1).encode())
    _sync(part)
    part.rename(folder)
    _sync(folder.parent)
    return made


def read_manifest(folder: Path, key: bytes) -> Backup:
    """What a backup says of itself, if the seal is that of this store's key."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BackupError(f"{folder} holds no backup: there is no sound {MANIFEST}") from None
    seal = said.pop("seal", "")
    listed = ("columns", "key", "texts")
    parts = tuple(Part(**part | {name: tuple(part[name]) for name in listed}) for part in said.pop("parts"))
    made = Backup(parts=parts, firms=tuple(said.pop("firms")), **said)
    if not hmac.compare_digest(made.seal(key), seal):
        raise BackupError(
            "the backup was changed, or made under another audit key: give that one with --audit-key"
        )
    return made


def load_backup(owner_url: str, url: str, folder: Path, key: bytes, *, password: str | None = None) -> Backup:
    """Load a backup into an empty database, whole and as it was, or not at all; then bring it to this version."""
    made = read_manifest(folder, key)
    if made.schema not in known_revisions():
        raise BackupError(
            f"the backup is of schema {made.schema}, which only a later version of Trimtab knows"
        )
    login = str(psycopg.conninfo.conninfo_to_dict(url)["user"])
    migrate(owner_url, login=login, password=password)
    if not _is_empty(url):
        raise BackupError("the database holds data already; a backup is loaded into an empty one")
    migrate(owner_url, to=made.schema, login=login)
    with _connected(url) as raw:
        for part in made.parts:
            _load_part(raw, part, made.firms, folder)
        for part in made.parts:
            if _digest_of(_out(raw, part, made.firms)) != (part.rows, part.digest):
                raise BackupError(
                    f"{part.table} is not in the database as it is in the backup; nothing was kept"
                )
    migrate(owner_url, login=login)
    return made


def _tables() -> Iterator[sa.Table]:
    yield from (table for table in METADATA.sorted_tables if _name(table) not in LEFT_OUT)


def _name(table: sa.Table) -> str:
    return f"{table.schema}.{table.name}"


@contextmanager
def _connected(url: str, *, snapshot: bool = False) -> Iterator[Raw]:
    """One transaction in the desk's role, with text that is the same everywhere; or one moment, read alone."""
    with psycopg.connect(url, connect_timeout=10) as raw:
        if snapshot:
            raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            raw.read_only = True
        for name, value in ({"role": DESK_ROLE} | _SAME_TEXT).items():
            raw.execute("SELECT set_config(%s, %s, true)", (name, value))
        yield raw


def _firms(raw: Raw) -> list[str]:
    """Every name under which rows of a tenant table may stand."""
    rows = raw.execute("SELECT firm_id FROM desk.tenants").fetchall()
    return sorted({str(row[0]) for row in rows} | {DESK, NOBODY})


def _is_empty(url: str) -> bool:
    with _connected(url) as raw:
        firms = _firms(raw)
        return not any(_any(raw, _name(table), firms) for table in _tables())


def _any(raw: Raw, name: str, firms: Sequence[str]) -> bool:
    look = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(_place(name))
    return any(raw.execute(look).fetchone() is not None for _ in _each_firm(raw, name, firms))


def _has_tenants(name: str) -> bool:
    return name.split(".", 1)[0] in TENANT_SCHEMAS


def _place(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split(".", 1))


def _each_firm(raw: Raw, name: str, firms: Sequence[str]) -> Iterator[str]:
    """Take each firm's name in turn, where a table has tenants; else once none."""
    for firm in firms if _has_tenants(name) else ("",):
        raw.execute("SELECT set_config('app.firm', %s, true)", (firm,))
        yield firm


def _write_part(raw: Raw, table: sa.Table, firms: Sequence[str], folder: Path) -> Part:
    columns, key = tuple(column.name for column in table.columns), key_of(table)
    texts = tuple(name for name in key if isinstance(table.c[name].type, sa.Text))
    said = Part(_name(table), columns, key, texts, 0, "")
    with (folder / _file(said)).open("wb") as file, gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
        rows, digest = _digest_of(_out(raw, said, firms), packed)
    return replace(said, rows=rows, digest=digest)


def _file(part: Part) -> str:
    return f"{part.table}.gz"


def _out(raw: Raw, part: Part, firms: Sequence[str]) -> Iterator[bytes]:
    """A table's rows as COPY's text, firm by firm in the order of the key by its bytes."""
    order = [
        sql.SQL('{} COLLATE "C"' if name in part.texts else "{}").format(sql.Identifier(name))
        for name in part.key
    ]
    said = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, part.columns)), _place(part.table), sql.SQL(", ").join(order)
    )
    for _ in _each_firm(raw, part.table, firms):
        with raw.cursor() as cursor, cursor.copy(said) as copy:
            for block in copy:
                yield bytes(block)


def _digest_of(blocks: Iterable[bytes], into: gzip.GzipFile | psycopg.Copy | None = None) -> tuple[int, str]:
    """Rows and SHA-256 of COPY's text, written on the way where it should be."""
    found, rows = hashlib.sha256(), 0
    for block in blocks:
        found.update(block)
        rows += block.count(b"\n")
        if into is not None:
            into.write(block)
    return rows, found.hexdigest()


def _load_part(raw: Raw, part: Part, firms: Sequence[str], folder: Path) -> None:
    """A file into a temporary table, whole as it was written, then into its own, firm by firm."""
    names = sql.SQL(", ").join(map(sql.Identifier, part.columns))
    staged, place = sql.Identifier(f"load_{part.table}"), _place(part.table)
    raw.execute(sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(staged, place))
    with (
        raw.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(staged, names)) as copy,
    ):
        read = _digest_of(_unpacked(folder / _file(part)), copy)
    if read != (part.rows, part.digest):
        raise BackupError(f"{_file(part)} was changed or is not whole; nothing was kept")
    move = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(place, names, names, staged)
    tenant = _has_tenants(part.table)
    if tenant and part.rows:
        raw.execute(sql.SQL("CREATE INDEX ON {} (firm_id)").format(staged))
        raw.execute(sql.SQL("ANALYZE {}").format(staged))
    for firm in _each_firm(raw, part.table, firms if part.rows else ()):
        raw.execute(move + sql.SQL(" WHERE firm_id = {}").format(sql.Literal(firm)) if tenant else move)
    raw.execute(sql.SQL("DROP TABLE {}").format(staged))


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as packed:
            while block := packed.read(_CHUNK):
                yield block
    except (OSError, EOFError):
        raise BackupError(f"{path.name} cannot be read; nothing was kept") from None


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


def _sync(folder: Path) -> None:
    """Have the disk keep a folder and the files in it."""
    for path in (*(one for one in folder.iterdir() if one.is_file()), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

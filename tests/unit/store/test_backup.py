"""Backups: one moment while others write, back whole or not at all, and nothing changed unseen."""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.database import AUDIT_KEY, app_url, owner_url
from tests.small_book import write_small_book

from trimtab.batch.worker import work
from trimtab.book.read import read_book
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.backup import back_up, note_restored
from trimtab.desk.extract import export_book
from trimtab.desk.identity import identify, sign_in
from trimtab.desk.ingest import import_book
from trimtab.desk.night import close_night, plan_night
from trimtab.desk.people import add_key, add_user, grant
from trimtab.desk.replay import replay
from trimtab.desk.verify import verify_audit
from trimtab.store import backup as backups
from trimtab.store.backup import LEFT_OUT, MANIFEST, BackupError, load_backup, write_backup
from trimtab.store.health import unready
from trimtab.store.migrate import migrate
from trimtab.store.server import Server
from trimtab.store.session import PostgresStore
from trimtab.store.shapes import DESK
from trimtab.store.tables import TABLES

CONSOLE = Principal("root", "root", Way.CONSOLE)
KEY = b"the key of backups"


@pytest.fixture
def target(cluster: Server, database: str) -> Iterator[str]:
    """An empty database that was never prepared; its name."""
    name = f"{database}_target"
    with psycopg.connect(owner_url(cluster, "postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name} template template0")
        yield name
        owner.execute(f"drop database {name} with (force)")


def load(cluster: Server, name: str, folder: Path, key: bytes = KEY) -> backups.Backup:
    return load_backup(owner_url(cluster, name), app_url(cluster, name), folder, key)


def test_a_store_comes_back_as_it_was(
    postgres: PostgresStore, cluster: Server, target: str, tmp_path: Path
) -> None:
    """Books, nights, people, keys and audit: equal digests, intact chains, and a night that replays."""
    book = read_book(write_small_book(tmp_path / "book"))
    import_book(postgres, CONSOLE, book)
    add_user(postgres, CONSOLE, name="ann", password="correct horse battery")
    grant(postgres, CONSOLE, "F1", name="ann", role=Role.CIO)
    _, key = add_key(postgres, CONSOLE, "ann", label="x")
    opened = sign_in(postgres, "ann", "correct horse battery")
    night = plan_night(postgres, CONSOLE)
    work(postgres, night.run_id)
    closed, _ = close_night(postgres, CONSOLE, night.run_id)
    sealed = verify_audit(postgres, CONSOLE, AUDIT_KEY).checkpoints
    made = back_up(postgres, CONSOLE, tmp_path / "backup", url=postgres.url, key=KEY)
    assert load(cluster, target, tmp_path / "backup") == made
    assert {part.table for part in made.parts} == set(TABLES) - LEFT_OUT
    with PostgresStore(app_url(cluster, target), audit_key=AUDIT_KEY) as store:
        note_restored(store, CONSOLE, made)
        found = verify_audit(store, CONSOLE, AUDIT_KEY, outside=sealed)
        assert found.broken == ()
        assert export_book(store, CONSOLE).digest == book.digest
        again_computed = replay(store, CONSOLE, night.run_id, advance=lambda *_: None)
        assert [one.differs for one in again_computed] == [None, None]
        assert close_night(store, CONSOLE, night.run_id)[0].digest == closed.digest
        assert identify(store, key).grants == {"F1": frozenset({Role.CIO})}
        assert opened is not None
        with pytest.raises(AbsentError):
            identify(store, opened.token)
        again = write_backup(store.url, tmp_path / "again", KEY)
    same = {part.table for part in again.parts if part in made.parts}
    assert set(TABLES) - LEFT_OUT - same <= {
        "firm.audit_events",
        "firm.audit_heads",
        "desk.checkpoints",
        "firm.runs",
    }


def test_a_backup_is_one_moment_while_others_write(
    postgres: PostgresStore, cluster: Server, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each firm of each table is read, another unit writes a pair into two firms: none may be torn."""
    with postgres.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            unit.insert("desk.tenants", {"firm_id": firm, "name": firm, "joined_at": unit.now})
    numbers = itertools.count()

    def write() -> None:
        number = f"{next(numbers):05d}"
        with postgres.unit(DESK) as unit:
            for firm in ("F1", "F2"):
                with unit.within(firm):
                    row = {"firm_id": firm, "effect_id": number, "kind": "k", "content": "", "attempts": 0}
                    unit.insert("firm.outbox", row | {"made_at": unit.now, "due_at": unit.now})
                    unit.record("u", "test", number)

    plain = backups._each_firm

    def writing(*args: Any) -> Iterator[str]:
        for firm in plain(*args):
            write()
            yield firm

    write()
    monkeypatch.setattr(backups, "_each_firm", writing)
    write_backup(postgres.url, tmp_path / "backup", KEY)
    monkeypatch.undo()
    assert next(numbers) > 100
    load(cluster, target, tmp_path / "backup")
    with PostgresStore(app_url(cluster, target), audit_key=AUDIT_KEY) as store:
        with store.unit(DESK) as unit:
            kept = []
            for firm in ("F1", "F2"):
                with unit.within(firm):
                    kept.append([row["effect_id"] for row in unit.rows("firm.outbox")])
                    assert len(unit.rows("firm.audit_events")) == len(kept[-1])
        assert kept[0] == kept[1] != []
        assert verify_audit(store, CONSOLE, AUDIT_KEY).broken == ()


def spoil_data(folder: Path) -> None:
    path = folder / "desk.tenants.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"F1", b"F9")))


def spoil_manifest(folder: Path) -> None:
    said = json.loads((folder / MANIFEST).read_text())
    said["firms"] = ["F1"]
    (folder / MANIFEST).write_text(json.dumps(said))


SPOILED: dict[str, tuple[Callable[[Path], None], str]] = {
    "rows changed": (spoil_data, "was changed or is not whole"),
    "list changed": (spoil_manifest, "the backup was changed"),
    "file cut": (lambda folder: (folder / "desk.tenants.gz").write_bytes(b"\x1f\x8b\x08"), "cannot be read"),
    "file gone": (lambda folder: (folder / "market.prices.gz").unlink(), "cannot be read"),
    "list gone": (lambda folder: (folder / MANIFEST).unlink(), "holds no backup"),
}


@pytest.fixture
def kept(postgres: PostgresStore, tmp_path: Path) -> Path:
    with postgres.unit(DESK) as unit:
        unit.insert("desk.tenants", {"firm_id": "F1", "name": "F1", "joined_at": unit.now})
    write_backup(postgres.url, tmp_path / "backup", KEY)
    return tmp_path / "backup"


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_backup_is_refused_and_nothing_is_kept(
    kept: Path, cluster: Server, target: str, how: str
) -> None:
    spoil, said = SPOILED[how]
    spoil(kept)
    with pytest.raises(BackupError, match=said):
        load(cluster, target, kept)
    with psycopg.connect(owner_url(cluster, target)) as owner:
        made = owner.execute("select to_regclass('desk.tenants')").fetchone()
        assert made == (None,) or owner.execute("select count(*) from desk.tenants").fetchone() == (0,)


def test_what_must_not_be_loaded_is_refused(
    kept: Path, cluster: Server, target: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BackupError, match="another audit key"):
        load(cluster, target, kept, b"another")
    with pytest.raises(BackupError, match="an empty one"):
        load(cluster, database, kept)
    monkeypatch.setattr(backups, "known_revisions", lambda: frozenset({"0001"}))
    with pytest.raises(BackupError, match="only a later version"):
        load(cluster, target, kept)


def test_a_row_that_comes_out_otherwise_is_seen(kept: Path, cluster: Server, target: str) -> None:
    """A database that changes what it is given: the digest of what was written shows it, and all is undone."""
    migrate(owner_url(cluster, target))
    trigger = (
        "create function desk.spoil() returns trigger language plpgsql as 'begin new.name = ''x''; return new; end';"
        "create trigger spoil before insert on desk.tenants for each row execute function desk.spoil()"
    )
    with psycopg.connect(owner_url(cluster, target), autocommit=True) as owner:
        owner.execute(trigger)
        with pytest.raises(BackupError, match=r"desk\.tenants is not in the database as it is"):
            load(cluster, target, kept)
        assert owner.execute("select count(*) from desk.tenants").fetchone() == (0,)


def test_a_backup_of_an_earlier_schema_is_loaded_and_brought_up(
    cluster: Server, database: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(owner_url(cluster, database), to="0002")
    with psycopg.connect(owner_url(cluster, database), autocommit=True) as owner:
        owner.execute("insert into desk.tenants values ('F1', 'First', now(), null)")
    monkeypatch.setattr(backups, "_tables", lambda: iter([TABLES["desk.tenants"]]))
    made = write_backup(app_url(cluster, database), tmp_path / "old", KEY)
    assert (made.schema, made.rows) == ("0002", 1)
    load(cluster, target, tmp_path / "old")
    assert unready(app_url(cluster, target)) is None


def test_only_a_new_folder_is_written(kept: Path, postgres: PostgresStore) -> None:
    with pytest.raises(BackupError, match="name a new folder"):
        write_backup(postgres.url, kept, KEY)
    assert kept.stat().st_mode & 0o077 == 0


def test_nobody_but_the_console_backs_up(postgres: PostgresStore, tmp_path: Path) -> None:
    for way in (Way.SESSION, Way.KEY, Way.SYSTEM):
        with pytest.raises(AbsentError):
            back_up(postgres, Principal("u", "u", way), tmp_path / "x", url=postgres.url, key=KEY)
    assert not (tmp_path / "x").exists()

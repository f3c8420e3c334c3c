"""Back the store up, and say in a restored one that it was: both stand in the audit."""

from pathlib import Path

from trimtab.desk.access import Principal, may
from trimtab.desk.ports import Store
from trimtab.store.backup import Backup, write_backup
from trimtab.store.shapes import DESK


def back_up(store: Store, principal: Principal, folder: Path, *, url: str, key: bytes) -> Backup:
    """Write a backup of the store whose application logs in by `url`, sealed with `key`, while others write."""
    may(principal, "store:backup", DESK)
    made = write_backup(url, folder, key)
    with store.unit(DESK) as unit:
        unit.record(principal.who, "store:backup", made.digest, rows=made.rows, schema=made.schema)
    return made


def note_restored(store: Store, principal: Principal, made: Backup) -> None:
    """Say in the audit that the store was restored, and from what."""
    may(principal, "store:restore", DESK)
    with store.unit(DESK) as unit:
        unit.record(principal.who, "store:restore", made.digest, rows=made.rows, made_at=made.made_at)

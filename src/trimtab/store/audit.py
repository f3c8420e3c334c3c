"""The audit of each firm: a chain of keyed digests in which no event can be changed, removed or moved unseen.

Each event's digest covers its own bytes and the digest before it, keyed with a secret that is not in the database.
A checkpoint is the sealed head of a chain; kept outside, it shows a chain that was cut, replaced or rolled back.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One audit event: who did what to what, when; `detail` is canonical JSON."""

    firm_id: str
    seq: int
    at: datetime
    who: str
    verb: str
    subject: str
    detail: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a firm's chain at a moment, sealed with the key."""

    firm_id: str
    seq: int
    digest: str
    at: datetime
    seal: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain is not what was written: the firm, the event's number, and what is wrong."""

    firm_id: str
    seq: int
    what: str


def next_event(key: bytes, head: tuple[int, str], said: Mapping[str, object]) -> Event:
    """The event that follows a head (number, digest). `said`: firm_id, at, who, verb, subject, detail."""
    detail = json.dumps(said["detail"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    at = said["at"]
    assert isinstance(at, datetime)
    facts = (str(said["firm_id"]), head[0] + 1, at, str(said["who"]), str(said["verb"]), str(said["subject"]))
    return Event(*facts, detail, head[1], _digest(key, facts, detail, head[1]))


def _digest(key: bytes, facts: tuple[str, int, datetime, str, str, str], detail: str, previous: str) -> str:
    """HMAC-SHA-256 over every field with its length in front: our own bytes, never the database's formatting."""
    firm_id, seq, at, who, verb, subject = facts
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (previous, firm_id, str(seq), moment, who, verb, subject, detail)
    encoded = [part.encode() for part in parts]
    said = b"".join([b"%d:%b" % (len(part), part) for part in encoded])
    return hmac.digest(key, said, "sha256").hex()


def seal(key: bytes, event: tuple[str, int, str], at: datetime) -> Checkpoint:
    """A checkpoint of a chain's head (firm, number, digest)."""
    firm_id, seq, digest = event
    return Checkpoint(firm_id, seq, digest, at, _seal(key, firm_id, seq, digest))


def _seal(key: bytes, firm_id: str, seq: int, digest: str) -> str:
    said = f"checkpoint:{len(firm_id.encode())}:{firm_id}:{seq}:{digest}".encode()
    return hmac.digest(hashlib.sha256(key + b"checkpoint").digest(), said, "sha256").hex()


def verify(
    key: bytes, events: Iterable[Mapping[str, object]], checkpoints: Iterable[Checkpoint], *, firm_id: str
) -> Iterator[Broken]:
    """Everything that is wrong with a firm's chain: events in the order of their numbers, against its checkpoints."""
    wanted = {point.seq: point for point in checkpoints if point.firm_id == firm_id}
    forged = [point for point in wanted.values() if not _is_ours(key, point)]
    yield from (Broken(firm_id, point.seq, "the checkpoint's seal is not ours") for point in forged)
    seq, previous = 0, START
    for row in events:
        event = Event(**row)  # type: ignore[arg-type]
        if event.seq != seq + 1:
            yield Broken(
                firm_id, seq + 1, f"event {event.seq} follows event {seq}: events are missing or repeated"
            )
        if event.previous != previous:
            yield Broken(
                firm_id, event.seq, "it does not continue the event before it: removed, moved or replaced"
            )
        facts = (event.firm_id, event.seq, event.at, event.who, event.verb, event.subject)
        if event.firm_id != firm_id or _digest(key, facts, event.detail, event.previous) != event.digest:
            yield Broken(firm_id, event.seq, "its content was changed")
        seq, previous = event.seq, event.digest
        if event.seq in wanted and wanted[event.seq].digest != event.digest:
            yield Broken(firm_id, event.seq, "a checkpoint saw another event here: the chain was replaced")
    for point in wanted.values():
        if point.seq > seq:
            yield Broken(
                firm_id, seq + 1, f"a checkpoint saw event {point.seq}: the chain was cut or rolled back"
            )


def _is_ours(key: bytes, point: Checkpoint) -> bool:
    return hmac.compare_digest(_seal(key, point.firm_id, point.seq, point.digest), point.seal)


def write_checkpoints(path: Path, points: Iterable[Checkpoint]) -> None:
    """Append checkpoints to the file kept outside the database, a line of JSON each; a line a crash cut short goes."""
    path.touch()
    with path.open("r+b") as file:
        file.truncate(file.seek(file.read().rfind(b"\n") + 1))
        for point in points:
            facts = [point.firm_id, point.seq, point.digest, point.at.isoformat(), point.seal]
            file.write(json.dumps(facts).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints of the outside file; a last line that was cut by a crash is not one."""
    if not path.exists():
        return []
    points = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        firm_id, seq, digest, at, sealed = json.loads(line)
        points.append(Checkpoint(firm_id, int(seq), digest, datetime.fromisoformat(at), sealed))
    return points


class _Recording(Protocol):
    """What of a unit of work the audit needs."""

    firm: str
    now: datetime

    def lock(self, name: str) -> None: ...

    def rows(self, table: str, where: Mapping[str, object] | None = None) -> list[dict[str, object]]: ...

    def insert(self, table: str, *rows: Mapping[str, object]) -> None: ...

    def change(self, table: str, where: Mapping[str, object], values: Mapping[str, object]) -> int: ...


def append_event(unit: _Recording, key: bytes, said: Mapping[str, object]) -> Event:
    """Add an event to the chain of the unit's firm; units of one firm take their turn until they end."""
    unit.lock(f"audit:{unit.firm}")
    own = {"firm_id": unit.firm}
    heads = unit.rows("firm.audit_heads", own)
    head = (int(str(heads[0]["seq"])), str(heads[0]["digest"])) if heads else (0, START)
    event = next_event(key, head, own | {"at": unit.now} | dict(said))
    unit.insert("firm.audit_events", {name: getattr(event, name) for name in Event.__slots__})
    if heads:
        unit.change("firm.audit_heads", own, {"seq": event.seq, "digest": event.digest})
    else:
        unit.insert("firm.audit_heads", own | {"seq": event.seq, "digest": event.digest})
    return event

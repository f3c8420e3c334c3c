"""The chain: whatever is done to it behind the application's back is found, and the place is named."""

import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trimtab.store.audit import (
    START,
    Broken,
    Checkpoint,
    Event,
    next_event,
    read_checkpoints,
    seal,
    verify,
    write_checkpoints,
)

KEY = b"the key"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Chain = list[Event]


def chain(firm: str, length: int, *, key: bytes = KEY, why: str = "") -> Chain:
    head, events = (0, START), []
    for n in range(length):
        said = {
            "firm_id": firm,
            "who": "u",
            "verb": "halt:set",
            "subject": f"S{n}",
            "detail": {"n": n, "why": why},
        }
        event = next_event(key, head, said | {"at": NOON + timedelta(seconds=n)})
        events.append(event)
        head = (event.seq, event.digest)
    return events


def found(events: Chain, checkpoints: list[Checkpoint] | None = None, firm: str = "F1") -> list[Broken]:
    return list(verify(KEY, map(dataclasses.asdict, events), checkpoints or [], firm_id=firm))


def sealed(events: Chain) -> list[Checkpoint]:
    return [seal(KEY, ("F1", events[-1].seq, events[-1].digest), NOON)]


def changed(events: Chain, place: int, /, **fields: object) -> Chain:
    return [*events[:place], dataclasses.replace(events[place], **fields), *events[place + 1 :]]  # type: ignore[arg-type]


TAMPERS: dict[str, Callable[[Chain, int], Chain]] = {
    "subject": lambda events, at: changed(events, at, subject="other"),
    "detail": lambda events, at: changed(events, at, detail="{}"),
    "verb": lambda events, at: changed(events, at, verb="halt:lift"),
    "who": lambda events, at: changed(events, at, who="someone"),
    "moment": lambda events, at: changed(events, at, at=events[at].at + timedelta(microseconds=1)),
    "number": lambda events, at: changed(events, at, seq=events[at].seq + 1),
    "digest": lambda events, at: changed(events, at, digest="f" * 64),
    "previous": lambda events, at: changed(events, at, previous="f" * 64),
    "firm": lambda events, at: changed(events, at, firm_id="F2"),
    "removed": lambda events, at: events[:at] + events[at + 1 :],
    "removed and renumbered": lambda events, at: (
        events[:at] + [dataclasses.replace(event, seq=event.seq - 1) for event in events[at + 1 :]]
    ),
    "repeated": lambda events, at: [*events[: at + 1], *events[at:]],
    "moved": lambda events, at: [*events[:at], events[at + 1], events[at], *events[at + 2 :]],
    "from another firm": lambda events, at: [*events[:at], chain("F2", 60)[at], *events[at + 1 :]],
    "tail cut": lambda events, at: events[:at],
    "replaced without the key": lambda events, at: chain("F1", len(events), key=b"guess", why="x"),
    "replaced with the key": lambda events, at: chain("F1", len(events), why="x"),
}


@pytest.mark.parametrize("tamper", TAMPERS)
def test_every_attempt_is_detected(tamper: str) -> None:
    events = chain("F1", 50)
    draw = random.Random(f"audit {tamper}")
    for _ in range(45):
        at = draw.randrange(0, 48)
        wrong = found(TAMPERS[tamper](events, at), sealed(events))
        assert wrong, f"{tamper} at {at} was not seen"
        if "replaced" not in tamper:
            assert min(one.seq for one in wrong) in range(at, at + 3), (tamper, at, wrong)


def test_a_whole_chain_is_whole() -> None:
    events = chain("F1", 50)
    assert found(events) == []
    assert found(events, sealed(events)) == []
    assert found(events, sealed(events[:20])) == []
    assert found([]) == []


def test_a_chain_rolled_back_whole_is_seen_by_the_checkpoint_alone() -> None:
    events = chain("F1", 50)
    assert found(events[:30]) == []
    assert [one.seq for one in found(events[:30], sealed(events))] == [31]


def test_a_forged_checkpoint_is_not_ours() -> None:
    events = chain("F1", 5)
    forged = [dataclasses.replace(sealed(events)[0], seq=4, digest=events[3].digest)]
    assert found(events, forged) != []


def test_the_same_words_split_otherwise_are_another_event() -> None:
    said = {"firm_id": "F", "subject": "", "detail": {}, "at": NOON}
    one = next_event(KEY, (0, START), said | {"who": "ab", "verb": "c"})
    two = next_event(KEY, (0, START), said | {"who": "a", "verb": "bc"})
    assert one.digest != two.digest


def test_checkpoints_outside_survive_a_cut_line(tmp_path: Path) -> None:
    place, points = tmp_path / "points", sealed(chain("F1", 5))
    assert read_checkpoints(place) == []
    write_checkpoints(place, points)
    write_checkpoints(place, points)
    with place.open("a") as file:
        file.write('["F1", 7, "ab')
    assert read_checkpoints(place) == points * 2
    write_checkpoints(place, points)
    assert read_checkpoints(place) == points * 3

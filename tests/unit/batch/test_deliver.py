"""The sender against a real server: signed, retried, given up, rotated; at least once and under one id."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.database import AUDIT_KEY
from tests.receiver import Receiver, receiving

from trimtab.batch.deliver import SENDER, Sender
from trimtab.desk import deliveries
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.deliveries import BACKOFF, settle, spread, take, waiting
from trimtab.desk.hooks import OVERLAP, UnknownKindError, add_hook, end_hook, retry_delivery, rotate_key
from trimtab.desk.ports import Store
from trimtab.links.webhooks import Signing, is_signed
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

SIGNING = Signing(b"the store's key", private=True)
CIO = Principal("u1", "ann", Way.SESSION, grants={"F1": frozenset({Role.CIO})})
OPERATOR = Principal("u2", "bob", Way.SESSION, desk_roles=frozenset({Role.OPERATOR}))


class Clock:
    now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    made = MemoryStore(audit_key=AUDIT_KEY, clock=clock)
    with made.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            unit.insert("desk.tenants", {"firm_id": firm, "name": firm, "joined_at": unit.now})
    return made


@pytest.fixture
def receiver(tmp_path: Path):
    with receiving(tmp_path) as made:
        yield made


def hooked(
    store: Store, url: str, firm: str = "F1", *, key: str = "k", kinds: tuple[str, ...] = ("*",)
) -> tuple[str, str]:
    who = OPERATOR if firm == DESK else CIO
    return add_hook(store, who, firm, url=url, kinds=kinds, key=key, signing=SIGNING)


def happen(store: Store, name: str, firm: str = "F1") -> None:
    with store.unit(firm) as unit:
        moments = {"made_at": unit.now, "due_at": unit.now}
        content = json.dumps({"firm_id": firm, "missed": ["A1", "A2"], "red": True})
        row = {
            "firm_id": firm,
            "effect_id": name,
            "kind": "webhook:night.red",
            "content": content,
            "attempts": 0,
        }
        unit.insert("firm.outbox", row | moments)


def rows(store: Store, firm: str = "F1") -> list[dict[str, object]]:
    with store.unit(firm) as unit:
        return unit.rows("firm.deliveries")


def right(receiver: Receiver, secret: str) -> list[bool]:
    """Of each letter whether a receiver with this secret takes it for ours."""
    now = int(datetime.now(UTC).timestamp())
    return [
        is_signed(secret, one["headers"], str(one["body"]).encode(), now=now) for one in receiver.letters()
    ]  # type: ignore[arg-type]


def test_an_effect_arrives_signed_once(store: MemoryStore, receiver: Receiver) -> None:
    _, secret = hooked(store, receiver.url)
    hooked(store, receiver.url.replace("in", "other"), key="other", kinds=("night.red",))
    happen(store, "e1")
    happen(store, "e2", "F2")
    sender = Sender(store, SIGNING)
    assert sender.run_once() == {"delivered": 2}
    assert sender.run_once() == {}
    letters = {str(one["path"]): one for one in receiver.letters()}
    assert set(letters) == {"/in", "/other"}
    said = json.loads(str(letters["/in"]["body"]))
    assert (said["type"], said["data"]["missed"]) == ("night.red", ["A1", "A2"])
    assert said["timestamp"] == "2026-06-01T00:00:00+00:00"
    assert right(receiver, secret).count(True) == 1
    assert waiting(store, SENDER) == []
    with store.unit("F1") as unit:
        verbs = [str(row["verb"]) for row in unit.rows("firm.audit_events")]
    assert verbs == ["hook:add", "hook:add", "hook:spread", *["hook:send", "hook:delivered"] * 2]


def test_the_desk_is_told_how_many_and_never_which(store: MemoryStore, receiver: Receiver) -> None:
    hooked(store, receiver.url, DESK)
    for firm in ("F1", "F2"):
        happen(store, "e", firm)
    sender = Sender(store, SIGNING)
    sender.run_once()
    sender.run_once()
    said = [json.loads(str(one["body"]))["data"] for one in receiver.letters()]
    assert sorted((one["firm_id"], one["missed"]) for one in said) == [("F1", 2), ("F2", 2)]


def test_it_is_tried_again_later_and_later_and_then_given_up(
    store: MemoryStore, receiver: Receiver, clock: Clock
) -> None:
    hooked(store, receiver.url)
    happen(store, "e")
    sender = Sender(store, SIGNING)
    receiver.say(*[503] * (len(BACKOFF) + 1))
    for number, pause in enumerate(BACKOFF, 1):
        assert sender.run_once() == {"failed": 1}
        assert sender.run_once() == {}
        (row,) = rows(store)
        assert (row["attempts"], row["due_at"], row["last_error"]) == (
            number,
            clock.now + pause,
            "status 503",
        )
        clock.now += pause
    assert sender.run_once() == {"dead": 1}
    clock.now += timedelta(days=9)
    assert sender.run_once() == {}
    (row,) = rows(store)
    retry_delivery(store, CIO, "F1", delivery_id=str(row["delivery_id"]))
    assert sender.run_once() == {"delivered": 1}
    assert len({str(one["headers"]["webhook-id"]) for one in receiver.letters()}) == 1  # type: ignore[index]
    with pytest.raises(AbsentError):
        retry_delivery(store, CIO, "F1", delivery_id=str(row["delivery_id"]))


def test_after_a_failure_the_others_of_a_firm_wait_and_another_firm_does_not(
    store: MemoryStore, receiver: Receiver
) -> None:
    hooked(store, "http://127.0.0.1:9/closed")
    hooked(store, receiver.url, DESK)
    for name in ("e1", "e2"):
        happen(store, name)
    sender = Sender(store, SIGNING)
    assert sender.run_once()["failed"] == 1
    assert sender.run_once() == {"failed": 1, "delivered": 2}


def test_a_sender_that_died_is_followed_by_another(
    store: MemoryStore, receiver: Receiver, clock: Clock
) -> None:
    hooked(store, receiver.url)
    happen(store, "e")
    spread(store, SENDER, "F1")
    lost = take(store, SENDER, "F1")
    assert lost is not None
    assert take(store, SENDER, "F1") is None
    clock.now += deliveries.LEASE
    assert Sender(store, SIGNING).run_once() == {"delivered": 1}
    assert settle(store, SENDER, lost, "timeout") == "failed"
    assert rows(store)[0]["done_at"] == clock.now
    assert [one["headers"]["webhook-id"] for one in receiver.letters()] == [lost.delivery_id]  # type: ignore[index]


def test_keys_are_rotated_without_a_gap(store: MemoryStore, receiver: Receiver, clock: Clock) -> None:
    hook_id, first = hooked(store, receiver.url)
    assert hooked(store, receiver.url) == (hook_id, first)
    clock.now += timedelta(seconds=1)
    second = rotate_key(store, CIO, "F1", hook_id=hook_id, key="r", signing=SIGNING)
    assert rotate_key(store, CIO, "F1", hook_id=hook_id, key="r", signing=SIGNING) == second != first
    sender = Sender(store, SIGNING)
    for name, pause in (("e1", timedelta(0)), ("e2", OVERLAP)):
        clock.now += pause
        happen(store, name)
        assert sender.run_once() == {"delivered": 1}
    assert right(receiver, second) == [True, True]
    assert right(receiver, first) == [True, False]


def test_an_ended_hook_gets_nothing_more(store: MemoryStore, receiver: Receiver) -> None:
    hook_id, _ = hooked(store, receiver.url)
    happen(store, "e1")
    spread(store, SENDER, "F1")
    end_hook(store, CIO, "F1", hook_id=hook_id)
    happen(store, "e2")
    assert Sender(store, SIGNING).run_once() == {}
    assert [row["last_error"] for row in rows(store)] == ["the hook was ended"]
    for act in (
        lambda: end_hook(store, CIO, "F1", hook_id=hook_id),
        lambda: rotate_key(store, CIO, "F1", hook_id=hook_id, key="r", signing=SIGNING),
        lambda: retry_delivery(store, CIO, "F1", delivery_id=str(rows(store)[0]["delivery_id"])),
        lambda: end_hook(store, CIO, "F2", hook_id=hook_id),
        lambda: hooked(store, receiver.url, "F2"),
        lambda: spread(store, CIO, "F1"),
        lambda: take(store, CIO, "F1"),
        lambda: waiting(store, CIO),
    ):
        with pytest.raises(AbsentError):
            act()


def test_what_a_hook_cannot_be(store: MemoryStore) -> None:
    for kinds in ((), ("night.blue",)):
        with pytest.raises(UnknownKindError):
            hooked(store, "http://127.0.0.1/", kinds=kinds)


def test_the_same_over_postgres(postgres: Store, receiver: Receiver) -> None:
    with postgres.unit(DESK) as unit:
        unit.insert("desk.tenants", {"firm_id": "F1", "name": "F1", "joined_at": unit.now})
    _, secret = hooked(postgres, receiver.url)
    hooked(postgres, receiver.url, DESK)
    happen(postgres, "e")
    receiver.say(500)
    sender = Sender(postgres, SIGNING)
    assert sender.run_once() == {"failed": 1}
    assert sender.run_once() == {"delivered": 1}
    assert right(receiver, secret) == [True, False]

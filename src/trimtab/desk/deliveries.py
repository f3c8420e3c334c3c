"""Deliveries: effects in the outbox spread over hooks, leased one by one, and settled as done, due again or given up.

A delivery whose sender died is due again when its lease ends: each is sent at least once, always under the same id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from trimtab.core.digest import digest
from trimtab.desk.access import Principal, may
from trimtab.desk.editions import tenants
from trimtab.desk.hooks import ALL
from trimtab.desk.ports import Store, Unit
from trimtab.store.shapes import DESK

OUTBOX_PREFIX = "webhook:"
LEASE = timedelta(minutes=1)
BACKOFF = tuple(timedelta(seconds=one) for one in (10, 60, 300, 900, 3600, 7200, 14400, 28800, 43200))
"""How long after each failed attempt the next is due; after the last of them a delivery is given up."""
DELIVERED, AGAIN, DEAD = "delivered", "failed", "dead"


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery that was leased: where it goes, the names of the keys that sign it, and its body."""

    firm_id: str
    delivery_id: str
    hook_id: str
    url: str
    key_ids: tuple[str, ...]
    body: bytes
    attempt: int


def waiting(store: Store, principal: Principal) -> list[str]:
    """The firms (and `*`) of which something waits to be spread or is due. Nothing is recorded."""
    may(principal, "hook:delivery:send", DESK)
    with store.unit(DESK) as unit:
        due: Mapping[str, object] = {"done_at": None, "dead_at": None, "due_at <=": unit.now}
        found = []
        for firm in [*tenants(unit), DESK]:
            with unit.within(firm):
                if unit.rows("firm.outbox", {"done_at": None}, limit=1) or unit.rows(
                    "firm.deliveries", due, limit=1
                ):
                    found.append(firm)
        return found


def spread(store: Store, principal: Principal, firm: str) -> int:
    """Make a delivery of each effect of a firm's for each hook that asks for it, the desk's too; how many effects.

    The desk is told how many accounts, never which.
    """
    may(principal, "hook:delivery:send", DESK)
    with store.unit(DESK) as unit:
        with unit.within(firm):
            effects = unit.claim("firm.outbox", {"done_at": None}, limit=100)
            hooks = unit.rows("firm.hooks", {"firm_id": firm, "ended_at": None})
            for effect in effects:
                _make(unit, hooks, effect, str(effect["content"]))
                key = {"firm_id": firm, "effect_id": effect["effect_id"]}
                unit.change("firm.outbox", key, {"done_at": unit.now})
        desk = unit.rows("firm.hooks", {"firm_id": DESK, "ended_at": None}) if firm != DESK else []
        for effect in effects:
            _make(unit, desk, effect, counted(str(effect["content"])))
        with unit.within(firm):
            unit.record(principal.who, "hook:spread", firm, effects=len(effects))
    return len(effects)


def _make(unit: Unit, hooks: list[dict[str, object]], effect: Mapping[str, object], content: str) -> None:
    kind = str(effect["kind"]).removeprefix(OUTBOX_PREFIX)
    for hook in hooks:
        if {kind, ALL} & set(str(hook["kinds"]).split(";")):
            named = [effect["firm_id"], effect["effect_id"], hook["hook_id"]]
            row = {"firm_id": unit.firm, "delivery_id": f"d{digest(named)[:24]}", "hook_id": hook["hook_id"]}
            row |= {"effect_id": effect["effect_id"], "kind": kind, "content": content, "attempts": 0}
            unit.insert("firm.deliveries", row | {"made_at": effect["made_at"], "due_at": unit.now})


def counted(content: str) -> str:
    """What an effect says, with every list of names as how many there are."""
    said = json.loads(content)
    return json.dumps({name: len(one) if isinstance(one, list) else one for name, one in said.items()})


def take(store: Store, principal: Principal, firm: str) -> Sending | None:
    """Lease one delivery that is due; None where none is."""
    may(principal, "hook:delivery:send", DESK)
    with store.unit(firm) as unit:
        due = {"firm_id": firm, "done_at": None, "dead_at": None, "due_at <=": unit.now}
        rows = unit.claim("firm.deliveries", due)
        if not rows:
            return None
        row = rows[0]
        attempt = int(str(row["attempts"])) + 1
        key: dict[str, object] = {"firm_id": firm, "delivery_id": row["delivery_id"]}
        unit.change("firm.deliveries", key, {"attempts": attempt, "due_at": unit.now + LEASE})
        sending = _sending(unit, row, attempt)
        unit.record(principal.who, "hook:send", str(row["delivery_id"]), attempt=attempt)
    return sending


def _sending(unit: Unit, row: Mapping[str, object], attempt: int) -> Sending:
    named: dict[str, object] = {"firm_id": unit.firm, "hook_id": row["hook_id"]}
    url = str(unit.rows("firm.hooks", named)[0]["url"])
    keys = [key for key in unit.rows("firm.hook_keys", named) if _signs(key["ended_at"], unit.now)]
    made = row["made_at"]
    assert isinstance(made, datetime)
    body = {"type": row["kind"], "timestamp": made.isoformat(), "data": json.loads(str(row["content"]))}
    newest = sorted(keys, key=lambda key: str(key["made_at"]), reverse=True)
    ids = tuple(str(key["key_id"]) for key in newest)
    where = (unit.firm, str(row["delivery_id"]), str(row["hook_id"]))
    return Sending(*where, url, ids, json.dumps(body).encode(), attempt)


def _signs(ended: object, now: datetime) -> bool:
    return not isinstance(ended, datetime) or ended > now


def settle(store: Store, principal: Principal, sending: Sending, error: str | None) -> str:
    """Keep how an attempt went: delivered, failed (and due again later), or dead, which is given up."""
    may(principal, "hook:delivery:send", DESK)
    with store.unit(sending.firm_id) as unit:
        key = {"firm_id": sending.firm_id, "delivery_id": sending.delivery_id, "attempts": sending.attempt}
        said: dict[str, object] = {"last_error": error}
        if error is None:
            outcome = DELIVERED
            said["done_at"] = unit.now
        elif sending.attempt > len(BACKOFF):
            outcome = DEAD
            said["dead_at"] = unit.now
        else:
            outcome = AGAIN
            said["due_at"] = unit.now + BACKOFF[sending.attempt - 1]
        unit.change("firm.deliveries", key | {"done_at": None, "dead_at": None}, said)
        unit.record(
            principal.who, f"hook:{outcome}", sending.delivery_id, attempt=sending.attempt, error=error
        )
    return outcome

"""Hooks: where a firm (or, as `*`, the desk) is told of what happens, and the keys with which that is signed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.ports import Store, Unit
from trimtab.links.webhooks import Signing, check_url, key_of, shown

KINDS = frozenset({"night.red"})
"""What there is to be told of; `*` is all of it."""
ALL = "*"
OVERLAP = timedelta(hours=24)
"""How long a key signs beside the one that takes its place."""


class UnknownKindError(Exception):
    """There is nothing of that kind to be told of."""


def add_hook(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    url: str,
    kinds: Collection[str],
    key: str,
    signing: Signing,
) -> tuple[str, str]:
    """Add a hook: its id and its secret, which is told once. The same `key` again is the same hook."""
    may(principal, "hook:hook:write", firm)
    check_url(url, private=signing.private)
    if not kinds or not set(kinds) <= KINDS | {ALL}:
        raise UnknownKindError(f"name some of {', '.join(sorted(KINDS))}, or {ALL}")
    made = digest([principal.user_id, firm, key])
    hook_id, key_id = f"w{made[:16]}", f"s{made[16:32]}"
    with store.unit(firm) as unit:
        own: dict[str, object] = {"firm_id": firm, "hook_id": hook_id}
        said = own | {"url": url, "kinds": ";".join(sorted(set(kinds)))}
        by = {"made_by": principal.who, "made_at": unit.now}
        if not unit.rows("firm.hooks", said):
            unit.insert("firm.hooks", said | by)
            unit.insert("firm.hook_keys", own | {"key_id": key_id} | by)
        unit.record(principal.who, "hook:add", hook_id, kinds=said["kinds"])
    return hook_id, shown(key_of(signing.store_key, firm, hook_id, key_id))


def rotate_key(
    store: Store, principal: Principal, firm: str, *, hook_id: str, key: str, signing: Signing
) -> str:
    """Give a hook a new secret, told once; those before it sign for a day longer. The same `key` is the same secret."""
    may(principal, "hook:hook:write", firm)
    key_id = f"s{digest([principal.user_id, firm, hook_id, key])[:16]}"
    with store.unit(firm) as unit:
        hook_of(unit, hook_id)
        own: dict[str, object] = {"firm_id": firm, "hook_id": hook_id}
        if not unit.rows("firm.hook_keys", own | {"key_id": key_id}):
            until = {"ended_by": principal.who, "ended_at": unit.now + OVERLAP}
            unit.change("firm.hook_keys", own | {"ended_at": None}, until)
            by = {"made_by": principal.who, "made_at": unit.now}
            unit.insert("firm.hook_keys", own | {"key_id": key_id} | by)
        unit.record(principal.who, "hook:rotate", hook_id, key=key_id)
    return shown(key_of(signing.store_key, firm, hook_id, key_id))


def end_hook(store: Store, principal: Principal, firm: str, *, hook_id: str) -> None:
    """End a hook: nothing is sent to it from now on, also not what waits."""
    may(principal, "hook:hook:write", firm)
    with store.unit(firm) as unit:
        hook_of(unit, hook_id)
        own: dict[str, object] = {"firm_id": firm, "hook_id": hook_id}
        unit.change("firm.hooks", own, {"ended_by": principal.who, "ended_at": unit.now})
        waits = own | {"done_at": None, "dead_at": None}
        unit.change("firm.deliveries", waits, {"dead_at": unit.now, "last_error": "the hook was ended"})
        unit.record(principal.who, "hook:end", hook_id)


def retry_delivery(store: Store, principal: Principal, firm: str, *, delivery_id: str) -> None:
    """Have a delivery that was given up tried again, from the first attempt on."""
    may(principal, "hook:hook:write", firm)
    with store.unit(firm) as unit:
        own: dict[str, object] = {"firm_id": firm, "delivery_id": delivery_id}
        given_up = unit.rows(
            "firm.deliveries", own | {"dead_at !=": datetime.min.replace(tzinfo=unit.now.tzinfo)}
        )
        if not given_up:
            raise AbsentError
        hook_of(unit, str(given_up[0]["hook_id"]))
        again = {"dead_at": None, "due_at": unit.now, "attempts": 0, "last_error": None}
        unit.change("firm.deliveries", own, again)
        unit.record(principal.who, "hook:retry", delivery_id)


def hook_of(unit: Unit, hook_id: str) -> dict[str, object]:
    """A hook that stands, of the unit's firm; else AbsentError."""
    rows = unit.rows("firm.hooks", {"firm_id": unit.firm, "hook_id": hook_id, "ended_at": None})
    if not rows:
        raise AbsentError
    return rows[0]

"""People of the desk and of firms: users, their keys, and the roles a firm grants; what is taken away ends at once."""

import secrets
from collections.abc import Collection

from trimtab.desk.access import DESK_ROLES, AbsentError, Principal, Role, may
from trimtab.desk.identity import KEY_PREFIX, desk_roles_of, digest_of, hash_password
from trimtab.desk.ports import Store, Unit
from trimtab.store.shapes import DESK

PASSWORD_LETTERS_MIN = 12


class WeakPasswordError(Exception):
    """The password is too short."""


class NotADeskRoleError(Exception):
    """A role of a firm is granted by that firm, not held at the desk."""


def add_user(
    store: Store,
    principal: Principal,
    *,
    name: str,
    password: str | None = None,
    desk_roles: Collection[Role] = (),
    external_id: str | None = None,
) -> str:
    """Add a user, with a password or an id at an identity provider, and with roles at the desk; the user's id."""
    may(principal, "people:user:add", DESK)
    if password is not None and len(password) < PASSWORD_LETTERS_MIN:
        raise WeakPasswordError(f"a password has at least {PASSWORD_LETTERS_MIN} characters")
    if not DESK_ROLES | {Role.AUDITOR} >= set(desk_roles):
        raise NotADeskRoleError("at the desk one is operator, trader, compliance or auditor")
    user_id = f"u{secrets.token_hex(8)}"
    row: dict[str, object] = {"user_id": user_id, "name": name, "external_id": external_id}
    row["password_hash"] = None if password is None else hash_password(password)
    row["desk_roles"] = ";".join(sorted(role.value for role in desk_roles))
    with store.unit(DESK) as unit:
        unit.insert("people.users", row | {"made_at": unit.now})
        unit.record(principal.who, "people:user:add", user_id, name=name, desk_roles=row["desk_roles"])
    return user_id


def end_user(store: Store, principal: Principal, name: str) -> None:
    """A user leaves: no session or key of theirs works from now on."""
    may(principal, "people:user:end", DESK)
    with store.unit(DESK) as unit:
        user_id = str(_user(unit, name)["user_id"])
        unit.change("people.users", {"user_id": user_id}, {"ended_at": unit.now})
        for table in ("people.sessions", "people.api_keys"):
            unit.change(table, {"user_id": user_id, "ended_at": None}, {"ended_at": unit.now})
        unit.record(principal.who, "people:user:end", user_id)


def set_desk_roles(store: Store, principal: Principal, name: str, *, desk_roles: Collection[Role]) -> None:
    """Change what a user is at the desk, from the next request on."""
    may(principal, "people:user:end", DESK)
    if not DESK_ROLES | {Role.AUDITOR} >= set(desk_roles):
        raise NotADeskRoleError("at the desk one is operator, trader, compliance or auditor")
    with store.unit(DESK) as unit:
        user = _user(unit, name)
        said = ";".join(sorted(role.value for role in desk_roles))
        unit.change("people.users", {"user_id": user["user_id"]}, {"desk_roles": said})
        before = ";".join(sorted(desk_roles_of(user)))
        unit.record(principal.who, "people:user:roles", str(user["user_id"]), before=before, after=said)


def add_key(store: Store, principal: Principal, name: str, *, label: str) -> tuple[str, str]:
    """A new API key of a user: its id, and the key itself, which is told once and kept only as a digest."""
    may(principal, "people:key:add", DESK)
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    key_id = f"k{secrets.token_hex(6)}"
    with store.unit(DESK) as unit:
        user_id = str(_user(unit, name)["user_id"])
        row: dict[str, object] = {
            "key_digest": digest_of(key),
            "key_id": key_id,
            "user_id": user_id,
            "label": label,
        }
        unit.insert("people.api_keys", row | {"made_at": unit.now})
        unit.record(principal.who, "people:key:add", key_id, user=user_id, label=label)
    return key_id, key


def end_key(store: Store, principal: Principal, key_id: str) -> None:
    """Take an API key back: the next request with it is refused."""
    may(principal, "people:key:add", DESK)
    with store.unit(DESK) as unit:
        found = {"key_id": key_id, "ended_at": None}
        if not unit.change("people.api_keys", found, {"ended_at": unit.now}):
            raise AbsentError
        unit.record(principal.who, "people:key:end", key_id)


def grant(store: Store, principal: Principal, firm: str, *, name: str, role: Role) -> None:
    """Give a user a role at a firm: one of the firm's own, or a desk role, which lets that person of the desk in."""
    may(principal, "people:grant:write", firm)
    with store.unit(DESK) as unit:
        _must_know(unit, firm)
        user_id = str(_user(unit, name)["user_id"])
        row = {"firm_id": firm, "user_id": user_id, "role": role.value, "granted_by": principal.who}
        with unit.within(firm):
            held = {"user_id": user_id, "role": role.value}
            if not unit.rows("firm.grants", held):
                unit.insert("firm.grants", row | {"granted_at": unit.now})
            unit.record(principal.who, "people:grant:give", user_id, role=role.value)


def revoke(store: Store, principal: Principal, firm: str, *, name: str, role: Role) -> None:
    """Take a role at a firm back: the user's next request is without it."""
    may(principal, "people:grant:write", firm)
    with store.unit(DESK) as unit:
        _must_know(unit, firm)
        user_id = str(_user(unit, name)["user_id"])
        with unit.within(firm):
            if not unit.remove("firm.grants", {"user_id": user_id, "role": role.value}):
                raise AbsentError
            unit.record(principal.who, "people:grant:take", user_id, role=role.value)


def _user(unit: Unit, name: str) -> dict[str, object]:
    rows = unit.rows("people.users", {"name": name, "ended_at": None})
    if not rows:
        raise AbsentError
    return rows[0]


def _must_know(unit: Unit, firm: str) -> None:
    if not unit.rows("desk.tenants", {"firm_id": firm}):
        raise AbsentError


def list_users(store: Store, principal: Principal) -> list[dict[str, object]]:
    """Everybody who can sign in or could, by name; nothing of their passwords."""
    may(principal, "people:user:read", DESK)
    with store.unit(DESK) as unit:
        rows = unit.rows("people.users")
        unit.record(principal.who, "read", "people.users", rows=len(rows))
    shown = ("user_id", "name", "desk_roles", "made_at", "ended_at")
    return sorted(({name: row[name] for name in shown} for row in rows), key=lambda row: str(row["name"]))

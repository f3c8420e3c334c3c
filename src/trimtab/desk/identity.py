"""Who is at the door: passwords, sessions and keys, each turned into a Principal with the roles of this moment."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.ports import Store, Unit
from trimtab.store.shapes import DESK

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SESSION_HOURS = 12
KEY_PREFIX = "tt_"
_Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the principal, and the token that is told once and kept only as its digest."""

    principal: Principal
    token: str
    expires_at: datetime


def sign_in(store: Store, name: str, password: str) -> SignedIn | None:
    """Open a session for a name and its password; none where either is wrong or the user has left.

    The refusal takes the same time whichever it was.
    """
    with store.unit(DESK) as unit:
        rows = unit.rows("people.users", {"name": name, "ended_at": None})
        known = str(rows[0]["password_hash"]) if rows and rows[0]["password_hash"] else None
        right = password_matches(known, password)
        opened = _open(unit, rows[0]) if right and rows else None
        who = f"{Way.SESSION.value}:{rows[0]['user_id']}" if rows else f"{Way.SESSION.value}:?"
        unit.record(who, "session:open" if opened else "session:refuse", name)
    return opened


def sign_in_as(store: Store, external_id: str) -> SignedIn | None:
    """Open a session for a user whom an identity provider has vouched for; none where nobody has that id."""
    with store.unit(DESK) as unit:
        rows = unit.rows("people.users", {"external_id": external_id, "ended_at": None})
        opened = _open(unit, rows[0]) if rows else None
        who = f"{Way.SESSION.value}:{rows[0]['user_id']}" if rows else f"{Way.SESSION.value}:?"
        unit.record(who, "session:open" if opened else "session:refuse", external_id)
    return opened


def sign_out(store: Store, token: str) -> None:
    """End a session at once; a token that is none is as good as ended."""
    with store.unit(DESK) as unit:
        found = {"token_digest": digest_of(token), "ended_at": None}
        rows = unit.rows("people.sessions", found)
        unit.change("people.sessions", found, {"ended_at": unit.now})
        who = f"{Way.SESSION.value}:{rows[0]['user_id']}" if rows else f"{Way.SESSION.value}:?"
        unit.record(who, "session:close", str(rows[0]["user_id"]) if rows else "?")


def identify(store: Store, token: str) -> Principal:
    """The principal behind a session's token or an API key, with the roles that hold now; else AbsentError.

    Asked at every request, so that what was revoked is gone at the next one. It changes nothing and is not recorded.
    """
    with store.unit(DESK) as unit:
        return _identified(unit, token)


def _identified(unit: Unit, token: str) -> Principal:
    way = Way.KEY if token.startswith(KEY_PREFIX) else Way.SESSION
    table, column = (
        ("people.api_keys", "key_digest") if way is Way.KEY else ("people.sessions", "token_digest")
    )
    rows = unit.rows(table, {column: digest_of(token), "ended_at": None})
    if not rows or _is_past(rows[0]["expires_at"], unit.now):
        raise AbsentError
    users = unit.rows("people.users", {"user_id": rows[0]["user_id"], "ended_at": None})
    if not users:
        raise AbsentError
    return _principal(unit, users[0], way)


def _is_past(moment: object, now: datetime) -> bool:
    return isinstance(moment, datetime) and moment <= now


def _open(unit: Unit, user: _Row) -> SignedIn:
    token = secrets.token_urlsafe(32)
    expires = unit.now + timedelta(hours=SESSION_HOURS)
    unit.insert(
        "people.sessions",
        {
            "token_digest": digest_of(token),
            "user_id": user["user_id"],
            "made_at": unit.now,
            "expires_at": expires,
        },
    )
    return SignedIn(_principal(unit, user, Way.SESSION), token, expires)


def _principal(unit: Unit, user: _Row, way: Way) -> Principal:
    user_id = str(user["user_id"])
    unit.as_user(user_id)
    grants: dict[str, frozenset[Role]] = {}
    for row in unit.rows("firm.grants", {"user_id": user_id}):
        firm = str(row["firm_id"])
        grants[firm] = grants.get(firm, frozenset()) | {Role(str(row["role"]))}
    return Principal(user_id, str(user["name"]), way, desk_roles_of(user), grants)


def desk_roles_of(user: _Row) -> frozenset[Role]:
    """The desk roles of a user's row."""
    return frozenset(Role(word) for word in str(user["desk_roles"]).split(";") if word)


def digest_of(token: str) -> str:
    """How a token or key of 256 random bits is kept: SHA-256; nothing slower is needed for what cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_password(password: str) -> str:
    """A password as it is kept: argon2id with its own salt."""
    return _hasher().hash(password)


@cache
def _nobody() -> str:
    return hash_password(secrets.token_urlsafe(16))


def password_matches(known: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; where none was, as much time is spent."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(known or _nobody(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False

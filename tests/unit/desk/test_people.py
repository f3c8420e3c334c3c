"""People: who may sign in, with which roles, and how at once a right is gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.database import AUDIT_KEY

from trimtab.desk import identity
from trimtab.desk.access import (
    CONSOLE_PERMISSIONS,
    DESK_PERMISSIONS,
    DESK_ROLES,
    PERMISSIONS,
    AbsentError,
    Principal,
    Role,
    Way,
    allowed,
    may,
)
from trimtab.desk.identity import identify, sign_in, sign_in_as, sign_out
from trimtab.desk.people import (
    NotADeskRoleError,
    WeakPasswordError,
    add_key,
    add_user,
    end_key,
    end_user,
    grant,
    revoke,
    set_desk_roles,
)
from trimtab.store.faults import DuplicateError
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)
PASSWORD = "correct horse battery"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """Two firms, and ann, who is an operator of the desk."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(
        identity, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    identity._nobody.cache_clear()
    store = MemoryStore(audit_key=AUDIT_KEY, clock=clock)
    with store.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            unit.insert("desk.tenants", {"firm_id": firm, "name": firm, "joined_at": unit.now})
    add_user(store, CONSOLE, name="ann", password=PASSWORD, desk_roles=[Role.OPERATOR])
    return store


def token_of(store: MemoryStore) -> str:
    signed = sign_in(store, "ann", PASSWORD)
    assert signed is not None
    return signed.token


def events(store: MemoryStore, firm: str) -> list[str]:
    with store.unit(DESK) as unit, unit.within(firm):
        return [str(row["verb"]) for row in unit.rows("firm.audit_events")]


def test_a_password_opens_a_session_until_it_ends(store: MemoryStore, clock: Clock) -> None:
    token = token_of(store)
    principal = identify(store, token)
    assert (principal.name, principal.desk_roles, principal.way) == ("ann", {Role.OPERATOR}, Way.SESSION)
    sign_out(store, token)
    with pytest.raises(AbsentError):
        identify(store, token)
    token = token_of(store)
    clock.now += timedelta(hours=identity.SESSION_HOURS)
    with pytest.raises(AbsentError):
        identify(store, token)


@pytest.mark.parametrize(("name", "password"), [("ann", "wrong horse battery"), ("bob", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_opens_nothing_and_is_recorded(
    store: MemoryStore, name: str, password: str
) -> None:
    assert sign_in(store, name, password) is None
    assert events(store, DESK)[-1] == "session:refuse"


def test_an_identity_provider_vouches_for_an_external_id(store: MemoryStore) -> None:
    add_user(store, CONSOLE, name="cleo", external_id="https://id|7")
    signed = sign_in_as(store, "https://id|7")
    assert signed is not None
    assert signed.principal.name == "cleo"
    assert sign_in_as(store, "https://id|8") is None
    assert sign_in(store, "cleo", "") is None


def test_no_secret_is_kept(store: MemoryStore) -> None:
    token = token_of(store)
    _, key = add_key(store, CONSOLE, "ann", label="test")
    assert identify(store, key).way is Way.KEY
    kept = repr(store._tables)
    assert PASSWORD not in kept
    assert token not in kept
    assert key not in kept
    assert identity.hash_password(PASSWORD).startswith("$argon2id$")


ENDS: dict[str, Callable[[MemoryStore, str], None]] = {
    "user ended": lambda store, _: end_user(store, CONSOLE, "ann"),
    "key ended": lambda store, key_id: end_key(store, CONSOLE, key_id),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_key_that_ended_is_refused_at_the_next_request(store: MemoryStore, end: str) -> None:
    key_id, key = add_key(store, CONSOLE, "ann", label="test")
    assert identify(store, key).name == "ann"
    ENDS[end](store, key_id)
    with pytest.raises(AbsentError):
        identify(store, key)


def test_a_user_who_left_is_refused_everywhere(store: MemoryStore) -> None:
    token = token_of(store)
    end_user(store, CONSOLE, "ann")
    with pytest.raises(AbsentError):
        identify(store, token)
    assert sign_in(store, "ann", PASSWORD) is None
    with pytest.raises(AbsentError):
        grant(store, CONSOLE, "F1", name="ann", role=Role.CIO)


def test_grants_hold_at_their_firm_alone_and_end_at_once(store: MemoryStore) -> None:
    token = token_of(store)
    grant(store, CONSOLE, "F1", name="ann", role=Role.OPERATOR)
    grant(store, CONSOLE, "F1", name="ann", role=Role.OPERATOR)
    grant(store, CONSOLE, "F2", name="ann", role=Role.CIO)
    principal = identify(store, token)
    assert principal.firms == ("F1", "F2")
    assert allowed(principal, "book:book:import", "F1")
    assert not allowed(principal, "book:book:import", "F2")
    assert allowed(principal, "policy:model:approve", "F2")
    assert not allowed(principal, "policy:model:approve", "F1")
    revoke(store, CONSOLE, "F1", name="ann", role=Role.OPERATOR)
    assert not allowed(identify(store, token), "book:book:import", "F1")
    set_desk_roles(store, CONSOLE, "ann", desk_roles=[])
    assert identify(store, token).roles_at(DESK) == frozenset()
    assert events(store, "F1") == ["people:grant:give"] * 2 + ["people:grant:take"]


def test_a_desk_role_needs_both_the_desk_and_the_firm() -> None:
    both = {"F1": frozenset({Role.TRADER})}
    held = Principal("u", "u", Way.SESSION, frozenset({Role.TRADER}), both)
    assert allowed(held, "trade:order:release", "F1")
    assert not allowed(held, "trade:order:release", "F2")
    assert not allowed(Principal("u", "u", Way.SESSION, frozenset(), both), "trade:order:release", "F1")
    assert not allowed(
        Principal("u", "u", Way.SESSION, frozenset({Role.TRADER})), "trade:order:release", "F1"
    )


def test_absent_and_forbidden_look_alike(store: MemoryStore) -> None:
    nobody = Principal("u", "u", Way.SESSION)
    said = []
    for act in (
        lambda: may(nobody, "book:account:read", "F1"),
        lambda: may(nobody, "book:account:read", "nowhere"),
        lambda: grant(store, CONSOLE, "nowhere", name="ann", role=Role.CIO),
        lambda: grant(store, CONSOLE, "F1", name="nobody", role=Role.CIO),
        lambda: revoke(store, CONSOLE, "F1", name="ann", role=Role.CIO),
        lambda: end_key(store, CONSOLE, "nokey"),
        lambda: identify(store, "no token"),
    ):
        with pytest.raises(AbsentError) as refused:
            act()
        said.append(str(refused.value))
    assert set(said) == {"there is no such thing"}


def test_every_people_verb_asks_first(store: MemoryStore) -> None:
    nobody = Principal("u", "u", Way.SESSION)
    before = events(store, DESK)
    for act in (
        lambda: add_user(store, nobody, name="x", password=PASSWORD),
        lambda: end_user(store, nobody, "ann"),
        lambda: set_desk_roles(store, nobody, "ann", desk_roles=[]),
        lambda: add_key(store, nobody, "ann", label="x"),
        lambda: end_key(store, nobody, "x"),
        lambda: grant(store, nobody, "F1", name="ann", role=Role.CIO),
        lambda: revoke(store, nobody, "F1", name="ann", role=Role.CIO),
    ):
        with pytest.raises(AbsentError):
            act()
    assert events(store, DESK) == before


def test_what_a_user_may_not_be_is_refused(store: MemoryStore) -> None:
    with pytest.raises(WeakPasswordError):
        add_user(store, CONSOLE, name="bob", password="short")
    with pytest.raises(NotADeskRoleError):
        add_user(store, CONSOLE, name="bob", password=PASSWORD, desk_roles=[Role.CIO])
    with pytest.raises(NotADeskRoleError):
        set_desk_roles(store, CONSOLE, "ann", desk_roles=[Role.VIEWER])
    with pytest.raises(DuplicateError):
        add_user(store, CONSOLE, name="ann", password=PASSWORD)


def test_the_console_decides_nothing_for_a_firm() -> None:
    decided = {
        "policy:model:approve",
        "policy:model:publish",
        "trade:proposal:approve",
        "trade:order:release",
    }
    assert not decided & CONSOLE_PERMISSIONS
    assert not any(
        decided & PERMISSIONS[role] for role in (Role.OPERATOR, Role.VIEWER, Role.ADVISOR, Role.AUDITOR)
    )
    for role in DESK_ROLES:
        assert not {"policy:model:approve", "policy:model:publish", "policy:list:write"} & PERMISSIONS[role]
    assert set(DESK_PERMISSIONS) == DESK_ROLES | {Role.AUDITOR}
    assert set(PERMISSIONS) == set(Role)

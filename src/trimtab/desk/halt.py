"""Halts: nothing is released while one stands over it; a halt that cannot be read stands."""

from collections.abc import Collection

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.ports import Store, Unit
from trimtab.store.faults import StoreError
from trimtab.store.shapes import DESK

LEVELS = ("firm", "account", "security")
_DESK_LOCK = "release:*"


class HaltedError(Exception):
    """A halt stands over what was to be released."""

    def __init__(self, why: str) -> None:
        super().__init__(f"halted: {why}")


class UnknownLevelError(Exception):
    """A firm halts itself, an account or a security."""


def hold_scopes(unit: Unit, accounts: Collection[str], securities: Collection[str]) -> None:
    """Take the locks of everything that a halt over a release could name, shared with other releases: a halt of any
    of it waits for this unit's end, and after it is committed no release reads the time before it.
    """
    unit.lock(_DESK_LOCK, shared=True)
    unit.lock(lock_of(unit.firm, "firm", unit.firm), shared=True)
    for level, names in (("account", accounts), ("security", securities)):
        for name in sorted(names):
            unit.lock(lock_of(unit.firm, level, name), shared=True)


def lock_of(firm: str, level: str, subject: str) -> str:
    """The lock of one scope: a halt takes it alone, a release with others."""
    return f"release:{firm}" if level == "firm" else f"release:{firm}:{level}:{subject}"


def halt(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    level: str,
    subject: str,
    why: str,
    key: str,
) -> str:
    """Halt a firm, an account or a security of it, at once; the halt's id. The same `key` again is the same halt."""
    may(principal, "trade:halt:set", firm)
    if level not in LEVELS or (level == "firm" and subject != firm):
        raise UnknownLevelError("halt the firm itself, an account or a security")
    halt_id = f"h{digest([principal.user_id, key])[:24]}"
    with store.unit(firm) as unit:
        unit.lock(lock_of(firm, level, subject))
        row = {"firm_id": firm, "halt_id": halt_id, "level": level, "subject": subject, "why": why}
        if not unit.rows("firm.halts", row):
            unit.insert("firm.halts", row | {"halted_by": principal.who, "halted_at": unit.now})
        unit.record(principal.who, "trade:halt:set", halt_id, level=level, halted=subject)
    return halt_id


def lift(store: Store, principal: Principal, firm: str, *, halt_id: str) -> None:
    """Lift a halt of a firm's."""
    may(principal, "trade:halt:lift", firm)
    with store.unit(firm) as unit:
        unit.lock(lock_of(firm, "firm", firm))
        ended = {"lifted_by": principal.who, "lifted_at": unit.now}
        if not unit.change("firm.halts", {"firm_id": firm, "halt_id": halt_id, "lifted_at": None}, ended):
            raise AbsentError
        unit.record(principal.who, "trade:halt:lift", halt_id)


def halt_desk(store: Store, principal: Principal, *, why: str, key: str) -> str:
    """Halt everything of every firm, at once; the halt's id."""
    may(principal, "desk:halt:set", DESK)
    halt_id = f"h{digest([principal.user_id, key])[:24]}"
    with store.unit(DESK) as unit:
        unit.lock(_DESK_LOCK)
        if not unit.rows("market.halts", {"halt_id": halt_id, "why": why}):
            row = {"halt_id": halt_id, "why": why, "halted_by": principal.who, "halted_at": unit.now}
            unit.insert("market.halts", row)
        unit.record(principal.who, "desk:halt:set", halt_id)
    return halt_id


def lift_desk(store: Store, principal: Principal, *, halt_id: str) -> None:
    """Lift a halt of the desk's."""
    may(principal, "desk:halt:lift", DESK)
    with store.unit(DESK) as unit:
        unit.lock(_DESK_LOCK)
        ended = {"lifted_by": principal.who, "lifted_at": unit.now}
        if not unit.change("market.halts", {"halt_id": halt_id, "lifted_at": None}, ended):
            raise AbsentError
        unit.record(principal.who, "desk:halt:lift", halt_id)


def must_not_be_halted(unit: Unit, accounts: Collection[str], securities: Collection[str]) -> None:
    """Raise HaltedError where a halt stands over any of these, or where that cannot be read.

    Asked once `hold_scopes` has their locks.
    """
    try:
        everything = unit.rows("market.halts", {"lifted_at": None}, limit=1)
        own = unit.rows("firm.halts", {"lifted_at": None})
    except StoreError:
        raise HaltedError("the halts cannot be read") from None
    if everything:
        raise HaltedError("the desk")
    named = {"account": accounts, "security": securities}
    for row in own:
        level = str(row["level"])
        if level not in named or row["subject"] in named[level]:
            raise HaltedError(f"{level} {row['subject']}")

"""What a firm has signed: that the desk may decide a kind of subject for it, from what size on two must look, and that
it runs in shadow: beside its present system, with nothing released.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from trimtab.core.digest import digest
from trimtab.desk.access import DESK_ROLES, AbsentError, Principal, may
from trimtab.desk.halt import lock_of
from trimtab.desk.ports import Store, Unit
from trimtab.desk.subjects import KINDS, notional_of

DELEGATION, FOUR_EYES, SHADOW = "delegation", "four_eyes", "shadow"


class UnknownAgreementError(Exception):
    """An agreement is a delegation of a kind of subject, the dollars above which two must look, or shadow mode."""


class ShadowError(Exception):
    """The firm runs in shadow: nothing of it is released."""

    def __init__(self) -> None:
        super().__init__("the firm runs in shadow: nothing of it is released")


def sign(store: Store, principal: Principal, firm: str, *, kind: str, value: str, key: str) -> str:
    """Sign an agreement for the firm; its id. A new threshold takes the place of the one before."""
    may(principal, "desk:delegation:sign", firm)
    _check(kind, value)
    agreement_id = f"g{digest([principal.user_id, key])[:24]}"
    with store.unit(firm) as unit:
        own: dict[str, object] = {"firm_id": firm, "agreement_id": agreement_id, "kind": kind, "value": value}
        unit.lock(lock_of(firm, "firm", firm))
        if not unit.rows("firm.agreements", own):
            if kind == FOUR_EYES:
                ended = {"ended_by": principal.who, "ended_at": unit.now}
                unit.change("firm.agreements", {"firm_id": firm, "kind": kind, "ended_at": None}, ended)
            unit.insert("firm.agreements", own | {"signed_by": principal.who, "signed_at": unit.now})
        unit.record(principal.who, "desk:delegation:sign", agreement_id, kind=kind, value=value)
    return agreement_id


def end_agreement(store: Store, principal: Principal, firm: str, *, agreement_id: str) -> None:
    """End an agreement, from the next act on."""
    may(principal, "desk:delegation:sign", firm)
    with store.unit(firm) as unit:
        unit.lock(lock_of(firm, "firm", firm))
        ended = {"ended_by": principal.who, "ended_at": unit.now}
        own = {"firm_id": firm, "agreement_id": agreement_id, "ended_at": None}
        if not unit.change("firm.agreements", own, ended):
            raise AbsentError
        unit.record(principal.who, "desk:delegation:end", agreement_id)


def _check(kind: str, value: str) -> None:
    if (kind == DELEGATION and value in KINDS) or (kind, value) == (SHADOW, "on"):
        return
    try:
        if kind == FOUR_EYES and Decimal(value) >= 0 and Decimal(value).is_finite():
            return
    except InvalidOperation:
        pass
    raise UnknownAgreementError(
        "sign a delegation of a kind of subject, four_eyes with its dollars, or shadow with on"
    )


def is_delegated(unit: Unit, kind: str) -> bool:
    """Whether the firm lets the desk decide this kind of subject for it."""
    own = {"firm_id": unit.firm, "kind": DELEGATION, "value": kind, "ended_at": None}
    return bool(unit.rows("firm.agreements", own))


def must_not_be_shadow(unit: Unit) -> None:
    """Raise ShadowError where the firm has signed that it runs in shadow."""
    if unit.rows("firm.agreements", {"firm_id": unit.firm, "kind": SHADOW, "ended_at": None}):
        raise ShadowError


def is_of_the_desk(principal: Principal, firm: str) -> bool:
    """Whether a principal acts at a firm by roles of the desk alone."""
    return principal.roles_at(firm) <= DESK_ROLES


def wants_four_eyes(unit: Unit, row: Mapping[str, object]) -> bool:
    """Whether the approver must be another than the maker: always, but for trades up to the firm's threshold."""
    notional = notional_of(row)
    said = unit.rows("firm.agreements", {"firm_id": unit.firm, "kind": FOUR_EYES, "ended_at": None})
    return notional is None or not said or notional > Decimal(str(said[0]["value"]))

"""Approvals: rehearsed, approved, released or published; an approval binds the digest of what was seen."""

from collections.abc import Mapping
from datetime import date

from trimtab.desk.access import Principal, allowed, may
from trimtab.desk.agreements import is_delegated, is_of_the_desk, must_not_be_shadow, wants_four_eyes
from trimtab.desk.halt import hold_scopes, must_not_be_halted
from trimtab.desk.ports import Store, Unit
from trimtab.desk.publish import publish
from trimtab.desk.subjects import (
    APPROVED,
    DRAFT,
    REHEARSED,
    RUN,
    ApprovalStaleError,
    change_subject,
    content_of_run,
    found,
    is_unchanged,
    lock_subject,
    make_subject,
    must_be,
    rights_of,
    securities_of,
    void_approvals,
)

DELEGATED = "desk:delegation:use"


class FourEyesError(Exception):
    """Another person than those who made it must approve it."""

    def __init__(self) -> None:
        super().__init__("another person than those who made it must approve it")


class NotDelegatedError(Exception):
    """The firm has not signed that the desk may decide this for it."""

    def __init__(self) -> None:
        super().__init__("the firm has not delegated this to the desk")


def propose_run(store: Store, principal: Principal, firm: str, *, run_id: str, account: str) -> str:
    """Put an account's trades of a finished run up for approval; its id. The run has rehearsed them."""
    may(principal, "trade:proposal:make", firm)
    with store.unit(firm) as unit:
        content = content_of_run(unit, run_id, account)
        as_of = unit.rows("firm.runs", {"firm_id": firm, "run_id": run_id})[0]["as_of"]
        assert isinstance(as_of, date)
        said = {"kind": RUN, "subject": account, "as_of": as_of, "content": content, "run_id": run_id}
        row = make_subject(unit, principal.user_id, said, f"{run_id}/{account}")
        unit.record(principal.who, "approval:propose", str(row["proposal_id"]), digest=row["content_digest"])
    return str(row["proposal_id"])


def approve(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, content_digest: str
) -> None:
    """Approve what was seen: the digest says what that was. ApprovalStaleError where something else stands now."""
    may(principal, rights_of(kind).approve, firm)
    with store.unit(firm) as unit:
        lock_subject(unit, proposal_id)
        row = found(unit, kind, proposal_id)
        if is_of_the_desk(principal, firm) and not is_delegated(unit, kind):
            raise NotDelegatedError
        must_be(row, REHEARSED, APPROVED)
        if content_digest != row["content_digest"] or not is_unchanged(unit, row):
            raise ApprovalStaleError
        if principal.user_id in str(row["made_by"]).split(";") and wants_four_eyes(unit, row):
            raise FourEyesError
        own: dict[str, object] = {"firm_id": firm, "proposal_id": proposal_id, "user_id": principal.user_id}
        said = {"content_digest": content_digest, "approved_at": unit.now, "void_at": None, "void_why": None}
        if not unit.change("firm.approvals", own, said):
            unit.insert("firm.approvals", own | said)
        change_subject(unit, row, {"state": APPROVED})
        unit.record(principal.who, "approval:approve", proposal_id, digest=content_digest)


def let_out(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, content_digest: str
) -> None:
    """Release (a run's proposal) what stands approved, under the locks that halts take, or publish it (all else): its
    rows are then in force. A stale approval is voided and told as ApprovalStaleError; a halt as HaltedError.
    """
    may(principal, _right_to_let_out(principal, kind, firm), firm)
    with store.unit(firm) as unit:
        lock_subject(unit, proposal_id)
        row = found(unit, kind, proposal_id)
        if is_of_the_desk(principal, firm) and kind != RUN and not is_delegated(unit, kind):
            raise NotDelegatedError
        released = unit.rows("firm.releases", {"firm_id": firm, "proposal_id": proposal_id})
        again = bool(released) and released[0]["content_digest"] == content_digest
        must_be(row, *((rights_of(kind).end,) if again else (APPROVED,)))
        stands = again or _approver(unit, row, content_digest)
        if kind == RUN and not again:
            _must_be_free(unit, row)
        if stands and not again:
            left: dict[str, object] = {"firm_id": firm, "proposal_id": proposal_id, "approved_by": stands}
            left |= {"content_digest": content_digest, "released_by": principal.who, "released_at": unit.now}
            unit.insert("firm.releases", left)
            if kind != RUN:
                publish(store, unit, principal, row)
            change_subject(unit, row, {"state": rights_of(kind).end})
        elif not stands:
            void_approvals(unit, proposal_id, "what stands is not what was approved")
            change_subject(unit, row, {"state": REHEARSED if is_unchanged(unit, row) else DRAFT})
        unit.record(principal.who, "approval:let_out" if stands else "approval:void", proposal_id)
    if not stands:
        raise ApprovalStaleError


def _must_be_free(unit: Unit, row: Mapping[str, object]) -> None:
    """Raise where a halt or shadow mode keeps a proposal in, read under the locks that those take."""
    accounts, securities = {str(row["subject"])}, securities_of(row)
    hold_scopes(unit, accounts, securities)
    must_not_be_halted(unit, accounts, securities)
    must_not_be_shadow(unit)


def _right_to_let_out(principal: Principal, kind: str, firm: str) -> str:
    """The kind's own permission, or for the desk that of a delegation, where it is not a matter of orders."""
    own = rights_of(kind).out
    return own if kind == RUN or allowed(principal, own, firm) else DELEGATED


def _approver(unit: Unit, row: Mapping[str, object], content_digest: str) -> str | None:
    """Who approved exactly what stands now; none where nobody did, or somebody saw something else."""
    if content_digest != row["content_digest"] or not is_unchanged(unit, row):
        return None
    own = {"firm_id": unit.firm, "proposal_id": row["proposal_id"], "content_digest": content_digest}
    makers = str(row["made_by"]).split(";")
    alone = not wants_four_eyes(unit, row)
    rows = unit.rows("firm.approvals", own | {"void_at": None})
    return next((str(one["user_id"]) for one in rows if alone or one["user_id"] not in makers), None)

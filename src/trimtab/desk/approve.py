"""Approvals: draft, rehearsed, approved, released or published; an approval binds the digest of what was seen."""

from collections.abc import Mapping
from datetime import date

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, allowed, may
from trimtab.desk.agreements import is_delegated, is_of_the_desk, wants_four_eyes
from trimtab.desk.halt import RELEASE_LOCK, must_not_be_halted
from trimtab.desk.ports import Store, Unit
from trimtab.desk.subjects import (
    APPROVED,
    DRAFT,
    ENDED,
    REHEARSED,
    RUN,
    ApprovalStaleError,
    WrongStateError,
    content_of_run,
    digest_of_content,
    found,
    is_unchanged,
    rights_of,
    securities_of,
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


def draft(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    kind: str,
    subject: str,
    as_of: date,
    content: str,
    key: str,
) -> str:
    """Draft a model, an approved list or a policy; its id. The same `key` again is the same draft."""
    may(principal, rights_of(kind).make, firm)
    if kind == RUN:
        raise WrongStateError("a proposal of a run is taken from the run")
    with store.unit(firm) as unit:
        row = _made(
            unit, principal, kind=kind, subject=subject, as_of=as_of, content=content, run_id=None, key=key
        )
        unit.record(principal.who, "approval:draft", str(row["proposal_id"]), digest=row["content_digest"])
    return str(row["proposal_id"])


def propose_run(store: Store, principal: Principal, firm: str, *, run_id: str, account: str) -> str:
    """Put an account's trades of a finished run up for approval; its id. The run has rehearsed them."""
    may(principal, "trade:proposal:make", firm)
    with store.unit(firm) as unit:
        content = content_of_run(unit, run_id, account)
        as_of = unit.rows("firm.runs", {"firm_id": firm, "run_id": run_id})[0]["as_of"]
        assert isinstance(as_of, date)
        row = _made(
            unit,
            principal,
            kind=RUN,
            subject=account,
            as_of=as_of,
            content=content,
            run_id=run_id,
            key=f"{run_id}/{account}",
        )
        unit.record(principal.who, "approval:propose", str(row["proposal_id"]), digest=row["content_digest"])
    return str(row["proposal_id"])


def _made(
    unit: Unit,
    principal: Principal,
    *,
    kind: str,
    subject: str,
    as_of: date,
    content: str,
    run_id: str | None,
    key: str,
) -> dict[str, object]:
    """The row of a new subject, or the one that the same key made before; another content under it is refused."""
    proposal_id = f"p{digest([kind, principal.user_id if kind != RUN else '', key])[:24]}"
    own: dict[str, object] = {
        "firm_id": unit.firm,
        "proposal_id": proposal_id,
        "kind": kind,
        "subject": subject,
    }
    own |= {"as_of": as_of, "content": content, "run_id": run_id}
    own["content_digest"] = digest_of_content(own)
    if not unit.rows("firm.proposals", own):
        state = REHEARSED if kind == RUN else DRAFT
        made = {"state": state, "made_by": principal.user_id, "made_at": unit.now, "state_at": unit.now}
        unit.insert("firm.proposals", own | made)
    return own


def revise(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, content: str
) -> str:
    """Change the content of a draft; it must be rehearsed and approved anew. The new digest."""
    may(principal, rights_of(kind).make, firm)
    if kind == RUN:
        raise WrongStateError("a proposal of a run is changed by another run")
    with store.unit(firm) as unit:
        unit.lock(RELEASE_LOCK)
        row = found(unit, kind, proposal_id)
        _must_be(row, DRAFT, REHEARSED, APPROVED)
        makers = ";".join(sorted({*str(row["made_by"]).split(";"), principal.user_id}))
        new = digest_of_content(row | {"content": content})
        changed = {"content": content, "content_digest": new, "made_by": makers}
        _set(unit, row, changed | {"state": DRAFT})
        _void(unit, proposal_id, "the content was changed")
        unit.record(principal.who, "approval:revise", proposal_id, digest=new)
    return new


def rehearse_draft(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, run_id: str
) -> None:
    """Say which finished run rehearsed a draft, as it stands: the run began after its last change."""
    may(principal, rights_of(kind).rehearse, firm)
    with store.unit(firm) as unit:
        unit.lock(RELEASE_LOCK)
        row = found(unit, kind, proposal_id)
        _must_be(row, DRAFT)
        since = {"firm_id": firm, "run_id": run_id, "started_at >=": row["state_at"]}
        runs = unit.rows("firm.runs", since)
        if not runs or runs[0]["finished_at"] is None:
            raise AbsentError
        rehearsed = {"run_id": run_id, "content_digest": digest_of_content(row | {"run_id": run_id})}
        _set(unit, row, rehearsed | {"state": REHEARSED})
        unit.record(principal.who, "approval:rehearse", proposal_id, run=run_id)


def approve(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, content_digest: str
) -> None:
    """Approve what was seen: the digest says what that was. ApprovalStaleError where something else stands now."""
    may(principal, rights_of(kind).approve, firm)
    with store.unit(firm) as unit:
        unit.lock(RELEASE_LOCK)
        row = found(unit, kind, proposal_id)
        if is_of_the_desk(principal, firm) and not is_delegated(unit, kind):
            raise NotDelegatedError
        _must_be(row, REHEARSED, APPROVED)
        if content_digest != row["content_digest"] or not is_unchanged(unit, row):
            raise ApprovalStaleError
        if principal.user_id in str(row["made_by"]).split(";") and wants_four_eyes(unit, row):
            raise FourEyesError
        own: dict[str, object] = {"firm_id": firm, "proposal_id": proposal_id, "user_id": principal.user_id}
        said = {"content_digest": content_digest, "approved_at": unit.now, "void_at": None, "void_why": None}
        if not unit.change("firm.approvals", own, said):
            unit.insert("firm.approvals", own | said)
        _set(unit, row, {"state": APPROVED})
        unit.record(principal.who, "approval:approve", proposal_id, digest=content_digest)


def let_out(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, content_digest: str
) -> None:
    """Release (a run's proposal) or publish (all else) what stands approved, under the lock that halts take.

    A stale approval is voided and told as ApprovalStaleError; a halt as HaltedError.
    """
    may(principal, _right_to_let_out(principal, kind, firm), firm)
    with store.unit(firm) as unit:
        unit.lock(RELEASE_LOCK)
        row = found(unit, kind, proposal_id)
        if is_of_the_desk(principal, firm) and kind != RUN and not is_delegated(unit, kind):
            raise NotDelegatedError
        released = unit.rows("firm.releases", {"firm_id": firm, "proposal_id": proposal_id})
        again = bool(released) and released[0]["content_digest"] == content_digest
        _must_be(row, *((rights_of(kind).end,) if again else (APPROVED,)))
        stands = again or _approver(unit, row, content_digest)
        if kind == RUN and not again:
            must_not_be_halted(unit, {str(row["subject"])}, securities_of(row))
        if stands and not again:
            left: dict[str, object] = {"firm_id": firm, "proposal_id": proposal_id, "approved_by": stands}
            left |= {"content_digest": content_digest, "released_by": principal.who, "released_at": unit.now}
            unit.insert("firm.releases", left)
            _set(unit, row, {"state": rights_of(kind).end})
        elif not stands:
            _void(unit, proposal_id, "what stands is not what was approved")
            _set(unit, row, {"state": REHEARSED if is_unchanged(unit, row) else DRAFT})
        unit.record(principal.who, "approval:let_out" if stands else "approval:void", proposal_id)
    if not stands:
        raise ApprovalStaleError


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


def _must_be(row: Mapping[str, object], *states: str) -> None:
    if row["state"] not in states:
        ended = " and stays so" if row["state"] in ENDED else ""
        raise WrongStateError(f"it is {row['state']}{ended}; this begins from {' or '.join(states)}")


def _set(unit: Unit, row: Mapping[str, object], values: Mapping[str, object]) -> None:
    own = {"firm_id": unit.firm, "proposal_id": row["proposal_id"]}
    unit.change("firm.proposals", own, {**values, "state_at": unit.now})


def _void(unit: Unit, proposal_id: str, why: str) -> None:
    own = {"firm_id": unit.firm, "proposal_id": proposal_id, "void_at": None}
    unit.change("firm.approvals", own, {"void_at": unit.now, "void_why": why})

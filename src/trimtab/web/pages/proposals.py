"""Proposals: what waits for approval, approved or released many at a time, each bound to the digest that was seen."""

import json
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from trimtab.desk import approve as approvals
from trimtab.desk import halt as halts
from trimtab.desk.access import AbsentError, allowed
from trimtab.desk.subjects import APPROVED, REHEARSED, ApprovalStaleError, WrongStateError, rights_of
from trimtab.desk.waiting import Waiting, make_proposals, waiting_proposals
from trimtab.web.desktop import Desktop
from trimtab.web.pages.firm_of import firm_of
from trimtab.web.render import csv_of, page

_SEES = "trade:proposal:read"
_COLUMNS = (
    "proposal_id",
    "kind",
    "subject",
    "as_of",
    "state",
    "trades",
    "notional",
    "gain",
    "tax",
    "content_digest",
)
_KEPT_BACK = (
    AbsentError, ApprovalStaleError, WrongStateError, approvals.FourEyesError, approvals.NotDelegatedError,
    halts.HaltedError,
)  # fmt: skip


def routes(desktop: Desktop) -> APIRouter:
    """What waits, as a page and as CSV; proposals made of the newest night; approval and release in bulk."""
    router = APIRouter()

    @router.get("/proposals")
    def show(request: Request) -> Response:
        return _shown(desktop, request, [])

    @router.get("/proposals.csv")
    def export(request: Request) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        rows = waiting_proposals(desktop.store, who, firm)
        return csv_of(
            "proposals", _COLUMNS, ({name: getattr(one, name) for name in _COLUMNS} for one in rows)
        )

    @router.post("/proposals/make")
    def make(request: Request) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        made = make_proposals(desktop.store, who, firm)
        return _shown(desktop, request, [f"{made} accounts of the newest night stand for approval."])

    @router.post("/proposals")
    def act(
        request: Request, act: Annotated[str, Form()], chosen: Annotated[list[str] | None, Form()] = None
    ) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        verbs = {"approve": approvals.approve, "release": approvals.let_out}
        if act not in verbs:
            raise AbsentError
        told, done = [], 0
        for one in chosen or []:
            kind, proposal_id, seen = _named(one)
            try:
                verbs[act](desktop.store, who, firm, kind=kind, proposal_id=proposal_id, content_digest=seen)
                done += 1
            except _KEPT_BACK as error:
                told.append(f"{proposal_id}: {error}")
        return _shown(desktop, request, [f"{done} of {len(chosen or [])} done ({act}).", *told])

    return router


def _named(one: str) -> tuple[str, str, str]:
    """Kind, id and digest of a ticked row, as its box says them."""
    try:
        kind, proposal_id, seen = json.loads(one)
    except ValueError:
        raise AbsentError from None
    return str(kind), str(proposal_id), str(seen)


def _shown(desktop: Desktop, request: Request, told: list[str]) -> Response:
    who = desktop.who(request)
    firm, firms = firm_of(request, who, _SEES)
    rows = waiting_proposals(desktop.store, who, firm)

    def may(one: Waiting) -> tuple[bool, bool]:
        rights = rights_of(one.kind)
        return (
            one.state == REHEARSED and allowed(who, rights.approve, firm),
            one.state == APPROVED and allowed(who, rights.out, firm),
        )

    boxes = [(one, json.dumps([one.kind, one.proposal_id, one.content_digest]), *may(one)) for one in rows]
    return page(
        request,
        "proposals.html.j2",
        principal=who,
        firm=firm,
        firms=firms,
        boxes=boxes,
        told=told,
        may_make=allowed(who, "trade:proposal:make", firm),
        any_approve=any(box[2] for box in boxes),
        any_release=any(box[3] for box in boxes),
    )

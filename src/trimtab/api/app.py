"""The application: sessions, reads made from the table of resources, halts, approvals, health and figures."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, generate_latest
from pydantic import BaseModel, StringConstraints

from trimtab.desk import approve as approvals
from trimtab.desk import halt as halts
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.browse import RESOURCES, key_as_text, read_page
from trimtab.desk.identity import identify, sign_in, sign_out
from trimtab.desk.ports import Store
from trimtab.desk.subjects import ApprovalStaleError, WrongStateError
from trimtab.store.faults import DuplicateError
from trimtab.store.shapes import DESK

Said = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
STATUS: dict[type[Exception], tuple[int, str]] = {
    AbsentError: (404, "absent"),
    ApprovalStaleError: (409, "approval-stale"),
    WrongStateError: (409, "wrong-state"),
    approvals.FourEyesError: (409, "four-eyes"),
    approvals.NotDelegatedError: (409, "not-delegated"),
    halts.HaltedError: (409, "halted"),
    halts.UnknownLevelError: (422, "unknown-level"),
    DuplicateError: (409, "key-used-otherwise"),
}
"""Every refusal as RFC 9457 tells it: its status and the name of its kind."""


class SignIn(BaseModel):
    """A name and its password."""

    name: Said
    password: Said


class Halt(BaseModel):
    """What to halt, and why."""

    level: Said
    subject: Said
    why: Said


class Seen(BaseModel):
    """The digest of what was seen."""

    content_digest: Said


class Proposed(BaseModel):
    """An account of a finished run."""

    run_id: Said
    account_id: Said


def problem(status: int, kind: str, detail: str) -> JSONResponse:
    """An RFC 9457 answer."""
    said = {"type": f"urn:trimtab:{kind}", "title": kind, "status": status, "detail": detail}
    return JSONResponse(said, status, media_type="application/problem+json")


def make_app(store: Store) -> FastAPI:
    """The application over a store."""
    app = FastAPI(title="Trimtab", version="1", docs_url=None, redoc_url=None)
    for kind, (status, name) in STATUS.items():
        app.add_exception_handler(kind, _handler(status, name))
    app.add_exception_handler(
        RequestValidationError, lambda *_: problem(422, "invalid", "the request is not as described")
    )

    def principal(authorization: Annotated[str, Header()] = "") -> Principal:
        return identify(store, authorization.removeprefix("Bearer "))

    who = Depends(principal)
    _operations(app, store)
    _session(app, store, who)
    for name in RESOURCES:
        app.get(f"/v1/firms/{{firm}}/{name}", name=f"read {name}")(_reader(store, name, who))
    _halts(app, store, who)
    _approvals(app, store, who)
    return app


def _handler(status: int, name: str) -> Callable[[Request, Exception], Response]:
    return lambda _, error: problem(status, name, str(error))


def _operations(app: FastAPI, store: Store) -> None:
    registry = CollectorRegistry()
    asked = Counter("trimtab_requests", "Requests that were answered as ready or not.", registry=registry)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def readyz() -> dict[str, str]:
        asked.inc()
        with store.reader():
            return {"status": "ready"}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


def _session(app: FastAPI, store: Store, who: Principal) -> None:
    @app.post("/v1/session", status_code=201)
    def open_session(said: SignIn) -> dict[str, str]:
        opened = sign_in(store, said.name, said.password)
        if opened is None:
            raise AbsentError
        return {"token": opened.token, "expires_at": opened.expires_at.isoformat()}

    @app.delete("/v1/session", status_code=204)
    def close_session(authorization: Annotated[str, Header()] = "", _: Principal = who) -> None:
        sign_out(store, authorization.removeprefix("Bearer "))

    @app.get("/v1/firms")
    def firms(principal: Principal = who) -> dict[str, list[str]]:
        return {"firms": list(principal.firms)}


def _reader(store: Store, name: str, who: Principal) -> Callable[..., Response]:
    def read(
        request: Request,
        firm: str,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        cursor: str = "",
        principal: Principal = who,
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        where = {
            said: value for said, value in request.query_params.items() if said not in ("limit", "cursor")
        }
        if not set(where) <= set(RESOURCES[name].columns):
            return problem(422, "unknown-column", "a filter names no column")
        try:
            after = json.loads(base64.urlsafe_b64decode(cursor)) if cursor else []
        except ValueError:
            after = None
        if not isinstance(after, list) or not all(isinstance(part, str) for part in after):
            return problem(422, "bad-cursor", "the cursor is none that was given")
        rows = read_page(store, principal, firm, name=name, where=where, after=after, limit=limit)
        last = json.dumps(key_as_text(rows[-1], name)).encode() if len(rows) == limit else b""
        said = {"rows": rows, "next": base64.urlsafe_b64encode(last).decode() or None}
        body = json.dumps(said, default=str).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if tag == if_none_match:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, media_type="application/json", headers={"ETag": tag})

    return read


def _halts(app: FastAPI, store: Store, who: Principal) -> None:
    @app.post("/v1/firms/{firm}/halts", status_code=201)
    def set_halt(
        firm: str, said: Halt, idempotency_key: Annotated[Said, Header()], principal: Principal = who
    ) -> dict[str, str]:
        told = said.model_dump()
        if firm == DESK:
            return {"halt_id": halts.halt_desk(store, principal, why=said.why, key=idempotency_key)}
        return {"halt_id": halts.halt(store, principal, firm, key=idempotency_key, **told)}

    @app.delete("/v1/firms/{firm}/halts/{halt_id}", status_code=204)
    def lift_halt(firm: str, halt_id: Said, principal: Principal = who) -> None:
        if firm == DESK:
            halts.lift_desk(store, principal, halt_id=halt_id)
        else:
            halts.lift(store, principal, firm, halt_id=halt_id)


def _approvals(app: FastAPI, store: Store, who: Principal) -> None:
    @app.post("/v1/firms/{firm}/proposals", status_code=201)
    def propose(firm: str, said: Proposed, principal: Principal = who) -> dict[str, str]:
        made = approvals.propose_run(store, principal, firm, run_id=said.run_id, account=said.account_id)
        return {"proposal_id": made}

    place = "/v1/firms/{firm}/proposals/{kind}/{proposal_id}"

    @app.post(f"{place}/approve", status_code=204)
    def approve(firm: str, kind: str, proposal_id: Said, said: Seen, principal: Principal = who) -> None:
        seen = {"kind": kind, "proposal_id": proposal_id, "content_digest": said.content_digest}
        approvals.approve(store, principal, firm, **seen)

    @app.post(f"{place}/release", status_code=204)
    def release(firm: str, kind: str, proposal_id: Said, said: Seen, principal: Principal = who) -> None:
        seen = {"kind": kind, "proposal_id": proposal_id, "content_digest": said.content_digest}
        approvals.let_out(store, principal, firm, **seen)

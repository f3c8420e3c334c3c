"""Refusals as RFC 9457 tells them: one place that says which error is which status and kind."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from trimtab.api.bulk import UnreadableError
from trimtab.api.columns import CursorError
from trimtab.api.limits import TooManyError
from trimtab.core.result import Failure
from trimtab.desk.access import AbsentError
from trimtab.desk.agreements import ShadowError, UnknownAgreementError
from trimtab.desk.approve import FourEyesError, NotDelegatedError
from trimtab.desk.customize import ChangedError, NeedsApprovalError
from trimtab.desk.edits import FaultsError, NotOursError
from trimtab.desk.frontier import NoFrontierError
from trimtab.desk.halt import HaltedError, UnknownLevelError
from trimtab.desk.hooks import UnknownKindError
from trimtab.desk.people import NotADeskRoleError, WeakPasswordError
from trimtab.desk.publish import ContentError
from trimtab.desk.subjects import ApprovalStaleError, WrongStateError
from trimtab.links.oidc import ProviderAwayError
from trimtab.links.webhooks import BadUrlError
from trimtab.store.faults import DuplicateError, LostError

MEDIA = "application/problem+json"
STATUS: dict[type[Exception], tuple[int, str]] = {
    AbsentError: (404, "absent"),
    ApprovalStaleError: (409, "approval-stale"),
    WrongStateError: (409, "wrong-state"),
    FourEyesError: (409, "four-eyes"),
    NotDelegatedError: (409, "not-delegated"),
    HaltedError: (409, "halted"),
    UnknownLevelError: (422, "unknown-level"),
    DuplicateError: (409, "key-used-otherwise"),
    BadUrlError: (422, "bad-url"),
    UnknownKindError: (422, "unknown-kind"),
    ProviderAwayError: (503, "provider-away"),
    ShadowError: (409, "shadow"),
    ChangedError: (412, "changed"),
    NeedsApprovalError: (409, "needs-approval"),
    NoFrontierError: (409, "no-frontier"),
    ContentError: (422, "content"),
    NotOursError: (422, "not-yours"),
    UnknownAgreementError: (422, "unknown-agreement"),
    WeakPasswordError: (422, "weak-password"),
    NotADeskRoleError: (422, "not-a-desk-role"),
    UnreadableError: (422, "unreadable"),
    CursorError: (422, "bad-cursor"),
    LostError: (503, "store-away"),
}
"""Every refusal: its status and the name of its kind."""


class Problem(BaseModel):
    """A refusal; `faults` say which rows are wrong, and how to mend them."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[dict[str, str]] = []


def _answer(what: str) -> dict[str, Any]:
    return {"description": what, "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem} | _answer("There is no such thing, or it is not yours to know of."),
    409: _answer("It cannot be done as things stand."),
    412: _answer("What stands is not what was seen."),
    422: _answer("The request is not as described, or its rows are wrong."),
    429: _answer("Too many requests: ask again later."),
    503: _answer("The store is away."),
}
"""The refusals that any route may answer."""


def problem(status: int, kind: str, detail: str, **more: object) -> JSONResponse:
    """An RFC 9457 answer."""
    said = {"type": f"urn:trimtab:{kind}", "title": kind, "status": status, "detail": detail}
    return JSONResponse(said | more, status, media_type=MEDIA)


def tell_problems(app: FastAPI) -> None:
    """Have the application answer every refusal as a problem, also those that the framework makes."""
    app.add_exception_handler(TooManyError, _too_many)
    app.add_exception_handler(FaultsError, _faulty)
    app.add_exception_handler(HTTPException, _of_the_framework)
    for kind, (status, name) in STATUS.items():
        app.add_exception_handler(kind, _handler(status, name))
    app.add_exception_handler(
        RequestValidationError, lambda *_: problem(422, "invalid", "the request is not as described")
    )


def _handler(status: int, name: str) -> Callable[[Request, Exception], Response]:
    return lambda _, error: problem(status, name, str(error))


def _faulty(_: Request, error: Exception) -> Response:
    """The answer to rows that make the book wrong."""
    assert isinstance(error, FaultsError)
    return problem(422, "faults", str(error), faults=[fault_as_json(one) for one in error.faults])


def fault_as_json(one: Failure) -> dict[str, str]:
    """What is wrong with a row, and how to mend it."""
    names = ("table", "row", "field", "value", "message", "remedy")
    return {"reason": one.reason.value} | {name: getattr(one, name) for name in names}


def _of_the_framework(_: Request, error: Exception) -> Response:
    """No such place is told as no such thing is."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem(404, "absent", str(AbsentError()))
    return problem(error.status_code, "http", str(error.detail))


def _too_many(_: Request, error: Exception) -> Response:
    """The answer to one who asks too often: when to ask again."""
    assert isinstance(error, TooManyError)
    said = problem(429, "too-many", str(error))
    said.headers.update(error.state.headers() | {"Retry-After": str(error.state.wait)})
    return said

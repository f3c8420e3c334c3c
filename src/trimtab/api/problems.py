"""Refusals as RFC 9457 tells them: one place that says which error is which status and kind."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from trimtab.api.columns import CursorError
from trimtab.api.limits import TooManyError
from trimtab.desk.access import AbsentError
from trimtab.desk.approve import FourEyesError, NotDelegatedError
from trimtab.desk.halt import HaltedError, UnknownLevelError
from trimtab.desk.hooks import UnknownKindError
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
    CursorError: (422, "bad-cursor"),
    LostError: (503, "store-away"),
}
"""Every refusal: its status and the name of its kind."""


def problem(status: int, kind: str, detail: str, **more: object) -> JSONResponse:
    """An RFC 9457 answer."""
    said = {"type": f"urn:trimtab:{kind}", "title": kind, "status": status, "detail": detail}
    return JSONResponse(said | more, status, media_type=MEDIA)


def tell_problems(app: FastAPI) -> None:
    """Have the application answer every refusal as a problem, also those that the framework makes."""
    app.add_exception_handler(TooManyError, _too_many)
    for kind, (status, name) in STATUS.items():
        app.add_exception_handler(kind, _handler(status, name))
    app.add_exception_handler(
        RequestValidationError, lambda *_: problem(422, "invalid", "the request is not as described")
    )


def _handler(status: int, name: str) -> Callable[[Request, Exception], Response]:
    return lambda _, error: problem(status, name, str(error))


def _too_many(_: Request, error: Exception) -> Response:
    """The answer to one who asks too often: when to ask again."""
    assert isinstance(error, TooManyError)
    said = problem(429, "too-many", str(error))
    said.headers.update(error.state.headers() | {"Retry-After": str(error.state.wait)})
    return said

"""The pages as one application, to be mounted beside the door for machines."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from trimtab.desk import approve as approvals
from trimtab.desk import halt as halts
from trimtab.desk.access import AbsentError
from trimtab.desk.ports import Store
from trimtab.desk.subjects import ApprovalStaleError, WrongStateError
from trimtab.web.desktop import Desktop
from trimtab.web.pages import account, audit, board, frontier, lists, models, nights, proposals, signing, work
from trimtab.web.render import HEADERS, page, styles
from trimtab.web.session import ForeignFormError, SignInFirstError, must_be_ours

_REFUSALS: tuple[type[Exception], ...] = (
    ApprovalStaleError, WrongStateError, approvals.FourEyesError, approvals.NotDelegatedError, halts.HaltedError,
    halts.UnknownLevelError,
)  # fmt: skip
PAGES = (signing, board, work, frontier, account, proposals, models, lists, nights, audit)


def make_pages(store: Store) -> FastAPI:
    """The pages over a store."""
    pages = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, dependencies=[Depends(must_be_ours)])
    desktop = Desktop(store)
    for part in PAGES:
        pages.include_router(part.routes(desktop))
    _static(pages)
    _refusals(pages)
    return pages


def _static(pages: FastAPI) -> None:
    style = styles()
    script = (files("trimtab.web") / "static" / "keys.js").read_text(encoding="utf-8")
    htmx = _htmx()
    kept = {**HEADERS, "Cache-Control": "public, max-age=3600"}

    @pages.get("/static/{name}")
    def static(name: str) -> Response:
        found = {
            "style.css": (style, "text/css"),
            "keys.js": (script, "text/javascript"),
            "htmx.js": (htmx, "text/javascript"),
        }.get(name)
        if found is None:
            raise AbsentError
        return Response(found[0], media_type=f"{found[1]}; charset=utf-8", headers=kept)


def _htmx() -> str:
    import js_lib_htmx

    (folder,) = js_lib_htmx.__path__
    return (Path(folder) / "static" / "htmx" / "htmx.min.js").read_text(encoding="utf-8")


def _refusals(pages: FastAPI) -> None:
    def told(status: int, title: str) -> Any:
        def answer(request: Request, error: Exception) -> Response:
            return page(request, "told.html.j2", status=status, title=title, text=str(error))

        return answer

    def absent(request: Request, _: Exception) -> Response:
        text = "There is no such page, or it is not yours to see."
        return page(request, "told.html.j2", status=404, title="Not found", text=text)

    def first(request: Request, _: Exception) -> Response:
        if "hx-request" in request.headers:
            return Response(status_code=401, headers={**HEADERS, "HX-Redirect": "/sign-in"})
        return RedirectResponse("/sign-in", 303, headers=HEADERS)

    pages.add_exception_handler(AbsentError, absent)
    pages.add_exception_handler(HTTPException, absent)
    pages.add_exception_handler(RequestValidationError, absent)
    pages.add_exception_handler(SignInFirstError, first)
    pages.add_exception_handler(ForeignFormError, told(403, "The form came from elsewhere"))
    for kind in _REFUSALS:
        pages.add_exception_handler(kind, told(409, "Not done"))

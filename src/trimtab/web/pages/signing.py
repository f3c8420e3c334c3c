"""Sign in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from trimtab.desk.identity import sign_in, sign_out
from trimtab.web.desktop import Desktop
from trimtab.web.render import HEADERS, page
from trimtab.web.session import COOKIE


def routes(desktop: Desktop) -> APIRouter:
    """The form for name and password, and both ways through the door."""
    router = APIRouter()

    @router.get("/sign-in")
    def form(request: Request) -> Response:
        return page(request, "sign_in.html.j2", wrong=False)

    @router.post("/sign-in")
    def enter(request: Request, name: Annotated[str, Form()], password: Annotated[str, Form()]) -> Response:
        opened = sign_in(desktop.store, name[:500], password[:500])
        if opened is None:
            return page(request, "sign_in.html.j2", status=401, wrong=True)
        answer = RedirectResponse("/", 303, headers=HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            COOKIE, opened.token, expires=opened.expires_at, httponly=True, samesite="strict", secure=secure
        )
        return answer

    @router.post("/sign-out")
    def leave(request: Request) -> Response:
        sign_out(desktop.store, request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/sign-in", 303, headers=HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    return router

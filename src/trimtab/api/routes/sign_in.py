"""Sign in through an identity provider: off to it with the browser, and back with its word."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from trimtab.api.around import Around
from trimtab.core.clock import moment
from trimtab.desk.access import AbsentError
from trimtab.desk.identity import sign_in_as
from trimtab.desk.ports import Store
from trimtab.links.oidc import PATIENCE_SECONDS, NotVouchedError, begun, opened

FLOW_COOKIE = "trimtab_sign_in"
_PLACE = "/v1/session/oidc"


def sign_in_routes(store: Store, around: Around) -> APIRouter:
    """The two routes; without a provider there are none such."""
    router = APIRouter(tags=["session"])

    @router.get(_PLACE, status_code=302, response_class=Response)
    def start() -> Response:
        """Go to the identity provider."""
        if around.provider is None:
            raise AbsentError
        flow = begun(_now())
        answer = RedirectResponse(around.provider.start_url(flow), 302)
        secure = around.provider.redirect_url.startswith("https:")
        kept = {"path": _PLACE, "secure": secure, "httponly": True, "samesite": "lax"}
        sealed = flow.sealed(around.sign_in_key)
        answer.set_cookie(FLOW_COOKIE, sealed, max_age=PATIENCE_SECONDS, **kept)  # type: ignore[arg-type]
        return answer

    @router.get(f"{_PLACE}/callback")
    def finish(
        request: Request,
        code: Annotated[str, Query(max_length=4096)] = "",
        state: Annotated[str, Query(max_length=500)] = "",
        flow: Annotated[str, Cookie(alias=FLOW_COOKIE, max_length=4096)] = "",
    ) -> Response:
        """Come back from it: a session, as by name and password, for the person of that external id."""
        if around.provider is None:
            raise AbsentError
        around.patient(request)
        try:
            own = opened(flow, around.sign_in_key, now=_now())
            subject = around.provider.subject(own, code=code, state=state, now=_now())
        except NotVouchedError:
            around.stranger(request)
            raise AbsentError from None
        session = sign_in_as(store, subject)
        if session is None:
            around.stranger(request)
            raise AbsentError
        answer = JSONResponse({"token": session.token, "expires_at": session.expires_at.isoformat()})
        answer.delete_cookie(FLOW_COOKIE, path=_PLACE)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return router


def _now() -> int:
    return int(moment().timestamp())

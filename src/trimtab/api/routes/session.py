"""Sign in and out, and the firms one may see."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from trimtab.api.around import Around
from trimtab.api.authenticate import Authorization, token_of
from trimtab.api.shapes import Said
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.identity import sign_in, sign_out
from trimtab.desk.ports import Store


class SignIn(BaseModel):
    """A name and its password."""

    name: Said
    password: Said


def sessions(store: Store, who: Principal, around: Around) -> APIRouter:
    """The routes of sessions."""
    router = APIRouter(tags=["session"])

    @router.post("/v1/session", status_code=201)
    def open_session(request: Request, said: SignIn) -> dict[str, str]:
        """Open a session; its token is told once."""
        around.patient(request)
        opened = sign_in(store, said.name, said.password)
        if opened is None:
            around.stranger(request)
            raise AbsentError
        return {"token": opened.token, "expires_at": opened.expires_at.isoformat()}

    @router.delete("/v1/session", status_code=204)
    def close_session(authorization: Authorization = "", _: Principal = who) -> None:
        """End the session at once."""
        sign_out(store, token_of(authorization))

    @router.get("/v1/firms")
    def firms(principal: Principal = who) -> dict[str, list[str]]:
        """The firms at which one holds a role."""
        return {"firms": list(principal.firms)}

    return router

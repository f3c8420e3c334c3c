"""Who asks: the principal behind the bearer token of a request, with the roles that hold now."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Request

from trimtab.api.around import Around
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store

Authorization = Annotated[str, Header(description="`Bearer` and a session's token or an API key")]


def token_of(authorization: str) -> str:
    """The token of an Authorization header."""
    return authorization.removeprefix("Bearer ")


def authenticated(store: Store, around: Around) -> Callable[[Request, str], Principal]:
    """The dependency that turns a request's token into its principal, within its firm's limit; else AbsentError."""

    def principal(request: Request, authorization: Authorization = "") -> Principal:
        return around.known(store, request, token_of(authorization))

    return principal

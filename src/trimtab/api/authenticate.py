"""Who asks: the principal behind the bearer token of a request, with the roles that hold now."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Header

from trimtab.desk.access import Principal
from trimtab.desk.identity import identify
from trimtab.desk.ports import Store

Authorization = Annotated[str, Header(description="`Bearer` and a session's token or an API key")]


def token_of(authorization: str) -> str:
    """The token of an Authorization header."""
    return authorization.removeprefix("Bearer ")


def authenticated(store: Store) -> Callable[[str], Principal]:
    """The dependency that turns a request's token into its principal; AbsentError where it is none."""

    def principal(authorization: Authorization = "") -> Principal:
        return identify(store, token_of(authorization))

    return principal

"""Who sits at the browser: the session's cookie, and the check that a form came from our own pages."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.identity import identify
from trimtab.desk.ports import Store

COOKIE: Final = "trimtab_session"


class SignInFirstError(Exception):
    """Nobody is signed in, or the session has ended."""


class ForeignFormError(Exception):
    """A form was sent from another site."""


def principal_of(store: Store, request: Request) -> Principal:
    """The principal behind the cookie, with the roles of this moment; SignInFirstError where there is none."""
    try:
        return identify(store, request.cookies.get(COOKIE, ""))
    except AbsentError:
        raise SignInFirstError from None


def must_be_ours(request: Request) -> None:
    """Raise ForeignFormError unless a changing request comes from a page of this origin.

    A browser says where a request comes from in Sec-Fetch-Site, older ones in Origin; one of the two must be ours.
    """
    if request.method in ("GET", "HEAD"):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise ForeignFormError
        return
    if urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host"):
        raise ForeignFormError

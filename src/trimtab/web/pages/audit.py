"""The audit trail of a firm: who did what and when, newest first, a window at a time."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from trimtab.desk.trail import trail_of
from trimtab.web.desktop import Desktop
from trimtab.web.pages.firm_of import firm_of
from trimtab.web.render import csv_of, page

_SEES = "audit:event:read"
_COLUMNS = ("seq", "at", "who", "verb", "subject", "detail", "digest")


def routes(desktop: Desktop) -> APIRouter:
    """The trail as a page, its next window, and as CSV."""
    router = APIRouter()

    @router.get("/audit")
    def show(request: Request, before: Annotated[int | None, Query(ge=1)] = None) -> Response:
        who = desktop.who(request)
        firm, firms = firm_of(request, who, _SEES)
        rows = trail_of(desktop.store, who, firm, before=before)
        template = "audit_rows.html.j2" if "hx-request" in request.headers and before else "audit.html.j2"
        return page(request, template, principal=who, firm=firm, firms=firms, rows=rows)

    @router.get("/audit.csv")
    def export(request: Request) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        return csv_of("audit", _COLUMNS, trail_of(desktop.store, who, firm, before=None, size=None))

    return router

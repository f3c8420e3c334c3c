"""The approved list, beside what the desk and the consultants recommend."""

from fastapi import APIRouter, Request, Response

from trimtab.desk.control import list_view
from trimtab.web.desktop import Desktop
from trimtab.web.pages.firm_of import firm_of
from trimtab.web.render import csv_of, page

_SEES = "policy:list:read"


def routes(desktop: Desktop) -> APIRouter:
    """The list as a page and as CSV."""
    router = APIRouter()

    @router.get("/lists")
    def show(request: Request) -> Response:
        who = desktop.who(request)
        firm, firms = firm_of(request, who, _SEES)
        found = list_view(desktop.store, who, firm)
        return page(
            request,
            "lists.html.j2",
            principal=who,
            firm=firm,
            firms=firms,
            listed=found.listed.to_dicts(),
            proposed=found.proposed.to_dicts(),
            names=found.names,
        )

    @router.get("/lists.csv")
    def export(request: Request) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        found = list_view(desktop.store, who, firm)
        return csv_of("approved_list", found.listed.columns, found.listed.iter_rows(named=True))

    return router

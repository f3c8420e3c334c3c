"""The evaluation ledger: night by night, who was enrolled, who was evaluated, what makes a day red."""

from fastapi import APIRouter, Request, Response

from trimtab.desk.nights import NightLine, nights_of
from trimtab.web.desktop import Desktop
from trimtab.web.pages.firm_of import firm_of
from trimtab.web.render import csv_of, page

_SEES = "run:result:read"
_COLUMNS = (
    "run_id", "as_of", "state", "red", "enrolled", "evaluated", "unharvested", "propose", "hold", "blocked", "error",
    "seconds", "result_digest", "engine",
)  # fmt: skip


def routes(desktop: Desktop) -> APIRouter:
    """The ledger as a page and as CSV."""
    router = APIRouter()

    @router.get("/nights")
    def show(request: Request) -> Response:
        who = desktop.who(request)
        firm, firms = firm_of(request, who, _SEES)
        rows = nights_of(desktop.store, who, firm)
        return page(request, "nights.html.j2", principal=who, firm=firm, firms=firms, rows=rows)

    @router.get("/nights.csv")
    def export(request: Request) -> Response:
        who = desktop.who(request)
        firm, _ = firm_of(request, who, _SEES)
        return csv_of("nights", _COLUMNS, map(_row, nights_of(desktop.store, who, firm)))

    return router


def _row(one: NightLine) -> dict[str, object]:
    return {name: getattr(one, name, one.decisions.get(name)) for name in _COLUMNS}

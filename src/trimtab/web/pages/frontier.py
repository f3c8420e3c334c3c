"""The frontier of an account: tax against tracking error against time; the point that is picked becomes the plan."""

from fastapi import APIRouter, Request, Response

from trimtab.desk.access import may
from trimtab.desk.account_frontier import account_frontier
from trimtab.desk.frontier import NoFrontierError
from trimtab.report.frontier import COLUMNS, frontier_figure, frontier_rows
from trimtab.report.grids import Grid
from trimtab.web.desktop import Desktop
from trimtab.web.render import csv_of, page


def routes(desktop: Desktop) -> APIRouter:
    """The frontier as a page that fills itself once it is solved, and as CSV."""
    router = APIRouter()

    @router.get("/firms/{firm}/accounts/{account_id}/frontier")
    def show(request: Request, firm: str, account_id: str) -> Response:
        who = desktop.who(request)
        if "hx-request" not in request.headers and "now" not in request.query_params:
            may(who, "run:result:read", firm)
            return page(request, "frontier_page.html.j2", principal=who, firm=firm, account_id=account_id)
        try:
            found = account_frontier(desktop.store, who, desktop.at_hand, firm, account_id)
        except NoFrontierError as error:
            return page(request, "frontier_none.html.j2", principal=who, text=str(error))
        return page(
            request,
            "frontier_part.html.j2",
            principal=who,
            firm=firm,
            found=found,
            figure=frontier_figure(found.points),
            grid=Grid("Points", COLUMNS, frontier_rows(found.points), 1, wide=True),
        )

    @router.get("/firms/{firm}/accounts/{account_id}/frontier.csv")
    def export(request: Request, firm: str, account_id: str) -> Response:
        who = desktop.who(request)
        try:
            found = account_frontier(desktop.store, who, desktop.at_hand, firm, account_id)
        except NoFrontierError as error:
            return page(request, "told.html.j2", principal=who, title="No frontier", text=str(error))
        return csv_of(f"{account_id}-frontier", found.points.columns, found.points.iter_rows(named=True))

    return router

"""The work list: one filter language over every account, a window at a time, and all of it as CSV."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from trimtab.desk.worklist import Window, work
from trimtab.report.filters import FIELDS, FilterError
from trimtab.web.desktop import Desktop
from trimtab.web.render import csv_of, page

SHORTCUTS: Final = (
    ("Waits for a person", "status:review"),
    ("Blocked", "decision:blocked"),
    ("Not evaluated", "decision:error"),
    ("Conflicts", "flag:conflict"),
    ("Budget nearly used", "tax_budget_used>80%"),
    ("Far from target", "drift>5%"),
    ("Tax above $10k", "tax>10k"),
)
"""Filters that a desk runs in order in the morning."""


def routes(desktop: Desktop) -> APIRouter:
    """The list as a page, the next window of it as a part of one, and all rows as CSV."""
    router = APIRouter()

    @router.get("/work")
    def show(
        request: Request,
        q: Annotated[str, Query(max_length=500)] = "",
        sort: Annotated[str, Query(max_length=40)] = "",
        start: Annotated[int, Query(ge=0)] = 0,
    ) -> Response:
        who = desktop.who(request)
        wrong, found = "", Window.none()
        try:
            found = work(desktop.store, who, desktop.evaluations, asked=q, sort=sort, start=start)
        except FilterError as error:
            wrong = str(error)
        part = "hx-request" in request.headers
        template = ("work_rows.html.j2" if start else "work_part.html.j2") if part else "work.html.j2"
        return page(
            request,
            template,
            principal=who,
            fields=FIELDS,
            shortcuts=SHORTCUTS,
            q=q,
            sort=sort,
            found=found,
            rows=found.rows.to_dicts(),
            wrong=wrong,
        )

    @router.get("/work.csv")
    def export(
        request: Request,
        q: Annotated[str, Query(max_length=500)] = "",
        sort: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        who = desktop.who(request)
        try:
            found = work(desktop.store, who, desktop.evaluations, asked=q, sort=sort, size=None)
        except FilterError as error:
            return page(request, "told.html.j2", principal=who, status=422, title="Filter", text=str(error))
        return csv_of("work", found.rows.columns, found.rows.iter_rows(named=True))

    return router

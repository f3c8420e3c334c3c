"""Models: every tree that the firm may use, its versions, and what changed since one of them."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from trimtab.desk.access import AbsentError
from trimtab.desk.control import TreeLine, model_view, models_of
from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Series, bars
from trimtab.web.desktop import Desktop
from trimtab.web.pages.firm_of import firm_of
from trimtab.web.render import csv_of, page

_SEES = "policy:model:read"
_MOST = 24


def routes(desktop: Desktop) -> APIRouter:
    """The models of a firm, one model, and its nodes as CSV."""
    router = APIRouter()

    @router.get("/models")
    def index(request: Request) -> Response:
        who = desktop.who(request)
        firm, firms = firm_of(request, who, _SEES)
        rows = models_of(desktop.store, who, firm)
        return page(request, "models.html.j2", principal=who, firm=firm, firms=firms, rows=rows)

    @router.get("/firms/{firm}/models/{model_id}.csv")
    def export(request: Request, firm: str, model_id: str) -> Response:
        found = model_view(desktop.store, desktop.who(request), firm, model_id)
        columns = ("node_id", "depth", "kind", "ref", "name", "weight", "share", "lower", "upper")
        rows = ({name: getattr(line, name) for name in columns} for line in found.lines)
        return csv_of(model_id, columns, rows)

    @router.get("/firms/{firm}/models/{model_id}")
    def show(request: Request, firm: str, model_id: str, since: str = "") -> Response:
        who = desktop.who(request)
        found = model_view(desktop.store, who, firm, model_id, since=_moment(since))
        return page(
            request,
            "model.html.j2",
            principal=who,
            firm=firm,
            found=found,
            figure=_figure(model_id, found.lines),
            changes=found.differences.to_dicts(),
        )

    return router


def _moment(said: str) -> datetime | None:
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise AbsentError from None
    if found.tzinfo is None:
        raise AbsentError
    return found


def _figure(model_id: str, lines: tuple[TreeLine, ...]) -> Figure | None:
    """The leaves of the tree by their share of the whole."""
    leaves = sorted(
        (line for line in lines if line.kind not in ("class", "sleeve")), key=lambda one: -one.share
    )
    if not leaves:
        return None
    shown = leaves[:_MOST]
    heading = Heading("model-shares", "Share of the whole", f"What {model_id} ends in, the largest first.")
    series = [Series("share", "after", tuple(line.share for line in shown))]
    labels = [line.ref or line.node_id for line in shown]
    return bars(heading, labels, series, form=lambda value: numbers.percent(value, 1), down="holding")

"""One account: targets against holdings, trades made and not made, lots, settings, history; a preference tried."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from trimtab.desk.access import allowed
from trimtab.desk.account_view import AccountView, account_view
from trimtab.desk.what_if import UnknownPreferenceError, what_if
from trimtab.policy.settings import KEYS
from trimtab.report import account_grids, numbers
from trimtab.report.account import Story, class_figure, slot_figure, story
from trimtab.report.charts import Figure
from trimtab.report.grids import Grid
from trimtab.report.plan import plan_figure, plan_tiles
from trimtab.report.words import why
from trimtab.web.desktop import Desktop
from trimtab.web.render import csv_of, page

_TABLES = (
    "trades",
    "sales",
    "reasons",
    "targets",
    "settings",
    "conflicts",
    "wash_windows",
    "lots",
    "history",
)


def routes(desktop: Desktop) -> APIRouter:
    """The account's page, each of its tables as CSV, and a preference tried before it is saved."""
    router = APIRouter()

    @router.get("/firms/{firm}/accounts/{account_id}")
    def show(request: Request, firm: str, account_id: str) -> Response:
        who = desktop.who(request)
        found = account_view(desktop.store, who, firm, account_id)
        one = story(found.view, account_id)
        names = found.view.security_names()
        return page(
            request,
            "account.html.j2",
            principal=who,
            found=found,
            one=one,
            figures=_figures(one, names, found.view.as_of),
            plan_tiles=plan_tiles(one),
            grids=_grids(found, one, names),
            keys=KEYS,
            may_try=allowed(who, "policy:preference:write", firm),
        )

    @router.get("/firms/{firm}/accounts/{account_id}/{table}.csv")
    def export(request: Request, firm: str, account_id: str, table: str) -> Response:
        found = account_view(desktop.store, desktop.who(request), firm, account_id)
        frames = {**found.view.tables, "lots": found.lots, "history": found.history}
        frame = frames[table] if table in _TABLES else found.view.tables["evaluations"]
        return csv_of(f"{account_id}-{table}", frame.columns, frame.iter_rows(named=True))

    @router.post("/firms/{firm}/accounts/{account_id}/try")
    def attempt(
        request: Request,
        firm: str,
        account_id: str,
        key: Annotated[str, Form(max_length=80)],
        value: Annotated[str, Form(max_length=200)],
    ) -> Response:
        who = desktop.who(request)
        try:
            tried = what_if(desktop.store, who, desktop.at_hand, firm, account_id, key=key, value=value)
        except UnknownPreferenceError as error:
            return page(request, "tried.html.j2", principal=who, tried=None, wrong=str(error), firm=firm)
        return page(request, "tried.html.j2", principal=who, tried=tried, wrong="", firm=firm)

    return router


def _figures(one: Story, names: dict[str, str], as_of: date) -> list[Figure]:
    """The plan where there is one, then targets against holdings by class and by security."""
    planned = plan_figure(one, as_of)
    drawn = [class_figure(one), slot_figure(one, names)] if len(one.targets) else []
    return drawn if planned is None else [planned, *drawn]


def _grids(found: AccountView, one: Story, names: dict[str, str]) -> list[tuple[str, Grid]]:
    """Every table of the page with the name under which it is exported."""
    return [
        ("trades", account_grids.trade_grid(one, names)),
        ("reasons", account_grids.kept_grid(one, names)),
        ("sales", account_grids.lot_grid(one, names)),
        ("lots", _held(found, names)),
        ("conflicts", account_grids.binding_grid(one)),
        ("wash_windows", account_grids.window_grid(one, names)),
        ("settings", account_grids.setting_grid(one)),
        ("history", _history(found)),
    ]


def _held(found: AccountView, names: dict[str, str]) -> Grid:
    rows = tuple(
        (
            str(row["lot_id"]),
            names.get(row["security_id"], row["security_id"]),
            numbers.UNKNOWN if row["acquired"] is None else row["acquired"].isoformat(),
            numbers.quantity(row["quantity"]),
            numbers.cents(row["unit_cost"]),
            numbers.money(row["value"]),
            numbers.money(row["gain"]),
        )
        for row in found.lots.iter_rows(named=True)
    )
    titles = ("lot", "security", "acquired", "quantity", "unit cost", "value", "gain")
    return Grid("Lots held", titles, rows, 3, wide=True)


def _history(found: AccountView) -> Grid:
    rows = tuple(
        (
            row["as_of"].isoformat(),
            str(row["decision"]),
            why(row["why"]),
            str(row["release"] or ""),
            numbers.percent(row["drift_before"]),
            numbers.percent(row["tracking_error_before"]),
            numbers.percent(row["turnover"]),
            numbers.money(row["tax"]),
        )
        for row in found.history.iter_rows(named=True)
    )
    titles = ("day", "decision", "why", "release", "drift", "tracking error", "turnover", "tax")
    return Grid("Every day", titles, rows, 4, wide=True)

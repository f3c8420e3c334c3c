"""The board: what the night came to, firm by firm, and the switch that halts."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from trimtab.desk import halt as halts
from trimtab.desk.access import allowed
from trimtab.desk.board import Board, FirmDay, board_of
from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Series, stacks
from trimtab.store.shapes import DESK
from trimtab.web.desktop import Desktop
from trimtab.web.render import HEADERS, csv_of, page

_COLUMNS = (
    "firm_id", "name", "as_of", "red", "enrolled", "evaluated", "unharvested", "auto", "review", "blocked",
    "to_approve", "in_flight", "halts", "touchless", "seconds", "seconds_per_account",
)  # fmt: skip


def routes(desktop: Desktop) -> APIRouter:
    """The board as a page and as CSV, and halts."""
    router = APIRouter()

    @router.get("/")
    def show(request: Request) -> Response:
        who = desktop.who(request)
        board = board_of(desktop.store, who)
        return page(
            request,
            "board.html.j2",
            principal=who,
            board=board,
            figure=_figure(board),
            may_halt=allowed(who, "desk:halt:set", DESK),
            may_lift=allowed(who, "desk:halt:lift", DESK),
            once=secrets.token_urlsafe(12),
        )

    @router.get("/board.csv")
    def export(request: Request) -> Response:
        board = board_of(desktop.store, desktop.who(request))
        return csv_of("board", _COLUMNS, (_row(one) for one in board.firms))

    @router.post("/halts")
    def halt(
        request: Request,
        why: Annotated[str, Form(min_length=1, max_length=500)],
        once: Annotated[str, Form()],
    ) -> Response:
        halts.halt_desk(desktop.store, desktop.who(request), why=why, key=once)
        return RedirectResponse("/", 303, headers=HEADERS)

    @router.post("/halts/{halt_id}/lift")
    def lift(request: Request, halt_id: str) -> Response:
        halts.lift_desk(desktop.store, desktop.who(request), halt_id=halt_id)
        return RedirectResponse("/", 303, headers=HEADERS)

    return router


def _row(one: FirmDay) -> dict[str, object]:
    spent = one.seconds / one.evaluated if one.seconds is not None and one.evaluated else None
    return {name: getattr(one, name, None) for name in _COLUMNS} | {
        "auto": one.releases.get("auto", 0),
        "review": one.releases.get("review", 0),
        "blocked": one.decisions.get("blocked", 0),
        "seconds_per_account": spent,
    }


def _figure(board: Board) -> Figure | None:
    """Decisions by firm, the largest firms."""
    shown = sorted(board.firms, key=lambda one: (-(one.evaluated or 0), one.firm_id))[:20]
    if not any(one.evaluated for one in shown):
        return None
    return _stacks(shown)


def _stacks(shown: list[FirmDay]) -> Figure:
    tones = {"hold": "quiet", "propose": "after", "blocked": "warn", "error": "bad"}
    series = [
        Series(word, tone, tuple(float(one.decisions.get(word, 0)) for one in shown))
        for word, tone in tones.items()
    ]
    heading = Heading(
        "board-decisions", "Decisions by firm", "Accounts of the newest night, the largest firms first."
    )
    return stacks(
        heading,
        [one.name for one in shown],
        series,
        form=lambda value: numbers.count(None if value is None else round(value)),
        down="firm",
    )

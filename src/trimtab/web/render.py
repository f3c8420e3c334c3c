"""Pages from templates: what every page has around it, numbers in words, and rows as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trimtab.desk.access import Principal, allowed
from trimtab.report import numbers
from trimtab.report.words import class_name, flag, why
from trimtab.store.shapes import DESK

_PLACES: Final = (
    ("Board", "/", "b", "run:result:read"),
    ("Work list", "/work", "w", "run:result:read"),
    ("Proposals", "/proposals", "p", "trade:proposal:read"),
    ("Models", "/models", "m", "policy:model:read"),
    ("Approved list", "/lists", "l", "policy:list:read"),
    ("Nights", "/nights", "n", "run:result:read"),
    ("Audit", "/audit", "a", "audit:event:read"),
)
"""Name, address, key and permission of each page that stands in the navigation."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer to a browser carries."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    name: str
    address: str
    key: str
    current: bool


def places(principal: Principal, path: str) -> list[Place]:
    """The pages that a principal may open, in order."""
    may = [
        (name, address, key)
        for name, address, key, permission in _PLACES
        if any(allowed(principal, permission, firm) for firm in (*principal.firms, DESK))
    ]
    return [Place(name, address, key, path == address) for name, address, key in may]


def page(
    request: Request, template: str, *, principal: Principal | None = None, status: int = 200, **shown: object
) -> HTMLResponse:
    """A page, or (asked by htmx, where the template is a part) a part of one."""
    around = {
        "principal": principal,
        "places": places(principal, request.url.path) if principal else [],
        "path": request.url.path,
    }
    text = environment().get_template(template).render({**around, **shown})
    return HTMLResponse(text, status, headers=HEADERS)


@cache
def environment() -> Environment:
    """Templates of the pages, and of the report whose pictures and tables they show."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader("trimtab.web"), PackageLoader("trimtab.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "money": lambda value: numbers.money(_known(value)),
        "cents": lambda value: numbers.cents(_known(value)),
        "percent": lambda value, places=2: numbers.percent(_known(value), places),
        "count": numbers.count,
        "shares": lambda value: numbers.quantity(_known(value)),
        "seconds": numbers.seconds,
        "day": _day,
        "moment": _moment,
        "why": why,
        "flag": flag,
        "class_name": class_name,
        "words": lambda value: [one for one in str(value or "").split(";") if one],
    }
    made.globals |= {"svg": Markup, "UNKNOWN": numbers.UNKNOWN, "allowed": allowed}
    return made


def _known(value: object) -> Decimal | float | int | None:
    return value if isinstance(value, Decimal | float | int) else None


def _day(value: object) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, date) else str(value or numbers.UNKNOWN)


def _moment(value: object) -> str:
    return value.strftime("%Y-%m-%d %H:%M UTC") if isinstance(value, datetime) else numbers.UNKNOWN


def csv_of(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Response:
    """Rows as a CSV file; a text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(columns)
    written.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def styles() -> str:
    """The style of reports and pages, one after the other."""
    parts = (files("trimtab.report") / "templates" / "style.css", files("trimtab.web") / "static" / "web.css")
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)

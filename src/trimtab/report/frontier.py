"""The frontier of an account as a picture, a table and a page: tax against tracking error, with the finish of each."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.charts import WIDTH, Figure, Heading
from trimtab.report.grids import Grid
from trimtab.report.page import Section, Title, page
from trimtab.report.svg import document, dot, label, line, scale

COLUMNS: Final = (
    "point", "tracking_error", "tax", "finish_date", "budget of the plan", "realized short", "realized long",
    "turnover", "drift", "years",
)  # fmt: skip
NEVER: Final = "not known"
_STILL: Final = "Prices stand still along the way."


def frontier_rows(points: pl.DataFrame) -> tuple[tuple[str, ...], ...]:
    """The points in words: percents, dollars and days."""
    return tuple(_row(row) for row in points.iter_rows(named=True))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    budget = "no limit" if row["budget_tax"] is None else numbers.money(row["budget_tax"])
    return (
        str(row["point"]),
        numbers.percent(row["tracking_error"]),
        numbers.money(row["tax"]),
        NEVER if row["finish_date"] is None else numbers.day(row["finish_date"]),
        budget,
        numbers.money(row["realized_short"]),
        numbers.money(row["realized_long"]),
        numbers.percent(row["turnover"]),
        numbers.percent(row["drift"]),
        numbers.UNKNOWN if row["years"] is None else f"{row['years']:.1f}",
    )


def frontier_figure(points: pl.DataFrame) -> Figure:
    """Tax along the foot, tracking error upright, one dot a point with its number."""
    heading = Heading(
        "frontier",
        "Tax against tracking error",
        "Each point is the least tracking error that so much tax can buy this year; pick one, and it is the plan.",
    )
    height, left, right, top, bottom = 320.0, 62.0, 24.0, 16.0, 46.0
    taxes, errors = points["tax"].to_list(), points["tracking_error"].to_list()
    along = scale(taxes, start=left, end=WIDTH - right)
    up = scale(errors, start=height - bottom, end=top)
    body = []
    for tick in up.ticks:
        body.append(line(left, up(tick), WIDTH - right, up(tick), tone="axis" if tick == 0 else "gridline"))
        body.append(label(left - 8, up(tick) + 4, numbers.percent(tick, 1), anchor="end"))
    foot = height - bottom + 17
    body += [label(along(tick), foot, numbers.short_money(tick), anchor="middle") for tick in along.ticks]
    places = [(along(tax), up(error)) for tax, error in zip(taxes, errors, strict=True)]
    body += [line(*one, *two, tone="path") for one, two in pairwise(places)]
    rows = frontier_rows(points)
    for (x, y), row in zip(places, rows, strict=True):
        body.append(dot(x, y, 4.5, tone="after", tip=f"point {row[0]}: {row[1]} at {row[2]}, done {row[3]}"))
        body.append(label(x + 7, y - 6, row[0], tone="t quiet-text"))
    middle = left + (WIDTH - left - right) / 2
    body.append(label(middle, height - 8, "tax owed this year", tone="t quiet-text", anchor="middle"))
    return Figure(
        heading,
        document("frontier", size=(WIDTH, height), title=heading.title, text=heading.text, body=body),
        COLUMNS[:4],
        tuple(row[:4] for row in rows),
    )


def frontier_page(
    points: pl.DataFrame, *, title: str, as_of: date, lead: str, notes: Sequence[str] = ()
) -> str:
    """One page of HTML that stands by itself: the picture, every figure of every point, and what to know of them."""
    grid = Grid("Points", COLUMNS, frontier_rows(points), 1, "", wide=True)
    section = Section("frontier", "The frontier", lead, (frontier_figure(points),), (grid,))
    return page(Title(title, as_of, notes=tuple(notes)), sections=[section], foot=_STILL)

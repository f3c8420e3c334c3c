"""The tables of a report: rows of text made from the tables out, capped, with what was left out said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.facts import failure_kinds, slowest, spreads
from trimtab.report.view import RunView
from trimtab.report.words import flag, stage, why

MOST: Final = 25


@dataclass(frozen=True, slots=True)
class Grid:
    """A table for people: caption, column names, rows of text. Columns from `figures` on hold numbers; `wide` ones
    hold sentences.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: int = 99
    note: str = ""
    wide: bool = False


def capped(
    grid_rows: Sequence[tuple[str, ...]], most: int, file: str
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The first rows, and a sentence that says where the others are."""
    left = len(grid_rows) - most
    return tuple(grid_rows[:most]), f"… and {left:,} more in {file}" if left > 0 else ""


def spread_grid(view: RunView) -> Grid:
    """Drift and tracking error before and after: mean, value-weighted, worst."""
    rows = []
    for one in spreads(view.evaluations):
        for word, pair in (
            ("mean", one.mean),
            ("value-weighted", one.weighted),
            ("worst account", one.worst),
        ):
            rows.append((f"{one.name}, {word}", *(numbers.percent(value) for value in pair)))
    return Grid("Drift and tracking error", ("measure", "before", "after"), tuple(rows), 1)


def why_grid(view: RunView) -> Grid:
    """Why accounts decided as they did, most frequent first."""
    counts = (
        view.tables["evaluations"]
        .group_by("decision", "why")
        .agg(n=pl.len())
        .sort("n", "decision", "why", descending=[True, False, False])
    )
    rows = [
        (str(decision), why(code), numbers.count(number)) for decision, code, number in counts.iter_rows()
    ]
    kept, note = capped(rows, MOST, "evaluations.csv")
    return Grid("Why", ("decision", "why", "accounts"), kept, 2, note)


def release_grid(view: RunView) -> Grid:
    """What may go out untouched and what waits for a person."""
    words = {"auto": "released untouched", "review": "waits for a person", "none": "nothing to release"}
    counts = view.part("release_counts")
    rows = tuple((words[name], numbers.count(counts.get(name, 0))) for name in words)
    return Grid("Release", ("release", "accounts"), rows, 1)


def flag_grid(view: RunView) -> Grid:
    """Every flag with what it means and how many accounts carry it."""
    counts = sorted(view.part("flag_counts").items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(name, flag(name), numbers.count(number)) for name, number in counts]
    kept, note = capped(rows, MOST, "evaluations.csv")
    return Grid("Flags", ("flag", "meaning", "accounts"), kept, 2, note, wide=True)


def failure_grid(view: RunView) -> Grid:
    """Bad or missing data, kind by kind, with the remedy."""
    rows = [
        (
            ".".join(part for part in (one["table"], one["field"]) if part),
            str(one["row"] or ""),
            str(one["value"] or ""),
            str(one["reason"]),
            str(one["remedy"]),
            numbers.count(one["count"]),
        )
        for one in failure_kinds(view).iter_rows(named=True)
    ]
    kept, note = capped(rows, MOST, "failures.csv")
    return Grid(
        "Failures", ("where", "first row", "value", "what", "remedy", "rows"), kept, 5, note, wide=True
    )


def conflict_grid(conflicts: pl.DataFrame, *, with_account: bool = True) -> Grid:
    """Limits that collide, what they lack and the cheapest way out."""
    rows = [
        (
            *([str(one["account_id"])] if with_account else []),
            str(one["limit"]),
            numbers.money(one["shortfall"]),
            str(one["relaxation"] or numbers.UNKNOWN),
            numbers.money(one["relaxation_cost"]),
        )
        for one in conflicts.iter_rows(named=True)
    ]
    kept, note = capped(rows, MOST, "conflicts.csv")
    names = ("limit", "shortfall", "way out", "its cost")
    return Grid("Conflicts", ("account", *names) if with_account else names, kept, note=note, wide=True)


def slowest_grid(view: RunView, most: int = 10) -> Grid:
    """The accounts whose solve took longest."""
    rows = tuple(
        (account, title, firm, decision, numbers.seconds(spent / 1000))
        for account, title, firm, decision, spent in slowest(view.evaluations, most).iter_rows()
    )
    return Grid("Slowest accounts", ("account", "name", "firm", "decision", "solve"), rows, 4)


def stage_grid(view: RunView) -> Grid:
    """Seconds by stage, and their sum."""
    spent = view.part("stage_seconds")
    rows = [(stage(name), numbers.seconds(value)) for name, value in spent.items()]
    return Grid("Time by stage", ("stage", "time"), (*rows, ("All", numbers.seconds(sum(spent.values())))), 1)


def dated(value: object) -> str:
    """A date of a table as text."""
    return value.isoformat() if isinstance(value, date) else numbers.UNKNOWN

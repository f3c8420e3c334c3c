"""The day's board: what a run came to, drawn on a terminal and in plain lines in a pipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trimtab.report import numbers
from trimtab.report.facts import failure_kinds, slowest, spreads, tax_sums, turnover
from trimtab.report.view import RunView
from trimtab.report.words import DECISIONS, flag, stage

FAILURES_MOST = 5
SLOWEST_MOST = 5
FLAGS_MOST = 8
NAME_MOST = 34
_TONES = {"propose": "cyan", "hold": "default", "blocked": "yellow", "error": "red"}


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the board: a title, rows of text, and the tone of each row's first cell where it has one."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    head: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()


def say_board(view: RunView, places: Sequence[tuple[str, Path]]) -> None:
    """Print the board. `places` says what stands where: (what, path)."""
    console = Console()
    if console.is_terminal:
        console.print(_drawn(view, places))
        return
    for line in plain_lines(view, places):
        click.echo(line)


def plain_lines(view: RunView, places: Sequence[tuple[str, Path]]) -> list[str]:
    """The board as lines: a title, then its rows indented, cells apart by tabs."""
    lines = [_headline(view), *view.notes]
    for block in (*blocks(view), _files(places)):
        lines.append(block.title)
        if block.head:
            lines.append("  " + "\t".join(block.head))
        lines.extend("  " + "\t".join(" ".join(cell.split()) for cell in row) for row in block.rows)
    return lines


def blocks(view: RunView) -> list[Block]:
    """The parts of the board that have something to say, in order."""
    parts = [
        _decisions(view), _release(view), _standing(view), _tax(view), _flags(view), _failures(view),
        _stages(view), _slowest(view),
    ]  # fmt: skip
    return [one for one in parts if one.rows]


def _headline(view: RunView) -> str:
    enrolled, evaluated = int(view.number("enrolled") or 0), int(view.number("evaluated") or 0)
    missed = enrolled - evaluated
    verdict = (
        f"{missed:,} NOT EVALUATED" if missed else "each one evaluated" if enrolled else "none evaluated"
    )
    return (
        f"{view.name}, {numbers.day(view.as_of)}: {numbers.counted(enrolled, 'account')} enrolled, {verdict}"
    )


def _decisions(view: RunView) -> Block:
    counts = view.part("decision_counts")
    rows = tuple((name, numbers.count(counts.get(name, 0))) for name in DECISIONS)
    return Block(
        "Decisions", rows, tones=tuple(_TONES[name] if counts.get(name) else "dim" for name in DECISIONS)
    )


def _release(view: RunView) -> Block:
    counts = view.part("release_counts")
    return Block(
        "Release", tuple((name, numbers.count(counts.get(name, 0))) for name in ("auto", "review", "none"))
    )


def _standing(view: RunView) -> Block:
    rows = []
    for one in spreads(view.evaluations):
        for word, (before, after) in (("mean", one.mean), ("by value", one.weighted), ("worst", one.worst)):
            rows.append((f"{one.name}, {word}", numbers.percent(before), numbers.percent(after)))
    return Block("Where accounts stand", tuple(rows), ("", "before", "after"))


def _tax(view: RunView) -> Block:
    sums = tax_sums(view.evaluations)
    rows = [
        ("tax added", numbers.money(sums.added)),
        ("tax of full realignment", numbers.money(sums.realignment)),
        ("tax avoided", numbers.money(sums.avoided)),
        ("losses harvested", numbers.money(sums.harvested)),
        ("turnover", numbers.percent(turnover(view.evaluations))),
    ]
    if sums.unknown:
        rows.append(("tax unknown", numbers.counted(sums.unknown, "account")))
    return Block("Tax and trading", tuple(rows))


def _flags(view: RunView) -> Block:
    counts = sorted(view.part("flag_counts").items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(name, numbers.count(number), flag(name)) for name, number in counts[:FLAGS_MOST]]
    if len(counts) > FLAGS_MOST:
        rows.append((f"… {len(counts) - FLAGS_MOST} more", "", "in the report and evaluations.csv"))
    return Block("Flags", tuple(rows))


def _failures(view: RunView) -> Block:
    kinds = failure_kinds(view)
    rows = [
        (f"{one['table']} {one['row'] or ''}".strip(), str(one["reason"]), str(one["remedy"]))
        for one in kinds.head(FAILURES_MOST).iter_rows(named=True)
    ]
    total = len(view.tables["failures"])
    if len(kinds) > FAILURES_MOST:
        rows.append((f"… {len(kinds) - FAILURES_MOST} more kinds", "", "in the report and failures.csv"))
    return Block(f"Failures: {total:,}", tuple(rows), ("where", "what", "remedy") if rows else ())


def _stages(view: RunView) -> Block:
    spent = view.part("stage_seconds")
    rows = [(stage(name), numbers.seconds(value)) for name, value in spent.items()]
    rows.append(("all", numbers.seconds(sum(spent.values()))))
    rows.append(("accounts a second", numbers.speed(view.number("accounts_per_second"))))
    rows.append(("peak memory", numbers.memory(view.number("peak_memory_mib"))))
    return Block("Time", tuple(rows))


def _slowest(view: RunView) -> Block:
    rows = tuple(
        (account, "" if title == account else title, numbers.seconds(spent / 1000))
        for account, title, spent in slowest(view.evaluations, SLOWEST_MOST)
        .select("account_id", "title", "solve_ms")
        .iter_rows()
    )
    return Block("Slowest accounts", rows)


def _files(places: Sequence[tuple[str, Path]]) -> Block:
    return Block("Where to look", tuple((what, str(path)) for what, path in places))


def _drawn(view: RunView, places: Sequence[tuple[str, Path]]) -> RenderableType:
    complete = view.number("enrolled") == view.number("evaluated")
    parts = {one.title.split(":")[0]: one for one in blocks(view)}

    def several(*titles: str) -> list[Panel]:
        return [_panel(parts[title]) for title in titles if title in parts]

    first = Group(*several("Decisions", "Release"))
    last = Group(*several("Slowest accounts"), _panel(_files(places)))
    rows: list[RenderableType] = [
        Text(),
        Text(_headline(view), style="bold" if complete else "bold red"),
        *(Text(note, style="yellow") for note in view.notes),
        Text(),
        Columns([first, *several("Where accounts stand", "Tax and trading")], padding=(0, 1)),
        *several("Flags", "Failures"),
        Columns([*several("Time"), last], padding=(0, 1)),
    ]
    return Group(*rows)


def _panel(block: Block) -> Panel:
    table = Table(box=None, show_header=bool(block.head), header_style="dim", padding=(0, 1, 0, 0))
    figures = [_is_figures([row[at] for row in block.rows]) for at in range(len(block.rows[0]))]
    for at, right in enumerate(figures):
        table.add_column(
            block.head[at] if block.head else "",
            justify="right" if right else "left",
            no_wrap=right or (at == 0 and max(len(row[0]) for row in block.rows) <= NAME_MOST),
            overflow="fold",
        )
    for place, row in enumerate(block.rows):
        tone = block.tones[place] if block.tones else ""
        table.add_row(*(escape(cell) for cell in row), style=tone)
    return Panel(
        table,
        title=f"[bold]{escape(block.title)}[/bold]",
        title_align="left",
        border_style="dim",
        expand=False,
    )


def _is_figures(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, by its first filled cell."""
    filled = next((cell for cell in cells if cell), "")
    return filled[:1].isdigit() or filled[:1] in ("$", numbers.MINUS)

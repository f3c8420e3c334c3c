"""How commands speak: tables and progress on a terminal, plain lines in a pipe, JSON where a machine reads."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table


def say_json(facts: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False))


def say_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as a drawn table on a terminal, else as tab-separated lines that nothing shortens."""
    console = Console()
    if not console.is_terminal:
        click.echo("\t".join(columns))
        for row in rows:
            click.echo("\t".join(_one_line(cell) for cell in row))
        return
    table = Table(*columns, title=title, title_justify="left", header_style="bold")
    for row in rows:
        table.add_row(*(escape(_one_line(cell)) for cell in row))
    console.print(table)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on a terminal's error stream while something is done; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def _one_line(cell: str) -> str:
    return " ".join(cell.split())

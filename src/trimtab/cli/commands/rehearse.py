"""`trimtab rehearse`: what a change would do to every account, before anything is published."""

import json
from pathlib import Path

import click

from trimtab.book.read import Book, read_changed
from trimtab.book.write import write_tables
from trimtab.cli.commands.rebalance import make_folder, must_be_change
from trimtab.cli.output import say_json, say_table
from trimtab.cli.progress import stages
from trimtab.core.clock import seconds
from trimtab.desk.rebalance import Stopwatch
from trimtab.desk.rehearse import Rehearsal
from trimtab.desk.rehearse import rehearse as rehearsed
from trimtab.report import numbers, rehearsal
from trimtab.report.grids import Grid
from trimtab.report.rehearsal import RehearsalView

PAGE, SUMMARY = "rehearsal.html", "rehearsal.json"
BOARD_MOST = 12


@click.command(
    epilog="Example:  trimtab rehearse books/2020-06-01 --change drafts/swap-x-for-y --out rehearsal"
)
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--change",
    required=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Tables laid over the book's: same key replaces, a row with remove = true is taken away.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where tables and the page go.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Accounts solved at once."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of the board.")
def rehearse(folder: Path, *, change: Path, out: Path | None, workers: int, as_json: bool) -> None:
    """Say what the tables of a change would do to the accounts of BOOK: trades, tax, who is blocked and why.

    Nothing is written but to --out. Exit code 0: rehearsed; 2: the call is wrong.
    """
    must_be_change(change)
    if out is not None:
        if out.resolve() in (folder.resolve(), change.resolve()):
            raise click.BadParameter("the tables out would lie among the tables in", param_hint="--out")
        make_folder(out)
    with stages() as advance:
        watch = Stopwatch(seconds)
        watch.start("read")
        advance("read", 0, 0)
        before, after = read_changed(folder, change, ahead=True)
        made = rehearsed(before, after, workers=workers, advance=advance, watch=watch)
    spent = {name: round(value, 3) for name, value in watch.spent.items()}
    summary = {**made.summary, "stage_seconds": spent}
    view = RehearsalView(before.name, before.as_of, made.tables, summary, _notes(before, after))
    if out is not None:
        _write(made, view, out)
    if as_json:
        say_json(summary)
    else:
        _say(view, out)


def _notes(before: Book, after: Book) -> tuple[str, ...]:
    """What the change says that the book did not: notices and failures that are new."""
    known = {(one.table, one.row, one.message) for one in before.failures}
    fresh = [one for one in after.failures if (one.table, one.row, one.message) not in known]
    told = [f"{one.table} {one.row}: {one.message}; {one.remedy}" for one in fresh]
    return (*(one for one in after.notices if one not in before.notices), *told)


def _write(made: Rehearsal, view: RehearsalView, out: Path) -> None:
    write_tables(made.tables, out)
    (out / SUMMARY).write_text(
        json.dumps(view.summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (out / PAGE).write_text(rehearsal.rehearsal_page(view), encoding="utf-8")


def _say(view: RehearsalView, out: Path | None) -> None:
    click.secho(f"Rehearsal of a change to {view.name}, {numbers.day(view.as_of)}", bold=True)
    for note in view.notes[:BOARD_MOST]:
        click.echo(f"note: {note}")
    say_table("", ("what", "with the change"), rehearsal.lines(view))
    grids = (
        rehearsal.weights_grid(view),
        rehearsal.touched_grid(view),
        rehearsal.firms_grid(view),
        rehearsal.blocked_grid(view),
        rehearsal.held_grid(view),
        rehearsal.worst_grid(view, "tax"),
        rehearsal.worst_grid(view, "turnover"),
        rehearsal.longest_grid(view),
    )
    for grid in grids:
        if grid.rows:
            _say_grid(grid)
    click.echo(f"digest {view.summary['digest']}")
    if out is not None:
        click.echo(f"page {out / PAGE}, tables in {out}")


def _say_grid(grid: Grid) -> None:
    click.secho(f"\n{grid.caption}", bold=True)
    say_table("", grid.columns, grid.rows[:BOARD_MOST])
    if len(grid.rows) > BOARD_MOST:
        click.echo(f"… and {len(grid.rows) - BOARD_MOST} more")

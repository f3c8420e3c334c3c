"""`trimtab demo`: a seeded world of synthetic firms through one whole business day."""

from datetime import date
from pathlib import Path

import click

from trimtab.book.read import read_book
from trimtab.book.write import write_book
from trimtab.cli.commands.rebalance import deliver, make_folder
from trimtab.cli.progress import stages
from trimtab.core.clock import seconds
from trimtab.desk.rebalance import Stopwatch, rebalance
from trimtab.world.build import build_world

AS_OF = date(2026, 6, 1)
SIMULATED = "The market is simulated from moments of past prices; firms and people are invented: nothing here happened."


@click.command(epilog="Example:  trimtab demo --out demo --seed 7")
@click.option(
    "--out",
    default=Path("demo"),
    show_default=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the book, the tables, the report and the order files go.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed, another world.")
@click.option(
    "--accounts", default=300, show_default=True, type=click.IntRange(min=1), help="Accounts of the world."
)
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(min=1), help="Accounts solved at once."
)
@click.pass_context
def demo(context: click.Context, *, out: Path, seed: int, accounts: int, workers: int) -> None:
    """Build a world of three firms and run one whole business day over it.

    Writes the book to DIR/book, then does what `trimtab rebalance DIR/book --out DIR --orders` does.
    """
    make_folder(out)
    with stages() as advance:
        advance("world", 0, 0)
        folder = out / "book"
        name = f"Demo world, seed {seed}"
        write_book(build_world(seed, accounts=accounts, as_of=AS_OF), folder, as_of=AS_OF, name=name)
        watch = Stopwatch(seconds)
        watch.start("read")
        advance("read", 0, 0)
        book = read_book(folder)
        run = rebalance(book, workers=workers, advance=advance, watch=watch)
    context.exit(deliver(book, run, out, orders=True, notes=(SIMULATED,)))

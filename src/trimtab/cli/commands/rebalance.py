"""`trimtab rebalance`: evaluate every account of a book; write its tables, report and order files; print the board."""

import json
from pathlib import Path

import click

from trimtab.book.files import find_files
from trimtab.book.read import Book, read_book, read_changed
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.write import write_tables
from trimtab.cli.board import say_board
from trimtab.cli.output import say_json, working
from trimtab.cli.progress import stages
from trimtab.core.clock import seconds
from trimtab.desk.rebalance import Run, Stopwatch, rebalance
from trimtab.desk.rehearse import changed_accounts
from trimtab.desk.report import view_of
from trimtab.report.html import report_page
from trimtab.venues.order_files import order_files, readme

REPORT, SUMMARY, ORDERS = "report.html", "summary.json", "orders"
PROPOSALS = "list_proposals"


@click.command(name="rebalance", epilog="Example:  trimtab rebalance books/2020-06-01 --out night --orders")
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the tables, the report and the order files go.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Accounts solved at once."
)
@click.option("--account", metavar="ID", help="Evaluate this account alone.")
@click.option(
    "--change",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The day of a change: its tables are laid over the book's, and the accounts it changes are asked.",
)
@click.option("--parquet", is_flag=True, help="Write each table as Parquet too.")
@click.option("--orders", is_flag=True, help="Write a file of orders for each custodian.")
@click.option("--json", "as_json", is_flag=True, help="Print summary.json instead of the board.")
@click.pass_context
def command(
    context: click.Context,
    folder: Path,
    *,
    out: Path,
    workers: int,
    account: str | None,
    change: Path | None,
    parquet: bool,
    orders: bool,
    as_json: bool,
) -> None:
    """Evaluate every account of BOOK: decisions, proposals, reasons, orders and a report.

    Exit code 0: each enrolled account was evaluated; 1: some was not; 2: the call is wrong.
    """
    if out.resolve() == folder.resolve():
        raise click.BadParameter("the tables out would lie among the book's own", param_hint="--out")
    with stages() as advance:
        watch = Stopwatch(seconds)
        watch.start("read")
        advance("read", 0, 0)
        book, changed = _opened(folder, change)
        if account is not None:
            must_know(book, account)
        make_folder(out)
        run = rebalance(book, workers=workers, only=account, advance=advance, watch=watch, changed=changed)
    context.exit(deliver(book, run, out, account=account, parquet=parquet, orders=orders, as_json=as_json))


def _opened(folder: Path, change: Path | None) -> tuple[Book, frozenset[str]]:
    """The book of the day, and the accounts whose model, list or policy a change makes another."""
    if change is None:
        return read_book(folder), frozenset()
    must_be_change(change)
    before, after = read_changed(folder, change)
    return after, changed_accounts(before, after)


def must_be_change(change: Path) -> None:
    """Refuse a folder that holds no table of a book, or a file that is none."""
    files = find_files(change)
    strange = sorted(name for name in files if name not in TABLES_IN)
    if strange:
        raise click.BadParameter(f"no table of a book: {', '.join(strange)}", param_hint="--change")
    if not files:
        raise click.BadParameter("the folder holds no table of a book", param_hint="--change")


def must_know(book: Book, account: str) -> None:
    """Refuse an account that the book does not enrol."""
    accounts = book.tables["accounts"]
    known = set(accounts.filter(accounts["status"].fill_null("open") != "closed")["account_id"])
    if account not in known and account not in book.isolated:
        raise click.BadParameter(f"the book enrols no account {account}", param_hint="--account")


def make_folder(out: Path) -> None:
    """Make the folder of results before the work, so that a place that cannot be written to is told at once."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"cannot make {out}: {error.strerror}", param_hint="--out") from None


def deliver(
    book: Book,
    run: Run,
    out: Path,
    *,
    account: str | None = None,
    parquet: bool = False,
    orders: bool = False,
    as_json: bool = False,
    notes: tuple[str, ...] = (),
) -> int:
    """Write what a run came to and say so; the exit code: 0 where each enrolled account was evaluated, else 1."""
    view = view_of(book, run, notes=notes)
    places = [("report", out / REPORT), ("tables", out), ("summary", out / SUMMARY)]
    with working(f"Writing {out}"):
        write_tables(run.tables, out, parquet=parquet)
        told = json.dumps(run.summary, indent=2, ensure_ascii=False)
        (out / SUMMARY).write_text(told + "\n", encoding="utf-8")
        (out / REPORT).write_text(report_page(view, account_id=account), encoding="utf-8")
        if orders:
            write_orders(run, out / ORDERS)
            places.append(("order files", out / ORDERS))
    if len(run.tables[PROPOSALS]):
        places.append(("recommendations that wait for firms", out / f"{PROPOSALS}.csv"))
    if as_json:
        say_json(run.summary)
    else:
        say_board(view, places)
    return 0 if run.complete and not _without_accounts(run) else 1


def _without_accounts(run: Run) -> bool:
    """Whether the table of accounts could not be read at all, so that nobody knows who is enrolled."""
    return any(failure.table == "accounts" and not failure.row for failure in run.day.failures)


def write_orders(run: Run, folder: Path) -> None:
    """One file of orders per custodian, in its layout; files of an earlier run are taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("orders_*.csv"):
        old.unlink()
    for name, text in order_files(run.tables["orders"]):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "README.txt").write_text(readme(), encoding="utf-8")

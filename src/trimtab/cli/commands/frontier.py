"""`trimtab frontier`: tax against tracking error against time, for an account of a book or a prospect's holdings."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
import polars as pl

from trimtab.book.read import Book, read_book
from trimtab.cli.commands.rebalance import must_know
from trimtab.cli.output import say_json, say_table
from trimtab.cli.progress import stages
from trimtab.core.result import Failure
from trimtab.desk.day import open_day
from trimtab.desk.frontier import Frontier, NoFrontierError, frontier
from trimtab.desk.gains import gains
from trimtab.desk.prospect import ACCOUNT, Prospect, Terms, firms_of, prospect
from trimtab.feeds.parse import parse
from trimtab.feeds.statement import NotAFeedError
from trimtab.optimize.warm import warm_up
from trimtab.report import numbers
from trimtab.report.frontier import COLUMNS, frontier_page, frontier_rows

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    name="frontier",
    epilog="Examples:  trimtab frontier books/2020-06-01 --account A0007 --html frontier.html  |  "
    "trimtab frontier books/2020-06-01 --holdings statement.csv --model BALANCED",
)
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--account", metavar="ID", help="An account of the book.")
@click.option(
    "--holdings",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A prospect's holdings: a CSV (symbol, quantity, unit_cost, acquired) or a broker's export.",
)
@click.option("--model", metavar="ID", help="With --holdings: the model they would follow.")
@click.option(
    "--firm",
    metavar="ID",
    help="With --holdings: whose products and policies; the model's firm if it has one.",
)
@click.option(
    "--cash", default="0", show_default=True, metavar="DOLLARS", help="With --holdings: cash beside them."
)
@click.option("--short-rate", type=click.FloatRange(0, 1), help="With --holdings: rate on short-term gains.")
@click.option("--long-rate", type=click.FloatRange(0, 1), help="With --holdings: rate on long-term gains.")
@click.option(
    "--acquired",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="With --holdings: take lots of unknown day as held since then; without it they are not sold.",
)
@click.option("--out", type=_FILE, metavar="FILE.csv", help="Write the points as CSV.")
@click.option("--html", "page", type=_FILE, metavar="FILE.html", help="Write a page with the picture.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def command(
    context: click.Context,
    /,
    folder: Path,
    *,
    account: str | None,
    holdings: Path | None,
    out: Path | None,
    page: Path | None,
    as_json: bool,
    **terms: object,
) -> None:
    """Tax against tracking error against time, from no sale to full realignment, in ten points.

    Each point is the least tracking error that a year's tax can buy with the account's real limits; its finish is the
    day on which the firm's budgets of later years have let the rest go, prices standing still. A point becomes the plan
    as a row of `plans.csv`.

    Exit code 0: told; 1: the account has none, or a holding could not be used; 2: the call is wrong.
    """
    if (account is None) == (holdings is None):
        raise click.UsageError("give --account ID, or --holdings FILE with --model ID")
    with stages() as advance:
        advance("read", 0, 0)
        book = read_book(folder)
        laid = Prospect(book, (), ())
        if holdings is not None:
            laid = _laid(book, holdings, terms)
        else:
            must_know(book, str(account))
        try:
            day = open_day(laid.book, lambda name: advance(name, 0, 0))
            advance("engine", 0, 0)
            warm_up()
            advance("solve", 0, 0)
            found = frontier(day, account or ACCOUNT)
        except NoFrontierError as error:
            click.echo(str(error), err=True)
            _say_failures(laid.failures)
            context.exit(1)
    _deliver(found, laid, out=out, page=page, as_json=as_json)
    context.exit(1 if laid.failures else 0)


def _laid(book: Book, file: Path, terms: dict[str, object]) -> Prospect:
    """The book with the file's holdings as its account."""
    model, firm = terms["model"], terms["firm"]
    if not isinstance(model, str):
        raise click.UsageError("--holdings needs --model ID")
    if model not in set(book.tables["models"]["model_id"]):
        raise click.BadParameter(f"the book has no model {model}", param_hint="--model")
    firms = firms_of(book, model)
    if firm is None and len(firms) != 1:
        raise click.UsageError(f"--firm is needed: {model} is used by {', '.join(firms)}")
    if firm is not None and firm not in set(book.tables["firms"]["firm_id"]):
        raise click.BadParameter(f"the book has no firm {firm}", param_hint="--firm")
    if (terms["short_rate"] is None) != (terms["long_rate"] is None):
        raise click.UsageError("--short-rate and --long-rate go together")
    try:
        cash = Decimal(str(terms["cash"]))
        statement = parse(str(file), file.read_bytes())
    except InvalidOperation:
        raise click.BadParameter("not a number of dollars", param_hint="--cash") from None
    except NotAFeedError as error:
        raise click.BadParameter(str(error), param_hint="--holdings") from None
    said = Terms(
        model_id=model,
        firm_id=str(firm or firms[0]),
        cash=cash,
        short_rate=_rate(terms["short_rate"]),
        long_rate=_rate(terms["long_rate"]),
        acquired=_day(terms["acquired"]),
    )
    return prospect(book, gains([statement], table=str(file)), said)


def _rate(said: object) -> float | None:
    return said if isinstance(said, float) else None


def _day(said: object) -> date | None:
    return said.date() if isinstance(said, datetime) else None


def _deliver(found: Frontier, laid: Prospect, *, out: Path | None, page: Path | None, as_json: bool) -> None:
    title = f"{found.account_id}: {numbers.money(found.value)}"
    lead = (
        f"Full realignment, point {len(found.points)}, owes {numbers.money(found.points['tax'][-1])}. "
        f"In each later year the firm allows {_budget(found)}."
    )
    try:
        if out is not None:
            found.points.write_csv(out)
        if page is not None:
            notes = laid.notices + tuple(f"flag: {flag}" for flag in found.flags)
            text = frontier_page(found.points, title=title, as_of=found.as_of, lead=lead, notes=notes)
            page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"cannot write {error.filename}: {error.strerror}") from None
    if as_json:
        say_json(_facts(found, laid))
        return
    click.echo(f"{title}, {numbers.day(found.as_of)}")
    click.echo(lead)
    for said in (*laid.notices, *(f"flag: {flag}" for flag in found.flags)):
        click.echo(f"note: {said}")
    _say_failures(laid.failures)
    say_table("Frontier", COLUMNS, frontier_rows(found.points))


def _budget(found: Frontier) -> str:
    tax = "any tax" if found.yearly_tax is None else f"{numbers.money(found.yearly_tax)} of tax"
    return tax if found.yearly_gain is None else f"{tax} and {numbers.money(found.yearly_gain)} of gains"


def _say_failures(failures: tuple[Failure, ...]) -> None:
    for one in failures:
        click.echo(f"failure: {one.table} {one.row}: {one.value} {one.message}; {one.remedy}", err=True)


def _facts(found: Frontier, laid: Prospect) -> dict[str, object]:
    points = found.points.with_columns(
        pl.col("finish_date").cast(pl.String),
        pl.col("budget_tax", "realized_short", "realized_long").cast(pl.Float64),
    )
    return {
        "account_id": found.account_id,
        "as_of": found.as_of.isoformat(),
        "value": found.value,
        "yearly_tax": found.yearly_tax,
        "yearly_gain": found.yearly_gain,
        "flags": list(found.flags),
        "notices": list(laid.notices),
        "failures": [f"{one.table} {one.row}: {one.value} {one.message}" for one in laid.failures],
        "points": points.to_dicts(),
    }

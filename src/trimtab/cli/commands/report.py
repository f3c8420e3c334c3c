"""`trimtab report`: reports over a book; taxes saved, with the arithmetic."""

from fractions import Fraction
from pathlib import Path

import click
import polars as pl

from trimtab.book.read import Book, read_book
from trimtab.book.write import write_tables
from trimtab.cli.commands.rebalance import make_folder, must_know
from trimtab.cli.output import say_json, say_table
from trimtab.cli.progress import stages
from trimtab.desk.day import open_day
from trimtab.desk.savings import SavedYear, saved_year
from trimtab.ledger.columns import MONEY
from trimtab.report import savings as told
from trimtab.report.grids import Grid
from trimtab.report.savings import SavingsView

_BASELINE = ("account_id", "security_id", "lot_id", "term", "gain")
_SHOWN = 40


@click.command(epilog="Example:  trimtab report books/2020-06-01 --savings --html savings.html")
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--savings", is_flag=True, help="Taxes saved this year, deferred and for good, against a baseline."
)
@click.option("--account", metavar="ID", help="This account alone.")
@click.option("--firm", metavar="ID", help="This firm's accounts alone.")
@click.option(
    "--baseline",
    metavar="FILE.csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What would have been realized without (account_id, security_id, lot_id, term S or L, gain).",
)
@click.option(
    "--discount-rate", default="0.05", show_default=True, metavar="RATE", help="To value a deferral."
)
@click.option(
    "--years", default=10, show_default=True, type=click.IntRange(min=1), help="To value a deferral."
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write savings.csv, savings_firms.csv and savings_lots.csv.",
)
@click.option(
    "--html",
    "page",
    metavar="FILE.html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def report(
    folder: Path,
    *,
    savings: bool,
    account: str | None,
    firm: str | None,
    baseline: Path | None,
    discount_rate: str,
    years: int,
    out: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Report on BOOK. --savings: the tax that this year's management saved each client, against a stated baseline.

    Exit code 0: told; 2: the call is wrong.
    """
    if not savings:
        raise click.UsageError("say what to report on: --savings")
    rate = _rate(discount_rate)
    with stages() as advance:
        advance("read", 0, 0)
        book = read_book(folder)
        if account is not None:
            must_know(book, account)
        if firm is not None and firm not in set(book.tables["firms"]["firm_id"]):
            raise click.BadParameter(f"the book has no firm {firm}", param_hint="--firm")
        day = open_day(book, lambda name: advance(name, 0, 0))
        rows = None if baseline is None else _read_baseline(baseline)
        words = "" if baseline is None else f"as {baseline.name} says"
        saved = saved_year(day, discount_rate=rate, years=years, baseline=rows, words=words)
    view = _view(book, saved, _chosen(saved, account, firm))
    if out is not None:
        make_folder(out)
        write_tables({"savings": view.accounts, "savings_firms": view.firms, "savings_lots": view.lines}, out)
    if page is not None:
        page.write_text(told.savings_page(view), encoding="utf-8")
    _say(view, as_json=as_json)


def _chosen(saved: SavedYear, account: str | None, firm: str | None) -> pl.DataFrame:
    chosen = saved.accounts
    if account is not None:
        chosen = chosen.filter(pl.col("account_id") == account)
    return chosen if firm is None else chosen.filter(pl.col("firm_id") == firm)


def _view(book: Book, saved: SavedYear, accounts: pl.DataFrame) -> SavingsView:
    names = book.tables["securities"].select("security_id", pl.coalesce("name", "security_id"))
    whole = len(accounts) == len(saved.accounts)
    firms = saved.firms.join(
        accounts.select("firm_id").unique(), on="firm_id", how="semi", maintain_order="left"
    )
    return SavingsView(
        book.name,
        book.as_of,
        accounts,
        firms if whole or accounts["firm_id"].n_unique() <= 1 else saved.firms,
        saved.lines.join(accounts.select("account_id"), on="account_id", how="semi", maintain_order="left"),
        saved.stated.baseline,
        float(saved.stated.discount_rate),
        saved.stated.years,
        dict(names.iter_rows()),
        book.digest,
    )


def _rate(said: str) -> Fraction:
    try:
        rate = Fraction(said)
    except (ValueError, ZeroDivisionError):
        raise click.BadParameter("write it as 0.05", param_hint="--discount-rate") from None
    if not 0 <= rate < 1:
        raise click.BadParameter("write it as 0.05", param_hint="--discount-rate")
    return rate


def _read_baseline(file: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(file, infer_schema=False)
        rows = frame.select(*_BASELINE[:-1], pl.col("gain").cast(MONEY))
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise click.BadParameter(
            f"not a table of {', '.join(_BASELINE)}: {error}", param_hint="--baseline"
        ) from None
    strange = rows.filter(
        ~pl.col("term").is_in(["S", "L"]) | pl.col("term").is_null() | pl.col("gain").is_null()
    )
    if len(strange):
        raise click.BadParameter(f"{len(strange)} rows lack a gain or a term S or L", param_hint="--baseline")
    return rows


def _say(view: SavingsView, *, as_json: bool) -> None:
    if as_json:
        frames = {"accounts": view.accounts, "firms": view.firms, "lots": view.lines}
        plain = {
            name: frame.with_columns(pl.col(pl.Decimal).cast(pl.String)).to_dicts()
            for name, frame in frames.items()
        }
        say_json({"as_of": view.as_of.isoformat(), "rests_on": list(told.assumptions(view)), **plain})
        return
    for sentence in told.assumptions(view):
        click.echo(sentence)
    for grid in (told.firm_grid(view), told.account_grid(view), told.lot_grid(view)):
        _say_grid(grid)


def _say_grid(grid: Grid) -> None:
    click.secho(f"\n{grid.caption}", bold=True)
    say_table("", grid.columns, grid.rows[:_SHOWN])
    if len(grid.rows) > _SHOWN:
        click.echo(f"… and {len(grid.rows) - _SHOWN} more: --out writes all")

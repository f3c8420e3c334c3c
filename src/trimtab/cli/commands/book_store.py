"""`trimtab book import` and `book export`: a book into the store, and out of it again, with the same digest."""

from datetime import datetime
from pathlib import Path

import click

from trimtab.book.read import read_book
from trimtab.book.write import write_book
from trimtab.cli.output import say_json, working
from trimtab.cli.store import console, opened, store_options


@click.command(name="import", epilog="Example:  trimtab book import books/2020-06-01 --data /srv/trimtab")
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@store_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document of what was written.")
def import_(folder: Path, *, home: Path, database: str | None, pg_bin: Path | None, as_json: bool) -> None:
    """Keep BOOK in the store: the newest state of its firms and of the market, all of it or nothing.

    What a former import said stays readable as of its own date. Rows that did not change are not written again.
    """
    from trimtab.desk.ingest import NotImportableError, import_book

    with working(f"Reading {folder}"):
        book = read_book(folder)
    with opened(home, database, pg_bin) as store, working("Writing to the store"):
        try:
            done = import_book(store, console(), book)
        except NotImportableError as error:
            raise click.ClickException(str(error)) from None
    rows = sum(done.appended.values())
    if as_json:
        facts: dict[str, object] = {
            "as_of": book.as_of.isoformat(),
            "digest": done.digest,
            "firms": done.firms,
        }
        say_json(facts | {"known_at": done.known_at.isoformat(), "appended": done.appended})
    else:
        click.echo(
            f"{book.name} of {book.as_of.isoformat()}: {len(done.firms)} firms, {rows} rows written, "
            f"{len(book.isolated)} accounts isolated; digest {done.digest}"
        )


@click.command(name="export", epilog="Example:  trimtab book export out --as-of 2020-06-01 --parquet")
@click.argument("out", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@store_options
@click.option(
    "--as-of", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Business date; the newest without it."
)
@click.option("--known-at", metavar="MOMENT", help="As it was known at this moment (ISO, with its offset).")
@click.option("--firm", "firms", multiple=True, metavar="ID", help="This firm alone; may be given again.")
@click.option("--parquet", is_flag=True, help="Write Parquet instead of CSV.")
def export(
    out: Path,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    as_of: datetime | None,
    known_at: str | None,
    firms: tuple[str, ...],
    parquet: bool,
) -> None:
    """Write a book out of the store: as of a business date, as it was known at a moment.

    Reading it gives the digest of the book that was imported.
    """
    from trimtab.desk.access import AbsentError
    from trimtab.desk.extract import SameIdsError, export_book

    with opened(home, database, pg_bin) as store, working("Reading the store"):
        try:
            book = export_book(
                store,
                console(),
                firms=firms,
                as_of=None if as_of is None else as_of.date(),
                known_at=_moment(known_at),
            )
        except AbsentError:
            raise click.ClickException("the store has no such book") from None
        except SameIdsError as error:
            raise click.ClickException(str(error)) from None
    with working(f"Writing {out}"):
        write_book(
            book.tables, out, as_of=book.as_of, name=book.name, isolated=list(book.isolated), parquet=parquet
        )
    counted = f"{book.tables['accounts'].height} accounts, {book.tables['lots'].height} lots"
    click.echo(f"{book.name} of {book.as_of.isoformat()}: {counted}; digest {book.digest}")


def _moment(said: str | None) -> datetime | None:
    """A moment with its offset, or a bad call."""
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise click.BadParameter("write it as 2020-06-01T20:00:00+00:00", param_hint="--known-at") from None
    if moment.tzinfo is None:
        raise click.BadParameter("say the offset, such as +00:00", param_hint="--known-at")
    return moment

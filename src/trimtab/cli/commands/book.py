"""`trimtab book`: validate a book, and describe the contract."""

from dataclasses import asdict
from pathlib import Path

import click

from trimtab.book.check import check_book
from trimtab.book.describe import datapackage, describe_book
from trimtab.book.read import Book, read_book
from trimtab.book.title import UNDATED
from trimtab.book.write import write_tables
from trimtab.cli.later import Later, Shelf
from trimtab.cli.output import say_json, say_table, working
from trimtab.core.result import Failure
from trimtab.policy.research import list_after, list_proposals

_COLUMNS = ("table", "row", "field", "value", "reason", "remedy", "accounts")


@click.group(
    cls=Shelf,
    later={
        "export": Later("book_store:export", "Write a book out of the store."),
        "import": Later("book_store:import_", "Keep a book in the store."),
    },
)
def book() -> None:
    """Check a book of tables, or describe what one holds."""


@book.command(epilog="Example:  trimtab book check books/2020-06-01")
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document with every failure and notice.")
@click.option("--limit", default=100, show_default=True, help="Failures to list; 0 lists all.")
@click.pass_context
def check(context: click.Context, folder: Path, *, as_json: bool, limit: int) -> None:
    """Check the tables of BOOK: types, keys, references, ranges, dates, prices, models and policies.

    Exit code 0: nothing is wrong; 1: there are failures; 2: the call is wrong.
    """
    with working(f"Reading {folder}"):
        read = read_book(folder)
        failures = check_book(read)
    if as_json:
        say_json(_facts(read, failures))
    else:
        _say(read, failures, limit or len(failures))
    context.exit(1 if failures else 0)


@book.command(
    epilog="Example:  trimtab book accept books/2020-06-01 --firm acme --security JNK --out drafts/jnk"
)
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--firm", required=True, metavar="ID", help="The firm whose list it is.")
@click.option("--security", "securities", multiple=True, metavar="ID", help="Take this one; without, all.")
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The change.",
)
def accept(folder: Path, *, firm: str, securities: tuple[str, ...], out: Path) -> None:
    """Draft the approved list of a firm that takes recommendations, as a change that `trimtab rehearse` reads.

    BOOK is left as it is. Exit code 0: drafted; 2: the call is wrong.
    """
    tables = read_book(folder).tables
    asked = list_proposals(tables)
    mine = set(asked.filter(asked["firm_id"] == firm)["security_id"])
    strange = sorted(set(securities) - mine)
    if strange:
        raise click.BadParameter(
            f"nothing is recommended to {firm} on {', '.join(strange)}", param_hint="--security"
        )
    if not mine:
        raise click.BadParameter(f"nothing is recommended to {firm}", param_hint="--firm")
    write_tables({"approved_list": list_after(tables, firm, frozenset(securities) or frozenset(mine))}, out)
    click.echo(f"drafted {out / 'approved_list.csv'}; try: trimtab rehearse {folder} --change {out}")


def _facts(read: Book, failures: tuple[Failure, ...]) -> dict[str, object]:
    return {
        "name": read.name,
        "as_of": None if read.as_of == UNDATED else read.as_of.isoformat(),
        "digest": read.digest,
        "rows": {name: frame.height for name, frame in read.tables.items() if frame.height},
        "isolated_accounts": _isolated(failures),
        "failures": [asdict(failure) for failure in failures],
        "notices": list(read.notices),
        "flags": dict(read.flags["flag"].value_counts().sort("flag").iter_rows()),
    }


def _isolated(failures: tuple[Failure, ...]) -> int:
    return len({account for failure in failures for account in failure.accounts})


def _say(read: Book, failures: tuple[Failure, ...], limit: int) -> None:
    for notice in read.notices:
        click.echo(f"notice: {notice}")
    for flag, count in read.flags["flag"].value_counts().sort("flag").iter_rows():
        click.echo(f"flagged: {flag} ({count})")
    if failures:
        say_table("Failures", _COLUMNS, [_row(failure) for failure in failures[:limit]])
    if len(failures) > limit:
        click.echo(f"… and {len(failures) - limit} more failures; --limit 0 lists all")
    accounts, lots = read.tables["accounts"].height, read.tables["lots"].height
    dated = "no date" if read.as_of == UNDATED else read.as_of.isoformat()
    click.echo(
        f"{read.name} of {dated}: {accounts} accounts, {lots} lots; {len(failures)} failures, "
        f"{_isolated(failures)} accounts isolated, {len(read.notices)} notices"
    )


def _row(failure: Failure) -> tuple[str, ...]:
    named = ", ".join(failure.accounts[:3]) + (", …" if len(failure.accounts) > 3 else "")
    return (
        failure.table,
        failure.row,
        failure.field,
        failure.value,
        f"{failure.reason.value}: {failure.message}",
        failure.remedy,
        f"{len(failure.accounts)}: {named}" if failure.accounts else "",
    )


@book.command(epilog="Example:  trimtab book schema --datapackage > datapackage.json")
@click.option("--datapackage", "package", is_flag=True, help="A Frictionless data package instead.")
def schema(*, package: bool) -> None:
    """Print the contract as JSON: every table in and out, its key, columns, types, ranges and references."""
    say_json(datapackage() if package else describe_book())

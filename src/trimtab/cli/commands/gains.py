"""`trimtab gains`: lots, wash sales, gains and tax of the transactions of a book, a CSV, a case or an export."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import click

from trimtab.cli.gains_view import FORM_COLUMNS, facts, form_table, say_gains
from trimtab.cli.output import say_json, working
from trimtab.core.result import Failure
from trimtab.desk.gains import Gains, gains
from trimtab.desk.gains_book import statements_of
from trimtab.feeds.checks import together
from trimtab.feeds.parse import parse
from trimtab.feeds.statement import RELIEFS, NotAFeedError, Registration

FAILURES_MAX = 50


@click.command(name="gains", epilog="Example:  trimtab gains transactions.csv --year 2024 --form 8949")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--year", type=click.IntRange(1900, 2200), metavar="Y", help="Only sales of this tax year.")
@click.option("--form", type=click.Choice(["8949"]), help="Rows of Form 8949 by part and box, with codes.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How it is written.",
)
@click.option(
    "--relief",
    type=click.Choice([name for name in RELIEFS if name != "SPEC"], case_sensitive=False),
    help="Which lots are sold first where a sale does not say; FIFO if this does not either.",
)
@click.option(
    "--account-type",
    "types",
    multiple=True,
    metavar="ID=TYPE[:OWNER]",
    help="What the file does not say: taxable, ira, roth_ira, 401k, hsa…, and whose (self, spouse). Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    *,
    year: int | None,
    form: str | None,
    style: str,
    relief: str | None,
    types: tuple[str, ...],
    as_json: bool,
) -> None:
    """Lots, wash sales, gains and tax of FILE: a book, a CSV of transactions, JSON in the form of a lots case, or an
    export of Schwab, Fidelity, Interactive Brokers (Flex) or any OFX bank.

    Several files are one household's: a purchase in one may wash a loss in another. The kind is read from the
    content. Exit code 0: every row was used and every gain is known; 1: some was not; 2: the call is wrong, or a file
    is of no known kind.
    """
    with working(f"Reading {files[0]}"):
        found = _found(files, year=year, relief=relief, types=[_registration(said) for said in types])
    style = "json" if as_json else style
    if style == "json":
        say_json(facts(found, form=form is not None))
    elif style == "csv":
        _say_csv(found)
    else:
        say_gains(found, form=form is not None)
    if style != "json":
        _say_failures(found.failures)
    context.exit(1 if found.failures else 0)


def _registration(said: str) -> Registration:
    account, equals, kind = said.rpartition("=")
    word, _, owner = kind.partition(":")
    if not equals or not account or not word:
        raise click.BadParameter(f"{said!r} is not ID=TYPE[:OWNER]", param_hint="--account-type")
    return Registration(account, word, owner)


def _found(
    files: Sequence[Path], *, year: int | None, relief: str | None, types: Sequence[Registration]
) -> Gains:
    if len(files) > 1 and any(file.is_dir() for file in files):
        raise click.UsageError("a book stands alone: give it without other files")
    try:
        if files[0].is_dir():
            statements = statements_of(files[0])
        else:
            statements = (together({str(file): parse(file.name, file.read_bytes()) for file in files}),)
    except NotAFeedError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be read: {error.strerror}") from None
    return gains(
        statements, table=", ".join(file.name for file in files), year=year, relief=relief, types=types
    )


def _say_csv(found: Gains) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FORM_COLUMNS)
    writer.writerows(form_table(found.rows))
    click.echo(out.getvalue(), nl=False)


def _say_failures(failures: tuple[Failure, ...]) -> None:
    for failure in failures[:FAILURES_MAX]:
        place = ", ".join(part for part in (failure.table, failure.row, failure.field) if part)
        value = f" ({failure.value})" if failure.value else ""
        click.echo(f"{place}: {failure.message}{value}; {failure.remedy}", err=True)
    if len(failures) > FAILURES_MAX:
        click.echo(f"and {len(failures) - FAILURES_MAX} more: --json lists all", err=True)

"""`trimtab model`: the versions of a firm's models, how two differ, and an earlier one again."""

from datetime import date, datetime
from pathlib import Path

import click

from trimtab.book.read import Book, read_book
from trimtab.book.write import write_tables
from trimtab.cli.output import say_json, say_table
from trimtab.desk.versions import NoVersionError, between, restored, versions_of
from trimtab.report import numbers

_BOOK = click.Path(exists=True, file_okay=False, path_type=Path)
_OUT = click.Path(file_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def model() -> None:
    """Versions of models: list them, compare two, restore an earlier one."""


@model.command(epilog="Example:  trimtab model versions books/2020-06-01 --model GROWTH")
@click.argument("folder", metavar="BOOK", type=_BOOK)
@click.option("--model", "model_id", metavar="ID", help="This model alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def versions(folder: Path, *, model_id: str | None, as_json: bool) -> None:
    """List the versions of the models of BOOK: which is in force on its business date, which are past or announced.

    Exit code 0: told; 2: the call is wrong.
    """
    book = read_book(folder)
    found = versions_of(book)
    if model_id is not None:
        _must_know(book, model_id)
        found = found.filter(found["model_id"] == model_id)
    if as_json:
        say_json(
            [{name: _plain(value) for name, value in row.items()} for row in found.iter_rows(named=True)]
        )
        return
    rows = [
        (
            row["model_id"],
            row["version"],
            "the beginning" if row["effective"] is None else row["effective"].isoformat(),
            row["state"],
            row["firm_id"] or "desk",
            str(row["nodes"]),
            row["name"] or "",
        )
        for row in found.iter_rows(named=True)
    ]
    say_table("Versions", ("model", "version", "from", "state", "firm", "nodes", "name"), rows)


@model.command(epilog="Example:  trimtab model differences books/2020-06-01 --model GROWTH 3 4")
@click.argument("folder", metavar="BOOK", type=_BOOK)
@click.argument("first", metavar="VERSION")
@click.argument("second", metavar="VERSION")
@click.option("--model", "model_id", required=True, metavar="ID", help="The model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def differences(folder: Path, first: str, second: str, *, model_id: str, as_json: bool) -> None:
    """Say how two versions of a model differ: node by node, and in the weights of its classes and slots.

    Exit code 0: told; 2: the call is wrong.
    """
    book = read_book(folder)
    _must_know(book, model_id)
    try:
        found = between(book, model_id, first, second)
    except NoVersionError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        say_json({"changes": found.changes.to_dicts(), "weights": found.weights.to_dicts()})
        return
    nodes = [(n, c, f, b or "", a or "") for _, n, c, f, b, a in found.changes.iter_rows()]
    click.secho(f"{model_id}: from version {first} to {second}", bold=True)
    say_table("Nodes", ("node", "change", "field", first, second), nodes)
    weights = [
        (part, f"{name} {ref}".strip(), numbers.percent(was or 0.0), numbers.percent(now or 0.0))
        for _, part, name, ref, was, now in found.weights.iter_rows()
    ]
    click.echo()
    say_table("Weights", ("part", "of the model", first, second), weights)


@model.command(epilog="Example:  trimtab model restore books/2020-06-01 --model GROWTH 3 --out drafts/growth")
@click.argument("folder", metavar="BOOK", type=_BOOK)
@click.argument("version", metavar="VERSION")
@click.option("--model", "model_id", required=True, metavar="ID", help="The model.")
@click.option(
    "--effective", type=_DAY, metavar="DATE", help="The first day of it; without, the business date."
)
@click.option(
    "--as", "label", metavar="VERSION", help="What the new version is called; without, the next number."
)
@click.option("--out", required=True, metavar="DIR", type=_OUT, help="The change.")
def restore(
    folder: Path, version: str, *, model_id: str, effective: datetime | None, label: str | None, out: Path
) -> None:
    """Draft a new version of a model that equals an earlier one, as a change that `trimtab rehearse` reads.

    BOOK is left as it is. Exit code 0: drafted; 2: the call is wrong.
    """
    book = read_book(folder)
    _must_know(book, model_id)
    day = book.as_of if effective is None else effective.date()
    try:
        rows = restored(book, model_id, version, label=label, effective=day)
    except NoVersionError as error:
        raise click.UsageError(str(error)) from None
    write_tables({"model_versions": rows}, out)
    click.echo(
        f"drafted {out / 'model_versions.csv'}: version {rows['version'][0]} of {model_id} equals {version} and takes "
        f"effect on {day}; try: trimtab rehearse {folder} --change {out}"
    )


def _must_know(book: Book, model_id: str) -> None:
    if model_id not in set(book.tables["models"]["model_id"]):
        raise click.BadParameter(f"the book has no model {model_id}", param_hint="--model")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value

"""`trimtab conformance`: run a file of tax cases and say which agree."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from trimtab.cli.output import say_json, say_table, working
from trimtab.core.result import Failure
from trimtab.ledger.conformance import CaseRow, run_cases


@click.command(epilog="Example:  trimtab conformance tax_lots.json --outputs ours.json")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--outputs",
    metavar="OUT.json",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what we answer to each case: [{id, output}], output in the form of expected.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document with every case and failure.")
@click.pass_context
def conformance(context: click.Context, file: Path, *, outputs: Path | None, as_json: bool) -> None:
    """Run every case of FILE (lots, wash sales, netting, tax, forms…) and say which agree with its expected result.

    A case with alternatives agrees when each stated reading comes out under its own settings. Exit code 0: all agree;
    1: some do not, or cannot be read; 2: the call is wrong.
    """
    document = _document(file)
    with working(f"Running {file}"):
        ran = run_cases(document)
    if outputs is not None:
        answers = [{"id": row.case_id, "output": row.output} for row in ran.value]
        outputs.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        say_json({"cases": [_facts(row) for row in ran.value], "failures": [asdict(f) for f in ran.failures]})
    else:
        _say(ran.value, ran.failures)
    context.exit(0 if ran.value and not ran.failures and all(row.agrees for row in ran.value) else 1)


def _document(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise click.ClickException(f"{file} is not a JSON file: {error}") from None
    if not isinstance(document, dict):
        raise click.ClickException(f"{file} holds no object with a list `cases`")
    return document


def _facts(row: CaseRow) -> dict[str, object]:
    return {"id": row.case_id, "kind": row.kind, "agrees": row.agrees, "differences": list(row.differences)}


def _say(rows: tuple[CaseRow, ...], failures: tuple[Failure, ...]) -> None:
    wrong = [row for row in rows if not row.agrees]
    if wrong:
        say_table(
            "Cases that do not agree",
            ("case", "kind", "difference"),
            [(row.case_id, row.kind, difference) for row in wrong for difference in row.differences],
        )
    for failure in failures:
        click.echo(f"{failure.row}: {failure.message}; {failure.remedy}", err=True)
    counts, agreed = Counter(row.kind for row in rows), Counter(row.kind for row in rows if row.agrees)
    told = ", ".join(f"{kind} {agreed[kind]}/{counts[kind]}" for kind in sorted(counts))
    click.echo(f"{len(rows) - len(wrong)} of {len(rows)} cases agree ({told})")

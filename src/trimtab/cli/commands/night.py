"""`trimtab night` and `trimtab replay`: evaluate every account in the store, prove it, and compute it again."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trimtab.cli.output import say_json, say_table
from trimtab.cli.progress import Advance, stages
from trimtab.cli.store import console, opened, store_options
from trimtab.desk.access import AbsentError
from trimtab.desk.ports import Store
from trimtab.store.shapes import DESK

if TYPE_CHECKING:
    from trimtab.desk.evaluation_ledger import FirmNight
    from trimtab.desk.night import Night
    from trimtab.store.place import Place

_COLUMNS = ("firm", "state", "enrolled", "evaluated", "propose", "hold", "blocked", "auto", "review", "why")
_NAMED, _LOOK_SECONDS = 3, 0.5


@click.command(
    name="night", epilog="Example:  trimtab night --date 2020-06-01 --workers 2 --data /srv/trimtab"
)
@store_options
@click.option(
    "--date",
    "day",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Business date; the newest without it.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Processes that evaluate."
)
@click.option("--firm", "firms", multiple=True, metavar="ID", help="This firm alone; may be given again.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with each firm's day.")
@click.pass_context
def night(
    context: click.Context,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    day: datetime | None,
    workers: int,
    firms: tuple[str, ...],
    as_json: bool,
) -> None:
    """Evaluate every enrolled account of the firms in the store, and count them.

    A night that was broken off goes on where it stopped; one that is done is not done again. Exit code 0: each
    enrolled account was evaluated; 1: some was not, and the day is red; 2: the call is wrong.
    """
    from trimtab.desk.night import RED, close_night, plan_night
    from trimtab.store.place import Place

    place = Place(home, database, binaries=pg_bin)
    with opened(home, database, pg_bin) as store, stages() as advance:
        try:
            planned = plan_night(store, console(), as_of=None if day is None else day.date(), firms=firms)
        except AbsentError:
            raise click.ClickException(
                "the store has no such firm, or no book of that day or before"
            ) from None
        _work(store, place, planned.run_id, workers=workers, advance=advance)
        closed, found = close_night(store, console(), planned.run_id)
    if as_json:
        say_json(_facts(closed, found))
    else:
        _say(closed, found)
    context.exit(1 if closed.state == RED else 0)


def _work(store: Store, place: "Place", run_id: str, *, workers: int, advance: Advance) -> None:
    """Have the run worked on by processes of their own, and tell how far it is until they end."""
    call = [
        sys.executable,
        "-m",
        "trimtab.batch",
        run_id,
        "--data",
        str(place.home),
        "--workers",
        str(workers),
    ]
    call += [] if place.binaries is None else ["--pg-bin", str(place.binaries)]
    url = {} if place.database_url is None else {"TRIMTAB_DATABASE_URL": place.database_url}
    others = {name: value for name, value in os.environ.items() if name != "TRIMTAB_DATABASE_URL"}
    from trimtab.desk.evaluation_ledger import progress_of
    from trimtab.optimize.warm import warm_up
    from trimtab.store.faults import LostError

    advance("engine", 0, 0)
    warm_up()  # once, before workers of this machine would each do it
    team = subprocess.Popen(call, env=others | url)
    try:
        while team.poll() is None:
            with suppress(LostError), store.unit(DESK) as unit:
                done, total, _ = progress_of(unit, run_id)
                advance("night", done, total)
            with suppress(subprocess.TimeoutExpired):
                team.wait(_LOOK_SECONDS)
    finally:
        team.terminate()
        team.wait()
    if team.returncode:
        raise click.ClickException("the night was broken off: run the same command again, and it goes on")


def _facts(closed: "Night", found: Sequence["FirmNight"]) -> dict[str, object]:
    return {
        "run": closed.run_id,
        "as_of": closed.as_of.isoformat(),
        "state": closed.state,
        "digest": closed.digest,
        "enrolled": sum(one.enrolled for one in found),
        "evaluated": sum(one.evaluated for one in found),
        "firms": [one.as_json() for one in found],
    }


def _say(closed: "Night", found: Sequence["FirmNight"]) -> None:
    """The board: red firms first."""
    rows = sorted(found, key=lambda one: (not one.red, one.firm_id))
    say_table(f"{closed.run_id}", _COLUMNS, [_row(one) for one in rows])
    enrolled, evaluated = (sum(getattr(one, name) for one in found) for name in ("enrolled", "evaluated"))
    click.echo(
        f"{closed.state}: {evaluated} of {enrolled} accounts evaluated; run {closed.run_id}; digest {closed.digest}"
    )


def _row(one: "FirmNight") -> tuple[str, ...]:
    decided = [str(one.decisions.get(name, 0)) for name in ("propose", "hold", "blocked")]
    released = [str(one.releases.get(name, 0)) for name in ("auto", "review")]
    state = "red" if one.red else "green"
    return (one.firm_id, state, str(one.enrolled), str(one.evaluated), *decided, *released, _why(one))


def _why(one: "FirmNight") -> str:
    parts = [] if one.error is None else [one.error]
    named = (
        ("missed", one.missed),
        ("not evaluated", one.in_error),
        ("losses not looked at", one.unharvested),
    )
    for what, accounts in named:
        if accounts:
            more = ", …" if len(accounts) > _NAMED else ""
            parts.append(f"{what}: {len(accounts)} ({', '.join(accounts[:_NAMED])}{more})")
    return "; ".join(parts)


@click.command(name="replay", epilog="Example:  trimtab replay RUN --workers 2 --data /srv/trimtab")
@click.argument("run_id", metavar="RUN")
@store_options
@click.option("--account", metavar="ID", help="This account alone.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Accounts solved at once."
)
@click.pass_context
def replay(
    context: click.Context,
    run_id: str,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    account: str | None,
    workers: int,
) -> None:
    """Compute RUN again from the facts as it knew them, and compare every stage.

    Exit code 0: the same digests; 1: a stage differs, and is named; 2: the call is wrong.
    """
    from trimtab.desk.replay import replay as again

    with opened(home, database, pg_bin) as store, stages() as advance:
        try:
            found = again(store, console(), run_id, account=account, threads=workers, advance=advance)
        except AbsentError:
            raise click.ClickException("the store keeps no such run, or no such account of it") from None
    different = [one for one in found if one.differs is not None]
    for one in different:
        click.echo(f"{one.firm_id}: differs, first in {one.differs}")
    accounts = sum(one.accounts for one in found)
    same = len(found) - len(different)
    click.echo(f"{run_id}: {same} of {len(found)} firms the same, {accounts} accounts computed again")
    context.exit(1 if different else 0)

"""`trimtab admin backup` and `admin restore`: everything in the store as a folder, and back, verified."""

from pathlib import Path

import click

from trimtab.cli.output import say_json, working
from trimtab.cli.store import console, opened, store_options

_OWNER = click.option(
    "--owner-database",
    envvar="TRIMTAB_DATABASE_OWNER_URL",
    metavar="URL",
    help="With --database: the same database by its owner, who makes the tables.",
)


@click.command(name="backup", epilog="Example:  trimtab admin backup /backups/2026-06-01 --data /srv/trimtab")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@store_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def backup(folder: Path, *, home: Path, database: str | None, pg_bin: Path | None, as_json: bool) -> None:
    """Write everything in the store to DIR, a new folder, as of one moment, while others write.

    Sessions are left out, and so are the secrets: keep secrets/audit of the store's folder apart.
    """
    from trimtab.desk.backup import back_up
    from trimtab.store.backup import BackupError
    from trimtab.store.place import BACKUPS, key_for

    with opened(home, database, pg_bin) as store, working(f"Writing {folder}"):
        try:
            made = back_up(store, console(), folder, url=store.url, key=key_for(home, BACKUPS))
        except BackupError as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        say_json({"rows": made.rows, "tables": len(made.parts), "schema": made.schema, "digest": made.digest})
    else:
        click.echo(f"{made.rows} rows of {len(made.parts)} tables in {folder}; digest {made.digest}")


@click.command(
    name="restore",
    epilog="Example:  trimtab admin restore /backups/2026-06-01 --audit-key kept/audit --data /srv/new",
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@store_options
@_OWNER
@click.option(
    "--audit-key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file secrets/audit of the store that was backed up; not needed where it lies in --data.",
)
@click.pass_context
def restore(
    context: click.Context,
    folder: Path,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    owner_database: str | None,
    audit_key: Path | None,
) -> None:
    """Load the backup DIR into an empty store, and verify it: every table's digest, then every audit chain.

    All of it is kept, or nothing. Exit code 0: the store is as it was; 1: an audit chain is not whole.
    """
    from trimtab.desk.backup import note_restored
    from trimtab.desk.verify import verify_audit
    from trimtab.store import place as places
    from trimtab.store.backup import BackupError
    from trimtab.store.binaries import StoreUnavailableError

    place = places.Place(home, database, owner_database, pg_bin)
    with working(f"Reading {folder}"):
        try:
            if audit_key is not None:
                places.take_audit_key(home, audit_key)
            made = places.restore(place, folder)
        except (BackupError, StoreUnavailableError) as error:
            raise click.ClickException(str(error)) from None
        with opened(home, database, pg_bin) as store:
            note_restored(store, console(), made)
            found = verify_audit(store, console(), places.audit_key(home))
    for one in found.broken:
        click.echo(f"{one.firm_id}: event {one.seq}: {one.what}", err=True)
    click.echo(
        f"{made.rows} rows of {len(made.parts)} tables as of {made.made_at}; {found.events} events, "
        f"{len(found.broken)} faults; digest {made.digest}"
    )
    context.exit(1 if found.broken else 0)

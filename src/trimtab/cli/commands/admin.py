"""`trimtab admin`: prepare the store, name people and keys, and verify the audit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trimtab.cli.later import Later, Shelf
from trimtab.cli.output import say_json, say_table
from trimtab.cli.store import console, opened, store_options
from trimtab.desk.access import DESK_ROLES, AbsentError, Role

if TYPE_CHECKING:
    from trimtab.store.session import PostgresStore

_DESK_ROLES = click.Choice(sorted(role.value for role in DESK_ROLES | {Role.AUDITOR}))
_ROLES = click.Choice([role.value for role in Role])
_CHECKPOINTS = "checkpoints.jsonl"


@click.group(
    cls=Shelf,
    later={
        "backup": Later("admin_backup:backup", "Write the whole record into a folder."),
        "config": Later("admin_config:config", "Print every setting and what is wrong with it."),
        "hook": Later("admin_hook:hook", "Have a machine told of what happens, by signed webhooks."),
        "pseudonym": Later("admin_config:pseudonym", "Print the name of a firm in the logs."),
        "restore": Later("admin_backup:restore", "Make the record again from a folder."),
    },
)
def admin() -> None:
    """Prepare the store, name people and keys, and verify the audit."""


@admin.command(epilog="Example:  trimtab admin init --data /srv/trimtab")
@store_options
@click.option(
    "--owner-database",
    envvar="TRIMTAB_DATABASE_OWNER_URL",
    metavar="URL",
    help="With --database: the same database by its owner, who makes the tables.",
)
def init(*, home: Path, database: str | None, pg_bin: Path | None, owner_database: str | None) -> None:
    """Make the store's tables, or bring them up to this version."""
    from trimtab.store.migrate import newest

    with opened(home, database, pg_bin, owner_url=owner_database, prepare=True):
        click.echo(f"the store is ready, at schema {newest()}")


@contextmanager
def _acting(home: Path, database: str | None, pg_bin: Path | None) -> Iterator["PostgresStore"]:
    """The store for a verb, with its refusals as one line each."""
    from trimtab.desk.people import NotADeskRoleError, WeakPasswordError
    from trimtab.store.faults import DuplicateError

    with opened(home, database, pg_bin) as store:
        try:
            yield store
        except AbsentError as error:
            raise click.ClickException(str(error)) from None
        except DuplicateError:
            raise click.ClickException("that name is taken") from None
        except (WeakPasswordError, NotADeskRoleError) as error:
            raise click.ClickException(str(error)) from None


@admin.group()
def user() -> None:
    """Add people, change what they are at the desk, or end them."""


@user.command(name="add", epilog="Example:  trimtab admin user add ann --desk-role operator")
@click.argument("name")
@store_options
@click.option(
    "--desk-role",
    "desk_roles",
    multiple=True,
    type=_DESK_ROLES,
    help="A role at the desk; may be given again.",
)
@click.option(
    "--external-id", metavar="ID", help="The person's id at an identity provider, instead of a password."
)
@click.option("--password", help="Asked for where it is not given.")
def user_add(
    name: str,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    desk_roles: tuple[str, ...],
    external_id: str | None,
    password: str | None,
) -> None:
    """Add a person who may sign in, with a password or through an identity provider."""
    from trimtab.desk.people import add_user

    if password is None and external_id is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    roles = [Role(role) for role in desk_roles]
    with _acting(home, database, pg_bin) as store:
        user_id = add_user(
            store, console(), name=name, password=password, desk_roles=roles, external_id=external_id
        )
    click.echo(f"{name} is {user_id}")


@user.command(name="end", epilog="Example:  trimtab admin user end ann")
@click.argument("name")
@store_options
def user_end(name: str, *, home: Path, database: str | None, pg_bin: Path | None) -> None:
    """End a person's sessions and keys, and let them sign in no more."""
    from trimtab.desk.people import end_user

    with _acting(home, database, pg_bin) as store:
        end_user(store, console(), name)
    click.echo(f"{name} is ended")


@admin.group()
def key() -> None:
    """Give out API keys, or take them back."""


@key.command(name="add", epilog="Example:  trimtab admin key add ann --label nightly-export")
@click.argument("name")
@store_options
@click.option("--label", required=True, help="What the key is for.")
def key_add(name: str, *, home: Path, database: str | None, pg_bin: Path | None, label: str) -> None:
    """Make an API key of a user. It is printed once; only its digest is kept."""
    from trimtab.desk.people import add_key

    with _acting(home, database, pg_bin) as store:
        key_id, secret = add_key(store, console(), name, label=label)
    click.echo(f"{key_id}\t{secret}")


@key.command(name="end", epilog="Example:  trimtab admin key end k0123456789ab")
@click.argument("key_id")
@store_options
def key_end(key_id: str, *, home: Path, database: str | None, pg_bin: Path | None) -> None:
    """Take an API key back."""
    from trimtab.desk.people import end_key

    with _acting(home, database, pg_bin) as store:
        end_key(store, console(), key_id)
    click.echo(f"{key_id} is ended")


@admin.command(name="grant", epilog="Example:  trimtab admin grant ann cio --firm acme")
@click.argument("name")
@click.argument("role", type=_ROLES)
@store_options
@click.option("--firm", required=True, metavar="ID", help="The firm at which the role holds.")
@click.option("--revoke", "taken", is_flag=True, help="Take the role back instead.")
def grant_role(
    name: str, role: str, *, home: Path, database: str | None, pg_bin: Path | None, firm: str, taken: bool
) -> None:
    """Give a person a role at a firm. A desk role lets someone of the desk in, who must hold it there as well."""
    from trimtab.desk.people import grant, revoke

    act: Callable[..., None] = revoke if taken else grant
    with _acting(home, database, pg_bin) as store:
        act(store, console(), firm, name=name, role=Role(role))
    click.echo(f"{name} is {'no longer ' if taken else ''}{role} at {firm}")


@admin.command(epilog="Example:  trimtab admin verify --checkpoints /mnt/worm/trimtab.jsonl")
@store_options
@click.option(
    "--checkpoints",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where checkpoints are kept outside the database; in --data without it. Best on another machine.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def verify(
    context: click.Context,
    *,
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    checkpoints: Path | None,
    as_json: bool,
) -> None:
    """Read every audit chain anew: any event that was changed, removed or moved is named; sound heads are sealed.

    Exit code 0: every chain is whole; 1: something is not.
    """
    from trimtab.desk.verify import verify_audit
    from trimtab.store.audit import read_checkpoints, write_checkpoints
    from trimtab.store.place import audit_key

    place = checkpoints or home / _CHECKPOINTS
    with _acting(home, database, pg_bin) as store:
        found = verify_audit(store, console(), audit_key(home), outside=read_checkpoints(place))
    write_checkpoints(place, found.checkpoints)
    broken = [(one.firm_id, str(one.seq), one.what) for one in found.broken]
    if as_json:
        say_json(
            {"events": found.events, "broken": [{"firm_id": f, "event": n, "what": w} for f, n, w in broken]}
        )
    else:
        if broken:
            say_table("Broken", ("firm", "event", "what"), broken)
        click.echo(
            f"{found.events} events, {len(broken)} faults; {len(found.checkpoints)} chains sealed in {place}"
        )
    context.exit(1 if broken else 0)

"""`trimtab admin hook`: where firms and the desk are told of what happens."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trimtab.cli.output import say_table
from trimtab.cli.store import console, opened, store_options
from trimtab.desk.access import AbsentError

if TYPE_CHECKING:
    from trimtab.links.webhooks import Signing
    from trimtab.store.session import PostgresStore

_FIRM = click.option("--firm", required=True, metavar="ID", help="The firm; * is the desk.")


@click.group()
def hook() -> None:
    """Have a machine told of what happens, by signed webhooks."""


@contextmanager
def _acting(home: Path, database: str | None, pg_bin: Path | None) -> Iterator["PostgresStore"]:
    from trimtab.desk.hooks import UnknownKindError
    from trimtab.links.webhooks import BadUrlError

    with opened(home, database, pg_bin) as store:
        try:
            yield store
        except (AbsentError, BadUrlError, UnknownKindError) as error:
            raise click.ClickException(str(error)) from None


def _signing(home: Path) -> "Signing":
    from trimtab.links.webhooks import Signing
    from trimtab.store.place import HOOKS, key_for

    return Signing(key_for(home, HOOKS), os.environ.get("TRIMTAB_PRIVATE_HOOKS") == "yes")


@hook.command(name="add", epilog="Example:  trimtab admin hook add https://acme.example/trimtab --firm acme")
@click.argument("url")
@store_options
@_FIRM
@click.option("--kind", "kinds", multiple=True, default=("*",), help="Of what; all without it.")
def hook_add(
    url: str, *, home: Path, database: str | None, pg_bin: Path | None, firm: str, kinds: tuple[str, ...]
) -> None:
    """Add a hook; prints its id and the secret that signs, which is told once."""
    from trimtab.desk.hooks import add_hook

    with _acting(home, database, pg_bin) as store:
        hook_id, secret = add_hook(
            store,
            console(),
            firm,
            url=url,
            kinds=kinds,
            key=secrets.token_hex(16),
            signing=_signing(home),
        )
    click.echo(f"{hook_id}\t{secret}")


@hook.command(name="rotate", epilog="Example:  trimtab admin hook rotate w0123456789abcdef --firm acme")
@click.argument("hook_id")
@store_options
@_FIRM
def hook_rotate(hook_id: str, *, home: Path, database: str | None, pg_bin: Path | None, firm: str) -> None:
    """Print a new secret of a hook; those before it sign beside it for a day."""
    from trimtab.desk.hooks import rotate_key

    with _acting(home, database, pg_bin) as store:
        key, own = secrets.token_hex(16), _signing(home)
        click.echo(rotate_key(store, console(), firm, hook_id=hook_id, key=key, signing=own))


@hook.command(name="end", epilog="Example:  trimtab admin hook end w0123456789abcdef --firm acme")
@click.argument("hook_id")
@store_options
@_FIRM
def hook_end(hook_id: str, *, home: Path, database: str | None, pg_bin: Path | None, firm: str) -> None:
    """End a hook: nothing more is sent to it."""
    from trimtab.desk.hooks import end_hook

    with _acting(home, database, pg_bin) as store:
        end_hook(store, console(), firm, hook_id=hook_id)
    click.echo(f"{hook_id} is ended")


@hook.command(name="list", epilog="Example:  trimtab admin hook list --firm acme")
@store_options
@_FIRM
def hook_list(*, home: Path, database: str | None, pg_bin: Path | None, firm: str) -> None:
    """Print the hooks of a firm, and the deliveries that wait or were given up."""
    from trimtab.desk.browse import RESOURCES, read_page

    with _acting(home, database, pg_bin) as store:
        for name, columns in (
            ("hooks", ("hook_id", "url", "kinds", "made_at", "ended_at")),
            ("deliveries", ("delivery_id", "hook_id", "kind", "attempts", "due_at", "dead_at", "last_error")),
        ):
            page = read_page(
                store, console(), firm, resource=RESOURCES[name], where={}, after=None, limit=1000
            )
            rows = page.rows
            left = [row for row in rows if name == "hooks" or row["done_at"] is None]
            told = [["" if row[c] is None else str(row[c]) for c in columns] for row in left]
            say_table(name.capitalize(), columns, told)


@hook.command(name="retry", epilog="Example:  trimtab admin hook retry d0123456789abcdef01234567 --firm acme")
@click.argument("delivery_id")
@store_options
@_FIRM
def hook_retry(delivery_id: str, *, home: Path, database: str | None, pg_bin: Path | None, firm: str) -> None:
    """Have a delivery that was given up tried again."""
    from trimtab.desk.hooks import retry_delivery

    with _acting(home, database, pg_bin) as store:
        retry_delivery(store, console(), firm, delivery_id=delivery_id)
    click.echo(f"{delivery_id} is due again")

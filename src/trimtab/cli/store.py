"""How commands reach the store: the same options and variables everywhere."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from trimtab.desk.access import Principal
    from trimtab.store.session import PostgresStore

F = TypeVar("F", bound=Callable[..., object])


def home_option(command: F) -> F:
    """Add the option that says in which folder the store is."""
    home = click.option(
        "--data",
        "home",
        envvar="TRIMTAB_DATA",
        default=Path.home() / ".trimtab",
        show_default="~/.trimtab",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the store: its database, unless a URL is given, its secrets and checkpoints.",
    )
    return home(command)


def store_options(command: F) -> F:
    """Add the options that say where the store is."""
    database = click.option(
        "--database",
        envvar="TRIMTAB_DATABASE_URL",
        metavar="URL",
        help="A PostgreSQL of your own, by the application's plain login; without it one is started in --data.",
    )
    binaries = click.option(
        "--pg-bin",
        envvar="PG_BIN",
        metavar="DIR",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help="PostgreSQL's programs for the embedded server.",
    )
    return home_option(database(binaries(command)))


@contextmanager
def opened(
    home: Path,
    database: str | None,
    pg_bin: Path | None,
    *,
    owner_url: str | None = None,
    prepare: bool = False,
) -> Iterator["PostgresStore"]:
    """The store for a command; whatever keeps it from opening is told in one line."""
    from trimtab.store.binaries import StoreUnavailableError
    from trimtab.store.place import Place, open_store

    try:
        with open_store(Place(home, database, owner_url, pg_bin), prepare=prepare) as store:
            yield store
    except StoreUnavailableError as error:
        raise click.ClickException(str(error)) from None


def console() -> "Principal":
    """Whoever runs this command on the machine that holds the store's secrets."""
    from trimtab.desk.access import Principal, Way

    name = getpass.getuser()
    return Principal(name, name, Way.CONSOLE)

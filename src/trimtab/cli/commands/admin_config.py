"""`trimtab admin config` and `admin pseudonym`: what the environment says, and how a firm stands in the logs."""

import os
from pathlib import Path

import click

from trimtab.cli.output import say_json, say_table
from trimtab.cli.settings import Settings, read_settings
from trimtab.cli.store import home_option


@click.command(name="config", epilog="Example:  trimtab admin config")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.pass_context
def config(context: click.Context, *, as_json: bool) -> None:
    """Print every setting and what is wrong with it; secrets are hidden.

    Exit code 0: all can be used; 1: some cannot, each with what to do.
    """
    found = read_settings(os.environ)
    if as_json:
        names = ("name", "value", "from", "what")
        said = [dict(zip(names, row, strict=True)) for row in found.rows()]
        say_json(
            {"settings": said, "wrong": [{"name": one.name, "remedy": one.remedy} for one in found.wrong]}
        )
    else:
        say_table("Settings", ("setting", "value", "from", "what"), found.rows())
        for one in found.wrong:
            click.echo(f"{one.name}: {one.remedy}", err=True)
    context.exit(1 if found.wrong else 0)


def sound_settings() -> Settings:
    """The settings of this process's environment, or a bad call that names every wrong one."""
    found = read_settings(os.environ)
    if found.wrong:
        raise click.ClickException("; ".join(f"{one.name}: {one.remedy}" for one in found.wrong))
    return found


@click.command(name="pseudonym", epilog="Example:  trimtab admin pseudonym acme")
@click.argument("firm", metavar="FIRM")
@home_option
def pseudonym(firm: str, *, home: Path) -> None:
    """Print the name under which FIRM stands in the logs; it needs the store's secrets, not its database."""
    from trimtab.store.place import key_for
    from trimtab.watch.logs import PSEUDONYMS, Log

    click.echo(Log(None, key_for(home, PSEUDONYMS)).pseudonym(firm))

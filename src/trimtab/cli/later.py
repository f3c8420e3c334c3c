"""Commands that are imported when they are called: a line of help must not load the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

SHORT_MOST = 72


@dataclass(frozen=True, slots=True)
class Later:
    """Where a command stands (`module:name`, the module under `trimtab.cli.commands`), and its line in the list."""

    place: str
    short: str


class Shelf(click.Group):
    """A group whose commands may be named before they are imported."""

    def __init__(self, *args: Any, later: Mapping[str, Later], **named: Any) -> None:
        super().__init__(*args, **named)
        self.later = dict(later)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands by name, imported or not."""
        return sorted({*super().list_commands(ctx), *self.later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, imported when it is first asked for."""
        if cmd_name in self.later and cmd_name not in self.commands:
            module, _, name = self.later[cmd_name].place.partition(":")
            self.add_command(getattr(import_module(f"trimtab.cli.commands.{module}"), name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, _ctx: click.Context, /, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its line, without importing those that stand elsewhere."""
        lines = {name: command.get_short_help_str(SHORT_MOST) for name, command in self.commands.items()}
        lines |= {name: one.short for name, one in self.later.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

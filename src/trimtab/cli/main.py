"""The front door of the command line: one group, and the only place of it that catches everything."""

import gc
import sys
import traceback
from collections.abc import Sequence

import click

from trimtab.cli.later import Later, Shelf

BAD_CALL = 2
OBJECTS_BETWEEN_COLLECTIONS = 50_000  # a start makes many objects and leaves no cycles: looking takes long

COMMANDS = {
    "admin": Later("admin:admin", "Prepare the store, name people and keys, verify the audit."),
    "book": Later("book:book", "Check a book of tables, describe what one holds, keep it."),
    "conformance": Later("conformance:conformance", "Run cases of lots, wash sales, netting and tax."),
    "demo": Later("demo:demo", "One whole business day over a seeded world of firms."),
    "explain": Later("explain:explain", "Say why an account trades or does not."),
    "frontier": Later("frontier:command", "Tax against tracking error against time, of an account."),
    "gains": Later("gains:command", "Lots, wash sales, gains and tax of a file."),
    "model": Later("model:model", "Versions of a model, and what differs between them."),
    "night": Later("night:night", "Evaluate every enrolled account in the store."),
    "rebalance": Later("rebalance:command", "Evaluate every account of a book."),
    "rehearse": Later("rehearse:rehearse", "Say what a change would do before it is published."),
    "replay": Later("night:replay", "Compute a run again from the facts as it knew them."),
    "report": Later("report:report", "The tax that a year of trading saved, by lot, account and firm."),
}
"""Every command: where it stands under `commands`, and its line in the list."""


@click.group(
    cls=Shelf,
    later=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="trimtab")
def trimtab() -> None:
    """Rebalance every account of many firms, each to its own taxes."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 something was not, 2 a bad call."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code; a fault of ours is one line on the error stream, not a trace."""
    try:
        code = trimtab.main(args=arguments, prog_name="trimtab", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return BAD_CALL
    except click.Abort:
        click.echo("stopped", err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        click.echo(
            f"trimtab: a fault of ours, not of your data: {type(error).__name__}: {error} ({where})", err=True
        )
        return 1
    return code if isinstance(code, int) else 0

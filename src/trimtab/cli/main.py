"""The front door of the command line: one group, and the only place of it that catches everything."""

import sys
import traceback
from collections.abc import Sequence

import click

from trimtab.cli.commands.admin import admin
from trimtab.cli.commands.admin_backup import backup, restore
from trimtab.cli.commands.admin_config import config, pseudonym
from trimtab.cli.commands.book import book
from trimtab.cli.commands.book_store import export, import_
from trimtab.cli.commands.conformance import conformance
from trimtab.cli.commands.demo import demo
from trimtab.cli.commands.explain import explain
from trimtab.cli.commands.frontier import command as frontier
from trimtab.cli.commands.gains import command as gains
from trimtab.cli.commands.model import model
from trimtab.cli.commands.night import night, replay
from trimtab.cli.commands.rebalance import command as rebalance
from trimtab.cli.commands.rehearse import rehearse
from trimtab.cli.commands.report import report

BAD_CALL = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="trimtab")
def trimtab() -> None:
    """Rebalance every account of many firms, each to its own taxes."""


admin.add_command(backup)
admin.add_command(config)
admin.add_command(pseudonym)
admin.add_command(restore)
trimtab.add_command(admin)
book.add_command(export)
book.add_command(import_)
trimtab.add_command(book)
trimtab.add_command(conformance)
trimtab.add_command(demo)
trimtab.add_command(explain)
trimtab.add_command(frontier)
trimtab.add_command(gains)
trimtab.add_command(model)
trimtab.add_command(night)
trimtab.add_command(rebalance)
trimtab.add_command(rehearse)
trimtab.add_command(replay)
trimtab.add_command(report)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 something was not, 2 a bad call."""
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

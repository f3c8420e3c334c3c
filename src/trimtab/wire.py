"""The composition root: the command line with the commands that open other doors."""

from pathlib import Path

import click

from trimtab.cli.main import main, trimtab
from trimtab.cli.store import opened, store_options

__all__ = ["main"]


@trimtab.command(epilog="Example:  trimtab serve --data /srv/trimtab --port 8080")
@store_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port.")
def serve(*, home: Path, database: str | None, pg_bin: Path | None, host: str, port: int) -> None:
    """Answer requests over the store until stopped; the description is at /openapi.json."""
    import uvicorn

    from trimtab.api.app import make_app

    with opened(home, database, pg_bin) as store:
        uvicorn.run(make_app(store), host=host, port=port, access_log=False)

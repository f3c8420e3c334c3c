"""The composition root: the command line with the commands that open other doors."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trimtab.cli.main import main, trimtab
from trimtab.cli.store import opened, store_options

if TYPE_CHECKING:
    from trimtab.api.around import Around
    from trimtab.batch.deliver import Sender
    from trimtab.cli.settings import Settings
    from trimtab.desk.ports import Store
    from trimtab.links.oidc import Provider
    from trimtab.watch.logs import Log

__all__ = ["main"]


@trimtab.command(epilog="Example:  trimtab serve --data /srv/trimtab --port 8080")
@store_options
@click.option(
    "--host",
    envvar="TRIMTAB_HOST",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen at.",
)
@click.option(
    "--port",
    envvar="TRIMTAB_PORT",
    default=8080,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="The port.",
)
def serve(*, home: Path, database: str | None, pg_bin: Path | None, host: str, port: int) -> None:
    """Answer people and machines over the store until stopped: pages at /, the description at /openapi.json.

    All else is said by the environment: `trimtab admin config` prints it. Log lines go to the error stream.
    """
    import uvicorn

    from trimtab.api.app import make_app
    from trimtab.cli.commands.admin_config import sound_settings
    from trimtab.optimize.warm import warm_up
    from trimtab.store.place import HOOKS, SIGN_IN, key_for
    from trimtab.watch.logs import PSEUDONYMS, open_log, take_over
    from trimtab.web.app import make_pages

    said = sound_settings()
    level = str(said.values["TRIMTAB_LOG_LEVEL"])
    with opened(home, database, pg_bin) as store:
        where = said.values["TRIMTAB_LOG"] or "-"
        with open_log(where, key_for(home, PSEUDONYMS), level=level) as log:
            take_over(log)
            for name, value, _, _ in said.rows():
                log.say("setting", setting=name, value=value)
            around = replace(_around(said, log, key_for(home, HOOKS)), sign_in_key=key_for(home, SIGN_IN))
            stop = threading.Event()
            sender = _sender(store, around)
            sending = threading.Thread(target=sender.run, args=(stop,), name="sender")
            sending.start()
            try:
                app = make_app(store, around)
                app.mount("/", make_pages(store))
                threading.Thread(target=warm_up, daemon=True).start()
                uvicorn.run(app, host=host, port=port, access_log=False, log_config=None)
            finally:
                stop.set()
                sending.join()


@trimtab.command(epilog="Example:  trimtab deliver --data /srv/trimtab")
@store_options
def deliver(*, home: Path, database: str | None, pg_bin: Path | None) -> None:
    """Send once what webhooks are due, where nothing serves: a server does so by itself."""
    from trimtab.cli.commands.admin_config import sound_settings
    from trimtab.store.place import HOOKS, key_for
    from trimtab.watch.logs import Log

    said = sound_settings()
    with opened(home, database, pg_bin) as store:
        ended = _sender(store, _around(said, Log(None), key_for(home, HOOKS))).run_once()
    click.echo(
        f"{ended['delivered']} delivered, {ended['failed']} to be tried again, {ended['dead']} given up"
    )


def _sender(store: "Store", around: "Around") -> "Sender":
    """The sender of webhooks in the application's surroundings."""
    from trimtab.batch.deliver import Sender

    def told(outcome: str) -> None:
        around.figures.deliveries.labels(outcome).inc()

    return Sender(store, around.signing, around.log, told)


def _around(said: "Settings", log: "Log", hooks_key: bytes) -> "Around":
    """The surroundings of the application, as the settings say."""
    from trimtab.api.around import STRANGERS, Around
    from trimtab.api.limits import Buckets
    from trimtab.links.webhooks import Signing

    rate, burst = float(str(said.values["TRIMTAB_RATE"])), int(str(said.values["TRIMTAB_BURST"]))
    limits, strangers = Buckets(rate, burst), Buckets(1.0, STRANGERS)
    signing = Signing(hooks_key, said.values["TRIMTAB_PRIVATE_HOOKS"] == "yes")
    return Around(log, limits=limits, strangers=strangers, signing=signing, provider=_provider(said))


def _provider(said: "Settings") -> "Provider | None":
    """The identity provider, where there is one."""
    from trimtab.links.oidc import Provider

    issuer, client, secret = (
        said.values[f"TRIMTAB_OIDC_{name}"] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
    )
    if issuer is None:
        return None
    back = f"{str(said.values['TRIMTAB_PUBLIC_URL']).rstrip('/')}/v1/session/oidc/callback"
    return Provider(issuer, str(client), str(secret), back)

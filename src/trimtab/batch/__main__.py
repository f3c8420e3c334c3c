"""`python -m trimtab.batch RUN`: take part in a planned night on this machine, until no shard of it is left."""

import argparse
import os
import signal
import sys
from pathlib import Path

from trimtab.batch.night import run_night
from trimtab.store.place import Place, open_store


def main() -> None:
    """Work on a run. The database's URL, if it has one, is read from TRIMTAB_DATABASE_URL: it holds a password."""
    parser = argparse.ArgumentParser(prog="trimtab.batch", description=__doc__)
    parser.add_argument("run", metavar="RUN", help="the run, as `trimtab night --json` names it")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the store")
    parser.add_argument("--pg-bin", type=Path, metavar="DIR", help="PostgreSQL's programs")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that evaluate")
    said = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    place = Place(said.data, os.environ.get("TRIMTAB_DATABASE_URL") or None, binaries=said.pg_bin)
    with open_store(place) as store:
        run_night(store, place, said.run, workers=said.workers)


if __name__ == "__main__":
    main()

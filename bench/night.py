"""A night from the database to stored proposals: seconds by stage, accounts a second, peak memory.

python bench/night.py [--accounts 2000] [--firms 8] [--workers 2] [--book FOLDER] [--data DIR]
"""

import argparse
import datetime as dt
import json
import resource
import sys
import tempfile
from pathlib import Path

from books import build_tables, write
from trimtab.batch.night import run_night
from trimtab.book.read import read_book
from trimtab.core.clock import seconds
from trimtab.desk.access import Principal, Way
from trimtab.desk.evaluation_ledger import told_of
from trimtab.desk.ingest import import_book
from trimtab.desk.night import GREEN, close_night, plan_night
from trimtab.store.place import Place, open_store
from trimtab.store.shapes import DESK

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DAY = dt.date(2019, 6, 28)
MIX = {"etf": 0.8, "direct100": 0.15, "direct500": 0.05}
CONSOLE = Principal("bench", "bench", Way.CONSOLE)


def main() -> int:
    """Build and import a book where none is given, run its night, print the figures; 1 where the night is red."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=2000)
    parser.add_argument("--firms", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--book", type=Path)
    parser.add_argument("--data", type=Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = a.book or Path(folder) / "book"
        if a.book is None:
            tables = build_tables(
                DATA, accounts=a.accounts, as_of=DAY, mix=MIX, firms=a.firms, seed=1, drift=3.0, daily=False
            )  # fmt: skip
            write(tables, where, DAY, name="a night", parquet=True)
        return run(where, a.data or Path(folder) / "store", a.workers)


def run(book: Path, home: Path, workers: int) -> int:
    """Import a book and run its night."""
    place = Place(home)
    with open_store(place) as store:
        began = seconds()
        import_book(store, CONSOLE, read_book(book))
        print(f"read and import    {seconds() - began:9.1f} s", flush=True)
        began = seconds()
        run_id = plan_night(store, CONSOLE).run_id
        planned = seconds()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_night(store, place, run_id, workers=workers)
        worked, after = seconds(), resource.getrusage(resource.RUSAGE_CHILDREN)
        night, firms = close_night(store, CONSOLE, run_id)
        ended = seconds()
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        count = sum(one.evaluated for one in firms)
        with store.unit(DESK) as unit:
            told = [told_of(unit, one.firm_id, run_id).get("stage_seconds", {}) for one in firms]
        for stage in dict.fromkeys(stage for one in told for stage in one):
            print(f"  {stage:<17}{sum(one.get(stage, 0.0) for one in told):9.1f} s in all workers")
        print(f"plan               {planned - began:9.1f} s")
        print(
            f"evaluate and keep  {worked - planned:9.1f} s, of processor {spent:.1f} s in {workers} workers"
        )
        print(f"count and close    {ended - worked:9.1f} s")
        print(f"{count:,} accounts of {len(firms)} firms: {count / (ended - began):,.1f} a second by the wall, "
              f"{count / spent:,.1f} a processor second")  # fmt: skip
        print(f"peak memory of a worker {after.ru_maxrss / 1024:,.0f} MiB")
        print(json.dumps({"state": night.state, "digest": night.digest}))
    return 0 if night.state == GREEN else 1


if __name__ == "__main__":
    sys.exit(main())

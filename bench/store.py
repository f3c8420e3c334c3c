"""The store: a book imported, imported again unchanged, exported; seconds of processor, ours and the database's.

python bench/store.py BOOK [BOOK …] [--data DIR]
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from trimtab.book.read import read_book
from trimtab.desk.access import Principal, Way
from trimtab.desk.extract import export_book
from trimtab.desk.ingest import import_book
from trimtab.desk.verify import verify_audit
from trimtab.store.place import Place, audit_key, open_store
from trimtab.store.server import Server
from trimtab.store.shapes import DESK

CONSOLE = Principal("bench", "bench", Way.CONSOLE)
EVENTS = 20_000
T = TypeVar("T")


def database_seconds(pid: int) -> float:
    """Processor seconds of the server: its own, those of sessions that ended, and those of sessions that run."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid:
            total += sum(map(int, words[11:15])) / tick
        elif int(words[1]) == pid:
            total += sum(map(int, words[11:13])) / tick
    return total


def measured(what: str, server: Server, act: Callable[[], T]) -> T:
    pid = server._pid()
    assert pid is not None
    before = time.perf_counter(), time.process_time(), database_seconds(pid)
    result = act()
    wall, ours = time.perf_counter() - before[0], time.process_time() - before[1]
    theirs = database_seconds(pid) - before[2]
    print(f"{what:<34}{ours:8.1f} s ours {theirs:8.1f} s database's {wall:8.1f} s by the wall", flush=True)
    return result


def run(folders: list[Path], home: Path) -> None:
    with open_store(Place(home)) as store:
        server = Server(home)
        for folder in folders:
            book = measured(f"read {folder.name}", server, lambda folder=folder: read_book(folder))
            done = measured("import", server, lambda book=book: import_book(store, CONSOLE, book))
            print(f"  {sum(done.appended.values()):,} rows of {len(done.firms)} firms")
            again = measured("import again", server, lambda book=book: import_book(store, CONSOLE, book))
            assert again.appended == {}
            back = measured("export", server, lambda book=book: export_book(store, CONSOLE, as_of=book.as_of))
            assert back.digest == book.digest, "the book did not come back as it was"
        with store.unit(DESK) as unit:
            for number in range(EVENTS):
                unit.record("bench", "bench", str(number))
        found = measured("verify", server, lambda: verify_audit(store, CONSOLE, audit_key(home)))
        print(f"  {found.events:,} events, {len(found.broken)} broken")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of ours {peak:,.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("books", nargs="+", type=Path)
    parser.add_argument("--data", type=Path)
    said = parser.parse_args()
    if said.data is not None:
        run(said.books, said.data)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(said.books, Path(folder) / "store")

"""How long the engine takes to be ready: the first time on a machine, and ever after.

python bench/starts.py [--book FOLDER] [--times 7] [--cold]

Evaluates a book of a few accounts (the tiny book `taxes`, or FOLDER) in processes of their own, as `trimtab rebalance`
does: with `--cold` once with empty caches (the first compile), then --times with warm ones (later starts). Prints a
line of JSON: CPU and wall seconds, stage by stage of the first start, medians of the later ones, and of `--help`.
Python's and numba's caches lie in a folder of their own, so that nothing else on the machine is read or changed; both
clocks are from the start of the process to its end. On a busy machine the CPU clock is the figure.
Ends with 1 where a demand is missed: the first compile within 40 s, a later start within 1 s, of CPU.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
BOOKS = ROOT / "tests" / "cases" / "books"
DEMAND = {"first": 40.0, "later": 1.0}
DOOR = "import sys; from trimtab.wire import main; main(sys.argv[1:])"


def start(call: list[str], caches: Path) -> tuple[float, float]:
    """CPU and wall seconds of one process with these caches."""
    other = ("PYTHONDONTWRITEBYTECODE", "COVERAGE_PROCESS_START")
    env = {name: value for name, value in os.environ.items() if name not in other}
    env |= {"PYTHONPYCACHEPREFIX": str(caches / "python"), "NUMBA_CACHE_DIR": str(caches / "numba")}
    env["PYTHONPATH"] = str(ROOT / "src")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", DOOR, *call], env=env, check=False, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, time.perf_counter() - began


def later(call: list[str], caches: Path, times: int) -> dict[str, float]:
    """The median start with warm caches, and the least."""
    start(call, caches)
    found = [start(call, caches) for _ in range(times)]
    cpu, wall = ([pair[at] for pair in found] for at in (0, 1))
    return {
        "cpu": round(statistics.median(cpu), 2),
        "cpu_least": round(min(cpu), 2),
        "wall": round(statistics.median(wall), 2),
    }


def main() -> int:
    """Start it cold and warm, and compare with the demand."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--book", type=Path)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args()
    said: dict[str, object] = {"demand": DEMAND}
    missed = False
    with TemporaryDirectory() as place:
        book, caches = given.book or Path(place, "book"), Path(place, "caches")
        if given.book is None:
            shutil.copytree(BOOKS / "market", book)
            shutil.copytree(BOOKS / "taxes", book, dirs_exist_ok=True)
            (book / "expected.csv").unlink()
        call = ["rebalance", str(book), "--out", str(Path(place, "out"))]
        if given.cold:
            start(["rebalance", "--help"], caches)  # Python's own compiling is not the engine's
            cpu, wall = start(call, caches)
            said["first"] = {"cpu": round(cpu, 1), "wall": round(wall, 1)}
            missed |= cpu > DEMAND["first"]
        said["later"] = later(call, caches, given.times)
        said["help"] = later(["--help"], caches, given.times)
        missed |= said["later"]["cpu"] > DEMAND["later"]  # type: ignore[index]
    print(json.dumps(said))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

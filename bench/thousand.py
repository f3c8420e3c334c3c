"""A thousand accounts of real prices: evaluated, checked by the independent checker, seconds by stage.

python bench/thousand.py [--accounts 1000] [--book FOLDER] [--workers 2]
"""

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.checker.run import check_run  # noqa: E402

from books import build_tables, write  # noqa: E402
from trimtab.book.read import read_book  # noqa: E402
from trimtab.desk.rebalance import rebalance  # noqa: E402

DATA = ROOT.parent / "shared" / "data"


def main() -> int:
    """Build, evaluate, check; 1 where a limit is broken or an account is not evaluated."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--book", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where, day = a.book or Path(folder), dt.date(2019, 6, 28)
        if a.book is None:
            mix = {"etf": 0.8, "direct100": 0.15, "direct500": 0.05}
            tables = build_tables(
                DATA, accounts=a.accounts, as_of=day, mix=mix, firms=8, seed=1, drift=3.0, daily=False
            )
            write(tables, where, day, name="a thousand accounts", parquet=True)
        start = time.perf_counter()
        book = read_book(where)
        print(f"read {time.perf_counter() - start:.2f} s, {len(book.failures)} failures")
        run = rebalance(book, workers=a.workers, advance=lambda *_: None)
        print(json.dumps(run.summary, indent=1))
        start = time.perf_counter()
        violations = check_run(book.tables, run.tables, book.as_of)
        print(f"checked in {time.perf_counter() - start:.1f} s: {len(violations)} violations")
        print("\n".join(violations))
    return 0 if run.complete and not violations else 1


if __name__ == "__main__":
    sys.exit(main())

"""The checker finds nothing in runs of books of real prices, and of the seeded world."""

import datetime as dt
import sys
from pathlib import Path

from tests.checker.run import check_run

from trimtab.book.read import read_book
from trimtab.book.write import write_book
from trimtab.desk.rebalance import rebalance
from trimtab.world.build import build_world

BENCH = Path(__file__).resolve().parents[2] / "bench"


def _violations(folder: Path) -> tuple[list[str], dict[str, object]]:
    book = read_book(folder)
    run = rebalance(book, advance=lambda *_: None)
    assert run.complete
    return check_run(book.tables, run.tables, book.as_of), run.summary


def test_a_book_of_real_prices(shared: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(BENCH))
    from books import build_tables, write

    day = dt.date(2019, 6, 28)
    mix = {"etf": 0.8, "direct100": 0.2}
    data = shared / "data"
    tables = build_tables(data, accounts=24, as_of=day, mix=mix, firms=3, seed=5, drift=6.0, daily=False)
    write(tables, tmp_path, day, name="real", parquet=True)
    found, summary = _violations(tmp_path)
    assert found == []
    assert summary["decision_counts"]["propose"] >= 5  # type: ignore[index]


def test_the_seeded_world(tmp_path: Path) -> None:
    day = dt.date(2025, 6, 27)
    write_book(build_world(7, accounts=60, as_of=day), tmp_path / "world", as_of=day, name="world")
    found, _ = _violations(tmp_path / "world")
    assert found == []

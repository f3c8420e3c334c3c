"""Seconds of a rehearsal: a model is changed that every account of a book follows.

python bench/rehearsal.py BOOK [--workers 2]

The change moves a tenth of the first class of every model to the last one. Prints a line of JSON: accounts, how many
were touched and evaluated, seconds by wall clock and of CPU, and the digest. The clock of the CPU is the figure on a
busy machine; the first run in a process also loads the compiled kernels.
"""

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from trimtab.book.read import read_book, read_changed
from trimtab.book.write import write_tables
from trimtab.desk.rebalance import Stopwatch
from trimtab.desk.rehearse import rehearse

MOVED = 0.1


def shifted(models: pl.DataFrame) -> pl.DataFrame:
    """Every model with a tenth of its first class's weight given to the last class beside it, bounds left out."""
    classes = models.filter(pl.col("kind") == "class").sort("model_id", "parent_node_id", "node_id")
    beside = classes.group_by("model_id", "parent_node_id", maintain_order=True).agg(
        n=pl.len(),
        head=pl.col("node_id").first(),
        tail=pl.col("node_id").last(),
        given=pl.col("weight").first() * MOVED,
    )
    first = beside.filter(pl.col("n") > 1).unique("model_id", keep="first", maintain_order=True)
    own = models.join(first.drop("n", "parent_node_id"), on="model_id")
    moved = (
        pl.when(pl.col("node_id") == pl.col("head"))
        .then(-pl.col("given"))
        .when(pl.col("node_id") == pl.col("tail"))
        .then("given")
        .otherwise(0.0)
    )
    unbound = own.with_columns(weight=pl.col("weight") + moved, lower=None, upper=None)
    return unbound.drop("head", "tail", "given")


def main() -> None:
    """Lay the change over the book, rehearse it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with TemporaryDirectory() as place:
        write_tables({"models": shifted(read_book(given.book).tables["models"])}, Path(place))
        began, spent = time.perf_counter(), time.process_time()
        before, after = read_changed(given.book, Path(place))
        read = time.process_time() - spent
        watch = Stopwatch(time.process_time)
        made = rehearse(before, after, workers=given.workers, advance=lambda *_: None, watch=watch)
        said = made.summary
        print(
            json.dumps(
                {
                    "accounts": said["enrolled"],
                    "touched": said["touched"],
                    "evaluated": said["evaluated"],
                    "trading": said["trading"],
                    "failures": len(after.failures) - len(before.failures),
                    "seconds": round(time.perf_counter() - began, 2),
                    "cpu_seconds": round(time.process_time() - spent, 2),
                    "cpu_seconds_reading": round(read, 2),
                    "cpu_by_stage": {name: round(value, 2) for name, value in watch.spent.items()},
                    "digest": said["digest"],
                }
            )
        )


if __name__ == "__main__":
    main()

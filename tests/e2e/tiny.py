"""Tiny books of `tests/cases/books`: laid over the market, run once, and their expected facts read."""

import csv
import shutil
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import polars as pl

from trimtab.book.read import Book, read_book
from trimtab.desk.rebalance import Run, rebalance

BOOKS = Path(__file__).resolve().parents[1] / "cases" / "books"
CASES = sorted(folder.name for folder in BOOKS.iterdir() if (folder / "expected.csv").exists())


@dataclass(frozen=True)
class Fact:
    """One row of `expected.csv`."""

    account: str
    about: str
    relation: str
    value: str

    def __str__(self) -> str:
        return f"{self.account}-{self.about}-{self.relation}-{self.value}"


def facts(case: str) -> list[Fact]:
    with (BOOKS / case / "expected.csv").open(newline="") as lines:
        return [Fact(*row) for row in list(csv.reader(lines))[1:]]


def lay(case: str, folder: Path) -> Path:
    """The book of a case as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in (BOOKS / "market", BOOKS / case):
        for file in part.iterdir():
            if file.name != "expected.csv":
                shutil.copy(file, folder / file.name)
    return folder


@cache
def ran(case: str) -> tuple[Book, Run]:
    """A case's book and its run, once a process."""
    folder = lay(case, Path(mkdtemp()))
    book = read_book(folder)
    shutil.rmtree(folder)
    return book, rebalance(book, advance=lambda *_: None)


def found(run: Run, fact: Fact) -> str:
    """What the run says of a fact, as text."""
    tables = {name: frame.filter(pl.col("account_id") == fact.account) for name, frame in run.tables.items() if
              "account_id" in frame.columns}  # fmt: skip
    kind, _, name = fact.about.partition(":")
    if kind == "enrolled":
        return str(len(tables["evaluations"]))
    if kind in ("trade", "notional"):
        column = "quantity" if kind == "trade" else "notional"
        rows = tables["trades"].filter(pl.col("security_id").is_in(name.split("+")))
        signed = pl.when(pl.col("side") == "buy").then(pl.col(column)).otherwise(-pl.col(column))
        return str(rows.select(signed.sum()).item() or 0)
    if kind == "sold":
        return str(tables["sales"].filter(pl.col("lot_id") == name)["quantity"].sum())
    if kind == "hold":
        rows = tables["reasons"].filter((pl.col("security_id") == name) & (pl.col("decision") == "hold"))
        return rows["code"][0] if len(rows) else "none"
    if kind == "way_out":
        rows = tables["conflicts"].filter(pl.col("limit") == name)
        return str(round(rows["relaxation_cost"][0])) if len(rows) else "none"
    if kind == "conflict":
        rows = tables["conflicts"].filter(pl.col("limit") == name)
        return str(rows["shortfall"][0]) if len(rows) else "none"
    value = tables["evaluations"][fact.about][0]
    return (
        "unknown"
        if value is None and fact.about != "flags"
        else str(value or 0 if fact.about != "flags" else value or "")
    )


def holds(said: str, fact: Fact) -> bool:
    """Whether what was found stands in the relation that is expected."""
    if fact.relation == "has":
        return fact.value in said.split(";")
    if fact.relation == "lacks":
        return fact.value not in said.split(";")
    try:
        left, right = Decimal(said), Decimal(fact.value)
    except ArithmeticError:
        return fact.relation == "=" and said == fact.value
    if fact.relation == "=":
        return abs(left - right) <= Decimal("0.000001")
    return left <= right if fact.relation == "<=" else left >= right

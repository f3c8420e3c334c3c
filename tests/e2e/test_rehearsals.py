"""Tiny rehearsals of `tests/cases/rehearsals`, through the command line, against the facts that stand beside them."""

import csv
import json
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
import pytest
from tests.e2e.tiny import BOOKS, Fact, holds

from trimtab.cli.main import run

HERE = BOOKS.parent / "rehearsals"
CASES = sorted(folder.name for folder in HERE.iterdir() if (folder / "expected.csv").exists())


def facts(case: str) -> list[Fact]:
    with (HERE / case / "expected.csv").open(newline="") as lines:
        return [Fact(*row) for row in list(csv.reader(lines))[1:]]


def lay(case: str, folder: Path) -> Path:
    """The book of a case, without its change, as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in (BOOKS / "market", HERE / case / "before"):
        for file in part.iterdir():
            shutil.copy(file, folder / file.name)
    return folder


@cache
def rehearsed(case: str) -> tuple[dict[str, pl.DataFrame], dict[str, object]]:
    """The tables and the summary that the command writes, once a process."""
    place = Path(mkdtemp())
    book = lay(case, place / "book")
    out = place / "out"
    assert run(["rehearse", str(book), "--change", str(HERE / case / "change"), "--out", str(out)]) == 0
    tables = {file.stem: pl.read_csv(file, infer_schema=False) for file in out.glob("*.csv")}
    said = json.loads((out / "rehearsal.json").read_text())
    assert (out / "rehearsal.html").stat().st_size > 1000
    shutil.rmtree(place)
    return tables, said


def found(case: str, fact: Fact) -> str:
    tables, said = rehearsed(case)
    kind, _, name = fact.about.partition(":")
    if fact.account == "*" and kind == "weight":
        model, _, slot = name.partition(":")
        rows = tables["model_weights"].filter(
            (pl.col("model_id") == model) & (pl.format("{} {}", "name", pl.col("ref").fill_null("")) == slot)
        )
        return rows["after"][0] or "none" if len(rows) else "none"
    if fact.account == "*":
        return str(said[kind])
    mine = pl.col("account_id") == fact.account
    if kind == "evaluated":
        return str(len(tables["accounts"].filter(mine)))
    if kind == "trade":
        rows = tables["trades"].filter(mine & (pl.col("security_id") == name))
        signed = pl.when(pl.col("side") == "buy").then(1).otherwise(-1) * pl.col("quantity").cast(pl.Float64)
        return str(rows.select(signed.sum()).item())
    if kind == "held":
        rows = tables["held"].filter(mine & (pl.col("security_id") == name))
        return rows["code"][0] if len(rows) else "none"
    value = tables["accounts"].filter(mine)[fact.about][0]
    return value if value is not None else "" if fact.about == "flags" else "unknown"


@pytest.mark.parametrize(("case", "fact"), [(case, fact) for case in CASES for fact in facts(case)], ids=str)
def test_fact(case: str, fact: Fact) -> None:
    said = found(case, fact)
    assert holds(said, fact), f"{fact.account}: {fact.about} is {said}, not {fact.relation} {fact.value}"

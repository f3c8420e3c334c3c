"""Results do not depend on the order of rows, the kind of file, workers, threads, hash seeds, or on other firms."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import read_book
from trimtab.desk.rebalance import rebalance

CASES = ("taxes", "limits")


def _digests(folder: Path, *, workers: int = 1) -> dict[str, str]:
    run = rebalance(read_book(folder), workers=workers, advance=lambda *_: None)
    return dict(run.tables["evaluations"].select("account_id", "result_digest").iter_rows())


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Boolean:
        return pl.col(name).str.to_lowercase() == "true"
    return pl.col(name).str.to_date() if kind == pl.Date else pl.col(name).cast(kind)


def _rewrite(folder: Path, out: Path, *, parquet: bool, shuffled: bool) -> Path:
    """The same book with its rows in another order, or its tables in Parquet."""
    out.mkdir()
    (out / "book.toml").write_bytes((folder / "book.toml").read_bytes())
    tables = read_book(folder).tables
    for file in folder.glob("*.csv"):
        frame = pl.read_csv(file, infer_schema=False)
        if shuffled:
            frame = frame.sample(fraction=1.0, shuffle=True, seed=len(frame))
        if parquet:
            kinds = tables[file.stem].schema
            frame.select(_typed(name, kinds[name]) for name in frame.columns).write_parquet(
                out / f"{file.stem}.parquet"
            )
        else:
            frame.write_csv(out / file.name)
    return out


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("parquet", "shuffled"), [(False, True), (True, False), (True, True)])
def test_order_and_kind_of_files_do_not_matter(
    tmp_path: Path, case: str, parquet: bool, shuffled: bool
) -> None:
    folder = lay(case, tmp_path / "book")
    other = _rewrite(folder, tmp_path / "other", parquet=parquet, shuffled=shuffled)
    assert _digests(other) == _digests(folder)


@pytest.mark.parametrize("case", CASES)
def test_workers_do_not_matter(tmp_path: Path, case: str) -> None:
    folder = lay(case, tmp_path / "book")
    assert _digests(folder, workers=2) == _digests(folder, workers=1)


PROGRAM = """
import json, sys
from pathlib import Path
from trimtab.book.read import read_book
from trimtab.desk.rebalance import rebalance
run = rebalance(read_book(Path(sys.argv[1])), workers=2, advance=lambda *_: None)
print(json.dumps(dict(run.tables["evaluations"].select("account_id", "result_digest").iter_rows())))
"""


@pytest.mark.parametrize(("threads", "seed"), [("1", "1"), ("2", "97")])
def test_threads_and_hash_seed_do_not_matter(tmp_path: Path, threads: str, seed: str) -> None:
    folder = lay("taxes", tmp_path / "book")
    environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": seed}
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == _digests(folder)


def test_another_firm_does_not_change_an_account(tmp_path: Path) -> None:
    folder = lay("taxes", tmp_path / "book")
    alone = _digests(folder)
    more = lay("taxes", tmp_path / "more")
    accounts, lots = more / "accounts.csv", more / "lots.csv"
    new = [f"BETA-{i},BETA,taxable,{i * 1000},,,BALANCED,another firm's,0,0" for i in range(1, 5)]
    accounts.write_text(accounts.read_text() + "\n".join(new) + "\n")
    bought = [f"BETA-{i},1,US,{i * 50},150,2020-01-06" for i in range(1, 5)]
    lots.write_text(lots.read_text() + "\n".join(bought) + "\n")
    together = _digests(more)
    assert len(together) == len(alone) + 4
    assert {name: together[name] for name in alone} == alone

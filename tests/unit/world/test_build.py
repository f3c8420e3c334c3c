import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from trimtab.book.read import read_book
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.world.build import build_world

FINGERPRINT = """
import hashlib
from datetime import date
from trimtab.world.build import build_world
frames = build_world(11, accounts=90, as_of=date(2025, 6, 27))
print(hashlib.sha256("".join(name + frames[name].write_csv() for name in sorted(frames)).encode()).hexdigest())
"""


def run(hashseed):
    env = os.environ | {"PYTHONHASHSEED": hashseed}
    return subprocess.run(
        [sys.executable, "-c", FINGERPRINT], env=env, check=True, capture_output=True, text=True
    ).stdout


def test_a_seed_gives_the_same_bytes_in_any_process():
    assert run("1") == run("2")


def test_another_seed_gives_another_world(frames):
    other = build_world(8, as_of=date(2025, 6, 27))
    assert not other["lots"].equals(frames["lots"])
    assert not other["prices"].equals(frames["prices"])


def test_three_hundred_accounts_at_three_firms_with_ten_years_of_prices(frames):
    assert len(frames["accounts"]) == 300
    assert frames["accounts"]["firm_id"].n_unique() == 3
    assert frames["prices"]["date"].n_unique() == 522
    assert set(frames) <= set(TABLES_IN)


def test_an_account_is_the_same_whatever_their_count(frames):
    more = build_world(7, accounts=340, as_of=date(2025, 6, 27))
    few = set(frames["accounts"]["account_id"])
    for table in ("accounts", "lots", "transactions", "cash_flows"):
        assert more[table].filter(pl.col("account_id").is_in(few)).equals(frames[table]), table


@pytest.fixture(scope="module")
def book(frames, tmp_path_factory) -> object:
    folder: Path = tmp_path_factory.mktemp("world")
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    (folder / "book.toml").write_text('as_of = 2025-06-27\nschema = "1"\ncurrency = "USD"\n')
    return read_book(folder)


def test_the_contract_finds_one_fault_only_and_it_is_the_stale_price(book):
    assert [(f.table, f.field, f.row.split()[0]) for f in book.failures] == [
        ("securities", "price_date", "GRICX")
    ]
    assert book.notices == ()


def test_every_row_survives_the_reading(book, frames):
    assert {name: len(book.tables[name]) for name in frames} == {name: len(f) for name, f in frames.items()}


@pytest.mark.parametrize(("firms", "accounts"), [(1, 12), (5, 120)])
def test_other_sizes_keep_the_contract(firms, accounts, tmp_path):
    frames = build_world(2, firms=firms, accounts=accounts, as_of=date(2024, 12, 31))
    for name, frame in frames.items():
        frame.write_csv(tmp_path / f"{name}.csv")
    (tmp_path / "book.toml").write_text('as_of = 2024-12-31\nschema = "1"\ncurrency = "USD"\n')
    book = read_book(tmp_path)
    assert len(book.tables["accounts"]) == accounts
    assert len(book.tables["firms"]) == firms
    assert {f.field for f in book.failures} <= {"price_date"}

"""`trimtab rebalance` through the front door: exit codes, the contract's tables, the same digests however it is run."""

import csv
import json
import random
from pathlib import Path

import polars as pl
import pytest
from tests.small_book import TABLES, spoiled, write_small_book

from trimtab.book.tables_out import TABLES_OUT
from trimtab.cli.main import run


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_account(out: Path, column: str) -> dict[str, str]:
    return {row["account_id"]: row[column] for row in rows(out / "evaluations.csv")}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book, run once with everything written."""
    folder = tmp_path_factory.mktemp("ran")
    book = write_small_book(folder / "book")
    assert run(["rebalance", str(book), "--out", str(folder / "out"), "--orders", "--parquet"]) == 0
    return folder / "out"


def test_every_table_has_the_columns_of_the_contract(ran: Path) -> None:
    for name, table in TABLES_OUT.items():
        with (ran / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        known = [column for column in header if column in table.names]
        assert known == list(table.names), name
        assert pl.read_parquet(ran / f"{name}.parquet").columns == header


def test_each_enrolled_account_is_evaluated_once(ran: Path) -> None:
    found = rows(ran / "evaluations.csv")
    assert [row["account_id"] for row in found] == ["A1", "A2", "A3", "A4"]
    assert {row["decision"] for row in found} <= {"propose", "hold", "blocked", "error"}
    assert "propose" in {row["decision"] for row in found}


def test_the_summary_agrees_with_the_tables(ran: Path) -> None:
    summary = json.loads((ran / "summary.json").read_text(encoding="utf-8"))
    assert {"enrolled", "evaluated", "decision_counts", "release_counts", "flag_counts", "sums", "stage_seconds",
            "accounts_per_second", "peak_memory_mib", "digests"} <= set(summary)  # fmt: skip
    assert (summary["enrolled"], summary["evaluated"]) == (4, 4)
    assert sum(summary["decision_counts"].values()) == 4
    assert "read" in summary["stage_seconds"]


def test_every_trade_has_a_reason(ran: Path) -> None:
    told = {(row["account_id"], row["security_id"], row["decision"]) for row in rows(ran / "reasons.csv")}
    for trade in rows(ran / "trades.csv"):
        assert (trade["account_id"], trade["security_id"], trade["side"]) in told


def test_order_files(ran: Path) -> None:
    names = sorted(path.name for path in (ran / "orders").iterdir())
    assert names == ["README.txt", "orders_fidelity.fidelity.csv", "orders_schwab.schwab.csv"]
    assert "check against your custodian's current layout" in (ran / "orders" / "README.txt").read_text()
    orders = rows(ran / "orders.csv")
    for name in ("schwab", "fidelity"):
        mine = [order for order in orders if order["custodian"] == name]
        with (ran / "orders" / f"orders_{name}.{name}.csv").open(newline="") as file:
            assert sum(1 for _ in csv.DictReader(file)) == len(mine) > 0


def test_the_report_stands_there(ran: Path) -> None:
    text = (ran / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert json.loads((ran / "summary.json").read_text())["digests"]["result"] in text


@pytest.mark.parametrize("workers", ["1", "2"])
def test_neither_the_order_of_rows_nor_the_workers_matter(ran: Path, tmp_path: Path, workers: str) -> None:
    draw = random.Random(7)
    shuffled = {}
    for name, text in TABLES.items():
        if name.endswith(".csv"):
            head, *lines = text.splitlines(keepends=True)
            draw.shuffle(lines)
            shuffled[name] = head + "".join(lines)
    book = write_small_book(tmp_path / "book", shuffled)
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out"), "--workers", workers]) == 0
    for column in ("inputs_digest", "settings_digest", "result_digest"):
        assert by_account(tmp_path / "out", column) == by_account(ran, column)
    for name in ("trades", "sales", "reasons", "targets", "orders"):
        assert (tmp_path / "out" / f"{name}.csv").read_bytes() == (ran / f"{name}.csv").read_bytes()
    before, after = (
        json.loads((out / "summary.json").read_text())["digests"] for out in (ran, tmp_path / "out")
    )
    assert before == after


def test_one_account_comes_out_as_among_all(ran: Path, tmp_path: Path) -> None:
    book = write_small_book(tmp_path / "book")
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out"), "--account", "A3"]) == 0
    assert by_account(tmp_path / "out", "result_digest") == {"A3": by_account(ran, "result_digest")["A3"]}
    assert "One account in full: A3" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_bad_row_isolates_its_account_alone(ran: Path, tmp_path: Path) -> None:
    book = write_small_book(tmp_path / "book", spoiled("lots.csv", "A2,L1,VTI,7,", "A2,L1,VTI,seven,"))
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out")]) == 1
    assert by_account(tmp_path / "out", "decision")["A2"] == "error"
    assert not [row for row in rows(tmp_path / "out" / "trades.csv") if row["account_id"] == "A2"]
    before, after = (by_account(out, "result_digest") for out in (ran, tmp_path / "out"))
    assert {name: after[name] for name in ("A1", "A3", "A4")} == {
        name: before[name] for name in ("A1", "A3", "A4")
    }
    failure = rows(tmp_path / "out" / "failures.csv")[0]
    assert (failure["table"], failure["field"], failure["value"]) == ("lots", "quantity", "seven")
    assert failure["remedy"]


def test_an_empty_book(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = {name: text.splitlines()[0] + "\n" for name, text in TABLES.items() if name.endswith(".csv")}
    book = write_small_book(tmp_path / "book", bare)
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out"), "--orders"]) == 0
    assert rows(tmp_path / "out" / "evaluations.csv") == []
    assert [path.name for path in (tmp_path / "out" / "orders").iterdir()] == ["README.txt"]
    assert "0 accounts enrolled, none evaluated" in capsys.readouterr().out


def test_without_a_table_of_accounts_nobody_was_evaluated(tmp_path: Path) -> None:
    book = write_small_book(tmp_path / "book", {"accounts.csv": None})
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out")]) == 1
    assert {row["table"] for row in rows(tmp_path / "out" / "failures.csv")} >= {"accounts"}


def test_a_missing_table_is_a_failure_not_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = write_small_book(tmp_path / "book", {"models.csv": None})
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "4 NOT EVALUATED" in said.out
    assert "fault of ours" not in said.err
    assert set(by_account(tmp_path / "out", "decision").values()) == {"error"}


def test_orders_of_an_earlier_run_go(tmp_path: Path) -> None:
    book, out = write_small_book(tmp_path / "book"), tmp_path / "out"
    (out / "orders").mkdir(parents=True)
    (out / "orders" / "orders_gone.generic.csv").write_text("old")
    (out / "orders" / "mine.txt").write_text("kept")
    assert run(["rebalance", str(book), "--out", str(out), "--orders", "--account", "A3"]) == 0
    names = {path.name for path in (out / "orders").iterdir()}
    assert names == {"README.txt", "mine.txt", "orders_fidelity.fidelity.csv"}


def test_json_is_the_summary_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = write_small_book(tmp_path / "book")
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert said.err == ""


@pytest.mark.parametrize(
    "more", [["--account", "A9"], ["--workers", "0"], ["--workers", "many"], ["--nonsense"]]
)
def test_a_bad_call_is_two(tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    book = write_small_book(tmp_path / "book")
    assert run(["rebalance", str(book), "--out", str(tmp_path / "out"), *more]) == 2
    assert "Error" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_where_to_and_what_from_must_be_said(tmp_path: Path) -> None:
    book = write_small_book(tmp_path / "book")
    assert run(["rebalance", str(book)]) == 2
    assert run(["rebalance", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below", book):
        assert run(["rebalance", str(book), "--out", str(out)]) == 2
    assert not (book / "evaluations.csv").exists()

"""`trimtab model`: versions listed, compared and restored as a change that the rehearsal reads."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.e2e.tiny import lay

from trimtab.cli.main import run


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return lay("versions", tmp_path / "book")


def test_versions_say_which_is_in_force(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "versions", str(book), "--json"]) == 0
    told = {(row["model_id"], row["version"]): row["state"] for row in json.loads(capsys.readouterr().out)}
    assert told["D-GROWTH", "3"] == "past"
    assert told["D-GROWTH", "4"] == told["A-GROWTH", "1"] == told["B-CORE", "1"] == "in force"
    assert told["B-CORE", "2"] == "announced"
    assert run(["model", "versions", str(book), "--model", "D-GROWTH"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "D-GROWTH\t3\tthe beginning\tpast\tdesk\t4\tGrowth of the desk",
        "D-GROWTH\t4\t2025-06-27\tin force\tdesk\t4\tGrowth of the desk",
    ]


def test_differences_are_nodes_and_weights(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "differences", str(book), "--model", "D-GROWTH", "3", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["node_id"], one["before"], one["after"]) for one in told["changes"]] == [
        ("bonds", "0.4", "0.37"),
        ("equity", "0.6", "0.63"),
    ]
    assert {(one["name"], one["after"]) for one in told["weights"] if one["part"] == "class"} == {
        ("us_bond", 0.37),
        ("us_equity", 0.63),
    }


def test_a_restored_version_equals_the_old_one(book: Path, tmp_path: Path) -> None:
    change, rehearsal = tmp_path / "change", tmp_path / "rehearsal"
    call = ["model", "restore", str(book), "--model", "D-GROWTH", "3", "--effective", "2025-07-01"]
    assert run([*call, "--out", str(change)]) == 0
    rows = pl.read_csv(change / "model_versions.csv", infer_schema=False)
    assert set(rows["version"]) == {"5"}
    assert set(rows["effective"]) == {"2025-07-01"}
    assert dict(rows.select("node_id", "weight").iter_rows())["equity"] == "0.6"
    assert run(["rehearse", str(book), "--change", str(change), "--out", str(rehearsal)]) == 0
    touched = pl.read_csv(rehearsal / "accounts.csv").filter(pl.col("touched_by").is_not_null())
    assert set(touched["account_id"]) == {"TODAY", "BRANCH"}


@pytest.mark.parametrize(
    "call",
    [
        ["differences", "--model", "D-GROWTH", "3", "9"],
        ["differences", "--model", "D-GROWHT", "3", "4"],
        ["restore", "--model", "D-GROWTH", "9", "--out", "x"],
        ["restore", "--model", "D-GROWTH", "3", "--as", "4", "--out", "x"],
    ],
    ids=str,
)
def test_what_is_not_there_is_a_bad_call(book: Path, call: list[str]) -> None:
    verb, *rest = call
    assert run(["model", verb, str(book), *rest]) == 2

"""`trimtab demo`: a world, a whole day, and where to look."""

import json
from pathlib import Path

import pytest

from trimtab.cli.main import run


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert run(["demo", "--out", str(folder), "--accounts", "8", "--workers", "1"]) == 0
    return folder


def test_everything_is_there(out: Path) -> None:
    for name in ("book/book.toml", "book/lots.csv", "evaluations.csv", "summary.json", "report.html"):
        assert (out / name).is_file(), name
    assert (out / "orders" / "README.txt").is_file()
    assert json.loads((out / "summary.json").read_text())["enrolled"] == 8


def test_the_report_says_that_the_market_is_simulated(out: Path) -> None:
    assert "The market is simulated" in (out / "report.html").read_text(encoding="utf-8")


def test_the_book_is_a_book_like_any_other(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rebalance", str(out / "book"), "--out", str(tmp_path), "--account", "A00001"]) == 0
    said = capsys.readouterr().out
    assert "Demo world, seed 1" in said
    assert "simulated" not in said


def test_the_board_says_where_to_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--out", str(tmp_path), "--accounts", "1", "--seed", "2"]) == 0
    said = capsys.readouterr().out
    assert "The market is simulated" in said
    assert f"  report\t{tmp_path / 'report.html'}" in said
    assert f"  order files\t{tmp_path / 'orders'}" in said


def test_another_seed_is_another_world(out: Path, tmp_path: Path) -> None:
    run(["demo", "--out", str(tmp_path), "--accounts", "1", "--seed", "2"])
    mine, other = (
        json.loads((path / "summary.json").read_text())["digests"]["book"] for path in (out, tmp_path)
    )
    assert mine != other

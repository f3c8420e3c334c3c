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


def test_a_seed_gives_the_same_day_and_another_seed_another(tmp_path: Path) -> None:
    def digests(name: str, seed: str) -> dict[str, str]:
        assert run(["demo", "--out", str(tmp_path / name), "--accounts", "1", "--seed", seed]) == 0
        said: dict[str, str] = json.loads((tmp_path / name / "summary.json").read_text())["digests"]
        return said

    first = digests("first", "2")
    assert digests("again", "2") == first
    assert digests("other", "3")["book"] != first["book"]

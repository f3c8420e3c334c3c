"""The board: plain in a pipe, drawn on a terminal, the same facts in both."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.report.samples import many, sample_view

from trimtab.cli.board import blocks, plain_lines, say_board

VIEW = sample_view()
PLACES = [("report", Path("out/report.html"))]


def test_plain_lines() -> None:
    lines = plain_lines(VIEW, PLACES)
    assert lines[0] == "Sample <book>, 1 June 2020: 4 accounts enrolled, 1 NOT EVALUATED"
    assert lines[1] == "The market is simulated."
    for line in (
        "  propose\t1", "  blocked\t0", "  review\t2", "  Drift, worst\t12.00%\t4.00%", "  tax added\t−$400",
        "  tax avoided\t$3,900", "  tax unknown\t2 accounts", "Failures: 2",
        "  lots A4/L1\tinvalid: negative\tfix it", "  A1\tOld & <new> stock\t1.5 s", "  Solve and round\t1.8 s",
        "  accounts a second\t2.0", "  peak memory\t120 MiB", "  report\tout/report.html",
    ):  # fmt: skip
        assert line in lines


def test_a_complete_run_says_so() -> None:
    whole = replace(VIEW, summary={**VIEW.summary, "evaluated": 4})
    assert plain_lines(whole, PLACES)[0].endswith("each one evaluated")


def test_what_has_nothing_to_say_is_left_out() -> None:
    quiet = replace(
        VIEW,
        summary={**VIEW.summary, "flag_counts": {}},
        tables={**VIEW.tables, "failures": VIEW.tables["failures"].clear()},
    )
    titles = [one.title for one in blocks(quiet)]
    assert "Flags" not in titles
    assert not [title for title in titles if title.startswith("Failures")]


def test_a_long_list_says_how_much_is_left() -> None:
    long = many(VIEW, 3)
    flags = {f"flag_{place}": 1 for place in range(12)}
    lines = plain_lines(replace(long, summary={**long.summary, "flag_counts": flags}), PLACES)
    assert "Failures: 202" in lines
    assert any(line.startswith("  … 196 more kinds") for line in lines)
    assert any(line.startswith("  … 4 more") for line in lines)


@pytest.mark.parametrize("columns", ["80", "160"])
def test_a_terminal_gets_panels(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    say_board(VIEW, PLACES)
    said = capsys.readouterr().out
    assert "╭" in said
    assert max(len(line) for line in _bare(said).splitlines()) <= int(columns)
    for words in ("NOT EVALUATED", "Decisions", "Old & <new> stock", "Where to look", "out/report.html"):
        assert words in _bare(said)


def test_a_pipe_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say_board(VIEW, PLACES)
    said = capsys.readouterr()
    assert said.out.splitlines() == plain_lines(VIEW, PLACES)
    assert said.err == ""


def _bare(text: str) -> str:
    """Without the escapes that colour it."""
    parts = text.split("\x1b[")
    return parts[0] + "".join(part.split("m", 1)[1] for part in parts[1:])

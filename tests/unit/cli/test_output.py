"""Commands draw on a terminal and stay plain and quiet in a pipe."""

import pytest

from trimtab.cli.output import say_json, say_table, working


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")


def test_a_pipe_gets_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    say_table("Title", ("a", "b"), [("x" * 200, "two\nlines")])
    assert capsys.readouterr().out == f"a\tb\n{'x' * 200}\ttwo lines\n"


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_a_table_that_does_not_read_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say_table("Title", ("a", "b"), [("[red]x[/red]", "y")])
    said = capsys.readouterr().out
    assert "Title" in said
    assert "[red]x[/red]" in said
    assert "\t" not in said


def test_a_pipe_sees_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with working("Reading"):
        pass
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_sees_progress_on_the_error_stream(capsys: pytest.CaptureFixture[str]) -> None:
    with working("Reading"):
        pass
    said = capsys.readouterr()
    assert said.out == ""
    assert "Reading" in said.err


def test_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"name": "Zoë"})
    assert capsys.readouterr().out == '{\n  "name": "Zoë"\n}\n'

"""Progress by stage: on a terminal's error stream only."""

import pytest

from trimtab.cli.progress import stages


def test_a_pipe_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with stages() as advance:
        advance("risk", 0, 0)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_sees_each_stage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "100")):
        monkeypatch.setenv(name, value)
    with stages() as advance:
        advance("risk", 0, 0)
        advance("solve", 0, 0)
        advance("solve", 30, 120)
        advance("tables", 0, 0)
    said = capsys.readouterr()
    assert said.out == ""
    assert "Risk model" in said.err
    assert "Solve and round" in said.err
    assert "120/120" in said.err
    assert "1/1" not in said.err
    assert "0/?" not in said.err

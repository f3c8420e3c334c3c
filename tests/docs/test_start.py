"""The book of docs/start.md is a sound book, and its commands run."""

import re
import shlex
from pathlib import Path

import pytest

from trimtab.cli.main import run

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
FILES = re.findall(r"cat > (first/\S+) <<'END'\n(.*?)END\n", TEXT, flags=re.DOTALL)
COMMANDS = re.findall(r"^trimtab (.*?)\s*(?:#.*)?$", TEXT, flags=re.MULTILINE)


def test_the_first_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(FILES) == 6
    assert [command.split()[0] for command in COMMANDS] == ["book", "rebalance", "explain"]
    for command in COMMANDS:
        assert run(shlex.split(command)) == 0, command
    said = capsys.readouterr().out
    assert "0 failures" in said
    assert "Trades are proposed" in said
    for name in re.findall(r"`(\w+\.(?:csv|json))`", TEXT):
        assert (tmp_path / "night" / name).is_file(), name
    assert (tmp_path / "night" / "orders" / "orders_schwab.schwab.csv").is_file()

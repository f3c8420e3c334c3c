"""The files of docs/ledger.md are sound, its commands run, and they say what the page says."""

import re
import shlex
from pathlib import Path

import pytest

from trimtab.cli.main import run
from trimtab.ledger.conformance import RUNNERS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
FILES = re.findall(r"cat > (\S+) <<'END'\n(.*?)END\n", TEXT, flags=re.DOTALL)
COMMANDS = re.findall(r"^trimtab (.*?)\s*(?:#.*)?$", TEXT, flags=re.MULTILINE)


def test_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [command.split()[0] for command in COMMANDS] == ["gains", "gains", "conformance"]
    said = []
    for command in COMMANDS:
        assert run(shlex.split(command)) == 0, command
        said.append(capsys.readouterr().out)
    assert all(figure in said[0] for figure in ("600.00", "-400.00", "3100.00", "2024-02-20"))
    assert "W" in said[1]
    assert "3 of 3 cases agree" in said[2]
    assert (tmp_path / "ours.json").is_file()


def test_every_kind_of_case_is_named() -> None:
    table = TEXT.partition("| kind | asks |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(RUNNERS)


def test_what_the_page_names_is_there() -> None:
    named = re.findall(r"\]\((\S+\.md)\)", TEXT)
    assert all((ROOT / "docs" / name).is_file() for name in named)
    places = re.findall(r"((?:bench|tests)/[\w/]+(?:\.py)?)", TEXT)
    assert all((ROOT / place).exists() for place in places)

"""Worked examples of the documentation: commands of a page run in order, with the lines that they are said to print."""

import re
import shlex
from pathlib import Path

import pytest

from trimtab.cli.main import run

DOCS = Path(__file__).resolve().parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def consoles(text: str) -> list[tuple[str, list[str]]]:
    """Each command of the page's console blocks, without `trimtab`, and the lines that stand under it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ trimtab ", block, flags=re.MULTILINE)[1:]:
            call, *lines = part.splitlines()
            found.append((call, [line for line in lines if line]))
    return found


def facts(text: str) -> list[list[str]]:
    """The words of each line of the page's text blocks."""
    blocks = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    return [line.split() for block in blocks for line in block.splitlines() if line]


def follow(text: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run the page's commands in a folder: each succeeds and prints its lines, in their order."""
    with pytest.MonkeyPatch.context() as here:
        here.chdir(home)
        for call, lines in consoles(text):
            capsys.readouterr()
            assert run(shlex.split(call)) == 0, call
            said = capsys.readouterr().out
            at = 0
            for line in lines:
                at = said.find(line, at)
                assert at >= 0, f"{call} does not say {line!r} there: {said}"

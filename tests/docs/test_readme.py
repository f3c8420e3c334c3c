"""The README: every command that it shows exists, with the options that it shows, and every page that it names."""

import re
import shlex
from pathlib import Path

import click
import pytest

from trimtab.wire import trimtab

REPOSITORY = Path(__file__).resolve().parents[2]
TEXT = (REPOSITORY / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^trimtab (.*?)\s*(?:#.*)?$", TEXT, flags=re.MULTILINE)


@pytest.mark.parametrize("line", SHOWN)
def test_the_command_exists_with_its_options(line: str) -> None:
    command: click.Command = trimtab
    words = shlex.split(line)
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words.pop(0)
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_it_names_what_people_look_for() -> None:
    first = {line.split()[0] for line in SHOWN}
    assert {
        "frontier",
        "rehearse",
        "explain",
        "report",
        "night",
        "replay",
        "rebalance",
        "gains",
        "serve",
    } <= first


def test_the_pages_that_it_names_are_there() -> None:
    pages = set(re.findall(r"docs/[\w/-]+\.md", TEXT))
    assert pages
    assert [page for page in sorted(pages) if not (REPOSITORY / page).is_file()] == []

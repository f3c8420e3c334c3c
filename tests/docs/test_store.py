"""docs/operating/store.md: its commands run in their order, and the roles it names are the roles there are."""

import re
import shlex
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.book.read import read_book
from trimtab.cli.main import run
from trimtab.desk.access import Role
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "store.md").read_text(encoding="utf-8")


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    book = write_small_book(tmp_path / "book")
    places = {"BOOK": str(book), "STORE": str(tmp_path / "store"), "OUT": str(tmp_path / "out"), "FIRM": "F1"}
    lines = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
    held = Server(tmp_path / "store", durable=False)
    held.start()
    try:
        for line in lines:
            words = [places.get(word, word) for word in shlex.split(line, comments=True)]
            assert words[0] == "trimtab"
            assert run(words[1:]) == 0, (line, capsys.readouterr().err)
    finally:
        held.stop()
    assert len(lines) == 8
    assert read_book(tmp_path / "out").digest == read_book(book).digest


def test_every_role_is_told() -> None:
    assert {role.value for role in Role} <= set(re.findall(r"[a-z]+", TEXT))

"""docs/operating/api.md: its commands run in their order."""

import re
import shlex
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.cli.main import run
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "api.md").read_text(encoding="utf-8")


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    places = {"STORE": str(tmp_path / "store"), "FIRM": "F1"}
    book = write_small_book(tmp_path / "book")
    held = Server(tmp_path / "store", durable=False)
    held.start()
    try:
        assert run(["book", "import", str(book), "--data", places["STORE"]]) == 0
        for line in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0].splitlines():
            words = [places.get(word, word) for word in shlex.split(line)]
            assert run(words[1:]) == 0, (line, capsys.readouterr().err)
    finally:
        held.stop()

"""docs/operating/night.md: its commands run in their order, each with exit code 0."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.cli.main import run
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "night.md").read_text(encoding="utf-8")


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    places = {
        "BOOK": str(write_small_book(tmp_path / "book")),
        "STORE": str(tmp_path / "store"),
        "FIRM": "F1",
    }
    places |= {"ACCOUNT": "A1"}
    lines = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
    held = Server(tmp_path / "store", durable=False)
    held.start()
    told = []
    try:
        for line in lines:
            words = [places.get(word, word) for word in shlex.split(line, comments=True)]
            code = run(words[1:])
            said = capsys.readouterr()
            assert code == 0, (line, said.err)
            told.append(said.out)
            if found := re.search(r"run (night-\S+);", said.out):
                places["RUN"] = found[1]
    finally:
        held.stop()
    assert len(lines) == 6
    assert told[1] == told[2]
    assert json.loads(told[3])["enrolled"] == 2
    assert "2 of 2 firms the same, 4 accounts" in told[4]
    assert "1 of 1 firms the same, 1 accounts" in told[5]

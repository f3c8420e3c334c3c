"""docs/operating/backup.md: its commands run in their order, and the restored store gives the same book."""

import re
import shlex
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.book.read import read_book
from trimtab.cli.main import run
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "backup.md").read_text(encoding="utf-8")


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    folder = write_small_book(tmp_path / "book")
    own = ("--data", str(tmp_path / "STORE"))
    held = [Server(tmp_path / name, durable=False) for name in ("STORE", "NEW")]
    held[0].start()
    try:
        assert run(["book", "import", str(folder), *own]) == 0
        lines = [
            line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
        ]
        for line in lines:
            words = [re.sub(r"^(STORE|NEW|BACKUP)\b", rf"{tmp_path}/\1", word) for word in shlex.split(line)]
            assert run(words[1:]) == 0, (line, capsys.readouterr().err)
        said = capsys.readouterr().out
        assert run(["book", "export", str(tmp_path / "out"), "--data", str(tmp_path / "NEW")]) == 0
        refusals = {
            ("backup", str(tmp_path / "BACKUP"), *own): "name a new folder",
            ("restore", str(tmp_path / "BACKUP"), *own): "an empty one",
            ("restore", str(tmp_path / "BACKUP"), "--data", str(tmp_path / "other")): "give that one with --audit-key",
            ("restore", str(tmp_path / "BACKUP"), "--data", str(tmp_path / "NEW"), "--audit-key",
             str(tmp_path / "STORE" / "secrets" / "app")): "holds another key",
            ("restore", str(tmp_path / "BACKUP"), *own, "--database", "postgresql://x@h/d"): "the URL of its owner",
        }  # fmt: skip
        for words, why in refusals.items():
            assert run(["admin", *words]) == 2
            assert why in capsys.readouterr().err
    finally:
        for server in held:
            server.stop()
    assert len(lines) == 3
    assert read_book(tmp_path / "out").digest == read_book(folder).digest
    assert re.search(r"as of \S+; \d+ events, 0 faults; digest [0-9a-f]{64}", said)

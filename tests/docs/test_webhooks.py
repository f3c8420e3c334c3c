"""docs/operating/webhooks.md: its commands run, its kinds are those there are, and its lines verify what is sent."""

import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from tests.small_book import write_small_book

from trimtab.cli.main import run, trimtab
from trimtab.desk.deliveries import BACKOFF
from trimtab.desk.hooks import KINDS
from trimtab.links.webhooks import Letter, shown
from trimtab.store.server import Server
from trimtab.wire import deliver

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "webhooks.md").read_text(
    encoding="utf-8"
)


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    assert trimtab.commands["deliver"] is deliver
    places = {"FIRM": "F1", "STORE": str(tmp_path / "store")}
    book = write_small_book(tmp_path / "book")
    held = Server(tmp_path / "store", durable=False)
    held.start()
    told = []
    try:
        assert run(["book", "import", str(book), "--data", places["STORE"]]) == 0
        capsys.readouterr()
        for line in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0].splitlines():
            words = [places.get(word, word) for word in shlex.split(line)]
            assert run(words[1:]) == 0, (line, capsys.readouterr().err)
            told.append(capsys.readouterr().out)
            places.setdefault("HOOK", told[0].split()[0])
        for words, why in (
            (("add", "http://127.0.0.1/"), "write the address as https"),
            (("add", "https://a.example", "--kind", "x"), "name some of"),
            (("end", places["HOOK"]), "no such thing"),
            (("retry", "d1"), "no such thing"),
        ):
            assert run(["admin", "hook", *words, "--firm", "F1", "--data", places["STORE"]]) == 2
            assert why in capsys.readouterr().err
    finally:
        held.stop()
    assert places["HOOK"] in told[1]
    assert told[2] == "0 delivered, 0 to be tried again, 0 given up\n"
    assert told[3].startswith("whsec_")
    assert told[3].strip() != told[0].split()[1]


def test_the_lines_verify_what_is_sent() -> None:
    scope: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0], scope)
    letter, key = Letter("d1", int(time.time()), b"{}"), b"k" * 32
    assert scope["is_ours"](shown(key), letter.headers([b"other", key]), letter.body)
    assert not scope["is_ours"](shown(key), letter.headers([key]), b"{ }")
    assert not scope["is_ours"](shown(key), letter.headers([b"other"]), letter.body)
    old = Letter("d1", int(time.time()) - 400, b"{}")
    assert not scope["is_ours"](shown(key), old.headers([key]), old.body)


def test_kinds_and_pauses_are_told() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", TEXT, re.MULTILINE)) == KINDS
    hours = [int(pause.total_seconds()) for pause in BACKOFF]
    assert hours == [10, 60, 300, 900, 3600, 7200, 14400, 28800, 43200]
    assert "10 s, 1, 5 and 15 minutes, 1, 2, 4, 8 and 12 hours" in TEXT

"""docs/operating/api.md: its commands run in their order, and its requests are answered as it says."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.doors import open_door
from tests.small_book import write_small_book

from trimtab.cli.main import run
from trimtab.desk.access import Role
from trimtab.store.memory import MemoryStore
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "api.md").read_text(encoding="utf-8")
LINE = re.compile(r"(\w+): (\w+) (\S+)(?: (\{.*\}))? → (\d+)")


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


def test_the_requests_are_answered_as_they_say(tmp_path: Path) -> None:
    door = open_door(MemoryStore(audit_key=b"k"), tmp_path)
    people = {name: door.client(name, Role.CIO, "F1") for name in ("ann", "bob")}
    told: dict[str, str] = {}
    lines = [
        line for block in re.findall(r"```http\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
    ]
    assert len(lines) > 20
    for number, line in enumerate(lines):
        for name, value in told.items():
            line = line.replace(f"{{{name}}}", value)
        found = LINE.fullmatch(line)
        assert found is not None, line
        who, method, place, body, status = found.groups()
        said = {"json": json.loads(body)} if body else {}
        answer = people[who].request(method, place, headers={"Idempotency-Key": str(number)}, **said)
        assert answer.status_code == int(status), (line, answer.text)
        if answer.content and answer.is_success:
            told |= {name: value for name, value in answer.json().items() if isinstance(value, str)}

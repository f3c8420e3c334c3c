"""`trimtab serve` in a process: a whole walk through its door, and nothing of any client's in its log."""

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.receiver import receiving
from tests.served import CALL, environment, served
from tests.small_book import TABLES, write_small_book

from trimtab.cli.main import run
from trimtab.desk.browse import RESOURCES
from trimtab.links.webhooks import is_signed
from trimtab.store.place import Place, open_store
from trimtab.store.server import Server

PASSWORD = "correct horse battery"
MARKED = {
    "F1": "firm-quokka", "F2": "firm-numbat", "A1": "acct-ibis", "A2": "acct-kiwi", "A3": "acct-emu", "T1": "tax-yak",
    "H1": "house-gnu", "M1": "model-auk", "VTI": "sec-lynx", "L1": "lot-eland",
}  # fmt: skip
"""Ids of the small book, so named that they can be told from any other word."""


def marked(text: str) -> str:
    rows = [[MARKED.get(cell, cell) for cell in row] for row in csv.reader(text.splitlines())]
    return "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows) + "\n"


@pytest.fixture
def store(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A store with the book, a person with a password, and its server kept up."""
    assert cluster.data.exists()
    tables = {name: text if name.endswith(".toml") else marked(text) for name, text in TABLES.items()}
    book, home = write_small_book(tmp_path / "book", tables), tmp_path / "store"
    own = ("--data", str(home))
    assert run(["book", "import", str(book), *own]) == 0
    assert run(["admin", "user", "add", "wombat", "--password", PASSWORD, *own]) == 0
    assert run(["admin", "grant", "wombat", "cio", "--firm", MARKED["F1"], *own]) == 0
    capsys.readouterr()
    return home


def walk(url: str) -> list[int]:
    """Through the whole door, right and wrong; the statuses."""
    with httpx.Client(base_url=url) as client:
        said = [client.post("/v1/session", json={"name": "wombat", "password": "zebra crossing"})]
        opened = client.post("/v1/session", json={"name": "wombat", "password": PASSWORD})
        token = opened.json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        said.append(opened)
        for firm in (MARKED["F1"], MARKED["F2"]):
            said += [client.get(f"/v1/firms/{firm}/{name}") for name in RESOURCES]
            said.append(client.get(f"/v1/firms/{firm}/accounts", params={"account_id": MARKED["A1"]}))
            halt = {"level": "account", "subject": MARKED["A1"], "why": "heron asked"}
            said.append(
                client.post(f"/v1/firms/{firm}/halts", json=halt, headers={"Idempotency-Key": "ostrich"})
            )
            said.append(client.post(f"/v1/firms/{firm}/halts", json={"level": MARKED["VTI"]}))
            said.append(client.post(f"/v1/firms/{firm}/halts", content=b'{"heron"'))
        said.append(client.get(f"/{MARKED['A2']}"))
        said.append(client.request("BREW", f"/v1/firms/{MARKED['F1']}/accounts"))
        said.append(client.delete("/v1/session"))
        said.append(client.get("/v1/firms"))
    return [answer.status_code for answer in said]


def test_a_whole_walk_leaves_nothing_of_any_client_in_the_log(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    with served(store, log, TRIMTAB_DATABASE_URL="") as door:
        statuses = walk(door.url)
        ready = httpx.get(f"{door.url}/readyz").status_code
    assert door.process.returncode in (0, -15)
    assert {200, 201, 204, 404, 422} <= set(statuses)
    assert not [status for status in statuses if status >= 500]
    assert (ready, statuses[-1]) == (200, 404)
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) >= len(statuses)
    assert run(["admin", "pseudonym", MARKED["F1"], "--data", str(store)]) == 0
    assert capsys.readouterr().out.strip() in {line.get("firm") for line in requests}
    secret = {path.read_text() for path in (store / "secrets").iterdir()}
    words = {*MARKED.values(), "wombat", PASSWORD, "zebra", "heron", "ostrich", "First, Inc.", "1000.50", "150.25",
             "100.123456789", "2015-03-04", "schwab"} | secret  # fmt: skip
    assert [word for word in sorted(words) if word in text] == []


def test_a_server_sends_what_is_due_by_itself(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_PRIVATE_HOOKS", "yes")
    firm = MARKED["F1"]
    with receiving(tmp_path) as receiver, served(store, tmp_path / "log", TRIMTAB_PRIVATE_HOOKS="yes"):
        assert run(["admin", "hook", "add", receiver.url, "--firm", firm, "--data", str(store)]) == 0
        secret = capsys.readouterr().out.split()[1]
        with open_store(Place(store)) as kept, kept.unit(firm) as unit:
            row = {
                "firm_id": firm,
                "effect_id": "e",
                "kind": "webhook:night.red",
                "content": "{}",
                "attempts": 0,
            }
            unit.insert("firm.outbox", row | {"made_at": unit.now, "due_at": unit.now})
        give_up = time.monotonic() + 60
        while not receiver.letters() and time.monotonic() < give_up:
            time.sleep(0.05)
        (letter,) = receiver.letters()
    headers = letter["headers"]
    assert isinstance(headers, dict)
    sent = int(str(headers["webhook-timestamp"]))
    assert is_signed(secret, headers, str(letter["body"]).encode(), now=sent)
    log = (tmp_path / "log").read_text()
    assert '"event": "deliver"' in log
    assert firm not in log


def test_a_wrong_setting_is_told_before_anything_is_done(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CALL, "serve", "--data", str(tmp_path / "none")]
    wrong = {"TRIMTAB_RATE": "none", "TRIMTAB_PROT": "1"}
    done = subprocess.run(words, env=environment(wrong), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "TRIMTAB_RATE: give a number" in done.stderr
    assert "TRIMTAB_PROT: no such setting; TRIMTAB_PORT?" in done.stderr
    assert not os.path.lexists(tmp_path / "none")

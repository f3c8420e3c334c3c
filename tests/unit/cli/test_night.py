"""`trimtab night` and `trimtab replay`: what they say and with which exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.database import app_url, owner_url
from tests.small_book import spoiled, write_small_book

from trimtab.cli.main import run
from trimtab.store.server import Server

Call = Callable[..., tuple[int, str, str]]
ISOLATED = spoiled("lots.csv", "A1,L2,BND,5,90,2016-03-04", "A1,L2,BND,five,90,2016-03-04")
REPLAY = "import sys; from trimtab.cli.main import main; main(sys.argv[1:])"


@pytest.fixture
def call(
    cluster: Server,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Call:
    """Run a command against a fresh database; its exit code, output and error."""
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", app_url(cluster, database))
    monkeypatch.setenv("TRIMTAB_DATA", str(tmp_path / "home"))

    def called(*words: str) -> tuple[int, str, str]:
        code = run(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def test_a_bad_call_is_told(call: Call, tmp_path: Path) -> None:
    assert call("night")[0] == 2
    assert call("book", "import", str(write_small_book(tmp_path / "book")))[0] == 0
    assert call("night", "--firm", "F9")[0] == 2
    assert call("night", "--date", "2020-05-29")[0] == 2
    assert call("replay", "night-of-nothing")[0] == 2


def test_an_account_in_error_makes_the_day_red_and_replay_is_the_same(
    call: Call, cluster: Server, database: str, tmp_path: Path
) -> None:
    """A1's lots are wrong. The run is red all the same each time; another process, hash seed and workers agree."""
    assert call("book", "import", str(write_small_book(tmp_path / "book", ISOLATED)))[0] == 0
    code, out, _ = call("night", "--json")
    said = json.loads(out)
    assert (code, said["state"], said["enrolled"], said["evaluated"]) == (1, "red", 4, 3)
    assert [firm["in_error"] for firm in said["firms"]] == [["A1"], []]
    env = {**os.environ, "PYTHONHASHSEED": "7"}
    words = ["replay", said["run"], "--workers", "3"]
    again = subprocess.run(
        [sys.executable, "-c", REPLAY, *words], env=env, capture_output=True, text=True, check=False
    )
    assert (again.returncode, "2 of 2 firms the same" in again.stdout) == (0, True), again.stderr
    with psycopg.connect(owner_url(cluster, database)) as owner:
        owner.execute("update results.evaluations set cash_before = cash_before + 1 where account_id = 'A3'")
    code, out, _ = call("replay", said["run"])
    assert code == 1
    assert "F2: differs, first in stored rows: evaluations" in out
    with psycopg.connect(owner_url(cluster, database)) as owner:
        owner.execute("update market.securities set price = price * 2 where security_id = 'VTI'")
    code, out, _ = call("replay", said["run"])
    assert code == 1
    assert "F1: differs, first in book" in out


def test_a_firm_without_a_book_of_the_day_is_red(call: Call, tmp_path: Path) -> None:
    assert call("book", "import", str(write_small_book(tmp_path / "book")))[0] == 0
    code, out, _ = call("night", "--date", "2020-06-02")
    assert code == 1
    assert "F1\tred\t2\t0\t0\t0\t0\t0\t0\tits newest book is of 2020-06-01; missed: 2 (A1, A2)" in out

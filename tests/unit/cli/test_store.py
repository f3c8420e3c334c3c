"""The commands over the store: books in and out, people, keys, the audit; every refusal is one line."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.database import app_url, owner_url
from tests.small_book import spoiled, write_small_book

from trimtab.book.read import read_book
from trimtab.cli.main import run
from trimtab.store.binaries import StoreUnavailableError
from trimtab.store.place import Place, audit_key, open_store
from trimtab.store.server import Server

Call = Callable[..., tuple[int, str, str]]


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


def test_a_book_goes_in_and_comes_out(call: Call, tmp_path: Path) -> None:
    folder = write_small_book(tmp_path / "book")
    digest = read_book(folder).digest
    code, out, _ = call("book", "import", str(folder))
    assert code == 0
    assert f"2 firms, 28 rows written, 0 accounts isolated; digest {digest}" in out
    code, out, _ = call("book", "import", str(folder), "--json")
    assert json.loads(out)["appended"] == {}
    for options in (
        (),
        ("--parquet",),
        ("--as-of", "2020-06-30"),
        ("--known-at", "2999-01-01T00:00:00+00:00"),
    ):
        code, out, _ = call("book", "export", str(tmp_path / "out"), *options)
        assert (code, digest in out) == (0, True)
        assert read_book(tmp_path / "out").digest == digest
    code, out, _ = call("book", "export", str(tmp_path / "one"), "--firm", "F2")
    assert set(read_book(tmp_path / "one").tables["lots"]["account_id"]) == {"A3", "A4"}


def test_what_cannot_be_is_one_line(call: Call, tmp_path: Path) -> None:
    undated = write_small_book(tmp_path / "undated", spoiled("book.toml", 'as_of = "2020-06-01"\n', ""))
    for words, said in (
        (("book", "import", str(undated)), "no business date"),
        (("book", "export", str(tmp_path / "x")), "the store has no such book"),
        (("book", "export", str(tmp_path / "x"), "--known-at", "noon"), "write it as"),
        (("book", "export", str(tmp_path / "x"), "--known-at", "2020-06-01T12:00:00"), "say the offset"),
        (("admin", "user", "end", "nobody"), "there is no such thing"),
        (("admin", "key", "end", "nokey"), "there is no such thing"),
        (("admin", "grant", "nobody", "cio", "--firm", "F1"), "there is no such thing"),
        (("admin", "user", "add", "ann", "--password", "short"), "at least 12"),
    ):
        code, _, error = call(*words)
        assert (code, said in error) == (2, True), (words, error)
    assert not (tmp_path / "x").exists()


def test_people_keys_and_grants(call: Call, tmp_path: Path) -> None:
    call("book", "import", str(write_small_book(tmp_path / "book")))
    add = ("admin", "user", "add", "ann", "--password", "correct horse battery", "--desk-role", "operator")
    assert call(*add)[0] == 0
    assert "that name is taken" in call(*add)[2]
    assert call("admin", "grant", "ann", "operator", "--firm", "F1")[1] == "ann is operator at F1\n"
    code, out, _ = call("admin", "key", "add", "ann", "--label", "test")
    key_id, key = out.split()
    assert (code, key[:3]) == (0, "tt_")
    assert call("admin", "key", "end", key_id)[0] == 0
    assert (
        call("admin", "grant", "ann", "operator", "--firm", "F1", "--revoke")[1]
        == "ann is no longer operator at F1\n"
    )
    assert call("admin", "user", "end", "ann")[0] == 0


def test_verify_names_what_was_changed(call: Call, cluster: Server, database: str, tmp_path: Path) -> None:
    call("book", "import", str(write_small_book(tmp_path / "book")))
    code, out, _ = call("admin", "verify")
    assert (code, out.split(",")[0]) == (0, "4 events")
    with psycopg.connect(owner_url(cluster, database), autocommit=True) as owner:
        owner.execute("update firm.audit_events set who = 'console:somebody' where firm_id = 'F2'")
    code, out, _ = call("admin", "verify", "--json")
    assert code == 1
    assert json.loads(out)["broken"] == [{"firm_id": "F2", "event": "1", "what": "its content was changed"}]


def test_a_database_of_one_s_own_is_prepared_by_its_owner(
    cluster: Server, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{database}_own"
    with psycopg.connect(owner_url(cluster, "postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name}")
        own = ("--data", str(tmp_path), "--database", app_url(cluster, name))
        try:
            assert run(["admin", "verify", *own]) == 2
            assert "run trimtab admin init" in capsys.readouterr().err
            assert run(["admin", "init", *own]) == 2
            assert "the URL of its owner" in capsys.readouterr().err
            assert run(["admin", "init", *own, "--owner-database", owner_url(cluster, name)]) == 0
            assert "ready, at schema" in capsys.readouterr().out
            assert run(["admin", "verify", *own]) == 0
        finally:
            owner.execute(f"drop database {name} with (force)")


def test_a_login_that_row_security_does_not_bind_is_refused(
    cluster: Server, database: str, tmp_path: Path
) -> None:
    place = Place(tmp_path, owner_url(cluster, database))
    with pytest.raises(StoreUnavailableError, match="not bound by row security"), open_store(place):
        pass
    with (
        pytest.raises(StoreUnavailableError, match="cannot be reached"),
        open_store(Place(tmp_path, "postgresql://x@/y?host=/nowhere")),
    ):
        pass


def test_the_embedded_store_prepares_itself(
    cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cluster.data.exists()
    home = tmp_path / "home"
    book = write_small_book(tmp_path / "book")
    assert run(["book", "import", str(book), "--data", str(home)]) == 0
    assert run(["book", "export", str(tmp_path / "out"), "--data", str(home)]) == 0
    assert read_book(tmp_path / "out").digest == read_book(book).digest
    assert Server(home)._pid() is None
    assert len(audit_key(home)) >= 43
    capsys.readouterr()

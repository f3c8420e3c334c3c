"""The client against the real application on a real port."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.client_records import FILES, PLACE, written
from tests.live import living
from tests.small_book import write_small_book
from tests.unit.api.test_app import CONSOLE, keyed

from trimtab import client as package
from trimtab.api.app import make_app
from trimtab.api.around import Around
from trimtab.api.limits import Buckets
from trimtab.book.read import read_book
from trimtab.client import (
    AbsentError,
    ConflictError,
    InvalidError,
    ServerError,
    TooManyError,
    Trimtab,
    UnreachableError,
    facts,
    records,
    results,
)
from trimtab.client.door import Door
from trimtab.client.record import Record
from trimtab.desk.access import Role
from trimtab.desk.browse import RESOURCES
from trimtab.desk.ingest import import_book
from trimtab.desk.people import add_user
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

KINDS = {
    one.resource: one
    for module in (facts, records, results)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Record) and one is not Record
}


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    made = MemoryStore(audit_key=b"k")
    import_book(made, CONSOLE, read_book(write_small_book(tmp_path / "book")))
    return made


@pytest.fixture
def url(store: MemoryStore) -> Iterator[str]:
    with living(make_app(store)) as at:
        yield at


@pytest.fixture
def cio(store: MemoryStore, url: str) -> Iterator[Trimtab]:
    key = keyed(store, Role.CIO)[1]["Authorization"].removeprefix("Bearer ")
    with Trimtab(url, key) as made:
        yield made


@pytest.mark.parametrize("file", FILES)
def test_the_records_are_those_the_api_has(file: str) -> None:
    assert (PLACE / f"{file}.py").read_text(encoding="utf-8") == written(file), (
        "run python -m tests.client_records"
    )


def test_every_resource_is_read(cio: Trimtab) -> None:
    assert set(KINDS) == set(RESOURCES)
    assert cio.firms() == ("F1",)
    read = {name: list(cio.at("F1").read(kind)) for name, kind in KINDS.items()}
    assert {name for name, found in read.items() if found} >= {"accounts", "lots", "audit", "households"}


def test_records_are_typed_and_exact(cio: Trimtab) -> None:
    lots = list(cio.at("F1").read(facts.Lot))
    first = lots[0]
    assert (first.account_id, first.unit_cost) == ("A1", Decimal("100.123456789"))
    assert first.acquired == date(2015, 3, 4)
    event = next(cio.at("F1").read(records.Event))
    assert isinstance(event.at, datetime)
    assert event.at.tzinfo is not None
    assert event.seq == 1


def test_pages_follow_each_other_and_filters_hold(cio: Trimtab) -> None:
    firm = cio.at("F1")
    whole = [lot.lot_id + lot.account_id for lot in firm.read(facts.Lot)]
    assert [lot.lot_id + lot.account_id for lot in firm.read(facts.Lot, page=1)] == whole
    assert len(whole) == 3
    assert [lot.lot_id for lot in firm.read(facts.Lot, page=2, account_id="A2")] == ["L1"]


def test_an_act_is_done_once_for_its_key(cio: Trimtab) -> None:
    firm = cio.at("F1")
    halts = [firm.halt("account", "A1", "asked", key=key) for key in ("a", "a", "")]
    assert halts[0] == halts[1] != halts[2]
    with pytest.raises(ConflictError) as refused:
        firm.halt("account", "A2", "another", key="a")
    assert refused.value.title == "key-used-otherwise"
    firm.lift(halts[0])
    standing = [halt.halt_id for halt in firm.read(records.Halt) if halt.lifted_at is None]
    assert standing == [halts[2]]
    hook_id, secret = firm.add_hook("https://hooks.example/", ["night.red"])
    assert firm.rotate_hook(hook_id) != secret
    firm.end_hook(hook_id)


def test_refusals_are_exceptions(cio: Trimtab, url: str) -> None:
    firm, guessed = cio.at("F1"), Trimtab(url, "guess")
    for act in (
        lambda: list(cio.at("F2").read(facts.Account)),
        lambda: cio.at("F1/../F2").halt("firm", "F2", "x"),
        lambda: firm.lift("h1"),
        lambda: firm.propose("run", "A1"),
        lambda: firm.approve("run", "p1", "d"),
        lambda: firm.release("run", "p1", "d"),
        lambda: firm.retry_delivery("d1"),
        guessed.firms,
        lambda: Trimtab.sign_in(url, "ann", "wrong"),
    ):
        with pytest.raises(AbsentError) as absent:
            act()
        assert (absent.value.status, absent.value.title, len(absent.value.request_id)) == (404, "absent", 32)
    guessed.close()
    with pytest.raises(InvalidError, match="invalid"):
        list(firm.read(facts.Account, colour="red"))


def test_a_session_is_opened_and_ended(store: MemoryStore, url: str) -> None:
    add_user(store, CONSOLE, name="ann", password="correct horse battery")
    with Trimtab.sign_in(url, "ann", "correct horse battery") as ann:
        assert ann.firms() == ()
        ann.sign_out()
        with pytest.raises(AbsentError):
            ann.firms()


def test_what_may_pass_is_waited_for_and_what_cannot_is_told(store: MemoryStore) -> None:
    """A limit that lets one through after two seconds; a server that raises; one that is not there."""
    key = keyed(store, Role.CIO)[1]["Authorization"].removeprefix("Bearer ")
    ticks = itertools.count(0.0, 0.5)
    app = make_app(store, Around(limits=Buckets(0.5, 1, clock=lambda: next(ticks))))
    raising = itertools.count()

    @app.get("/v1/raises")
    def raises() -> None:
        assert next(raising) < 0

    slept: list[float] = []
    with living(app) as at:
        door = Door(at, key, timeout=5.0, transport=None, sleep=slept.append)
        assert [door.ask("GET", "/v1/firms")["firms"] for _ in range(2)] == [["F1"], ["F1"]]
        assert slept
        assert all(pause >= 1.0 for pause in slept)
        slept.clear()
        with pytest.raises(ServerError) as fault:
            door.ask("GET", "/v1/raises")
        assert (fault.value.status, slept, next(raising)) == (500, [], 1)

        def act_often() -> None:
            for _ in range(9):
                with suppress(AbsentError):
                    door.ask("POST", "/v1/firms/F1/proposals", body={"run_id": "r", "account_id": "A"})

        with pytest.raises(TooManyError):
            act_often()
        assert slept == []
        door.close()
    door = Door(at, key, timeout=5.0, transport=None, sleep=slept.append)
    with pytest.raises(UnreachableError):
        door.ask("GET", "/v1/firms")
    assert slept == [0.2, 1.0, 3.0]
    with pytest.raises(UnreachableError):
        door.ask("POST", "/v1/firms/F1/proposals", body={})
    assert len(slept) == 3
    door.close()


def test_all_that_is_offered_is_there() -> None:
    assert all(hasattr(package, name) for name in package.__all__)
    assert DESK == "*"

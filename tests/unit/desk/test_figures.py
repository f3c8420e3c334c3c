"""What instruments ask for: the newest night and the queues, over all firms, and for the desk alone."""

from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.batch.worker import work
from trimtab.book.read import read_book
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.figures import standing
from trimtab.desk.ingest import import_book
from trimtab.desk.night import close_night, plan_night
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)


def test_the_newest_night_and_the_queues(tmp_path: Path) -> None:
    store = MemoryStore(audit_key=b"k")
    empty = standing(store, CONSOLE)
    assert (empty.nights, empty.business_date, empty.queues) == (
        {},
        None,
        {"effects": 0, "deliveries": 0, "dead": 0},
    )
    import_book(store, CONSOLE, read_book(write_small_book(tmp_path / "book")))
    night = plan_night(store, CONSOLE)
    running = standing(store, CONSOLE)
    assert (running.nights, running.accounts, running.shards) == (
        {"running": 1},
        {"enrolled": 4},
        {"waiting": 2},
    )
    work(store, night.run_id)
    with store.unit(DESK) as unit:
        unit.change("desk.shards", {"firm_id": "F2"}, {"error": "x"})
        with unit.within("F1"):
            unit.insert("firm.outbox", {"firm_id": "F1", "effect_id": "e", "kind": "k", "content": "{}",
                                        "made_at": unit.now, "due_at": unit.now, "attempts": 0})  # fmt: skip
    close_night(store, CONSOLE, night.run_id)
    done = standing(store, CONSOLE)
    assert (done.nights, done.shards, done.red_firms) == ({"green": 1}, {"done": 2}, 0)
    assert done.accounts == {"enrolled": 4, "evaluated": 4}
    assert done.evaluation_seconds >= done.solve_seconds > 0
    assert done.queues["effects"] == 1
    assert done.business_date == 1590969600.0


@pytest.mark.parametrize("role", [Role.CIO, Role.VIEWER])
def test_a_firm_s_people_do_not_see_them(role: Role) -> None:
    with pytest.raises(AbsentError):
        standing(
            MemoryStore(audit_key=b"k"), Principal("u", "u", Way.SESSION, grants={"F1": frozenset({role})})
        )

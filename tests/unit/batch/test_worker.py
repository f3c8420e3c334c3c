"""A worker killed at named points, or with the database gone, leaves a night that ends as if nothing had been."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest
from tests.database import AUDIT_KEY, owner_url
from tests.small_book import write_small_book

from trimtab.batch.shards import ATTEMPTS, forget_the_dead, lease, renew, shards_left
from trimtab.batch.worker import COMMITTED, EVALUATED, LEASED, work
from trimtab.book.read import read_book
from trimtab.desk.access import Principal, Way
from trimtab.desk.ingest import import_book
from trimtab.desk.night import GREEN, RED, close_night, plan_night
from trimtab.desk.ports import Store
from trimtab.desk.results import results_of
from trimtab.store.memory import MemoryStore
from trimtab.store.server import Server
from trimtab.store.session import PostgresStore
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)


def planned(store: Store, folder: Path) -> str:
    import_book(store, CONSOLE, read_book(write_small_book(folder)))
    return plan_night(store, CONSOLE).run_id


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """The digest of the small night, in memory, by one worker."""
    store = MemoryStore(audit_key=AUDIT_KEY)
    run_id = planned(store, tmp_path_factory.mktemp("memory"))
    assert work(store, run_id) == 2
    return close_night(store, CONSOLE, run_id)[0].digest


def work_and_die(url: str, run_id: str, point: str) -> None:
    def die(passed: str, _firm: str) -> None:
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with PostgresStore(url, audit_key=AUDIT_KEY) as store:
        work(store, run_id, told=die)


@pytest.mark.parametrize("point", [LEASED, EVALUATED, COMMITTED])
def test_a_killed_worker_s_night_ends_the_same(
    postgres: PostgresStore, tmp_path: Path, undisturbed: str | None, point: str
) -> None:
    run_id = planned(postgres, tmp_path)
    process = multiprocessing.get_context("spawn").Process(
        target=work_and_die, args=(postgres.url, run_id, point)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert shards_left(postgres, run_id) == (1 if point == COMMITTED else 2)
    forget_the_dead(postgres, run_id)
    assert work(postgres, run_id) == (1 if point == COMMITTED else 2)
    night, firms = close_night(postgres, CONSOLE, run_id)
    assert (night.state, night.digest) == (GREEN, undisturbed)
    assert [(one.enrolled, one.evaluated) for one in firms] == [(2, 2), (2, 2)]
    with postgres.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            with unit.within(firm):
                assert results_of(unit, run_id, "evaluations").height == 2
                events = unit.rows("firm.audit_events", {"verb": "night:evaluate"})
                assert len(events) == 1


@pytest.mark.parametrize("point", [LEASED, EVALUATED])
def test_a_database_that_goes_away_is_waited_for(
    postgres: PostgresStore,
    cluster: Server,
    database: str,
    tmp_path: Path,
    undisturbed: str | None,
    point: str,
) -> None:
    """Every session is ended and no new one is let in for a second."""
    run_id = planned(postgres, tmp_path)
    cut = []

    def open_again() -> None:
        with psycopg.connect(owner_url(cluster, "postgres"), autocommit=True) as owner:
            owner.execute(f"alter database {database} with allow_connections true")

    def cut_off(passed: str, firm: str) -> None:
        if passed != point or cut:
            return
        cut.append(threading.Timer(1.0, open_again))
        with psycopg.connect(owner_url(cluster, "postgres"), autocommit=True) as owner:
            owner.execute(f"alter database {database} with allow_connections false")
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,)
            )
        cut[0].start()

    assert work(postgres, run_id, told=cut_off) == 2
    cut[0].join()
    assert close_night(postgres, CONSOLE, run_id)[0].digest == undisturbed


def test_a_night_that_is_done_is_not_done_again(undisturbed: str | None, tmp_path: Path) -> None:
    store = MemoryStore(audit_key=AUDIT_KEY)
    run_id = planned(store, tmp_path)
    work(store, run_id)
    assert plan_night(store, CONSOLE).run_id == run_id
    assert work(store, run_id) == 0
    assert close_night(store, CONSOLE, run_id)[0].digest == undisturbed


def test_what_a_stale_worker_brings_is_not_kept(tmp_path: Path) -> None:
    """While one evaluates F1 its lease goes to another; its results are dropped, and F1 is evaluated once."""
    store = MemoryStore(audit_key=AUDIT_KEY)
    run_id = planned(store, tmp_path)
    taken = []

    def take(point: str, firm: str) -> None:
        if (point, firm) == (EVALUATED, "F1") and not taken:
            taken.append(firm)
            with store.unit(DESK) as unit:
                unit.change("desk.shards", {"run_id": run_id, "firm_id": firm}, {"worker": "elsewhere:1"})

    assert work(store, run_id, told=take, wait=False) == 1
    night, firms = close_night(store, CONSOLE, run_id)
    assert night.state == RED
    assert [one.missed for one in firms] == [("A1", "A2"), ()]


def test_leases_end_are_renewed_and_are_given_up(tmp_path: Path) -> None:
    store = MemoryStore(audit_key=AUDIT_KEY)
    run_id = planned(store, tmp_path)
    shards = [lease(store, run_id, "w1"), lease(store, run_id, "w2")]
    assert [shard.firm for shard in shards if shard] == ["F1", "F2"]
    assert lease(store, run_id, "w3") is None
    assert shards[0] is not None
    assert renew(store, shards[0], "w1") is not None
    assert renew(store, shards[0], "w2") is None
    for number in range(ATTEMPTS):
        with store.unit(DESK) as unit:
            unit.change(
                "desk.shards", {"run_id": run_id, "shard": 0}, {"lease_until": unit.now.replace(year=2000)}
            )
        again = lease(store, run_id, f"v{number}")
        assert (again is None) == (number == ATTEMPTS - 1)
    assert shards_left(store, run_id) == 1
    assert "ended 3 processes" in str(close_night(store, CONSOLE, run_id)[1][0].error)


def test_a_day_short_of_an_account_is_red_and_told_once(tmp_path: Path) -> None:
    store = MemoryStore(audit_key=AUDIT_KEY)
    run_id = planned(store, tmp_path)
    for _ in range(2):
        night, firms = close_night(store, CONSOLE, run_id)
        assert night.state == RED
        assert [one.missed for one in firms] == [("A1", "A2"), ("A3", "A4")]
    with store.unit("F1") as unit:
        (effect,) = unit.rows("firm.outbox")
    assert effect["kind"] == "webhook:night.red"
    assert '"A2"' in str(effect["content"])

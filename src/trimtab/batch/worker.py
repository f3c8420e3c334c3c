"""One worker: take a shard, evaluate it, keep it, until there is none; wherever it dies, nothing is doubled."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from trimtab.batch.shards import LEASE, lease, renew, shards_left, worker_name
from trimtab.core.clock import moment, seconds
from trimtab.desk.access import Principal, Way
from trimtab.desk.firm_night import Evaluated, Market, Shard, evaluate, read_firm
from trimtab.desk.night import LostLeaseError, keep_shard
from trimtab.desk.ports import Store
from trimtab.store.faults import LostError
from trimtab.store.place import Place, open_store
from trimtab.store.shapes import DESK

WORKER = Principal("night", "night", Way.SYSTEM)
Told = Callable[[str, str], None]
"""Told a named point of the work and the firm, as it is passed."""
LEASED, EVALUATED, COMMITTED = "leased", "evaluated", "committed"
_PAUSE, _PATIENCE = 0.5, 120.0
T = TypeVar("T")


def work_at(place: Place, run_id: str, threads: int) -> None:
    """A process of its own: work at a place until the run has no shard left."""
    with open_store(place) as store:
        work(store, run_id, threads=threads)


def work(
    store: Store, run_id: str, *, threads: int = 1, told: Told = lambda _point, _firm: None, wait: bool = True
) -> int:
    """Work until no shard is left to do (or, without `wait`, to take); how many this worker kept."""
    worker, market, kept = worker_name(), Market(), 0
    while True:
        shard = _patiently(lambda: lease(store, run_id, worker))
        if shard is None:
            if not wait or _patiently(lambda: shards_left(store, run_id)) == 0:
                return kept
            time.sleep(_PAUSE)
            continue
        told(LEASED, shard.firm)
        kept += _do(store, shard, market, threads=threads, told=told)


def _do(store: Store, shard: Shard, market: Market, *, threads: int, told: Told) -> int:
    """Evaluate one shard and keep it; 1 where this worker did."""
    worker, began = worker_name(), seconds()
    evaluated = _patiently(lambda: _evaluate(store, shard, market, worker=worker, threads=threads))
    told(EVALUATED, shard.firm)
    kept = _keep(store, shard, worker, evaluated, seconds() - began)
    told(COMMITTED, shard.firm)
    return kept


def _evaluate(store: Store, shard: Shard, market: Market, *, worker: str, threads: int) -> Evaluated:
    """The shard's tables; its lease is renewed as the work goes on."""
    due = moment() + LEASE / 2

    def advance(_stage: str, _done: int, _total: int) -> None:
        nonlocal due
        if moment() > due:
            renew(store, shard, worker)
            due = moment() + max(LEASE / 2, timedelta(seconds=1))

    with store.unit(DESK) as unit, store.reader() as reader:
        book, risk = read_firm(unit, reader, shard.edition, market)
    return evaluate(book, risk, advance=advance, threads=threads)


def _keep(store: Store, shard: Shard, worker: str, evaluated: Evaluated, spent: float) -> int:
    """Keep a shard; 0 where it was another's by then, or ours already and only the answer was lost."""
    try:
        _patiently(
            lambda: keep_shard(store, WORKER, shard, worker=worker, evaluated=evaluated, seconds=spent)
        )
    except LostLeaseError:
        return 0
    return 1


def _patiently(act: Callable[[], T]) -> T:
    """Do something again while the database is away; it must be safe to repeat."""
    began = seconds()
    while True:
        try:
            return act()
        except LostError:
            if seconds() - began > _PATIENCE:
                raise
            time.sleep(_PAUSE)

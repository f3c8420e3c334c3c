"""Leases: who works on which shard, and for how long; moments are the database's own."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta

from trimtab.desk.evaluation_ledger import progress_of
from trimtab.desk.firm_night import Shard, shard_of
from trimtab.desk.night import FAILED, LEASED, WAITING
from trimtab.desk.ports import Store, Unit
from trimtab.store.shapes import DESK

LEASE = timedelta(minutes=5)
ATTEMPTS = 3
GIVEN_UP = f"its evaluation ended {ATTEMPTS} processes"


def worker_name() -> str:
    """This process among all machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


def lease(store: Store, run_id: str, worker: str) -> Shard | None:
    """A shard that nobody works on, for this worker until its lease ends; None where there is none now.

    A shard whose workers went away too often is given up, so that one firm does not stop the night.
    """
    with store.unit(DESK) as unit:
        while True:
            row = _free(unit, run_id)
            if row is None:
                return None
            attempts = int(str(row["attempts"]))
            key = {"run_id": run_id, "shard": row["shard"]}
            if attempts < ATTEMPTS:
                until = unit.now + LEASE
                said = {"state": LEASED, "worker": worker, "lease_until": until, "attempts": attempts + 1}
                unit.change("desk.shards", key, said)
                return shard_of(row)
            unit.change("desk.shards", key, {"state": FAILED, "error": GIVEN_UP, "lease_until": None})


def _free(unit: Unit, run_id: str) -> Mapping[str, object] | None:
    """The first shard that waits, or whose lease is over; locked."""
    waiting = unit.claim("desk.shards", {"run_id": run_id, "state": WAITING})
    over = {"run_id": run_id, "state": LEASED, "lease_until <": unit.now}
    found = waiting or unit.claim("desk.shards", over)
    return found[0] if found else None


def renew(store: Store, shard: Shard, worker: str) -> datetime | None:
    """Hold a shard for longer; None where it is no longer this worker's."""
    key = {"run_id": shard.run_id, "shard": shard.number, "state": LEASED, "worker": worker}
    with store.unit(DESK) as unit:
        until = unit.now + LEASE
        return until if unit.change("desk.shards", key, {"lease_until": until}) else None


def give_back(store: Store, run_id: str, worker: str) -> int:
    """Let go of all that a worker holds that is known to be gone; how many shards that were."""
    key = {"run_id": run_id, "state": LEASED, "worker": worker}
    with store.unit(DESK) as unit:
        return unit.change("desk.shards", key, {"state": WAITING, "lease_until": None})


def forget_the_dead(store: Store, run_id: str) -> None:
    """Let go of what processes of this machine hold that are no more."""
    with store.unit(DESK) as unit:
        holders = {
            str(row["worker"]) for row in unit.rows("desk.shards", {"run_id": run_id, "state": LEASED})
        }
    for worker in sorted(holders):
        host, _, pid = worker.rpartition(":")
        if host == socket.gethostname() and not _alive(int(pid)):
            give_back(store, run_id, worker)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def shards_left(store: Store, run_id: str) -> int:
    """How many shards are neither done nor given up."""
    with store.unit(DESK) as unit:
        return progress_of(unit, run_id)[2]

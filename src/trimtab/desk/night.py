"""The night: plan it on one snapshot, keep each firm's part once, and close it with the count of every account."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.editions import Edition, edition_at, tenants
from trimtab.desk.evaluation_ledger import FirmNight, firm_night, planned_of
from trimtab.desk.firm_night import Evaluated, Shard, shard_content
from trimtab.desk.ports import Store, Unit
from trimtab.desk.results import keep_results
from trimtab.desk.tables import ENGINE
from trimtab.store.shapes import DESK

WAITING, LEASED, DONE, FAILED = "waiting", "leased", "done", "failed"
RED, GREEN, RUNNING = "red", "green", "running"
ALERT = "webhook:night.red"


class LostLeaseError(Exception):
    """The shard is somebody else's by now, or done: nothing of this was kept."""


@dataclass(frozen=True, slots=True)
class Night:
    """A planned run: its id, business date, and firms in the order of its shards."""

    run_id: str
    as_of: date
    firms: tuple[str, ...]
    digest: str | None = None
    state: str = RUNNING


def plan_night(
    store: Store, principal: Principal, *, as_of: date | None = None, firms: Collection[str] = ()
) -> Night:
    """Plan the run of a business date (the newest of any firm where none is said) on what is known now.

    The same editions, engine and firms are the same run: planning it again changes nothing. A firm without an edition
    of that date cannot be evaluated, and is counted as missed.
    """
    may(principal, "desk:night:start", DESK)
    with store.unit(DESK) as unit, store.reader() as reader:
        unit.lock("night")
        editions = _editions(unit, principal, firms, as_of)
        day = as_of or max(edition.as_of for edition in editions)
        said = [[e.firm_id, e.known_at, e.market_known_at] for e in editions]
        run_id = f"night-{day.isoformat()}-{digest([day, ENGINE, said])[:12]}"
        night = Night(run_id, day, tuple(edition.firm_id for edition in editions))
        fresh = not unit.rows("desk.shards", {"run_id": run_id}, limit=1)
        for number, edition in enumerate(editions if fresh else ()):
            planned = planned_of(unit, reader, edition)
            _plan_firm(unit, Shard(run_id, number, edition, len(planned)), day)
        if fresh:
            unit.insert("firm.runs", _run_row(unit, DESK, night, max(editions, key=lambda e: e.known_at)))
        unit.record(principal.who, "night:plan", run_id, firms=len(editions), fresh=fresh)
    return night


def _editions(unit: Unit, principal: Principal, firms: Collection[str], as_of: date | None) -> list[Edition]:
    left = {str(row["firm_id"]) for row in unit.rows("desk.tenants") if row["left_at"] is not None}
    known = [firm for firm in tenants(unit) if firm not in left]
    for firm in firms:
        may(principal, "run:night:start", firm)
    if not set(firms) <= set(known):
        raise AbsentError
    found = [edition_at(unit, firm, as_of=as_of, known_at=None) for firm in sorted(set(firms) or known)]
    editions = [edition for edition in found if edition is not None]
    if not editions or (firms and len(editions) < len(set(firms))):
        raise AbsentError
    return editions


def _plan_firm(unit: Unit, shard: Shard, day: date) -> None:
    edition = shard.edition
    late = edition.as_of < day
    error = f"its newest book is of {edition.as_of.isoformat()}" if late else None
    unit.insert(
        "desk.shards",
        {
            "run_id": shard.run_id,
            "shard": shard.number,
            "firm_id": edition.firm_id,
            "accounts": shard.accounts,
        }
        | {
            "content": shard_content(edition),
            "state": FAILED if late else WAITING,
            "attempts": 0,
            "error": error,
        },
    )
    with unit.within(edition.firm_id):
        unit.insert("firm.runs", _run_row(unit, edition.firm_id, Night(shard.run_id, day, ()), edition))


def _run_row(unit: Unit, firm: str, night: Night, edition: Edition) -> dict[str, object]:
    return {
        "firm_id": firm,
        "run_id": night.run_id,
        "as_of": night.as_of,
        "edition_known_at": edition.known_at,
        "kind": "night",
        "state": RUNNING,
        "started_at": unit.now,
        "engine": ENGINE,
    }


def keep_shard(
    store: Store, principal: Principal, shard: Shard, *, worker: str, evaluated: Evaluated, seconds: float
) -> None:
    """Keep what a shard came to, once: results, state and audit event in one commit, or a LostLeaseError."""
    may(principal, "run:result:write", shard.firm)
    with store.unit(DESK) as unit:
        held = unit.claim("desk.shards", {"run_id": shard.run_id, "shard": shard.number, "state": LEASED})
        if not held or held[0]["worker"] != worker:
            raise LostLeaseError
        accounts = evaluated.tables["evaluations"]["account_id"]
        owners = pl.DataFrame({"account_id": accounts}).with_columns(firm_id=pl.lit(shard.firm))
        told = {
            "stages": evaluated.stages,
            "unharvested": list(evaluated.unharvested),
            "seconds": round(seconds, 3),
        }
        with unit.within(shard.firm):
            keep_results(unit, shard.run_id, evaluated.tables, owners=owners, failures=evaluated.failures)
            unit.change(
                "firm.runs",
                {"firm_id": shard.firm, "run_id": shard.run_id},
                {"state": DONE, "result_digest": evaluated.digest, "finished_at": unit.now}
                | {"summary": json.dumps(told | evaluated.summary)},
            )
        unit.change(
            "desk.shards",
            {"run_id": shard.run_id, "shard": shard.number},
            {"state": DONE, "result_digest": evaluated.digest, "finished_at": unit.now, "lease_until": None},
        )
        with unit.within(shard.firm):
            unit.record(principal.who, "night:evaluate", shard.run_id, digest=evaluated.digest)


def close_night(store: Store, principal: Principal, run_id: str) -> tuple[Night, list[FirmNight]]:
    """Count every enrolled account anew from the facts against what is kept; the run is red where one is short.

    Each firm that is red gets one effect in its outbox, however often this is asked.
    """
    may(principal, "desk:night:start", DESK)
    with store.unit(DESK) as unit, store.reader() as reader:
        unit.lock("night")
        shards = unit.rows("desk.shards", {"run_id": run_id})
        if not shards:
            raise AbsentError
        found = [firm_night(unit, reader, row) for row in shards]
        for one in found:
            _alert(unit, run_id, one)
        red = any(one.red for one in found)
        whole = digest([[one.firm_id, one.digest] for one in found])
        run = {"firm_id": DESK, "run_id": run_id}
        row = unit.rows("firm.runs", run)[0]
        state = RED if red else GREEN
        counted = {"enrolled": sum(one.enrolled for one in found)}
        counted |= {"evaluated": sum(one.evaluated for one in found), "firms": len(found)}
        counted |= {"red": sum(one.red for one in found)}
        spent = {"seconds": sum(one.seconds or 0.0 for one in found)}
        spent |= {"solve_seconds": sum(one.solve_seconds for one in found)}
        unit.change(
            "firm.runs",
            run,
            {
                "state": state,
                "result_digest": whole,
                "finished_at": unit.now,
                "summary": json.dumps(counted | spent),
            },
        )
        as_of = row["as_of"]
        assert isinstance(as_of, date)
        night = Night(run_id, as_of, tuple(one.firm_id for one in found), whole, state)
        unit.record(principal.who, "night:close", run_id, digest=whole, **counted)
    return night, found


def _alert(unit: Unit, run_id: str, one: FirmNight) -> None:
    """One effect for whoever watches, where the firm's day is red and it was not told yet."""
    if not one.red:
        return
    with unit.within(one.firm_id):
        key = {"firm_id": one.firm_id, "effect_id": f"{run_id}:red"}
        if not unit.rows("firm.outbox", key):
            moments = {"made_at": unit.now, "due_at": unit.now}
            unit.insert(
                "firm.outbox",
                key | moments | {"kind": ALERT, "content": json.dumps(one.as_json()), "attempts": 0},
            )

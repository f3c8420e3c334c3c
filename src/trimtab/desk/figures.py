"""How nights and queues stand: what an operator's instruments ask for at every scrape."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from trimtab.desk.access import Principal, may
from trimtab.desk.editions import tenants
from trimtab.desk.night import RUNNING
from trimtab.desk.ports import Store, Unit
from trimtab.store.shapes import DESK
from trimtab.watch.figures import Standing

_COUNTED = ("enrolled", "evaluated")


def standing(store: Store, principal: Principal) -> Standing:
    """How the store stands now: sums over all firms, so that they are the desk's to read. Nothing is recorded."""
    may(principal, "desk:night:read", DESK)
    with store.unit(DESK) as unit:
        nights = unit.rows("firm.runs", {"firm_id": DESK, "kind": "night"})
        queues = _queues(unit)
        newest = max(nights, key=lambda row: str(row["started_at"]), default=None)
        shards = unit.rows("desk.shards", {"run_id": newest["run_id"]}) if newest else []
    told: Mapping[str, Any] = json.loads(str(newest["summary"] or "{}")) if newest else {}
    counted = {name: int(told[name]) for name in _COUNTED if name in told}
    if newest is not None and newest["state"] == RUNNING:
        counted = {"enrolled": sum(int(str(row["accounts"])) for row in shards)}
    return Standing(
        nights=Counter(str(row["state"]) for row in nights),
        business_date=None if newest is None else _seconds(newest["as_of"]),
        accounts=counted,
        red_firms=int(told.get("red", 0)),
        shards=Counter(str(row["state"]) for row in shards),
        evaluation_seconds=float(told.get("seconds", 0.0)),
        solve_seconds=float(told.get("solve_seconds", 0.0)),
        queues=queues,
    )


def _queues(unit: Unit) -> dict[str, int]:
    """Effects that wait to be spread, deliveries that wait to be sent, and deliveries given up, over all firms."""
    counts = Counter(effects=0, deliveries=0, dead=0)
    for firm in [*tenants(unit), DESK]:
        with unit.within(firm):
            counts["effects"] += len(unit.rows("firm.outbox", {"done_at": None}))
            unsent = unit.rows("firm.deliveries", {"done_at": None})
        dead = sum(row["dead_at"] is not None for row in unsent)
        counts += Counter(deliveries=len(unsent) - dead, dead=dead)
    return {name: counts[name] for name in ("effects", "deliveries", "dead")}


def _seconds(day: object) -> float:
    assert isinstance(day, date)
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()

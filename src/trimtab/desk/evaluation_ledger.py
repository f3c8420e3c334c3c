"""The evaluation ledger: who was enrolled on the day, who was evaluated, and what makes the day red."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from trimtab.desk.editions import Edition
from trimtab.desk.firm_night import shard_of
from trimtab.desk.ports import Reader, Unit
from trimtab.desk.results import results_of


@dataclass(frozen=True, slots=True)
class FirmNight:
    """A firm's day: accounts enrolled and evaluated, by decision and release; who was missed, in error, or had losses
    nobody looked at; why its shard failed.
    """

    firm_id: str
    enrolled: int
    evaluated: int
    decisions: dict[str, int]
    releases: dict[str, int]
    missed: tuple[str, ...]
    in_error: tuple[str, ...]
    unharvested: tuple[str, ...]
    digest: str | None
    error: str | None
    seconds: float | None
    solve_seconds: float

    @property
    def red(self) -> bool:
        """Whether the day is short of an account, or harvesting was silently off for one."""
        return bool(self.missed or self.in_error or self.unharvested or self.evaluated < self.enrolled)

    def as_json(self) -> dict[str, object]:
        """All of it, for a machine."""
        return asdict(self) | {"red": self.red}


def planned_of(unit: Unit, reader: Reader, edition: Edition) -> list[str]:
    """The accounts that an edition enrols: those not closed, and those that only a fault of the book still names."""
    firm = edition.firm_id
    accounts = reader.facts("facts.accounts", firm, until=edition.known_at, where={"firm_id": firm})
    known = set(accounts["account_id"])
    open_ones = accounts.filter(pl.col("status").fill_null("open") != "closed")["account_id"]
    with unit.within(firm):
        faults = unit.rows("firm.edition_failures", {"firm_id": firm, "known_at": edition.known_at})
    named = {str(name) for row in faults for name in json.loads(str(row["accounts"]))}
    return sorted(set(open_ones) | (named - known))


def firm_night(unit: Unit, reader: Reader, row: Mapping[str, object]) -> FirmNight:
    """A firm's day as it is kept, counted from the facts and the results; `row` is that of its shard."""
    shard = shard_of(row)
    enrolled = planned_of(unit, reader, shard.edition)
    with unit.within(shard.firm):
        kept = results_of(unit, shard.run_id, "evaluations")
        run = unit.rows("firm.runs", {"firm_id": shard.firm, "run_id": shard.run_id})[0]
    told = told_of(unit, shard.firm, shard.run_id)
    seen = kept["account_id"].to_list()
    assert all(a < b for a, b in pairwise(seen)), "an account is evaluated twice"
    in_error = kept.filter(pl.col("decision") == "error")["account_id"].to_list()
    return FirmNight(
        firm_id=shard.firm,
        enrolled=len(enrolled),
        evaluated=len(set(enrolled) & set(seen)) - len(in_error),
        decisions=_counts(kept["decision"]),
        releases=_counts(kept["release"]),
        missed=tuple(sorted(set(enrolled) - set(seen))),
        in_error=tuple(in_error),
        unharvested=tuple(told.get("unharvested", ())),
        digest=None if run["result_digest"] is None else str(run["result_digest"]),
        error=None if row["error"] is None else str(row["error"]),
        seconds=told.get("seconds"),
        solve_seconds=round(float(kept["solve_ms"].cast(pl.Float64).sum()) / 1e3, 3),
    )


def progress_of(unit: Unit, run_id: str) -> tuple[int, int, int]:
    """Accounts of shards that are done or given up, accounts in all, and shards still to do; the desk's unit."""
    rows = unit.rows("desk.shards", {"run_id": run_id})
    done = [row for row in rows if row["state"] in ("done", "failed")]
    counts = [sum(int(str(row["accounts"])) for row in some) for some in (done, rows)]
    return counts[0], counts[1], len(rows) - len(done)


def told_of(unit: Unit, firm: str, run_id: str) -> dict[str, Any]:
    """What a firm's part of a run said of itself when it was kept: digests by stage, seconds, the run's summary."""
    with unit.within(firm):
        rows = unit.rows("firm.runs", {"firm_id": firm, "run_id": run_id})
    said: dict[str, Any] = json.loads(str(rows[0]["summary"] or "{}")) if rows else {}
    return said


def _counts(values: pl.Series) -> dict[str, int]:
    counted = values.drop_nulls().value_counts().sort(values.name)
    return {str(name): int(count) for name, count in counted.iter_rows()}

"""A firm's nights, newest first: the evaluation ledger as a person reads it."""

import json
from dataclasses import dataclass
from typing import Any, Final

from trimtab.desk.access import Principal, may
from trimtab.desk.ports import Store

_MOST: Final = 260


@dataclass(frozen=True, slots=True)
class NightLine:
    """One night of a firm: counts as the night kept them; None is unknown, as while it runs."""

    run_id: str
    as_of: object
    state: str
    started_at: object
    finished_at: object
    enrolled: int | None
    evaluated: int | None
    unharvested: tuple[str, ...]
    decisions: dict[str, int]
    seconds: float | None
    result_digest: str | None
    engine: str

    @property
    def red(self) -> bool:
        """Whether it is short of an account or had losses that nobody looked at; a running night is not red yet."""
        short = self.enrolled is None or self.evaluated is None or self.evaluated < self.enrolled
        return self.state != "running" and (short or bool(self.unharvested))


def nights_of(store: Store, principal: Principal, firm: str) -> list[NightLine]:
    """The last year of a firm's nights."""
    may(principal, "run:result:read", firm)
    with store.unit(firm) as unit:
        rows = unit.rows("firm.runs", {"firm_id": firm, "kind": "night"}, last=True, limit=_MOST)
        unit.record(principal.who, "read", "nights", rows=len(rows))
    return sorted(map(_line, rows), key=lambda one: (str(one.as_of), str(one.started_at)), reverse=True)


def _line(row: dict[str, Any]) -> NightLine:
    said: dict[str, Any] = json.loads(row["summary"] or "{}")
    return NightLine(
        row["run_id"],
        row["as_of"],
        row["state"],
        row["started_at"],
        row["finished_at"],
        said.get("enrolled"),
        said.get("evaluated"),
        tuple(said.get("unharvested", ())),
        said.get("decision_counts", {}),
        said.get("seconds"),
        row["result_digest"],
        row["engine"],
    )

"""The board: each firm's newest night, what waits for a person, what is halted and what is in flight."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from trimtab.desk.access import Principal, allowed, may_at
from trimtab.desk.ports import Store, Unit
from trimtab.desk.subjects import APPROVED, DRAFT, REHEARSED, RUN
from trimtab.desk.worklist import SEES, newest_run
from trimtab.store.shapes import DESK

_OPEN: Final = (DRAFT, REHEARSED, APPROVED)
YEAR_DAYS: Final = 252
"""Business days a year, for figures per account-year."""


@dataclass(frozen=True, slots=True)
class FirmDay:
    """One firm on the board; None is unknown, as where no night was run yet."""

    firm_id: str
    name: str
    as_of: date | None = None
    run_id: str | None = None
    enrolled: int | None = None
    evaluated: int | None = None
    unharvested: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    releases: dict[str, int] = field(default_factory=dict)
    seconds: float | None = None
    halts: int = 0
    to_approve: int = 0
    in_flight: int = 0

    @property
    def red(self) -> bool:
        """Whether the newest night is missing, short of an account, or had losses that nobody looked at."""
        short = self.enrolled is None or self.evaluated is None or self.evaluated < self.enrolled
        return short or self.unharvested > 0

    @property
    def touchless(self) -> float | None:
        """The share of accounts that no person had to look at; unknown without a night."""
        if not self.evaluated:
            return None
        return 1.0 - self.releases.get("review", 0) / self.evaluated


@dataclass(frozen=True, slots=True)
class Board:
    """What a principal sees in the morning: firms, those that are red first, and the halts of the desk."""

    firms: tuple[FirmDay, ...]
    desk_halts: tuple[dict[str, object], ...]

    @property
    def red(self) -> tuple[FirmDay, ...]:
        """The firms whose day is red."""
        return tuple(one for one in self.firms if one.red)

    def total(self, name: str) -> int:
        """A count over all firms where it is known."""
        return sum(getattr(one, name) or 0 for one in self.firms)

    def counted(self, part: str, word: str) -> int:
        """How many accounts decided or were released so, over all firms."""
        return sum(getattr(one, part).get(word, 0) for one in self.firms)

    @property
    def seconds(self) -> float | None:
        """Seconds of work of all newest nights that say so."""
        known = [one.seconds for one in self.firms if one.seconds is not None]
        return sum(known) if known else None


def board_of(store: Store, principal: Principal) -> Board:
    """The board of the firms whose results a principal may read."""
    firms = may_at(principal, SEES)
    with store.unit(DESK) as unit:
        names = {str(row["firm_id"]): str(row["name"]) for row in unit.rows("desk.tenants")}
        found = []
        for firm in firms:
            with unit.within(firm):
                found.append(_firm(unit, firm, names.get(firm, firm)))
        halts = (
            unit.rows("market.halts", {"lifted_at": None})
            if allowed(principal, "desk:halt:set", DESK)
            else []
        )
        unit.record(principal.who, "read", "board", firms=len(found))
    return Board(tuple(sorted(found, key=lambda one: (not one.red, one.firm_id))), tuple(halts))


def _firm(unit: Unit, firm: str, name: str) -> FirmDay:
    run = newest_run(unit, firm)
    halts = len(unit.rows("firm.halts", {"lifted_at": None}))
    proposals = unit.rows("firm.proposals", {"state": list(_OPEN)})
    waiting = sum(row["state"] == REHEARSED for row in proposals)
    flying = sum(row["kind"] != RUN for row in proposals)
    standing: dict[str, Any] = {"halts": halts, "to_approve": waiting, "in_flight": flying}
    if run is None:
        return FirmDay(firm, name, **standing)
    said: dict[str, Any] = json.loads(str(run["summary"] or "{}"))
    as_of = run["as_of"]
    assert isinstance(as_of, date)
    return FirmDay(
        firm,
        name,
        as_of,
        str(run["run_id"]),
        said.get("enrolled"),
        said.get("evaluated"),
        len(said.get("unharvested", ())),
        said.get("decision_counts", {}),
        said.get("release_counts", {}),
        said.get("seconds"),
        **standing,
    )

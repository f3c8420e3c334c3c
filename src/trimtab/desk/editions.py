"""Editions: which state of a firm's facts is meant by a business date and a moment of knowledge."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from trimtab.desk.ports import Unit
from trimtab.store.shapes import NOBODY

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Edition:
    """One state of a firm's facts: known at a moment, about a business date, beside a state of the market."""

    firm_id: str
    known_at: datetime
    as_of: date
    market_known_at: datetime | None
    book_name: str
    book_digest: str


def edition_at(unit: Unit, firm: str, *, as_of: date | None, known_at: datetime | None) -> Edition | None:
    """The last edition of the last business date up to `as_of`, of what was known by `known_at`; the desk's unit."""
    where: dict[str, object] = {} if as_of is None else {"as_of <=": as_of}
    if known_at is not None:
        where["known_at <="] = known_at
    with unit.within(firm):
        rows = unit.rows("firm.editions", where)
    found = [_edition(row) for row in rows]
    return max(found, key=lambda edition: (edition.as_of, edition.known_at), default=None)


def _edition(row: dict[str, object]) -> Edition:
    return Edition(**{name: row[name] for name in Edition.__slots__})  # type: ignore[arg-type]


def moment_after(unit: Unit, firms: Iterable[str]) -> datetime:
    """A moment of knowledge for new facts: now, and after everything the market and these firms know already."""
    last = [row["known_at"] for row in unit.rows("market.editions", last=True, limit=1)]
    for firm in firms:
        with unit.within(firm):
            last += [row["known_at"] for row in unit.rows("firm.editions", last=True, limit=1)]
    known = [moment for moment in last if isinstance(moment, datetime)]
    return max([unit.now, *(moment + _TICK for moment in known)])


def tenants(unit: Unit) -> list[str]:
    """Every firm that was ever taken on, in order; `NOBODY` is not one."""
    return [str(row["firm_id"]) for row in unit.rows("desk.tenants") if row["firm_id"] != NOBODY]

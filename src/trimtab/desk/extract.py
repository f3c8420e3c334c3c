"""Export a book: facts in force on a business date, as known at a moment, put together as they were imported."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

import polars as pl

from trimtab.book.read import Book, put_together
from trimtab.book.title import Title
from trimtab.core.result import Failure, Reason
from trimtab.desk.access import AbsentError, Principal, allowed, may
from trimtab.desk.editions import Edition, edition_at, tenants
from trimtab.desk.ports import Reader, Store, Unit
from trimtab.store.shapes import DESK, FACTS, NOBODY

_Place = tuple[datetime, int]
"""Which import, and the failure's number in its book."""


class SameIdsError(Exception):
    """Firms that use the same ids cannot stand in one book: export them apart."""


def export_book(
    store: Store,
    principal: Principal,
    *,
    firms: Collection[str] = (),
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Book:
    """The book of some firms (of all that the principal may export where none is named) as of a date, as known then.

    Without names only firms whose newest edition is of the same business date come together. The digest is that of
    the book as it was imported.
    """
    may(principal, "desk:market:read", DESK)
    with store.unit(DESK) as unit, store.reader() as reader:
        editions = _editions(unit, principal, firms, as_of=as_of, known_at=known_at)
        tables = _tables(reader, editions)
        failures = [failure for edition in editions for failure in _failures(unit, edition)]
        newest = max(editions, key=lambda edition: edition.known_at)
        for edition in editions:
            with unit.within(edition.firm_id):
                unit.record(principal.who, "book:export", edition.firm_id, as_of=newest.as_of.isoformat())
    return put_together(Title(newest.as_of, newest.book_name), tables, _merged(failures))


def _editions(
    unit: Unit,
    principal: Principal,
    firms: Collection[str],
    *,
    as_of: date | None,
    known_at: datetime | None,
) -> list[Edition]:
    """The editions to put together: named firms must be there and permitted, else it is as if there were none."""
    known = tenants(unit)
    for firm in firms:
        may(principal, "book:book:export", firm)
    asked = sorted(firms) or [firm for firm in known if allowed(principal, "book:book:export", firm)]
    found = [edition_at(unit, firm, as_of=as_of, known_at=known_at) for firm in asked if firm in known]
    editions = [edition for edition in found if edition is not None]
    if not editions or (firms and len(editions) < len(set(firms))):
        raise AbsentError
    newest = max(edition.as_of for edition in editions)
    editions = [edition for edition in editions if edition.as_of == newest or firms]
    nobody = edition_at(unit, NOBODY, as_of=newest, known_at=known_at)
    whole = (
        not firms and nobody is not None and nobody.known_at == max(edition.known_at for edition in editions)
    )
    return [*editions, nobody] if whole and nobody is not None else editions


def market_tables(reader: Reader, until: datetime | None) -> dict[str, pl.DataFrame]:
    """The desk's rows of every table that has such, as they stood at a moment."""
    return {
        name: reader.facts(f"market.{name}", DESK, until=until).select(*shape.columns)
        for name, shape in FACTS.items()
        if shape.by_desk
    }


def book_of(unit: Unit, reader: Reader, edition: Edition, market: Mapping[str, pl.DataFrame]) -> Book:
    """One firm's book in an edition, beside the market's tables of that edition; for the desk's unit."""
    failures = _merged(_failures(unit, edition))
    return put_together(Title(edition.as_of, edition.book_name), _beside(reader, [edition], market), failures)


def _tables(reader: Reader, editions: list[Edition]) -> dict[str, pl.DataFrame]:
    market_at = max(
        (edition.market_known_at for edition in editions if edition.market_known_at), default=None
    )
    return _beside(reader, editions, market_tables(reader, market_at))


def _beside(
    reader: Reader, editions: list[Edition], market: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Every table: the desk's rows, and those of the firms in their editions."""
    tables = {}
    for name, shape in FACTS.items():
        parts = [shape.empty()]
        if shape.by_desk:
            parts.append(market[name])
        if shape.by_firm:
            for edition in editions:
                firm, until = edition.firm_id, edition.known_at
                parts.append(reader.facts(f"facts.{name}", firm, until=until, where={"firm_id": firm}))
        tables[name] = _one(name, [part.select(*shape.columns) for part in parts])
    return tables


def _one(name: str, parts: list[pl.DataFrame]) -> pl.DataFrame:
    key = list(FACTS[name].key)
    whole = pl.concat(parts)
    if name == "taxpayers":
        whole = whole.unique()
    if whole.select(key).is_duplicated().any():
        raise SameIdsError(
            f"{name}: two firms use the same {key[-1]}; export each firm by itself with --firm"
        )
    return whole.sort(key)


def _failures(unit: Unit, edition: Edition) -> list[tuple[_Place, Failure]]:
    with unit.within(edition.firm_id):
        rows = unit.rows("firm.edition_failures", {"firm_id": edition.firm_id, "known_at": edition.known_at})
    return [((edition.known_at, int(str(row["ordinal"]))), _failure(row)) for row in rows]


def _failure(row: Mapping[str, object]) -> Failure:
    table, place, field, value, message, remedy = (
        str(row[name]) for name in ("table", "row", "field", "value", "message", "remedy")
    )
    accounts = tuple(json.loads(str(row["accounts"])))
    return Failure(Reason(str(row["reason"])), table, place, field, value, message, remedy, accounts)


def known_failures(unit: Unit, edition: Edition) -> tuple[Failure, ...]:
    """What was wrong with the book of an edition."""
    return _merged(_failures(unit, edition))


def _merged(parts: list[tuple[_Place, Failure]]) -> tuple[Failure, ...]:
    """Parts of one failure together again, in the order of the book."""
    whole: dict[_Place, Failure] = {}
    for place, part in parts:
        other = whole.get(place)
        accounts = tuple(sorted({*part.accounts, *(other.accounts if other else ())}))
        whole[place] = Failure(
            part.reason, part.table, part.row, part.field, part.value, part.message, part.remedy, accounts
        )
    return tuple(whole[place] for place in sorted(whole))

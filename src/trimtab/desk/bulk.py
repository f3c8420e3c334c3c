"""Whole tables in and out: a firm's facts, or the desk's market, as rows by table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from trimtab.book.edit import edit_book
from trimtab.book.title import Title
from trimtab.core.result import Failure
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.editions import edition_at, moment_after, tenants
from trimtab.desk.edits import FaultsError, NotOursError, keep_edit, must_be_tables, standing
from trimtab.desk.extract import known_failures
from trimtab.desk.placing import failures_by_firm, firm_rows, market_rows
from trimtab.desk.ports import Store
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.versions import changes

Frames = Mapping[str, pl.DataFrame]
FIRM_TABLES = tuple(name for name, shape in FACTS.items() if shape.by_firm)
MARKET_TABLES = tuple(name for name, shape in FACTS.items() if shape.by_desk)


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import came to: when it became known, rows appended by table, and everything that was wrong."""

    known_at: datetime
    appended: Mapping[str, int]
    failures: tuple[Failure, ...]


def import_tables(
    store: Store, principal: Principal, firm: str, tables: Frames, *, as_of: date | None = None
) -> Taken:
    """Put whole tables of a firm's in place of its own; those that are not given stay as they stand.

    Rows are text by column, as in a file, and checked as those are: what is wrong isolates the accounts it concerns.
    `as_of` is the business date, that of the firm's newest book where none is said.
    """
    may(principal, "book:book:import", firm)
    must_be_tables(tables.keys(), FIRM_TABLES)
    with store.unit(firm) as unit, store.reader() as reader:
        stands = standing(unit, reader, needed=FACTS)
        day = as_of or stands.edition.as_of
        if day < stands.edition.as_of:
            raise NotOursError(
                f"the firm's newest book is of {stands.edition.as_of}; import a book to correct a day"
            )
        desk = market_rows(stands.tables)
        instead = {
            name: pl.concat([_as_text(desk[name]), rows], how="diagonal") if name in desk else rows
            for name, rows in tables.items()
        }
        edited = edit_book(Title(day, stands.edition.book_name), stands.tables, instead=instead)
        after = firm_rows(edited.after.tables)
        strange = [
            name for name in tables if after[name].filter(~pl.col("firm_id").is_in([firm, "-"])).height
        ]
        if strange or not _same_desk(desk, market_rows(edited.after.tables), tables):
            raise NotOursError(f"rows of {', '.join(strange or tables)} are the desk's or another firm's")
        before = [one for one in known_failures(unit, stands.edition) if one.table not in tables]
        whole = tuple(dict.fromkeys((*before, *edited.faults)))
        told = failures_by_firm(whole, edited.after.tables["accounts"])
        known = [{"ordinal": number, **row} for rows in told.values() for number, row in rows]
        names = sorted(tables)
        known_at, appended = keep_edit(
            unit, principal, edited, names=names, edition=stands.edition, cause="import:tables", known=known
        )
        unit.record(principal.who, "book:import:tables", firm, tables=names, appended=appended)
    return Taken(known_at, appended, edited.faults)


def _same_desk(before: Frames, after: Frames, names: Frames) -> bool:
    return all(before[name].equals(after[name]) for name in names if name in before)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col(name)).then(pl.lit("true")).when(~pl.col(name)).then(pl.lit("false")).alias(name)
        if kind == pl.Boolean()
        else pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
    )


def import_market(store: Store, principal: Principal, tables: Frames, *, as_of: date | None = None) -> Taken:
    """Put whole tables of the market in place of the desk's; those that are not given stay as they stand.

    A row that makes the market wrong is a FaultsError: the market is every firm's. Firms read it from their next
    edition on.
    """
    may(principal, "desk:market:write", DESK)
    must_be_tables(tables.keys(), MARKET_TABLES)
    with store.unit(DESK) as unit, store.reader() as reader:
        unit.lock("editions")
        rows = unit.rows("market.editions", last=True, limit=1)
        if not rows and as_of is None:
            raise AbsentError
        day = as_of or rows[0]["as_of"]
        assert isinstance(day, date)
        stands = {
            name: reader.facts(f"market.{name}", DESK).select(*FACTS[name].columns) for name in MARKET_TABLES
        }
        base = {name: stands.get(name, shape.empty()) for name, shape in FACTS.items()}
        edited = edit_book(Title(day, ""), base, instead=tables)
        if edited.faults:
            raise FaultsError(edited.faults)
        after = market_rows(edited.after.tables)
        if any(firm_rows(edited.after.tables)[name].height for name in tables if name in FIRM_TABLES):
            raise NotOursError("a row is a firm's")
        known_at = moment_after(unit, tenants(unit))
        appended = {}
        for name in sorted(tables):
            new = changes(
                FACTS[name], stands[name], after[name], tenant=False, business_date=day, known_at=known_at
            )
            unit.append(f"market.{name}", new)
            appended[name] = new.height
        edition = {"known_at": known_at, "as_of": day, "book_name": "", "cause": "import:tables"}
        unit.insert("market.editions", edition | {"who": principal.who})
        unit.record(principal.who, "market:import:tables", DESK, tables=sorted(tables), appended=appended)
    return Taken(known_at, {name: count for name, count in appended.items() if count}, ())


def export_tables(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    names: tuple[str, ...] = FIRM_TABLES,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """A firm's own tables as of a business date, as it was known at a moment, one after the other."""
    may(principal, "book:book:export", firm)
    must_be_tables(names, FIRM_TABLES)
    with store.unit(firm) as unit:
        edition = edition_at(unit, firm, as_of=as_of, known_at=known_at)
        if edition is None:
            raise AbsentError
        unit.record(principal.who, "book:export:tables", firm, tables=list(names))
    return _exported(store, firm, names, edition.known_at)


def _exported(
    store: Store, firm: str, names: tuple[str, ...], until: datetime
) -> Iterator[tuple[str, pl.DataFrame]]:
    with store.reader() as reader:
        for name in names:
            own = {"firm_id": firm}
            yield (
                name,
                reader.facts(f"facts.{name}", firm, until=until, where=own).select(*FACTS[name].columns),
            )

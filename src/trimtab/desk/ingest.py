"""Import a book: its rows become facts of the desk and of each firm, one edition a firm, all in one commit."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from trimtab.book.read import Book
from trimtab.book.title import UNDATED
from trimtab.desk.access import Principal, may
from trimtab.desk.editions import moment_after, tenants
from trimtab.desk.placing import failures_by_firm, firm_rows, market_rows
from trimtab.desk.ports import Reader, Store, Unit
from trimtab.store.shapes import DESK, FACTS, NOBODY
from trimtab.store.versions import changes, owned_schema


class NotImportableError(Exception):
    """The book cannot be kept as a whole: the message says why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to: when it became known, the book's digest, and rows appended by table."""

    known_at: datetime
    digest: str
    firms: tuple[str, ...]
    appended: dict[str, int]


def import_book(store: Store, principal: Principal, book: Book) -> Imported:
    """Make a book the newest edition of the market and of each firm in it; unchanged rows are not written again."""
    may(principal, "desk:market:write", DESK)
    _refuse(book)
    firms = sorted({*book.tables["firms"]["firm_id"], *book.tables["accounts"]["firm_id"]} - {NOBODY})
    with store.unit(DESK) as unit, store.reader() as reader:
        unit.lock("editions")
        known = set(tenants(unit))
        for firm in firms:
            may(
                principal,
                "book:book:import" if firm in known else "desk:firm:add",
                firm if firm in known else DESK,
            )
        before_of = [firm for firm in firms if firm in known] + [NOBODY]
        known_at = moment_after(unit, before_of)
        appended = _append_market(unit, reader, book, known_at)
        appended |= _append_firms(unit, reader, book, before_of=before_of, known_at=known_at)
        for firm in firms:
            if firm not in known:
                unit.insert(
                    "desk.tenants", {"firm_id": firm, "name": _name(book, firm), "joined_at": known_at}
                )
        _append_editions(unit, principal, book, firms=(*firms, NOBODY), known_at=known_at)
        unit.record(
            principal.who,
            "book:import",
            book.name,
            as_of=book.as_of.isoformat(),
            digest=book.digest,
            firms=len(firms),
        )
    return Imported(known_at, book.digest, tuple(firms), appended)


def _refuse(book: Book) -> None:
    if book.as_of == UNDATED:
        raise NotImportableError("the book has no business date: give as_of in book.toml")
    reserved = {DESK, NOBODY, ""} & set(book.tables["firms"]["firm_id"])
    if reserved:
        raise NotImportableError(f"no firm may be called {min(reserved)!r}")


def _append_market(unit: Unit, reader: Reader, book: Book, known_at: datetime) -> dict[str, int]:
    appended = {}
    for name, frame in market_rows(book.tables).items():
        shape = FACTS[name]
        before = reader.facts(f"market.{name}", DESK)
        new = changes(shape, before, frame, tenant=False, business_date=book.as_of, known_at=known_at)
        unit.append(f"market.{name}", new)
        appended[f"market.{name}"] = new.height
    return {name: count for name, count in appended.items() if count}


def _append_firms(
    unit: Unit, reader: Reader, book: Book, *, before_of: list[str], known_at: datetime
) -> dict[str, int]:
    """Append what changed at every firm of the book; `before_of` names those that have facts already."""
    appended = {}
    for name, frame in firm_rows(book.tables).items():
        shape = FACTS[name]
        parts = [pl.DataFrame(schema=owned_schema(shape, tenant=True))]
        parts += [reader.facts(f"facts.{name}", firm, where={"firm_id": firm}) for firm in before_of]
        new = changes(
            shape, pl.concat(parts), frame, tenant=True, business_date=book.as_of, known_at=known_at
        )
        unit.append(f"facts.{name}", new.sort("firm_id", *shape.key) if new.height else new)
        appended[f"facts.{name}"] = new.height
    return {name: count for name, count in appended.items() if count}


def _append_editions(
    unit: Unit, principal: Principal, book: Book, *, firms: tuple[str, ...], known_at: datetime
) -> None:
    said = {
        "as_of": book.as_of,
        "known_at": known_at,
        "book_name": book.name,
        "cause": "import",
        "who": principal.who,
    }
    unit.insert("market.editions", said)
    failures = failures_by_firm(book.failures, book.tables["accounts"])
    for firm in firms:
        with unit.within(firm):
            own = {"firm_id": firm, "market_known_at": known_at, "book_digest": book.digest}
            unit.insert("firm.editions", said | own)
            unit.insert(
                "firm.edition_failures",
                *(
                    {"firm_id": firm, "known_at": known_at, "ordinal": n} | row
                    for n, row in failures.get(firm, [])
                ),
            )
            unit.record(principal.who, "book:import", firm, as_of=book.as_of.isoformat(), digest=book.digest)


def _name(book: Book, firm: str) -> str:
    firms = book.tables["firms"]
    names = firms.filter(firms["firm_id"] == firm)["name"].to_list()
    return str(names[0]) if names and names[0] is not None else firm

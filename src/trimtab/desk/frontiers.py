"""Frontiers of accounts in the store: worked out by the engine, and kept as they were shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from trimtab.book.edit import edit_book, with_known
from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.day import open_day
from trimtab.desk.documents import keep_document, text_of
from trimtab.desk.edits import standing
from trimtab.desk.extract import known_failures
from trimtab.desk.frontier import Frontier, frontier
from trimtab.desk.ports import Store
from trimtab.desk.touched import narrowed, with_households
from trimtab.store.shapes import FACTS

FRONTIER: Final = "frontier"


@dataclass(frozen=True, slots=True)
class Kept:
    """A frontier as it was kept: its document's id and content."""

    document_id: str
    content: Mapping[str, object]


def work_out_frontier(store: Store, principal: Principal, firm: str, *, account: str) -> Kept:
    """The frontier of an account as its firm's book stands; NoFrontierError where it has none."""
    may(principal, "plan:plan:choose", firm)
    with store.unit(firm) as unit, store.reader() as reader:
        stands = standing(unit, reader, needed=FACTS)
        if account not in set(stands.tables["accounts"]["account_id"]):
            raise AbsentError
        book = edit_book(stands.title, stands.tables).before
        book = with_known(book, known_failures(unit, stands.edition))
        unit.record(principal.who, "frontier:begin", account)
    ids = with_households(book.tables["accounts"], pl.Series([account]))
    found = frontier(open_day(narrowed(book, ids), lambda _: None), account)
    content = _content(found)
    document_id = f"{FRONTIER}-{digest([account, str(stands.edition.known_at), text_of(content)])[:24]}"
    with store.unit(firm) as unit:
        said = {"document_id": document_id, "kind": FRONTIER, "subject": account}
        keep_document(unit, principal, as_of=found.as_of, content=content, **said)
        unit.record(principal.who, "frontier:keep", account, document=document_id)
    return Kept(document_id, content)


def _content(found: Frontier) -> dict[str, object]:
    return {
        "account_id": found.account_id,
        "as_of": found.as_of,
        "value": found.value,
        "points": found.points.to_dicts(),
        "yearly_tax": found.yearly_tax,
        "yearly_gain": found.yearly_gain,
        "flags": list(found.flags),
        "failures": [f"{one.table} {one.field}: {one.message}" for one in found.failures],
    }

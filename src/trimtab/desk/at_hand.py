"""One account's book at hand, for what a person tries and looks at while the page waits."""

from dataclasses import dataclass, field

import polars as pl

from trimtab.book.read import Book
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.day import Risk
from trimtab.desk.editions import edition_at
from trimtab.desk.firm_night import Market, read_firm
from trimtab.desk.ports import Store
from trimtab.desk.touched import narrowed, with_households
from trimtab.store.shapes import DESK


@dataclass(slots=True)
class AtHand:
    """What one process keeps between looks: the market read last, as nights do."""

    market: Market = field(default_factory=Market)


def book_at_hand(
    store: Store, principal: Principal, kept: AtHand, firm: str, account_id: str, *, why: str
) -> tuple[Book, Risk]:
    """An account and its household in the firm's newest edition, and the market's risk model; `why` is recorded."""
    may(principal, "run:result:read", firm)
    with store.unit(DESK) as unit, store.reader() as reader:
        edition = edition_at(unit, firm, as_of=None, known_at=None)
        if edition is None:
            raise AbsentError
        book, risk = read_firm(unit, reader, edition, kept.market)
        with unit.within(firm):
            unit.record(principal.who, "account:try", account_id, why=why)
    if account_id not in set(book.tables["accounts"]["account_id"]):
        raise AbsentError
    return narrowed(book, with_households(book.tables["accounts"], pl.Series([account_id]))), risk

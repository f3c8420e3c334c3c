"""Edits of a firm's facts: rows changed, checked as a book is, and kept as an edition of their own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from trimtab.book.edit import Edited, edit_book
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.title import Title
from trimtab.core.digest import digest
from trimtab.core.result import Failure
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.digests import rows_digest
from trimtab.desk.editions import Edition, edition_at, moment_after
from trimtab.desk.placing import firm_rows, market_rows
from trimtab.desk.ports import Reader, Unit
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.versions import changes

Frames = Mapping[str, pl.DataFrame]
_SERIES: Final = frozenset(
    ("prices", "factor_exposures", "factor_covariance", "specific_risk", "distributions", "risk_free", "calendar",
     "tags")
)  # fmt: skip
"""What of the market no wish is checked against."""
_OWNED: Final = frozenset(("lots", "positions", "transactions", "open_orders", "scheduled_buys"))
"""What of the accounts no wish is checked against."""


_TREES: Final = frozenset(("models", "model_versions"))
"""Tables of which one says what the other holds."""


class FaultsError(Exception):
    """The rows make the book wrong; `faults` say where and how."""

    def __init__(self, faults: Sequence[Failure]) -> None:
        super().__init__(
            "; ".join(dict.fromkeys(f"{one.table} {one.field}: {one.message}" for one in faults))
        )
        self.faults = tuple(faults)


class NotOursError(Exception):
    """The rows belong to another: the desk's, another firm's, or a table that is not this kind's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A firm's facts as they stand: its newest edition and the tables of its book."""

    edition: Edition
    tables: dict[str, pl.DataFrame]

    @property
    def title(self) -> Title:
        """The title page of that book."""
        return Title(self.edition.as_of, self.edition.book_name)


def standing(unit: Unit, reader: Reader, *, needed: Collection[str] = ()) -> Standing:
    """The unit's firm as it stands, without long series and holdings but those `needed`; AbsentError where it has
    no book. Edits of the firm take their turn from here on.
    """
    firm = unit.firm
    unit.lock("editions", shared=True)
    unit.lock(f"editions:{firm}")
    edition = edition_at(unit, firm, as_of=None, known_at=None)
    if edition is None:
        raise AbsentError
    left_out = (_SERIES | _OWNED) - set(needed)
    tables = {}
    for name, shape in FACTS.items():
        parts = [shape.empty()]
        if shape.by_desk and name not in left_out:
            parts.append(reader.facts(f"market.{name}", DESK).select(*shape.columns))
        if shape.by_firm and name not in left_out:
            parts.append(reader.facts(f"facts.{name}", firm, where={"firm_id": firm}).select(*shape.columns))
        tables[name] = pl.concat(parts)
    return Standing(edition, tables)


def laid_over(stands: Standing, firm: str, rows: Frames, *, ahead: bool = False) -> Edited:
    """The firm's book with rows (text by column) laid over its own; FaultsError or NotOursError where it may not be.

    With `ahead` an announced version of a model is taken as in force: that is its rehearsal.
    """
    edited = edit_book(stands.title, stands.tables, over=rows, ahead=ahead)
    if edited.faults:
        raise FaultsError(edited.faults)
    must_be_ours(edited, firm, rows)
    return edited


def must_be_ours(edited: Edited, firm: str, names: Collection[str]) -> None:
    """Raise NotOursError where an edit changes a row that is not the firm's."""
    sides = [_others(book.tables, firm, _whole(names)) for book in (edited.before, edited.after)]
    if any(not sides[0][name].equals(sides[1][name]) for name in sides[0]):
        raise NotOursError("a row is the desk's or another firm's")


def _whole(names: Collection[str]) -> set[str]:
    """Tables with those that say the same."""
    return {*names, *(_TREES if _TREES & set(names) else ())}


def _others(tables: Frames, firm: str, names: Collection[str]) -> dict[str, pl.DataFrame]:
    """Rows of some tables that are not the firm's."""
    desk, owned = market_rows(tables), firm_rows(tables)
    found = {f"market.{name}": desk[name] for name in names if name in desk}
    theirs = {name: owned[name].filter(pl.col("firm_id") != firm) for name in names if name in owned}
    return found | theirs


def keep_edit(
    unit: Unit,
    principal: Principal,
    edited: Edited,
    *,
    names: Collection[str],
    edition: Edition,
    cause: str,
    known: Sequence[Mapping[str, object]] | None = None,
) -> tuple[datetime, dict[str, int]]:
    """Append what an edit of some tables changed at the unit's firm, as a new edition of the same business date; when
    it became known, and rows appended by table. Failures `known` of the edition (those of the one before where none
    are given) are kept with it.
    """
    firm = unit.firm
    known_at = moment_after(unit, [firm])
    before, after = (firm_rows(book.tables) for book in (edited.before, edited.after))
    appended, marks = {}, []
    for name in sorted(_whole(names)):
        sides = [rows[name].filter(pl.col("firm_id") == firm) for rows in (before, after)]
        new = changes(
            FACTS[name], *sides, tenant=True, business_date=edited.after.as_of, known_at=known_at
        )  # fmt: skip
        unit.append(f"facts.{name}", new)
        appended[name] = new.height
        marks.append([name, rows_digest(new.drop("known_at"))])
    if known is None:
        known = unit.rows("firm.edition_failures", {"firm_id": firm, "known_at": edition.known_at})
    own = {
        "firm_id": firm,
        "known_at": known_at,
        "as_of": edited.after.as_of,
        "cause": cause,
        "who": principal.who,
    }
    own |= {"market_known_at": edition.market_known_at, "book_name": edition.book_name}
    unit.insert("firm.editions", own | {"book_digest": digest([edition.book_digest, cause, marks])})
    unit.insert("firm.edition_failures", *({**row, "firm_id": firm, "known_at": known_at} for row in known))
    return known_at, {name: count for name, count in appended.items() if count}


def must_be_tables(names: Collection[str], allowed: Collection[str]) -> None:
    """Raise NotOursError where a table is none that may be given here."""
    strange = sorted(set(names) - set(allowed))
    if strange or not set(names) <= TABLES_IN.keys():
        raise NotOursError(
            f"these tables may be given here: {', '.join(sorted(allowed))}; not {', '.join(strange)}"
        )

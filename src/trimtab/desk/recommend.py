"""Recommendations of the desk and of consultants, and what each would mean to one firm: the firm alone decides."""

import json
from collections.abc import Mapping
from datetime import date

import polars as pl

from trimtab.book.edit import edit_book, rows_as_text
from trimtab.book.pricing import with_unit_value
from trimtab.book.title import Title
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.documents import plain
from trimtab.desk.drafts import draft
from trimtab.desk.editions import moment_after, tenants
from trimtab.desk.edits import FaultsError, standing
from trimtab.desk.ports import Store
from trimtab.desk.research import proposals_to_firms
from trimtab.policy.research import list_after
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.versions import changes

_NEEDED = ("lots", "prices")


def recommend(store: Store, principal: Principal, row: Mapping[str, object]) -> None:
    """Publish a recommendation on a security to every firm; nothing is traded for it."""
    may(principal, "desk:research:publish", DESK)
    with store.unit(DESK) as unit, store.reader() as reader:
        unit.lock("editions")
        last = unit.rows("market.editions", last=True, limit=1)
        if not last:
            raise AbsentError
        day = last[0]["as_of"]
        assert isinstance(day, date)
        names = ("securities", "recommendations")
        stands = {name: reader.facts(f"market.{name}", DESK).select(*FACTS[name].columns) for name in names}
        base = {name: stands.get(name, shape.empty()) for name, shape in FACTS.items()}
        said = {"recommendations": rows_as_text("recommendations", [row])}
        edited = edit_book(Title(day, ""), base, over=said)
        security = str(row["security_id"])
        if edited.faults or security not in set(edited.after.tables["recommendations"]["security_id"]):
            raise FaultsError(edited.faults) if edited.faults else AbsentError
        known_at = moment_after(unit, tenants(unit))
        before, after = (book.tables["recommendations"] for book in (edited.before, edited.after))
        new = changes(
            FACTS["recommendations"],
            before,
            after,
            tenant=False,
            business_date=day,
            known_at=known_at,
        )
        unit.append("market.recommendations", new)
        edition = {"known_at": known_at, "as_of": day, "book_name": "", "cause": f"recommend:{security}"}
        unit.insert("market.editions", edition | {"who": principal.who})
        unit.record(principal.who, "research:recommend", security, said=plain(row))


def recommendations_to(store: Store, principal: Principal, firm: str) -> pl.DataFrame:
    """What is recommended to a firm and it has not taken, with the effect on its accounts (`proposals_to_firms`)."""
    may(principal, "policy:list:read", firm)
    with store.unit(firm) as unit, store.reader() as reader:
        tables = _priced(standing(unit, reader, needed=_NEEDED).tables)
        unit.record(principal.who, "read", "recommendations")
    return proposals_to_firms(tables).filter(pl.col("firm_id") == firm)


def take_recommendation(store: Store, principal: Principal, firm: str, *, security: str, key: str) -> str:
    """Draft the firm's approved list with a recommendation taken; the draft's id. Rehearsal and approval follow."""
    may(principal, "policy:list:write", firm)
    with store.unit(firm) as unit, store.reader() as reader:
        stands = standing(unit, reader, needed=_NEEDED)
        asked = proposals_to_firms(_priced(stands.tables)).filter(pl.col("firm_id") == firm)
        if security not in set(asked["security_id"]):
            raise AbsentError
        unit.record(principal.who, "research:take", security)
    rows = list_after(stands.tables, firm, frozenset({security}))
    content = json.dumps({"approved_list": plain(rows.to_dicts())}, sort_keys=True)
    as_of = stands.edition.as_of
    return draft(store, principal, firm, kind="list", subject=security, as_of=as_of, content=content, key=key)


def _priced(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables with what a unit of each security is worth."""
    return {**tables, "securities": with_unit_value(tables["securities"], tables["prices"])}

"""Versions of facts: which rows are in force at a moment, and what must be appended to make others so."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from trimtab.store.shapes import DTYPES, KNOWN_AT, Shape
from trimtab.store.where import Where, after_key, conditions, named

VERSION_COLUMNS = ("business_date", KNOWN_AT, "gone")


def owned_key(shape: Shape, *, tenant: bool) -> tuple[str, ...]:
    """The key of a fact among all firms' rows."""
    return ("firm_id", *(name for name in shape.key if name != "firm_id")) if tenant else shape.key


def owned_schema(shape: Shape, *, tenant: bool) -> dict[str, pl.DataType]:
    """The columns of a fact as read: its own, with the owning firm in front where it has one."""
    own = {name: kind for name, kind in shape.frame_schema.items() if not (tenant and name == "firm_id")}
    return ({"firm_id": DTYPES["text"]} if tenant else {}) | own


def in_force(
    table: sa.Table, shape: Shape, *, until: "datetime | sa.BindParameter[Any] | None", where: Where
) -> sa.Select[tuple[object, ...]]:
    """The rows known last, up to and including a moment, without those that are gone."""
    tenant = table.schema == "facts"
    key = owned_key(shape, tenant=tenant)
    inner = {said: value for said, value in where.items() if named({said: value}) <= set(key)}
    outer = {said: value for said, value in where.items() if said not in inner}
    order = [table.c[name].desc() for name in (*key, KNOWN_AT)]
    once = distinct_on(*(table.c[name] for name in key))
    last = sa.select(table).ext(once).order_by(*order)
    last = last.where(*conditions(table.c, inner))
    if until is not None:
        last = last.where(table.c[KNOWN_AT] <= until)
    versions = last.subquery("v")
    shown = [versions.c[name] for name in owned_schema(shape, tenant=tenant)]
    return sa.select(*shown).where(~versions.c.gone, *conditions(versions.c, outer))


def page_in_force(
    table: sa.Table, shape: Shape, *, where: Where, after: Sequence[object] | None, limit: int | None
) -> sa.Select[tuple[object, ...]]:
    """The rows known last in the order of their key, from past a key: read along the primary key, as far as asked."""
    tenant = table.schema == "facts"
    key = owned_key(shape, tenant=tenant)
    inner = {said: value for said, value in where.items() if named({said: value}) <= set(key)}
    outer = {said: value for said, value in where.items() if said not in inner}
    last = sa.select(table).ext(distinct_on(*(table.c[name] for name in key)))
    last = last.order_by(*(table.c[name] for name in key), table.c[KNOWN_AT].desc())
    last = last.where(*conditions(table.c, inner))
    if after is not None:
        last = last.where(after_key(table.c, key, after))
    versions = last.subquery("v")
    shown = [versions.c[name] for name in owned_schema(shape, tenant=tenant)]
    said = sa.select(*shown).where(~versions.c.gone, *conditions(versions.c, outer))
    return said.order_by(*(versions.c[name] for name in key)).limit(limit)


def stored(frame: pl.DataFrame, key: Collection[str]) -> pl.DataFrame:
    """A frame as it is kept: an unknown cell of a key is empty text, because a primary key knows no null."""
    blank = [name for name in key if frame[name].null_count()]
    assert all(frame.schema[name] == pl.String for name in blank), blank
    return frame.with_columns(pl.col(blank).fill_null("")) if blank else frame


def shown(frame: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """A frame as it was given, in the order of its key."""
    text = [name for name in shape.key if frame.schema[name] == pl.String]
    frame = frame.with_columns(pl.when(pl.col(text) != "").then(pl.col(text)).name.keep()) if text else frame
    return frame.sort(shape.key)


def changes(
    shape: Shape,
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    tenant: bool,
    business_date: date,
    known_at: datetime,
) -> pl.DataFrame:
    """What to append so that `after` is in force instead of `before`: new and different rows, and rows gone.

    Both hold the same columns; equal means the same bits, and unknown equals unknown.
    """
    key = [*owned_key(shape, tenant=tenant)]
    before, after = stored(before, key), stored(after, key)
    columns = after.columns
    fresh = after
    if before.height:
        fresh = after.join(before.select(columns), on=columns, how="anti", nulls_equal=True)
    lost = before.join(after, on=key, how="anti").select(
        *key, *(pl.lit(None, kind).alias(name) for name, kind in after.schema.items() if name not in key)
    )
    stamp = {"business_date": pl.lit(business_date), KNOWN_AT: pl.lit(known_at).cast(DTYPES["moment"])}
    return pl.concat(
        frame.select(columns).with_columns(**stamp, gone=pl.lit(value=gone))
        for frame, gone in ((fresh, False), (lost, True))
    )

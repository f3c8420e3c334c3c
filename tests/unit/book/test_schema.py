"""Columns and tables describe themselves without contradiction."""

import polars as pl
import pytest

from trimtab.book.schema import EXACT, Kind, Table, day, exact, flag, integer, items, need, number, text

THING = Table("things", ("id",), (need(text("id")), exact("cost"), flag("used", default="true")))


def test_kinds_have_types() -> None:
    made = [text("a"), items("a"), day("a"), exact("a"), number("a"), integer("a"), flag("a")]
    assert [column.kind for column in made] == list(Kind)
    assert [column.dtype for column in made] == [
        pl.String, pl.String, pl.Date, EXACT, pl.Float64, pl.Int64, pl.Boolean,
    ]  # fmt: skip


def test_a_required_cell_may_still_be_blank() -> None:
    assert need(text("a")).needed
    assert not need(text("a"), blank=True).needed
    assert not text("a").needed


def test_an_empty_frame_has_every_column() -> None:
    frame = THING.empty()
    assert frame.height == 0
    assert dict(frame.schema) == {"id": pl.String, "cost": EXACT, "used": pl.Boolean}
    assert THING.column("used").default == "true"


def test_a_table_refuses_what_cannot_be() -> None:
    with pytest.raises(AssertionError, match="twice"):
        Table("t", (), (text("a"), text("a")))
    with pytest.raises(AssertionError, match="key"):
        Table("t", ("b",), (text("a"),))

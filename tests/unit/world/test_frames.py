from datetime import date

import polars as pl
import pytest

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.world.frames import KEYS, Rows, to_frame


def test_keys_are_the_contracts():
    assert {name: TABLES_IN[name].key for name in KEYS} == KEYS


def test_rows_become_typed_sorted_frames_and_what_is_left_out_is_unknown():
    rows = Rows()
    rows.add(
        "lots",
        account_id="B",
        lot_id="1",
        security_id="X",
        quantity=2,
        unit_cost=0.1,
        acquired=date(2020, 1, 2),
    )
    rows.add("lots", account_id="A", lot_id="1", security_id="X", quantity=2.5, acquired=date(2020, 1, 2))
    frame = rows.frames()["lots"]
    assert frame["account_id"].to_list() == ["A", "B"]
    assert frame.schema["unit_cost"] == pl.Decimal(38, 9)
    assert [str(x) for x in frame["unit_cost"]] == ["None", "0.100000000"]


def test_every_column_has_the_contracts_type(frames):
    for name, frame in frames.items():
        contract = TABLES_IN[name].frame_schema
        assert {c: t for c, t in frame.schema.items() if contract[c] != t} == {}, name


def test_our_faults_stop_at_once():
    with pytest.raises(AssertionError, match="twice"):
        to_frame("firms", [{"firm_id": "A"}, {"firm_id": "A"}])
    with pytest.raises(AssertionError, match="no table"):
        Rows().add("firm", firm_id="A")

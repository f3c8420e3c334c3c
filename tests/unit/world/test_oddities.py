from datetime import timedelta
from decimal import Decimal

import polars as pl

from trimtab.world.securities import SWEEP, TREASURY


def row(frames, security_id):
    return frames["securities"].row(by_predicate=pl.col("security_id") == security_id, named=True)


def test_the_note_is_quoted_per_hundred(frames):
    note = row(frames, TREASURY)
    assert note["kind"] == "bond"
    assert note["price_factor"] == Decimal("0.01")
    assert 90 < note["price"] < 110
    assert note["maturity"] > frames["prices"]["date"].max()


def test_exactly_one_price_is_stale(frames):
    as_of = frames["prices"]["date"].max()
    stale = frames["securities"].drop_nulls("price_date")
    assert stale["security_id"].to_list() == ["GRICX"]
    assert as_of - stale["price_date"].item() == timedelta(days=9)
    assert row(frames, "GRICX")["illiquid"]


def test_sweep_counts_as_cash_at_one_dollar(frames):
    assert (row(frames, SWEEP)["kind"], row(frames, SWEEP)["price"]) == ("cash", Decimal(1))


def test_every_held_security_is_listed_and_every_price_is_the_markets(frames):
    held = frames["lots"].select("security_id").unique()
    assert held.join(frames["securities"], on="security_id", how="anti").is_empty()
    last = frames["prices"].filter(pl.col("date") == frames["prices"]["date"].max())
    both = frames["securities"].join(last, on="security_id")
    assert len(both) == len(frames["securities"]) - 1
    assert both.filter(pl.col("price") != pl.col("close")).is_empty()

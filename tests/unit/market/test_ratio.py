"""Ratios are rounded correctly, alone as among others."""

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trimtab.market.ratio import ratio


@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(1, 1e6)), min_size=1, max_size=5))
def test_a_row_alone_gives_the_same_bits(pairs: list[tuple[float, float]]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Float64, "b": pl.Float64}, orient="row")
    together = frame.select(ratio(pl.col("a"), pl.col("b"))).to_series().to_list()
    alone = [frame.slice(i, 1).select(ratio(pl.col("a"), pl.col("b"))).item() for i in range(len(frame))]
    assert together == alone == [a / b for a, b in pairs]


def test_unknown_zero_and_decimals() -> None:
    frame = pl.DataFrame({"a": [1.0, None, 1.0, 0.0], "b": [None, 1.0, 0.0, 0.0]})
    found = frame.select(ratio(pl.col("a"), pl.col("b"))).to_series().to_list()
    assert found[:2] == [None, None]
    assert found[2] == math.inf
    assert math.isnan(found[3])
    exact = pl.DataFrame({"a": ["1.5"], "b": ["3"]}).cast(pl.Decimal(38, 9))
    assert exact.select(ratio(pl.col("a"), pl.col("b"))).item() == 0.5

"""Ratios of columns that do not depend on how many rows stand beside a row."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def ratio(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
    """`top` / `bottom` as floats, correctly rounded in every row; null where either is.

    polars divides by a column of one row as by a constant, with its reciprocal, which rounds otherwise: an account
    alone in a book would then differ in its last bit from the same account among others.
    """
    parts = [top.cast(pl.Float64), bottom.cast(pl.Float64)]
    return pl.map_batches(parts, _divided, return_dtype=pl.Float64)


def _divided(parts: Sequence[pl.Series]) -> pl.Series:
    top, bottom = parts
    unknown = top.is_null() | bottom.is_null()
    with np.errstate(divide="ignore", invalid="ignore"):
        out = top.to_numpy() / bottom.to_numpy()
    return pl.Series(top.name, out, dtype=pl.Float64).set(unknown, None)

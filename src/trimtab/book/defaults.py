"""What an empty cell means: the contract's defaults, applied here and nowhere else; keys sorted; values per unit."""

import polars as pl

from trimtab.book.faults import ROW
from trimtab.book.schema import EXACT, Column, Kind, Table


def finish(table: Table, typed: pl.DataFrame) -> pl.DataFrame:
    """The frame others see: defaults in, rows sorted by key, `__row` gone; securities gain `unit_value`."""
    filled = [_filled(column) for column in table.columns if column.default is not None]
    frame = typed.with_columns(filled).sort(table.key).drop(ROW)
    return with_unit_value(frame) if table.name == "securities" else frame


def _filled(column: Column) -> pl.Expr:
    assert column.default is not None
    value = column.default == "true" if column.kind is Kind.FLAG else column.default
    return pl.col(column.name).fill_null(pl.lit(value).cast(column.dtype))


def with_unit_value(securities: pl.DataFrame) -> pl.DataFrame:
    """Add `unit_value`, dollars per unit: price × price_factor + accrued; unknown where the price is.

    A bond quoted per 100 of face has factor 0.01, so that quantity is face value. Exact to nine decimals, half even.
    """
    value = pl.col("price").cast(EXACT) * pl.col("price_factor") + pl.col("accrued").fill_null(0)
    return securities.with_columns(value.cast(EXACT).alias("unit_value"))

"""What an empty cell means: the contract's defaults, applied here and nowhere else."""

import polars as pl

from trimtab.book.faults import ROW
from trimtab.book.schema import Column, Kind, Table


def fill(table: Table, typed: pl.DataFrame) -> pl.DataFrame:
    """The frame others see: defaults in, rows in key order, `__row` gone."""
    filled = [_filled(column) for column in table.columns if column.default is not None]
    return typed.with_columns(filled).drop(ROW)


def _filled(column: Column) -> pl.Expr:
    assert column.default is not None
    value = column.default == "true" if column.kind is Kind.FLAG else column.default
    return pl.col(column.name).fill_null(pl.lit(value).cast(column.dtype))


def default_notices(securities: pl.DataFrame) -> tuple[str, ...]:
    """Defaults that a person should know were used; counted before they are filled in."""
    unknown = securities["half_spread_bps"].null_count()
    notices = []
    if unknown:
        notices.append(
            f"securities: half_spread_bps of {unknown} of {securities.height} is unknown; 2 is used"
        )
    plain = securities.filter((pl.col("kind") == "bond") & pl.col("price_factor").is_null()).height
    if plain:
        notices.append(
            f"securities: price_factor of {plain} bonds is unknown; 1 is used (0.01 where quoted per 100 of face)"
        )
    return tuple(notices)

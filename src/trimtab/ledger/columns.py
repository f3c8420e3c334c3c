"""Exact arithmetic over columns: decimals of nine places as 128-bit counts of billionths, and back."""

import datetime as dt

import polars as pl

from trimtab.core.amounts import NANO

MONEY = pl.Decimal(38, 9)
"""How money, prices and quantities stand in a frame."""


def nano(column: str) -> pl.Expr:
    """A decimal column as billionths."""
    return pl.col(column).cast(MONEY).to_physical().cast(pl.Int128)


def decimal(nanos: pl.Expr) -> pl.Expr:
    """Billionths as a decimal column, exactly; totals up to 10^20 dollars fit."""
    return nanos.cast(MONEY) / pl.lit(NANO).cast(MONEY)


def times(price: str, quantity: str) -> pl.Expr:
    """Dollars for price × quantity: the product of two decimals of nine places rounds a half to even, exactly as
    `Price.times` does.
    """
    return pl.col(price).cast(MONEY) * pl.col(quantity).cast(MONEY)


def portion(total: pl.Expr, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """The first `part` of `whole` shares' portion of a total, rounded down, as `amounts.portion` does."""
    return total.cast(pl.Int128) * part.cast(pl.Int128) // whole.cast(pl.Int128)


def first_long_day(acquired: str) -> pl.Expr:
    """The first day a lot is long-term: the day after, a year on, 29 February rolling to 1 March."""
    after = pl.col(acquired) + pl.duration(days=1)
    leap_day = (after.dt.month() == 2) & (after.dt.day() == 29)
    return after.dt.offset_by("1y") + pl.duration(
        days=leap_day.cast(pl.Int64)
    )  # a clipped 28 February goes on a day


def value_lots(lots: pl.DataFrame, prices: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """Value and age every lot of a shard at once.

    `lots` as in the book; `prices` has security_id and price. Adds value, basis, gain (null where price or basis is
    unknown), long_from (first day long-term), term (S, L) and days_to_long (0 once long).
    """
    priced = lots.lazy().join(
        prices.lazy().select("security_id", "price"), on="security_id", how="left", maintain_order="left"
    )
    adjusted = priced.with_columns(_adjusted=pl.coalesce("adjusted_acquired", "acquired"))
    worth = adjusted.with_columns(
        value=times("price", "quantity"),
        basis=times("unit_cost", "quantity"),
        long_from=first_long_day("_adjusted"),
    )
    days = (pl.col("long_from") - pl.lit(as_of)).dt.total_days()
    aged = worth.with_columns(
        gain=pl.col("value") - pl.col("basis"),
        term=pl.when(days <= 0).then(pl.lit("L")).otherwise(pl.lit("S")),
        days_to_long=days.clip(0),
    )
    return aged.select(
        *lots.columns, "price", "value", "basis", "gain", "long_from", "term", "days_to_long"
    ).collect()

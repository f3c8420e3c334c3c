"""Shadow: what a firm really traded on a day beside what a run proposed for it."""

import polars as pl

_PLACE = ["account_id", "security_id"]


def compared(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """account_id, security_id, ours, theirs (signed quantities, purchases above zero; null: no trade), price, agree
    (dollars that both trade in the same direction), apart (dollars by which they differ; null: no price), state (same,
    differs, ours alone, theirs alone); one row where either trades, sorted.

    Both sides: account_id, security_id, side (buy, sell), quantity, price (dollars a unit, null where unknown).
    """
    both = _signed(ours, "ours").join(_signed(theirs, "theirs"), on=_PLACE, how="full", coalesce=True)
    price = pl.coalesce("price", "price_right")
    mine, other = pl.col("ours").fill_null(0), pl.col("theirs").fill_null(0)
    common = (
        pl.when(mine.sign() == other.sign()).then(pl.min_horizontal(mine.abs(), other.abs())).otherwise(0)
    )
    state = (
        pl.when(pl.col("theirs").is_null())
        .then(pl.lit("ours alone"))
        .when(pl.col("ours").is_null())
        .then(pl.lit("theirs alone"))
        .when(mine == other)
        .then(pl.lit("same"))
        .otherwise(pl.lit("differs"))
    )
    rows = both.with_columns(
        price=price, agree=_dollars(common, price), apart=_dollars((mine - other).abs(), price), state=state
    )
    return rows.select(*_PLACE, "ours", "theirs", "price", "agree", "apart", "state").sort(_PLACE)


def _dollars(quantity: pl.Expr, price: pl.Expr) -> pl.Expr:
    return (quantity.cast(pl.Float64) * price.cast(pl.Float64)).round(2)


def _signed(trades: pl.DataFrame, name: str) -> pl.DataFrame:
    sign = pl.when(pl.col("side") == "sell").then(-1).otherwise(1)
    signed = trades.with_columns((pl.col("quantity") * sign).alias(name))
    return signed.group_by(_PLACE).agg(pl.col(name).sum(), pl.col("price").drop_nulls().min())


def summed(rows: pl.DataFrame) -> dict[str, object]:
    """How far a comparison agrees: lines by state, accounts in all and without a difference, dollars on both sides."""
    counts = dict(rows["state"].value_counts().sort("state").iter_rows())
    same = rows.group_by("account_id").agg((pl.col("state") == "same").all())
    return {
        "lines": {str(name): int(count) for name, count in counts.items()},
        "accounts": same.height,
        "accounts_same": int(same["state"].sum()),
        "agree": _total(rows["agree"]),
        "apart": _total(rows["apart"]),
    }


def _total(column: pl.Series) -> float | None:
    """Dollars of a column; None where one of them is unknown."""
    return None if column.null_count() else round(float(column.sort().sum()), 2)

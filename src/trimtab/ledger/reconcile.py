"""Breaks: where the custodian's position differs from the lots."""

import polars as pl

from trimtab.ledger.columns import MONEY

_KEYS = ["account_id", "security_id"]


def breaks(lots: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    """Every security of an account whose lots do not add up to the custodian's position.

    Compared only for accounts that have any position row: no rows at all means that no file came. Columns:
    account_id, security_id, lots, position (quantities); sorted. It clears by itself when the two agree.
    """
    zero = pl.lit(0).cast(MONEY)
    reported = positions.group_by(_KEYS).agg(position=pl.col("quantity").sum())
    owned = (
        lots.join(positions.select("account_id").unique(), on="account_id", how="semi")
        .group_by(_KEYS)
        .agg(lots=pl.col("quantity").sum())
    )
    both = owned.join(reported, on=_KEYS, how="full", coalesce=True)
    return (
        both.select(*_KEYS, pl.col("lots").fill_null(zero), pl.col("position").fill_null(zero))
        .filter(pl.col("lots") != pl.col("position"))
        .sort(_KEYS)
    )

"""Fund terms: what a fund asks of its buyers and sellers, per account and per lot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

_KEYS: Final = ["account_id", "security_id"]


@dataclass(frozen=True, slots=True, eq=False)
class FundTerms:
    """`lines`: account_id, security_id, own_ticket (dollars, null: the account's), least_buy (dollars), closed (text:
    why nothing is bought today), fee (fraction of proceeds, where a lot is young enough for it), for every account that
    holds or may hold a fund with terms. `lots`: account_id, security_id, lot_id, young (redemption_fee, round_trip:
    why the lot waits).
    """

    lines: pl.DataFrame
    lots: pl.DataFrame


def fund_terms(tables: Mapping[str, pl.DataFrame], universe: pl.DataFrame, *, as_of: date) -> FundTerms:
    """The terms in force for each pair of `universe` (account_id, security_id); sorted by key.

    Terms that name a custodian hold for accounts there only. `minimum_initial` is asked of a first purchase,
    `minimum_additional` of later ones. Within `redemption_days` of its purchase a lot costs a fee to sell, within
    `round_trip_days` a fund objects to a sale, and to a purchase after a sale: such lots wait, such purchases are not
    made.
    """
    custodians = tables["accounts"].select("account_id", held_at="custodian")
    mine = (
        universe.join(tables["fund_terms"], on="security_id", how="inner")
        .join(custodians, on="account_id", how="left")
        .filter(pl.col("custodian").is_null() | (pl.col("custodian") == pl.col("held_at")))
        .sort(_KEYS)
    )
    lots = tables["lots"].join(mine, on=_KEYS, how="inner")
    held = lots.select(_KEYS).unique().with_columns(held=pl.lit(value=True))
    sold = (
        tables["transactions"]
        .filter((pl.col("kind") == "sell") & (pl.col("date") <= as_of))
        .group_by(_KEYS)
        .agg(sold=pl.col("date").max())
    )
    young = _young(lots, as_of)
    charged = young.filter(pl.col("young") == "redemption_fee").select(_KEYS).unique()
    joined = (
        mine.join(held, on=_KEYS, how="left")
        .join(sold, on=_KEYS, how="left")
        .join(charged.with_columns(charged=pl.lit(value=True)), on=_KEYS, how="left")
    )
    reopens = pl.col("sold") + pl.duration(days=pl.col("round_trip_days"))
    least = pl.when(pl.col("held").is_not_null()).then("minimum_additional").otherwise("minimum_initial")
    lines = joined.select(
        *_KEYS,
        own_ticket=pl.col("ticket").cast(pl.Float64),
        least_buy=least.cast(pl.Float64).fill_null(0.0),
        closed=pl.when(reopens > as_of).then(pl.format("round trip until {}", reopens.cast(pl.Date))),
        fee=pl.when("charged").then(pl.col("redemption_fee_bps") / 1e4).otherwise(0.0),
    )
    return FundTerms(lines.sort(_KEYS), young)


def _young(lots: pl.DataFrame, as_of: date) -> pl.DataFrame:
    age = (pl.lit(as_of) - pl.col("acquired")).dt.total_days()
    charged = (pl.col("redemption_fee_bps") > 0) & (age < pl.col("redemption_days"))
    rushed = age < pl.col("round_trip_days")
    young = pl.when(charged).then(pl.lit("redemption_fee")).when(rushed).then(pl.lit("round_trip"))
    return (
        lots.with_columns(young=young)
        .filter(pl.col("young").is_not_null())
        .select(*_KEYS, "lot_id", "young")
        .sort(*_KEYS, "lot_id")
    )

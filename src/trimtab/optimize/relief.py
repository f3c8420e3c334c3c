"""Which lots of an account leave first, where `lot_relief` says: their order, and the average basis of funds.

`least_tax` gives no order: the solve chooses. The methods are those of the ledger (`ledger/relief.py`), in columns.
"""

from typing import Final

import polars as pl

from trimtab.ledger.columns import MONEY
from trimtab.market.ratio import ratio

_KEYS: Final = ["account_id", "security_id"]
_FUNDS: Final = ["etf", "mutual_fund"]
"""An average is for shares of funds only (26 USC 1012(c), Reg. 1.1012-1(e)); anything else leaves oldest first."""
LOT_ORDER: Final = "lot_order"
"""Why a lot is not sold though nothing keeps it: one that leaves before it is kept, or waits."""


def averaged(lots: pl.DataFrame, securities: pl.DataFrame, settings: pl.DataFrame) -> pl.DataFrame:
    """A book's `lots`, those of funds in accounts with `lot_relief` average at the average basis of all of them.

    The average is rounded to a billionth of a dollar a share; it is unknown where the basis of one lot is.
    """
    funds = securities.filter(pl.col("kind").is_in(_FUNDS)).select("security_id")
    electing = settings.filter(pl.col("lot_relief") == "average").select("account_id")
    mine = lots.join(electing, on="account_id", how="semi").join(funds, on="security_id", how="semi")
    if len(mine) == 0:
        return lots
    sums = mine.group_by(_KEYS).agg(
        known=pl.col("unit_cost").is_not_null().all(),
        spent=(pl.col("quantity") * pl.col("unit_cost")).sum(),
        shares=pl.col("quantity").sum(),
    )
    mean = pl.when("known").then(ratio(pl.col("spent"), pl.col("shares")).round(9).cast(MONEY))
    means = sums.select(*_KEYS, mean=mean)
    found = lots.join(
        means.with_columns(of_all=pl.lit(value=True)), on=_KEYS, how="left", maintain_order="left"
    )
    return found.with_columns(unit_cost=pl.when("of_all").then("mean").otherwise("unit_cost")).drop(
        "mean", "of_all"
    )


def turns(lots: pl.DataFrame) -> pl.DataFrame:
    """account_id, security_id, lot_id, turn: the place of each lot in the order in which its position leaves.

    `lots`: those of `valuation` with the account's `lot_relief`. Only positions of several lots have an order.
    """
    several = pl.len().over(_KEYS) > 1
    ordered = lots.filter((pl.col("lot_relief") != "least_tax") & several)
    last = pl.lit(value=None, dtype=pl.Int64)
    acquired, since = (pl.col(name).dt.epoch("d").cast(pl.Int64) for name in ("acquired", "since"))
    gain = pl.col("clean") - pl.col("unit_basis")
    relief = pl.col("lot_relief")
    category = (
        pl.when(gain < 0)
        .then(pl.when("long").then(1).otherwise(0))
        .when(gain == 0)
        .then(pl.when("long").then(3).otherwise(2))
        .when(gain > 0)
        .then(pl.when("long").then(4).otherwise(5))
    )
    keyed = ordered.with_columns(
        one=pl.when(relief == "lifo").then(-acquired).when(relief == "mintax").then(category).otherwise(last),
        two=pl.when(relief == "hifo").then(-pl.col("unit_basis")).when(relief == "mintax").then(gain),
        three=acquired,
        four=since,
        place=pl.when(relief == "lifo").then(-pl.col("lot_id").rank("ordinal").over(_KEYS).cast(pl.Int64)),
    )
    chain = ["one", "two", "place", "three", "four", "lot_id"]
    return (
        keyed.sort(*_KEYS, *chain, nulls_last=True)
        .with_columns(turn=pl.int_range(pl.len()).over(_KEYS).cast(pl.Int64))
        .select(*_KEYS, "lot_id", "turn")
    )


def behind(column: str) -> pl.Expr:
    """`column` (why a lot is kept, or waits), and LOT_ORDER for those that leave after one that is or does."""
    stuck = pl.col(column).is_not_null() & pl.col("turn").is_not_null()
    ahead = stuck.cast(pl.Int64).cum_sum().over(_KEYS, order_by="turn") > 0
    return pl.coalesce(column, pl.when(ahead & pl.col("turn").is_not_null()).then(pl.lit(LOT_ORDER)))


def in_front() -> pl.Expr:
    """Of lots that were filtered: whether all that leave before a lot are among them too."""
    return pl.col("turn").is_null() | (pl.col("turn") + 1 == pl.col("turn").rank("ordinal").over(_KEYS))


def in_turn(depth: pl.Expr, *, rising: bool) -> pl.Expr:
    """A key by which lots may be sorted (ascending where `rising`) without one before those that leave ahead of it."""
    held = depth.cum_max() if rising else depth.cum_min()
    return pl.when(pl.col("turn").is_null()).then(depth).otherwise(held.over(_KEYS, order_by="turn"))

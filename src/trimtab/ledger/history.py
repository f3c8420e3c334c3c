"""Sales at a loss and purchases around a date, matched share for share over a whole shard."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trimtab.core.dates import WASH_DAYS
from trimtab.ledger.columns import nano
from trimtab.ledger.matching import Matched, Steps, match
from trimtab.ledger.shard import ARRIVALS, PURCHASES, SALES, Coded, Shard, base_lot, with_optional

REACH_DAYS = 2 * WASH_DAYS
"""Two losses farther apart than this compete for no purchase."""
_WINDOW = dt.timedelta(days=WASH_DAYS)
_LOT = ["account", "base_id"]


@dataclass(frozen=True, slots=True)
class History:
    """Loss pieces still able to matter with what is matched of them, and purchases with what is used of them.

    `losses`: place, piece, date, quantity, matched, loss… `purchases`: place, account, base_id, order, date,
    transaction_id, used; one row for every place that sees the purchase.
    """

    losses: pl.DataFrame
    purchases: pl.DataFrame


def history(shard: Shard, codes: Coded, *, as_of: dt.date) -> History:
    """Match the losses that still matter on a date with the purchases around them."""
    lines = with_optional(shard.transactions).lazy().filter(pl.col("date") <= as_of)
    splits = _splits(lines, codes)
    losses = _losses(lines, codes, as_of)
    first = losses["date"].min() if losses.height else as_of
    assert isinstance(first, dt.date)
    since = min(first, as_of) - _WINDOW
    purchases = _purchases(shard, lines, codes, (losses, since, as_of))
    near = purchases.join(losses.select("place").unique(), on="place", how="semi")
    leaving = _leaving(lines, codes, near, since)
    losses, leaving, near = (todays_shares(rows, splits) for rows in (losses, leaving, near))
    return _matched(losses, leaving, near, purchases)


def _losses(lines: pl.LazyFrame, codes: Coded, as_of: dt.date) -> pl.DataFrame:
    """Loss pieces of taxable accounts in the last chain that reaches into the window; an unknown loss is null."""
    taxed = codes.accounts.lazy().filter("taxable")
    rows = (
        lines.filter(pl.col("kind").is_in(SALES) & ((pl.col("gain") < 0) | pl.col("gain").is_null()))
        .join(taxed, on="account_id")
        .drop("account_id")
    )
    placed = codes.on_securities(rows).with_columns(codes.place())
    recent = placed.filter(pl.col("date") >= as_of - dt.timedelta(days=REACH_DAYS)).select("place").unique()
    kept = placed.join(recent, on="place", how="semi").select(
        *("place", "account", "security", "exclude_older", "date", "transaction_id"),
        base_lot("lot_id"),
        pl.coalesce("order", "transaction_id").alias("order"),
        pl.coalesce("acquired", pl.lit(dt.date.min)).alias("acquired"),
        nano("quantity").cast(pl.Int64).alias("quantity"),
        (pl.lit(0, dtype=pl.Int128) - nano("gain")).alias("loss"),
    )
    chained = kept.sort("place", "date").with_columns(
        chain=(pl.col("date").diff().over("place") > pl.duration(days=REACH_DAYS)).fill_null(value=False)
    )
    chained = chained.with_columns(chain=pl.col("chain").cast(pl.Int64).cum_sum().over("place"))
    return chained.filter(pl.col("chain") == pl.col("chain").max().over("place")).drop("chain").collect()


def _purchases(
    shard: Shard, lines: pl.LazyFrame, codes: Coded, asked: tuple[pl.DataFrame, dt.date, dt.date]
) -> pl.DataFrame:
    """Purchases one row a place that sees them: around the losses asked about, and in the thirty days before.

    Recent lots of which no transaction tells how they came count as purchases.
    """
    losses, since, as_of = asked
    names = ("account_id", "security_id", "underlying", "date", "transaction_id", "base_id", "order")
    bought = lines.filter(pl.col("kind").is_in(PURCHASES) & (pl.col("date") >= since)).select(
        *names[:5],
        pl.coalesce("lot_id", "transaction_id").alias("base_id"),
        "order",
        nano("quantity").cast(pl.Int64).alias("quantity"),
    )
    every = pl.concat([bought, unexplained(shard, lines, as_of).select(*names, "quantity")])
    every = every.with_columns(order=pl.coalesce("order", "base_id"))
    calls = every.filter(pl.col("underlying").is_not_null()).with_columns(security_id=pl.col("underlying"))
    accounts = codes.accounts.lazy().select("account_id", "account")
    placed = pl.concat([every, calls]).join(accounts, on="account_id").drop("account_id")
    seen = codes.on_securities(placed).join(codes.members.lazy(), on="account").with_columns(codes.place())
    asked_about = pl.col("place").is_in(losses["place"].unique().implode())
    return (
        seen.filter(asked_about | (pl.col("date") >= as_of - _WINDOW))
        .select("place", "account", "security", "base_id", "order", "date", "transaction_id", "quantity")
        .collect()
    )


def unexplained(shard: Shard, lines: pl.LazyFrame, as_of: dt.date) -> pl.LazyFrame:
    """Lots acquired in the thirty days before of which no transaction tells how they came."""
    recent = (
        shard.lots.lazy()
        .filter(pl.col("acquired").is_between(as_of - _WINDOW, as_of))
        .select(
            *("account_id", "security_id"),
            pl.col("acquired").alias("date"),
            base_lot("lot_id"),
            nano("quantity").cast(pl.Int64).alias("quantity"),
        )
    )
    lots = recent.group_by("account_id", "security_id", "date", "base_id").agg(pl.col("quantity").sum())
    arrived = (
        lines.filter(pl.col("kind").is_in(ARRIVALS) & (pl.col("date") >= as_of - _WINDOW))
        .select("account_id", pl.coalesce("lot_id", "transaction_id").alias("base_id"))
        .join(lots.select("account_id", "base_id"), on=["account_id", "base_id"], how="semi")
    )
    unknown = pl.lit(None, dtype=pl.String)
    return lots.join(arrived, on=["account_id", "base_id"], how="anti").with_columns(
        transaction_id=pl.col("base_id"), order=unknown, underlying=unknown
    )


def _leaving(lines: pl.LazyFrame, codes: Coded, near: pl.DataFrame, since: dt.date) -> pl.DataFrame:
    """Sales out of the purchases that could replace a loss, at a gain or not."""
    rows = lines.filter(
        pl.col("kind").is_in(SALES) & (pl.col("date") >= since) & pl.col("lot_id").is_not_null()
    )
    accounts = codes.accounts.lazy().select("account_id", "account")
    securities = codes.securities.lazy().select("security_id", "security")
    sold = rows.join(accounts, on="account_id").join(securities, on="security_id")
    ours = near.lazy().select("account").unique()
    return (
        sold.join(ours, on="account", how="semi")
        .select(
            *("account", "security", "date", "transaction_id"),
            base_lot("lot_id"),
            pl.coalesce("order", "transaction_id").alias("order"),
            nano("quantity").cast(pl.Int64).alias("quantity"),
        )
        .join(near.lazy().select(_LOT).unique(), on=_LOT, how="semi")
        .collect()
    )


def _splits(lines: pl.LazyFrame, codes: Coded) -> pl.DataFrame:
    """Splits once each, whichever accounts report them, in the order they happened."""
    told = (pl.col("kind") == "split") & (pl.col("new") > 0) & (pl.col("old") > 0)
    rows = lines.filter(told).join(codes.securities.lazy(), on="security_id")
    first = rows.group_by("security", "date", "new", "old").agg(pl.col("transaction_id").min())
    return first.sort("date", "transaction_id", "security").collect()


def todays_shares(rows: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Quantities in today's shares: times every split of the security that came after, each to the billionth."""
    for security, day, new, old, split_id in splits.iter_rows():
        ratio = Fraction(new) / Fraction(old)
        before = (pl.col("date") < day) | ((pl.col("date") == day) & (pl.col("transaction_id") < split_id))
        scaled = (pl.col("quantity").cast(pl.Int128) * ratio.numerator // ratio.denominator).cast(pl.Int64)
        rows = rows.with_columns(
            quantity=pl.when((pl.col("security") == security) & before).then(scaled).otherwise("quantity")
        )
    return rows


def _matched(
    losses: pl.DataFrame, leaving: pl.DataFrame, near: pl.DataFrame, purchases: pl.DataFrame
) -> History:
    bought = near.select(
        *_LOT, pl.col("order").alias("bought_order"), pl.col("transaction_id").alias("bought_id")
    )
    events = _events(losses, leaving, near)
    losses = (
        _at(losses, events)
        .join(bought.unique(_LOT), on=_LOT, how="left")
        .with_columns(bought_order=pl.coalesce("bought_order", "base_id"))
        .sort("at", "acquired", "transaction_id", "account", "place")
        .with_row_index("piece")
    )
    near = near.join(events.rename({"id": "transaction_id"}), on=["date", "transaction_id"])
    near = near.sort("at", "place", "account", "base_id").with_row_index("purchase")
    matched = _play(losses, near, _at(leaving, events))
    losses = losses.with_columns(matched=pl.Series(matched.pieces, dtype=pl.Int64))
    used = near.select(*_LOT, pl.Series("used", matched.used_open, dtype=pl.Int64)).group_by(_LOT)
    told = purchases.join(used.agg(pl.col("used").max()), on=_LOT, how="left")
    return History(losses, told.with_columns(pl.col("used").fill_null(0)))


_ORDER = ["account", "date", "order"]


def _events(losses: pl.DataFrame, leaving: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """One order for all that happened, by date and then by id: purchases, and orders of sale as one event each."""
    sold = pl.concat([rows.select(*_ORDER, "transaction_id") for rows in (losses, leaving)])
    orders = sold.group_by(_ORDER).agg(pl.col("transaction_id").min().alias("id"))
    every = [orders.select("date", "id"), near.select("date", pl.col("transaction_id").alias("id"))]
    ranked = pl.concat(every).unique().sort("date", "id").with_row_index("at")
    return ranked.join(orders, on=["date", "id"], how="left")


def _at(sales: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    return sales.join(events.drop("id").unique(), on=_ORDER)


def _play(losses: pl.DataFrame, near: pl.DataFrame, leaving: pl.DataFrame) -> Matched:
    """Lay all meetings of losses with purchases, and all sales of those purchases, in order, and play them.

    An unknown loss meets nothing: it stays exposed, and its amount unknown.
    """
    meet = (
        losses.filter(pl.col("loss").is_not_null())
        .join(near, on="place", suffix="_b")
        .filter(
            ((pl.col("date_b") - pl.col("date")).dt.total_days().abs() <= WASH_DAYS)
            & pl.col("order_b").ne_missing(pl.col("bought_order"))
            & ~(pl.col("exclude_older") & _older())
        )
    )
    meeting = meet.select(
        "place", "piece", "purchase", pl.max_horizontal("at", "at_b").alias("at"), quantity=0
    )
    sold = leaving.select(*_LOT, "at", "quantity").join(near.select(*_LOT, "place", "purchase"), on=_LOT)
    leaves = sold.select("place", "purchase", "at", "quantity", piece=-1)
    columns = [pl.col(name).cast(pl.Int64) for name in ("place", "at", "piece", "purchase", "quantity")]
    steps = pl.concat([meeting.select(columns), leaves.select(columns)]).sort(
        "place", "at", "piece", "purchase"
    )
    place, piece, purchase, quantity = (
        ints(steps, name) for name in ("place", "piece", "purchase", "quantity")
    )
    return match(Steps(place, piece, purchase, quantity), ints(losses, "quantity"), ints(near, "quantity"))


def ints(frame: pl.DataFrame, column: str) -> NDArray[np.int64]:
    """A column of whole numbers as an array."""
    return frame[column].cast(pl.Int64).to_numpy()


def _older() -> pl.Expr:
    """Whether a purchase came before that of the shares sold; on the same day by its id, where that is known."""
    sooner = (pl.col("transaction_id_b") < pl.col("bought_id")).fill_null(value=False)
    return (pl.col("date_b") < pl.col("acquired")) | ((pl.col("date_b") == pl.col("acquired")) & sooner)

"""Wash windows of a whole shard: what may not be bought until when, what a purchase or a sale would disallow."""

import datetime as dt

import polars as pl

from trimtab.core.amounts import NANO
from trimtab.core.dates import WASH_DAYS
from trimtab.ledger.columns import decimal, nano, portion, times
from trimtab.ledger.history import History, history, ints
from trimtab.ledger.matching import Steps, match
from trimtab.ledger.shard import Coded, Shard, base_lot, coded

_UNBOUNDED = 10**18  # a scheduled purchase of unknown size may replace every share there is
_WINDOW = dt.timedelta(days=WASH_DAYS)
_LOT = ["account", "base_id"]
_KEY = ["account", "security"]
_PIECE_ORDER = ["acquired", "bought_id", "adjusted", "lot_id"]
_ROW = ["account_id", "security_id"]


def wash_windows(shard: Shard, *, as_of: dt.date) -> pl.DataFrame:
    """The `wash_windows` table of the book, sorted by account and security.

    `no_buy_until`: the last day on which a purchase would replace shares sold at a loss in a scope that sees the
    account. `loss_at_risk_if_bought`: those losses, null where one is unknown. `disallowed_if_sold`: what would be
    refused if all lots of the position now at a loss were sold in one order at the price, by purchases of the thirty
    days before that stay, and by scheduled ones in the thirty days after; null where a basis is unknown.
    Positions of which none of the three can be said have no row.
    """
    codes = coded(shard)
    past = history(shard, codes, as_of=as_of)
    bought = codes.named(_if_bought(codes, past, as_of)).drop(_KEY)
    sold = codes.named(_if_sold(shard, codes, past, as_of)).drop(_KEY)
    rows = bought.join(sold, on=_ROW, how="full", coalesce=True)
    nothing = decimal(pl.lit(0))
    return rows.select(
        *_ROW,
        "no_buy_until",
        pl.when(pl.col("no_buy_until").is_null())
        .then(nothing)
        .otherwise("risk")
        .alias("loss_at_risk_if_bought"),
        pl.when(pl.col("hit").is_null()).then(nothing).otherwise("refused").alias("disallowed_if_sold"),
    ).sort(_ROW)


def _if_bought(codes: Coded, past: History, as_of: dt.date) -> pl.DataFrame:
    """One row an account that a scope with exposed losses sees and a security of the group."""
    risk = pl.col("loss") - portion(pl.col("loss"), pl.col("matched"), pl.col("quantity"))
    exposed = past.losses.filter(
        (pl.col("matched") < pl.col("quantity")) & (pl.col("date") >= as_of - _WINDOW)
    )
    by_place = exposed.with_columns(risk=risk).group_by("place").agg(pl.col("date").max(), _known_sum("risk"))
    split = by_place.with_columns(scope=pl.col("place") // codes.groups, group=pl.col("place") % codes.groups)
    seen = split.join(codes.members.cast({"scope": pl.Int64}), on="scope").join(
        codes.securities.cast({"group": pl.Int64}), on="group"
    )
    merged = seen.group_by(_KEY).agg(pl.col("date").max(), _known_sum("risk"))
    return merged.select(
        *_KEY, (pl.col("date") + _WINDOW).alias("no_buy_until"), decimal(pl.col("risk")).alias("risk")
    )


def _known_sum(column: str) -> pl.Expr:
    """The sum, unknown where any part is."""
    return pl.when(pl.col(column).is_null().any()).then(None).otherwise(pl.col(column).sum()).alias(column)


def _if_sold(shard: Shard, codes: Coded, past: History, as_of: dt.date) -> pl.DataFrame:
    """What selling each position's loss lots would find disallowed; rows only where something would be."""
    recent = past.purchases.filter(pl.col("date") >= as_of - _WINDOW)
    coming = _coming(shard, codes, past, as_of)
    lots = _lots(shard, codes, pl.concat([recent["place"], coming["place"]]).unique(), as_of)
    lots = _told(lots, past)
    standing = _standing(lots, recent)
    room = pl.concat([standing.select("place", "free"), coming.select("place", "free")])
    room = room.group_by("place").agg(pl.col("free").cast(pl.Int128).sum().alias("room"))
    own = standing.filter("losing").group_by("place", *_KEY).agg(pl.col("free").sum().alias("own"))
    pieces = lots.filter("losing").join(room, on="place").join(own, on=["place", *_KEY], how="left")
    tangled = _tangled(pieces, standing)
    plain = pieces.join(tangled, on=_KEY, how="anti").sort(*_KEY, *_PIECE_ORDER)
    before = pl.col("quantity").cum_sum().over(_KEY) - pl.col("quantity")
    free = (pl.col("room") - pl.col("own").fill_null(0) - before).clip(0, pl.col("quantity")).cast(pl.Int64)
    plain = plain.with_columns(matched=free)
    return _refused(pl.concat([plain, _one_by_one(pieces.join(tangled, on=_KEY), standing, coming)]))


def _lots(shard: Shard, codes: Coded, places: pl.Series, as_of: dt.date) -> pl.DataFrame:
    """Lots at a loss in taxable accounts where a replacement is at hand, and lots that may be one.

    A dollar stands for an unknown loss: enough to see whether any of it would be refused.
    """
    rows = shard.lots.lazy().filter(pl.col("acquired") <= as_of)
    rows = codes.on_securities(codes.on_accounts(rows)).with_columns(codes.place())
    rows = rows.filter(pl.col("place").is_in(places.implode()) | (pl.col("acquired") >= as_of - _WINDOW))
    loss = times("unit_cost", "quantity") - times("price", "quantity")
    rows = rows.with_columns(loss=loss.fill_null(1), unknown=loss.is_null())
    rows = rows.with_columns(losing=pl.col("taxable") & (pl.col("loss") > 0))
    kept = rows.filter(pl.col("losing") | (pl.col("acquired") >= as_of - _WINDOW))
    return kept.select(
        *("place", "account", "security", "exclude_older", "lot_id"),
        base_lot("lot_id"),
        *("acquired", pl.coalesce("adjusted_acquired", "acquired").alias("adjusted")),
        *(nano("quantity").cast(pl.Int64), nano("loss"), "unknown", "losing"),
    ).collect()


def _told(lots: pl.DataFrame, past: History) -> pl.DataFrame:
    """Lots with the order and id of their purchase, and how much of it was used, where history tells."""
    bought = past.purchases.select(
        *_LOT, "order", pl.col("transaction_id").alias("bought_id"), "used"
    ).unique(_LOT)
    return lots.join(bought, on=_LOT, how="left").with_columns(
        order=pl.coalesce("order", "base_id"), bought_id=pl.coalesce("bought_id", "base_id")
    )


def _standing(lots: pl.DataFrame, recent: pl.DataFrame) -> pl.DataFrame:
    """Open shares bought in the thirty days before and not yet used, one row a place that sees them.

    A part whose adjusted date differs from its purchase has been used; what history says was used beyond that is
    taken off the rest.
    """
    marked = pl.col("adjusted") != pl.col("acquired")
    inside = lots.join(recent.select(_LOT).unique(), on=_LOT, how="semi").sort(*_LOT, "lot_id")
    seen = pl.when(marked).then("quantity").otherwise(0).sum().over(_LOT)
    rest = inside.with_columns(seen=seen).filter(~marked)
    ahead = pl.col("quantity").cum_sum().over(_LOT) - pl.col("quantity")
    hidden = (pl.col("used") - pl.col("seen") - ahead).clip(0, pl.col("quantity"))
    free = rest.with_columns(free=pl.col("quantity") - hidden).filter(pl.col("free") > 0)
    places = recent.select(*_LOT, "place", "date", "transaction_id").unique()
    return free.drop("place").join(places, on=_LOT)


def _coming(shard: Shard, codes: Coded, past: History, as_of: dt.date) -> pl.DataFrame:
    """Scheduled purchases after the date and within thirty days, in shares; without an amount they are boundless.

    Losses still waiting take theirs first: the earlier sale comes before one made today.
    """
    soon = shard.scheduled_buys.lazy().filter(
        pl.col("date").is_between(as_of, as_of + _WINDOW, closed="right")
    )
    accounts = codes.accounts.lazy().select("account_id", "account")
    rows = codes.on_securities(soon.join(accounts, on="account_id")).join(codes.members.lazy(), on="account")
    shares = nano("amount") * NANO // nano("price")
    free = pl.when(shares.is_null()).then(_UNBOUNDED).otherwise(shares).clip(0, _UNBOUNDED).cast(pl.Int64)
    sized = rows.select(codes.place(), "date", "account", free.alias("free")).sort(
        "place", "date", "account", "free"
    )
    plans = sized.collect().with_row_index("plan")
    known = past.losses.filter(pl.col("loss").is_not_null())
    waiting = known.filter(pl.col("matched") < pl.col("quantity")).select("place", "piece", "date")
    meet = plans.join(waiting, on="place", suffix="_sold").filter(
        pl.col("date") - pl.col("date_sold") <= _WINDOW
    )
    meet = meet.sort("place", "plan", "piece")
    steps = Steps(ints(meet, "place"), ints(meet, "piece"), ints(meet, "plan"), ints(meet, "free"))
    left = ints(past.losses, "quantity") - ints(past.losses, "matched")
    taken = match(steps, left, ints(plans, "free")).used_open
    return plans.with_columns(free=pl.col("free") - pl.Series(taken, dtype=pl.Int64)).filter(
        pl.col("free") > 0
    )


def _tangled(pieces: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Positions in which some purchase may not replace some piece: same order, or older where that is excluded."""
    staying = standing.filter(~pl.col("losing")).select("account", "order").unique()
    same_order = pieces.join(staying, on=["account", "order"], how="semi").select(_KEY)
    return pl.concat([same_order, pieces.filter("exclude_older").select(_KEY)]).unique()


def _one_by_one(pieces: pl.DataFrame, standing: pl.DataFrame, coming: pl.DataFrame) -> pl.DataFrame:
    """Shares matched of each piece where purchases must be looked at one at a time."""
    pieces = pieces.sort(*_KEY, *_PIECE_ORDER)
    numbered = pieces.with_columns(position=pl.struct(_KEY).rle_id()).with_row_index("piece")
    bought = pl.concat(
        [
            standing.select(
                "place", "date", "transaction_id", "free", "order", *_KEY, "lot_id", going="losing"
            ),
            coming.select("place", "date", "free", "account"),
        ],
        how="diagonal",
    )
    bought = bought.sort("date", "transaction_id", "lot_id", "account").with_row_index("row")
    meet = numbered.join(bought, on="place", suffix="_b").filter(
        ~(pl.col("going").fill_null(value=False) & _same_position())
        & pl.col("order").ne_missing(pl.col("order_b"))
        & ~(pl.col("exclude_older") & _older())
    )
    meet = meet.sort("position", "row").with_columns(purchase=pl.struct("position", "row").rle_id())
    shares = ints(meet.unique("purchase").sort("purchase"), "free")
    meet = meet.sort("position", "piece", "row")
    steps = Steps(ints(meet, "position"), ints(meet, "piece"), ints(meet, "purchase"), ints(meet, "free"))
    done = match(steps, ints(pieces, "quantity"), shares)
    return pieces.with_columns(matched=pl.Series(done.pieces, dtype=pl.Int64))


def _same_position() -> pl.Expr:
    return (pl.col("account") == pl.col("account_b")) & (pl.col("security") == pl.col("security_b"))


def _older() -> pl.Expr:
    """Whether a purchase that happened came before the piece's own; what is scheduled comes later."""
    same_day = (pl.col("date") == pl.col("acquired")) & (pl.col("transaction_id") < pl.col("bought_id"))
    return ((pl.col("date") < pl.col("acquired")) | same_day).fill_null(value=False)


def _refused(pieces: pl.DataFrame) -> pl.DataFrame:
    """Summed by position; unknown where a share of unknown basis would be replaced."""
    part = portion(pl.col("loss"), pl.col("matched"), pl.col("quantity"))
    rows = pieces.filter(pl.col("matched") > 0).with_columns(
        refused=pl.when("unknown").then(None).otherwise(part)
    )
    summed = rows.group_by(_KEY).agg(_known_sum("refused"), pl.lit(value=True).alias("hit"))
    return summed.with_columns(decimal(pl.col("refused")))

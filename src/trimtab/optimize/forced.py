"""Forced losses: the lots that are sold at a loss because the client asked for losses, whatever else pays."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trimtab.ledger.columns import MONEY
from trimtab.market.ratio import ratio
from trimtab.optimize.relief import in_front, in_turn
from trimtab.optimize.years import AccountYears

Frames = Mapping[str, pl.DataFrame]
_KEYS = ["account_id", "security_id"]
_ZERO = pl.lit(0).cast(MONEY)


def losses_wanted(
    tables: Frames, settings: pl.DataFrame, years: AccountYears, *, as_of: date
) -> pl.DataFrame:
    """Taxable accounts with `force_loss`, sorted: account_id, wanted (dollars of losses still to realize this year),
    protected (no net new gains today).

    Losses realized this year are the sales at a loss among the transactions, or what `ytd_*` says where that is more.
    While protected, a net gain since the year's first sale at a loss beyond the losses kept is wanted too.
    """
    asked = settings.filter(pl.col("force_loss").is_not_null()).select(
        "account_id", "force_loss", protected=(pl.col("force_loss_protect") >= as_of).fill_null(value=False)
    )
    own = pl.DataFrame(
        {
            "account_id": years.account_ids,
            "taxed": years.taxed,
            "netted": (-years.own_short).clip(min=0.0) + (-years.own_long).clip(min=0.0),
        },
        schema_overrides={"account_id": pl.String},
    )
    sums = _sold(tables["transactions"], as_of)
    joined = asked.join(own.filter("taxed"), on="account_id").join(sums, on="account_id", how="left")
    had = pl.max_horizontal(pl.col("lost").fill_null(_ZERO), pl.col("netted").round(2).cast(MONEY))
    kept = pl.min_horizontal(had, "force_loss")
    undone = (
        pl.when("protected").then((pl.col("net").fill_null(-had) + kept).clip(lower_bound=0)).otherwise(_ZERO)
    )
    return joined.select(
        "account_id", wanted=(pl.col("force_loss") - had).clip(lower_bound=0) + undone, protected="protected"
    ).sort("account_id")


def _sold(transactions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """account_id, lost (losses realized this year), net (net gains from the first of them on)."""
    sales = transactions.filter(
        (pl.col("date").dt.year() == as_of.year) & (pl.col("date") <= as_of) & pl.col("gain").is_not_null()
    )
    losing = pl.col("gain") < 0
    begun = sales.with_columns(first=pl.col("date").filter(losing).min().over("account_id"))
    return begun.group_by("account_id").agg(
        lost=-pl.col("gain").filter(losing).sum(),
        net=pl.col("gain").filter(pl.col("date") >= pl.col("first")).sum(),
    )


def forced_losses(
    facts: pl.DataFrame,
    wanted: pl.DataFrame,
    *,
    holdings: pl.DataFrame,
    rules: pl.DataFrame,
    settings: pl.DataFrame,
) -> pl.DataFrame:
    """The lots to be sold for `losses_wanted`, sorted: account_id, security_id, lot_id, forced (shares, whole but for a
    whole lot), forced_loss (dollars; of an account they add up to what is wanted, or to all there is).

    The lots that lose most per dollar sold go first: they move the account least; where `lot_relief` fixes an order,
    only losses that stand before all else in it. A lot is taken that may be sold
    today without a wash sale (neither kept nor waiting) and has lost `harvest_min_loss`; what is frozen, never sold or
    held in shares stays.
    """
    open_lines = (
        holdings.filter(pl.col("frozen").is_null())
        .select(*_KEYS, held="quantity")
        .join(rules.select(*_KEYS, "no_sell", "hold_quantity"), on=_KEYS, how="left")
        .filter(pl.col("no_sell").is_null())
        .select(*_KEYS, room=pl.col("held") - pl.col("hold_quantity").fill_null(_ZERO))
    )
    least = settings.select("account_id", least="harvest_min_loss")
    lots = (
        facts.filter((pl.col("gain") < 0) & pl.col("kept").is_null() & pl.col("waits").is_null())
        .join(wanted.filter(pl.col("wanted") > 0), on="account_id")
        .join(least, on="account_id")
        .filter(-pl.col("gain") >= pl.col("least"))
        .join(open_lines, on=_KEYS)
        .filter(in_front())
        .with_columns(depth=in_turn(ratio(pl.col("gain"), pl.col("size")), rising=True))
        .sort("account_id", "depth", "security_id", "turn", "lot_id")
    )
    ahead = pl.col("quantity").cum_sum().over(_KEYS) - pl.col("quantity")
    shares = pl.min_horizontal("quantity", pl.col("room") - ahead)
    each = pl.col("unit_basis") - pl.col("clean")
    placed = lots.with_columns(shares=shares, each=each).filter((pl.col("shares") > 0) & (pl.col("each") > 0))
    loss = pl.col("shares") * pl.col("each")
    rest = pl.col("wanted") - (loss.cum_sum().over("account_id") - loss)
    needed = ratio(rest, pl.col("each")).round(9).ceil().cast(MONEY)
    taken = placed.with_columns(rest=rest).filter(pl.col("rest") > 0)
    return taken.select(
        *_KEYS,
        "lot_id",
        forced=pl.min_horizontal("shares", needed),
        forced_loss=pl.min_horizontal(loss, "rest"),
    ).sort(*_KEYS, "lot_id")


def credit_forced(facts: pl.DataFrame, forced: pl.DataFrame) -> pl.DataFrame:
    """The lots with forced losses counted as credited, whatever their gate says."""
    named = forced.select(*_KEYS, "lot_id", asked=pl.lit(value=True))
    asked = pl.col("asked").fill_null(value=False)
    saved = -pl.col("gain").cast(pl.Float64) * pl.col("rate")
    return (
        facts.join(named, on=[*_KEYS, "lot_id"], how="left", maintain_order="left")
        .with_columns(
            credited=pl.col("credited") | asked,
            saved=pl.when(asked).then(saved).otherwise("saved"),
        )
        .drop("asked")
    )


def with_forced(lines: pl.DataFrame, forced: pl.DataFrame, *, column: str = "forced") -> pl.DataFrame:
    """The lines of `limits.line_bounds` with `column` of `forced` (shares, null for none), and `upper` lowered so that
    these are sold, as far as they may be.
    """
    sums = forced.group_by(_KEYS).agg(pl.col(column).sum())
    share = ratio(pl.col(column) * pl.col("weight"), pl.col("quantity")).fill_null(0.0)
    asked = pl.when(share > 0.0).then(pl.max_horizontal("lower", pl.min_horizontal("upper", -share)))
    return lines.join(sums, on=_KEYS, how="left", maintain_order="left").with_columns(
        upper=pl.coalesce(asked, "upper")
    )

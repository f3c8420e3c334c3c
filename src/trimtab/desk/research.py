"""Research: what each recommendation would mean to each firm that it concerns; the firm decides, nothing is traded."""

from collections.abc import Mapping

import polars as pl

from trimtab.policy.research import list_proposals

_PLACE = ["firm_id", "security_id"]
_CENT = 2


def proposals_to_firms(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per firm and recommendation that it has not taken, sorted: firm_id, security_id, status, firm_status
    (null: not on its list), successor, by, reason, as_of, accounts (that hold it), value and gain (dollars held, and
    unrealized in taxable accounts; null where a price or basis is unknown), effect (in words).
    """
    asked = list_proposals(tables)
    joined = asked.join(_held(tables), on=_PLACE, how="left", maintain_order="left")
    none = pl.col("accounts") == 0
    known = joined.with_columns(
        *(pl.when(none).then(pl.lit(0.0)).otherwise(name).alias(name) for name in ("value", "gain"))
    )
    return known.with_columns(effect=_effect())


def _held(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """firm_id, security_id, value, gain of what the firm's accounts hold."""
    accounts = tables["accounts"].select("account_id", "firm_id", taxed=pl.col("tax_type") == "taxable")
    prices = tables["securities"].select("security_id", price="unit_value")
    worth = (pl.col("quantity") * pl.col("price")).cast(pl.Float64)
    paid = (pl.col("quantity") * pl.col("unit_cost")).cast(pl.Float64)
    lots = tables["lots"].join(accounts, on="account_id").join(prices, on="security_id", how="left")
    rows = lots.select(*_PLACE, worth=worth, gain=pl.when("taxed").then(worth - paid).otherwise(0.0))
    return rows.group_by(_PLACE).agg(
        pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sort().sum().round(_CENT)).alias(out)
        for name, out in (("worth", "value"), ("gain", "gain"))
    )


def _effect() -> pl.Expr:
    """What taking the recommendation would do, in a sentence."""
    held = pl.format("{} accounts hold {}", "accounts", _dollars("value"))
    place = (
        pl.when(pl.col("successor").is_not_null())
        .then(pl.format("; {} takes its place", "successor"))
        .otherwise(pl.lit("; the next product of its slots takes its place"))
    )
    return (
        pl.when(pl.col("status") == "approved")
        .then(pl.format("{}; it may be bought", held))
        .when(pl.col("status") == "sell")
        .then(pl.format("{} with {} of gains, to be sold as tax allows{}", held, _dollars("gain"), place))
        .otherwise(pl.format("{}, which stay and count; none is bought{}", held, place))
    )


def _dollars(name: str) -> pl.Expr:
    return (
        pl.when(pl.col(name).is_null())
        .then(pl.lit("an unknown amount"))
        .otherwise(pl.format("${}", pl.col(name).round(0).cast(pl.Int64)))
    )

"""Orders ready for a custodian: proposed trades with symbol, order type and the lots to relieve."""

import polars as pl

ORDER_COLUMNS = (
    "account_id",
    "custodian",
    "security_id",
    "symbol",
    "side",
    "quantity",
    "order_type",
    "lot_method",
    "lot_instructions",
)


def orders_from(
    trades: pl.DataFrame, sales: pl.DataFrame, *, accounts: pl.DataFrame, securities: pl.DataFrame
) -> pl.DataFrame:
    """One order per traded account, security and side, sells before buys within an account.

    `lot_instructions` names each lot and its quantity, `LOT:QTY` joined by `;`, for sells; specific identification must
    reach the broker by settlement (Reg. 1.1012-1(c)). Mutual funds trade at the day's net asset value, all else at
    market.
    """
    lots = (
        sales.sort("account_id", "security_id", "lot_id")
        .group_by("account_id", "security_id", maintain_order=True)
        .agg(lot_instructions=pl.format("{}:{}", "lot_id", _plain("quantity")).str.join(";"))
        .with_columns(side=pl.lit("sell"))
    )
    named = securities.select("security_id", "kind", symbol=pl.coalesce("symbol", "security_id"))
    custodians = accounts.select("account_id", custodian=pl.col("custodian").fill_null("unknown"))
    return (
        trades.join(named, on="security_id", how="left")
        .join(custodians, on="account_id", how="left")
        .join(lots, on=["account_id", "security_id", "side"], how="left")
        .with_columns(
            order_type=pl.when(pl.col("kind") == "mutual_fund")
            .then(pl.lit("nav"))
            .otherwise(pl.lit("market")),
            lot_method=pl.when(pl.col("side") == "sell").then(pl.lit("specific")),
            _turn=pl.col("side") == "buy",
        )
        .sort("custodian", "account_id", "_turn", "security_id")
        .select(ORDER_COLUMNS)
    )


def _plain(column: str) -> pl.Expr:
    """A decimal as text without the zeros that end it."""
    text = pl.col(column).cast(pl.String)
    return (
        pl.when(text.str.contains(".", literal=True))
        .then(text.str.strip_chars_end("0").str.strip_chars_end("."))
        .otherwise(text)
    )

"""What a wash-sale answer rests on: the accounts of each scope that are seen, and those that are not."""

import datetime as dt

import polars as pl

from trimtab.ledger.history import unexplained
from trimtab.ledger.shard import Shard, with_optional


def coverage(shard: Shard, accounts: pl.DataFrame, *, as_of: dt.date) -> pl.DataFrame:
    """One row a scope: scope_id, known and unknown (account ids, `;`), complete, statement.

    Unknown are accounts held away, whose purchases nobody reports in time, and accounts with lots bought in the
    thirty days before of which no transaction tells. `accounts` is the book's table. Accounts outside the book are
    never seen, and the statement says so.
    """
    lines = with_optional(shard.transactions).lazy().filter(pl.col("date") <= as_of)
    untold = unexplained(shard, lines, as_of).select("account_id").unique().collect()["account_id"]
    seen = shard.members.join(accounts.select("account_id", "held_away"), on="account_id").with_columns(
        unknown=pl.col("held_away").fill_null(value=False) | pl.col("account_id").is_in(untold.implode())
    )
    by_scope = seen.sort("scope_id", "account_id").group_by("scope_id", maintain_order=True)
    rows = by_scope.agg(
        pl.col("account_id").filter(~pl.col("unknown")).str.join(";").alias("known"),
        pl.col("account_id").filter(pl.col("unknown")).str.join(";").alias("unknown"),
        pl.col("unknown").not_().sum().alias("count_known"),
        pl.col("unknown").sum().alias("count_unknown"),
    )
    statement = pl.format(
        "{} accounts seen in full, {} not; accounts outside this book are not seen.",
        "count_known",
        "count_unknown",
    )
    return rows.select(
        "scope_id",
        "known",
        "unknown",
        (pl.col("count_unknown") == 0).alias("complete"),
        statement.alias("statement"),
    )

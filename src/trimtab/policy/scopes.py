"""Who a row of the book speaks to: the six scopes, the accounts under each, and its window of dates."""

from datetime import date
from typing import Final

import polars as pl

SCOPES: Final = ("desk", "custodian", "firm", "model", "household", "account")
"""The scopes from widest to narrowest."""

DEPTH: Final = {scope: depth for depth, scope in enumerate(SCOPES)}
SHARED: Final = SCOPES[:4]
"""Scopes whose combinations are few: resolved once per combination, not per account."""

_COLUMN: Final = {
    "desk": "desk",
    "custodian": "custodian",
    "firm": "firm_id",
    "model": "model_id",
    "household": "household_id",
    "account": "account_id",
}


def account_scopes(accounts: pl.DataFrame, households: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per account, sorted: account_id and one column per scope, named as the scope, with its id.

    The model is the account's own, else its household's. `desk` is always the empty text.
    """
    frame = accounts.select("account_id", "firm_id", "household_id", "custodian", "model_id")
    if households is not None and households.height:
        of_household = households.select("household_id", pl.col("model_id").alias("household_model"))
        frame = frame.join(of_household, on="household_id", how="left")
        frame = frame.with_columns(pl.coalesce("model_id", "household_model").alias("model_id"))
    frame = frame.with_columns(pl.lit("").alias("desk"))
    columns = [pl.col(_COLUMN[scope]).alias(scope) for scope in SCOPES if scope != "account"]
    return frame.select("account_id", *columns, pl.col("account_id").alias("account")).sort("account_id")


def in_force(as_of: date) -> pl.Expr:
    """Whether a row's window holds the date; `since` and `until` are both included, empty is open."""
    since, until = pl.col("since"), pl.col("until")
    return (since.is_null() | (since <= as_of)) & (until.is_null() | (until >= as_of))


def scope_id_text() -> pl.Expr:
    """A row's scope_id; the desk has one, whatever was written."""
    return pl.when(pl.col("scope") == "desk").then(pl.lit("")).otherwise(pl.col("scope_id")).alias("scope_id")


def reach(rows: pl.DataFrame, scopes: pl.DataFrame) -> pl.DataFrame:
    """Every pair of a row and an account under its scope: `rows` columns and account_id."""
    parts = [
        rows.filter(pl.col("scope") == scope).join(
            scopes.select("account_id", pl.col(scope).alias("scope_id")), on="scope_id"
        )
        for scope in SCOPES
    ]
    return pl.concat(parts)

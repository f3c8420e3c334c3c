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


def combinations(scopes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts with the number of their combination of wide scopes, and each combination with its scopes.

    Gives (account_id, group, household, account), in order of account, and (group, desk, custodian, firm, model).
    """
    shared = list(SHARED)
    distinct = scopes.select(shared).unique().sort(shared, nulls_last=False).with_row_index("group")
    groups = scopes.join(distinct, on=shared, nulls_equal=True, maintain_order="left")
    return groups.select("account_id", "group", "household", "account"), distinct


def speaking(rows: pl.DataFrame, units: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Every pair of a row and a unit that its scope covers: the columns of `rows` and `unit`.

    `units` has the column `unit` and one column for each scope that is to be heard.
    """
    heard = [scope for scope in SCOPES if scope in units.columns]
    parts = [
        rows.filter(pl.col("scope") == scope).join(
            units.select(unit, pl.col(scope).alias("scope_id")), on="scope_id"
        )
        for scope in heard
    ]
    return pl.concat(parts).select(unit, *rows.columns)

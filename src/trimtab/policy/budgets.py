"""Budgets: what of the year's tax and gains an account may have used by a date, and who shares it.

A budget is for a calendar year and starts afresh on 1 January with no act of anyone. Prorated by month or quarter,
the share of the periods begun is released: of 12,000 a year by quarter, 3,000 until 31 March, 6,000 until 30 June.
"""

from datetime import date
from typing import Final

import polars as pl

from trimtab.policy.settings import MONEY

_CENTS: Final = 100


def budgets_on(
    settings: pl.DataFrame, accounts: pl.DataFrame, plans: pl.DataFrame, *, as_of: date
) -> pl.DataFrame:
    """The budgets of each account on a date, sorted by account_id.

    `settings` is `Settings.wide`. A plan in force (approved, and not past its `until`) governs where it gives a budget.
    Columns: account_id, shared_by (account:…, taxpayer:… or household:…: whose realizations count together), tax_year
    and gain_year (dollars of the year; null: none), tax and gain (of these, what is released by the date, in whole
    cents, rounded down), tax_fraction (released share of V, where no dollars are said; infinite under a plan that
    budgets gains alone), planned (a plan governs).
    """
    released = {"none": (1, 1), "month": (as_of.month, 12), "quarter": ((as_of.month + 2) // 3, 4)}
    begun = {name: share[0] for name, share in released.items()}
    of = {name: share[1] for name, share in released.items()}
    prorate = pl.col("budget_prorate")
    frame = settings.select(
        "account_id",
        "budget_tax",
        "budget_gain",
        "budget_tax_fraction",
        "budget_scope",
        prorate.replace_strict(begun, return_dtype=pl.Int64).alias("begun"),
        prorate.replace_strict(of, return_dtype=pl.Int64).alias("of"),
    )
    owners = accounts.select("account_id", "taxpayer_id", "household_id")
    frame = frame.join(owners, on="account_id", how="left").join(
        _in_force(plans, as_of), on="account_id", how="left"
    )
    frame = frame.with_columns(
        pl.coalesce("plan_tax", "budget_tax").alias("tax_year"),
        pl.coalesce("plan_gain", "budget_gain").alias("gain_year"),
    )
    share = pl.col("budget_tax_fraction") * pl.col("begun") / pl.col("of")
    # A plan in gains alone is a budget: the share that stands in where nobody gave one does not bind beside it.
    share = pl.when(pl.col("plan_gain").is_null()).then(share).otherwise(pl.lit(float("inf")))
    return frame.select(
        "account_id",
        _shared_by().alias("shared_by"),
        "tax_year",
        "gain_year",
        _released("tax_year").alias("tax"),
        _released("gain_year").alias("gain"),
        pl.when(pl.col("tax_year").is_null()).then(share).alias("tax_fraction"),
        pl.col("planned").fill_null(value=False),
    ).sort("account_id")


def budget_dollars(budgets: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """What each account and those that share with it may use of the year so far, in dollars; infinite for no limit.

    `budgets`: of `budgets_on`; `accounts`: account_id, value (dollars, null where unknown), taxed. Of several budgets
    in dollars the least binds all that share; without any, the shares of their values add up. An account that is not
    taxed shares with nobody and has no limit on its gains.
    Columns, sorted by account_id: account_id, shared_by, tax_budget, gain_budget (floats).
    """
    own = budgets.join(accounts, on="account_id", how="left", maintain_order="left").with_columns(
        shared_by=pl.when("taxed").then("shared_by").otherwise(pl.format("account:{}", "account_id")),
        tax=pl.col("tax").cast(pl.Float64),
        gain=pl.when("taxed").then(pl.col("gain").cast(pl.Float64)),
        share=(pl.col("tax_fraction") * pl.col("value").clip(lower_bound=0.0)).fill_null(0.0),
    )
    least = pl.coalesce(pl.col("tax").min().over("shared_by"), pl.col("share").sum().over("shared_by"))
    none = pl.lit(float("inf"))
    return own.select(
        "account_id",
        "shared_by",
        tax_budget=least,
        gain_budget=pl.coalesce(pl.col("gain").min().over("shared_by"), none),
    ).sort("account_id")


def _in_force(plans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    until = pl.col("until")
    standing = (pl.col("approved") <= as_of) & (until.is_null() | (until >= as_of))
    return plans.filter(standing).select(
        "account_id",
        pl.col("budget_tax").alias("plan_tax"),
        pl.col("budget_gain").alias("plan_gain"),
        pl.lit(value=True).alias("planned"),
    )


def _shared_by() -> pl.Expr:
    """Whose realizations count together; an account without the wider owner stands alone."""
    alone = pl.format("account:{}", "account_id")
    taxpayer = pl.format("taxpayer:{}", "taxpayer_id")
    household = pl.format("household:{}", "household_id")
    scope = pl.col("budget_scope")
    return pl.coalesce(
        pl.when(scope == "taxpayer").then(taxpayer), pl.when(scope == "household").then(household), alone
    )


def _released(column: str) -> pl.Expr:
    cents = (pl.col(column) * _CENTS).cast(pl.Int64)
    return (cents * pl.col("begun") // pl.col("of")).cast(MONEY) / pl.lit(_CENTS).cast(MONEY)

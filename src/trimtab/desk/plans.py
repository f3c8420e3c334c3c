"""Plans: the arrival or transition plan that was chosen for an account governs every later trade, whatever its cause.

A plan is in force from the day it was approved through its `until`; its budgets take the place of the account's own.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trimtab.ledger.columns import MONEY
from trimtab.optimize.problem import Floats

_COLUMNS: Final = {
    "plan_approved": "approved",
    "plan_tax": "budget_tax",
    "plan_gain": "budget_gain",
    "plan_until": "until",
    "plan_point": "point",
}


def plans_in_force(plans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """account_id, plan_approved, plan_tax, plan_gain, plan_until, plan_point of the plans that govern on a date."""
    until = pl.col("until")
    standing = (pl.col("approved") <= as_of) & (until.is_null() | (until >= as_of))
    return plans.filter(standing).select(
        "account_id", *[pl.col(name).alias(ours) for ours, name in _COLUMNS.items()]
    )


def unplanned() -> pl.Expr:
    """Whether an account arrives and no plan says yet what it may sell."""
    return (pl.col("status") == "arriving") & (pl.col("arrival") != "none") & ~pl.col("planned")


def with_budgets(plans: pl.DataFrame, found: Mapping[str, float]) -> pl.DataFrame:
    """A `plans` table in which a plan that names only its point has the tax budget (dollars) found for that point."""
    budgets = pl.DataFrame(
        {"account_id": list(found), "of_point": [round(amount, 2) for amount in found.values()]},
        schema={"account_id": pl.String, "of_point": pl.Float64},
    )
    return (
        plans.join(budgets, on="account_id", how="left", maintain_order="left")
        .with_columns(budget_tax=pl.coalesce("budget_tax", pl.col("of_point").cast(MONEY)))
        .drop("of_point")
    )


def by_point_alone(plans: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """account_id, plan_point of the plans in force that name a point of the frontier and no budget."""
    named = pl.col("plan_point").is_not_null() & pl.col("plan_tax").is_null() & pl.col("plan_gain").is_null()
    return plans_in_force(plans, as_of).filter(named).select("account_id", "plan_point")


def yearly(accounts: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """The budgets of a year that accounts have without a plan, dollars (infinite for none): tax, net gains, and in how
    many parts a year they are released.
    """
    tax = pl.coalesce(pl.col("budget_tax").cast(pl.Float64), pl.col("budget_tax_fraction") * pl.col("value"))
    gain = pl.col("budget_gain").cast(pl.Float64).fill_null(float("inf"))
    parts = pl.col("budget_prorate").replace_strict({"month": 12.0, "quarter": 4.0}, default=1.0)
    found = accounts.select(tax=tax.fill_null(0.0), gain=gain, parts=parts)
    taxes, gains, released = (np.asarray(found[name].to_numpy(), np.float64) for name in found.columns)
    return taxes, gains, released

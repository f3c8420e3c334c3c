"""Cash needs: which withdrawals are due within an account's lead time, recurring ones included."""

from datetime import date, timedelta
from typing import Final

import polars as pl

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
MONEY: Final = pl.Decimal(38, 9)
LONGEST_PAUSE: Final = timedelta(days=14)
"""No two sessions of an exchange in a row lay further apart since 1990, settlement included."""


def cash_due(
    flows: pl.DataFrame, settings: pl.DataFrame, *, as_of: date, last_chance: date | None = None
) -> pl.DataFrame:
    """Dollars each account must raise and set aside, and the first date they are due.

    `flows` is the book's `cash_flows`, `settings` one row per account with `cash_lead_days` (calendar days).
    A withdrawal counts from `cash_lead_days` before its date until it is marked done, and in any case when it is due
    by `last_chance`: the last day that only today's sales settle for. Of a recurring one count the
    occurrences from the business date on. Deposits count when they have arrived, as cash, and not before.
    Columns: account_id, cash_due, next_due; accounts without a need have no row. Sorted by account_id.
    """
    out = (
        flows.filter((pl.col("direction") == "out") & (pl.col("status").fill_null("requested") != "done"))
        .join(settings.select("account_id", "cash_lead_days"), on="account_id", how="inner")
        .with_columns(
            horizon=pl.max_horizontal(
                pl.lit(as_of) + pl.duration(days=pl.col("cash_lead_days")), pl.lit(last_chance or as_of)
            )
        )
    )
    once = out.filter(pl.col("every").is_null()).with_columns(due=pl.col("date"))
    due = pl.concat([once, occurrences(out.filter(pl.col("every").is_not_null()), as_of=as_of)])
    return (
        due.filter(pl.col("due") <= pl.col("horizon"))
        .group_by("account_id")
        .agg(cash_due=pl.col("amount").sum(), next_due=pl.col("due").min())
        .sort("account_id")
    )


def near_flows(flows: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Withdrawals that a weekend and holidays might make due before the next session's sales settle."""
    within = (pl.col("date") >= as_of) & (pl.col("date") <= as_of + LONGEST_PAUSE)
    return flows.filter((pl.col("direction") == "out") & (within | pl.col("every").is_not_null()))


def occurrences(flows: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """The occurrences of recurring flows from the business date on, as far as their horizon and `until`.

    A month without the day uses its last day. Adds `due` and repeats a flow once per occurrence.
    """
    step = pl.col("every").replace_strict(_MONTHS, return_dtype=pl.Int64)
    months = (pl.lit(as_of).dt.year() - pl.col("date").dt.year()) * 12 + (
        pl.lit(as_of).dt.month() - pl.col("date").dt.month()
    )
    first = (months.cast(pl.Int64) // step).clip(0, None)
    last = first + (pl.col("cash_lead_days").cast(pl.Int64) // 28 + 2) // step + 1
    due = pl.col("date").dt.offset_by(pl.format("{}mo", pl.col("_k") * pl.col("_step")))
    return (
        flows.with_columns(_step=step, _k=pl.int_ranges(first, last + 1))
        .explode("_k")
        .with_columns(due=due)
        .filter((pl.col("due") >= as_of) & (pl.col("until").is_null() | (pl.col("due") <= pl.col("until"))))
        .drop("_step", "_k")
    )

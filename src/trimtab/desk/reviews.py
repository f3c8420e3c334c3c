"""Reviews: the next day on which something an account waits for changes by itself."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from trimtab.core.dates import WASH_DAYS
from trimtab.desk import marks
from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.ledger.columns import first_long_day
from trimtab.ledger.shard import scopes
from trimtab.policy.cash import occurrences

_KEYS: Final = ["account_id", "security_id"]
_AHEAD: Final = 366
"""How far flows are looked at, in days."""
_AGAIN: Final = f"{WASH_DAYS + 1}d"
"""From a sale or purchase to the first day after its wash window."""


def next_reviews(day: Day, outcome: Outcome, measured: pl.DataFrame) -> pl.DataFrame:
    """account_id, next_review: the first day after the business date among

    - a lot's turning long-term, where one waits for it;
    - the first day after a wash window: of sales before, of today's, and of purchases that a loss waits for;
    - the release of more budget, where what is left is less than the tax of full realignment;
    - a withdrawal's coming within its lead time, and a deposit's date;
    - the beginning and the end of a plan;
    - the gain distribution that a purchase waits for, and the window of an illiquid holding.

    `measured`: account_id, budget_left, tax_of_full_realignment, budget_prorate.
    """
    parts = [
        *_lots(day),
        _windows(day),
        outcome.sales.filter(pl.col("gain") < 0).select(
            "account_id", next_review=pl.lit(day.as_of).dt.offset_by(_AGAIN)
        ),
        _releases(measured, day.as_of),
        _flows(day),
        *_plans(day),
        marks.coming_distributions(day.tables, day.targets, day.settings.wide, day.as_of).select(
            "account_id", next_review="ex_date"
        ),
        day.tables["lots"]
        .select("account_id", "security_id")
        .join(day.tables["securities"].filter("illiquid"), on="security_id")
        .select("account_id", next_review="next_window"),
    ]
    coming = pl.concat(parts).filter(pl.col("next_review") > day.as_of)
    return coming.group_by("account_id").agg(pl.col("next_review").min())


def _lots(day: Day) -> list[pl.DataFrame]:
    """Lots that wait to turn long-term, and losses that wait until the last purchase of their like is 31 days ago."""
    waits = day.facts.filter(pl.col("waits").is_not_null())
    groups = day.tables["securities"].select(
        "security_id", group=pl.coalesce("identical_group", "security_id")
    )
    own, members = scopes(day.tables["accounts"], day.settings.wide)
    washed = (
        waits.filter(pl.col("waits") == "wash_sale").select(_KEYS).unique().join(groups, on="security_id")
    )
    bought = (
        day.tables["lots"]
        .filter(pl.col("acquired").is_between(day.as_of - timedelta(days=WASH_DAYS), day.as_of))
        .join(groups, on="security_id")
        .join(members, on="account_id")
        .group_by("scope_id", "group")
        .agg(next_review=pl.col("acquired").max().dt.offset_by(_AGAIN))
    )
    again = washed.join(own.select("account_id", "scope_id"), on="account_id").join(
        bought, on=["scope_id", "group"]
    )
    long = waits.filter(pl.col("waits") == "wait_long_term")
    return [
        long.select("account_id", next_review=first_long_day("since")),
        again.select("account_id", "next_review"),
    ]


def _windows(day: Day) -> pl.DataFrame:
    return day.windows.select("account_id", next_review=pl.col("no_buy_until").dt.offset_by("1d"))


def _releases(measured: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The day on which the next part of a budget is released, at the latest 1 January, where it is wanted."""
    begins = {
        "none": date(as_of.year + 1, 1, 1),
        "quarter": _month_after(as_of, 3 - (as_of.month - 1) % 3),
        "month": _month_after(as_of, 1),
    }
    wanted = measured.filter(pl.col("tax_of_full_realignment") > pl.col("budget_left").cast(pl.Float64))
    return wanted.select(
        "account_id", next_review=pl.col("budget_prorate").replace_strict(begins, return_dtype=pl.Date)
    )


def _month_after(as_of: date, months: int) -> date:
    count = as_of.month - 1 + months
    return date(as_of.year + count // 12, count % 12 + 1, 1)


def _flows(day: Day) -> pl.DataFrame:
    """When a withdrawal has to be raised, and when a deposit is to come."""
    leads = day.settings.wide.select("account_id", lead=pl.col("cash_lead_days"))
    flows = day.tables["cash_flows"].filter(pl.col("status").fill_null("requested") != "done")
    open_flows = flows.join(leads, on="account_id").with_columns(
        cash_lead_days=pl.lit(_AHEAD, dtype=pl.Int64)
    )
    once = open_flows.filter(pl.col("every").is_null()).with_columns(due=pl.col("date"))
    every = occurrences(open_flows.filter(pl.col("every").is_not_null()), as_of=day.as_of)
    due = pl.concat([once, every])
    raised = pl.col("due") - pl.duration(days=pl.col("lead"))
    return due.select(
        "account_id", next_review=pl.when(pl.col("direction") == "out").then(raised).otherwise("due")
    )


def _plans(day: Day) -> list[pl.DataFrame]:
    plans = day.tables["plans"]
    return [
        plans.select("account_id", next_review="approved"),
        plans.select("account_id", next_review=pl.col("until").dt.offset_by("1d")),
    ]

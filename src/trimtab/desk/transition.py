"""Transition in the night: what a plan has still to do once the day is done, when it ends, and what waits for it."""

from typing import Final

import numpy as np
import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.plans import yearly
from trimtab.market.ratio import ratio
from trimtab.optimize.problem import Floats, Ints
from trimtab.optimize.transition import Budgets, finish_dates, left_to_sell
from trimtab.report.reasons import plan_text

_KEYS: Final = ["account_id", "security_id"]
_EVER: Final = np.iinfo(np.int64).max
_LEAST: Final = 0.001
"""Of V: what stands this far over its target is worth saying that it waits."""


def left_after(day: Day, outcome: Outcome) -> pl.DataFrame:
    """The lots that a transition still has to sell once the day is done (`transition.left_to_sell`)."""
    rules = day.rules.select(*_KEYS, "no_sell", "hold_quantity")
    values = outcome.accounts.select("account_id", "value").filter(pl.col("value") > 0)
    lines = (
        outcome.lines.join(values, on="account_id", how="inner", maintain_order="left")
        .join(rules, on=_KEYS, how="left", maintain_order="left")
        .with_columns(
            no_sell=pl.coalesce("frozen", "no_sell", pl.col("hold_quantity").cast(pl.String)),
        )
    )
    return left_to_sell(lines, day.facts, outcome.sales)


def plan_facts(day: Day, outcome: Outcome, left: pl.DataFrame) -> pl.DataFrame:
    """account_id, plan_progress, plan_finish of the accounts that a plan in force governs.

    Progress is the share of the account that stands where its target wants it (1 − drift), the day's trades done. The
    finish is the first day on which the plan's budgets, and after its `until` the account's own, have let the rest go;
    null where that day does not come or a gain is unknown. `left`: those of `left_after`.
    """
    planned = outcome.accounts.filter("planned" & (pl.col("value") > 0)).sort("account_id")
    place = {name: row for row, name in enumerate(day.years.account_ids)}
    rows: Ints = np.array([place[name] for name in planned["account_id"]], dtype=np.int64)
    years = day.years.take(rows)
    short, long = (_floats(planned[name]) for name in ("realized_short", "realized_long"))
    own_tax, own_gain, parts = yearly(planned)
    said_tax, said_gain = (planned[name].cast(pl.Float64) for name in ("plan_tax", "plan_gain"))
    tax = np.where(
        said_tax.is_null(), np.where(said_gain.is_null(), own_tax, _lifted(planned)), _floats(said_tax)
    )
    until = planned["plan_until"].cast(pl.Int32).cast(pl.Int64).fill_null(_EVER).to_numpy()
    budgets = Budgets(
        # What the day did not realize today waits for the next period: more would not have paid.
        tax_now=years.budget_used(short, long),
        gain_now=years.own_short + years.own_long + years.elsewhere_gain + short + long,
        tax=tax,
        gain=np.where(said_gain.is_null(), own_gain, _floats(said_gain)),
        until=until,
        tax_then=own_tax,
        gain_then=own_gain,
        parts=parts.astype(np.int64),
    )
    mine = left.join(planned.select("account_id"), on="account_id", how="semi")
    finish = finish_dates(mine, years, budgets, realized=(short, long), as_of=day.as_of)
    return planned.select("account_id", plan_progress=(1.0 - pl.col("drift_after")).clip(0.0, 1.0)).join(
        finish.rename({"finish": "plan_finish"}), on="account_id", how="left", maintain_order="left"
    )


def queued(day: Day, outcome: Outcome, left: pl.DataFrame) -> pl.DataFrame:
    """Rows of `reasons` for what waits for the budget of a plan in force: sold in part or not at all, since one share
    more would take the year past what the plan allows. `left`: those of `left_after`.
    """
    solved = outcome.accounts.filter("planned" & pl.col("hold").is_null()).sort("account_id")
    place = {name: row for row, name in enumerate(day.years.account_ids)}
    rows: Ints = np.array([place[name] for name in solved["account_id"]], dtype=np.int64)
    years = day.years.take(rows)
    short, long = (_floats(solved[name]) for name in ("realized_short", "realized_long"))
    limits = solved.select("account_id").join(day.budgets, on="account_id", how="left", maintain_order="left")
    gain_room = years.gain_room(limits["gain_budget"].to_numpy())
    rooms = solved.select(
        "account_id",
        "plan_approved",
        "value",
        least=pl.max_horizontal(
            pl.col("min_trade").cast(pl.Float64), pl.col("min_trade_bps") / 1e4 * pl.col("value")
        ),
        tax_left=limits["tax_budget"] - pl.Series(years.budget_used(short, long)),
        gain_left=pl.Series(gain_room - short - long),
        taxed=pl.Series(years.taxed, dtype=pl.Boolean),
    ).filter("taxed")
    prices = day.tables["securities"].select("security_id", price=pl.col("unit_value").cast(pl.Float64))
    rate = day.facts.select(*_KEYS, "lot_id", "rate")
    rest = (
        left.filter(pl.col("realized") > 0)
        .join(rate, on=[*_KEYS, "lot_id"])
        .sort(*_KEYS, "lot_id")
        .group_by(_KEYS, maintain_order=True)
        .agg(
            pl.col("worth", "realized").sum(),
            tax=(pl.col("realized") * pl.col("rate")).sum(),
        )
        .join(rooms, on="account_id")
        .join(prices, on="security_id")
    )
    step = ratio(2.0 * pl.max_horizontal("price", "least"), pl.col("worth")).clip(0.0, 1.0)
    over = (pl.col("tax") * step > pl.col("tax_left")) | (pl.col("realized") * step > pl.col("gain_left"))
    waiting = rest.filter(over & (pl.col("worth") > _LEAST * pl.col("value")))
    nothing = pl.lit(None, dtype=pl.Float64)
    return waiting.select(
        *_KEYS,
        decision=pl.lit("hold"),
        code=pl.lit("plan_budget"),
        text=plan_text(day.as_of),
        benefit=nothing,
        tax=-pl.col("tax").round(4),
        cost=nothing,
        blocked_by=pl.lit("plan"),
    )


_FIRMER: Final = (
    "may_not_sell",
    "hold_lot",
    "no_gain",
    "no_short_gain",
    "missing_basis",
    "wait_long_term",
    "wash_sale",
)


def with_queue(reasons: pl.DataFrame, queue: pl.DataFrame) -> pl.DataFrame:
    """`reasons` with what waits for a plan, in place of a softer word on the same line not traded."""
    held = pl.col("decision") == "hold"
    firm = reasons.filter(held & (pl.col("code").is_in(_FIRMER) | pl.col("code").str.starts_with("frozen_")))
    told = queue.join(firm, on=_KEYS, how="anti")
    soft = reasons.filter(held).join(told, on=_KEYS, how="semi")
    known = told.join(soft.select(*_KEYS, "benefit", "cost"), on=_KEYS, how="left", suffix="_of_line")
    known = known.with_columns(
        benefit=pl.coalesce("benefit", "benefit_of_line"), cost=pl.coalesce("cost", "cost_of_line")
    ).select(reasons.columns)
    rest = reasons.join(soft.select(*_KEYS, "decision"), on=[*_KEYS, "decision"], how="anti")
    return pl.concat([rest, known]).sort("account_id", "security_id", "decision", "code")


def _floats(values: pl.Series) -> Floats:
    out: Floats = values.cast(pl.Float64).fill_null(0.0).to_numpy()
    return out


def _lifted(planned: pl.DataFrame) -> Floats:
    """A year's tax where a plan budgets gains alone: the account's own dollars, else no limit."""
    return np.asarray(planned["budget_tax"].cast(pl.Float64).fill_null(float("inf")).to_numpy(), np.float64)

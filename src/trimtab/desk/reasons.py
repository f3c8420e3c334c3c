"""Reasons: why each trade is made and each notable one is not, with what it is worth, and what collides."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from trimtab.desk.answer import Answered
from trimtab.desk.day import Day
from trimtab.desk.located import pooled
from trimtab.desk.outcome import Outcome
from trimtab.optimize.explain import binding
from trimtab.optimize.problem import Floats
from trimtab.optimize.realign import least_tax_sales
from trimtab.optimize.relief import LOT_ORDER
from trimtab.report.reasons import notable, reason_lines
from trimtab.risk.measure import risk_gradients, volatilities

_KEYS = ["account_id", "security_id"]


def reasons_of(day: Day, outcome: Outcome, answered: Sequence[Answered]) -> pl.DataFrame:
    """The `reasons` table, sorted by account and security."""
    lines = _worth(day, outcome, _bounded(answered))
    return reason_lines(lines)


_BOUNDED: Final = {
    **dict.fromkeys((*_KEYS, "no_buy", "no_sell", "must_sell", "binding"), pl.String),
    **dict.fromkeys(("lower", "upper"), pl.Float64),
}


def _bounded(answered: Sequence[Answered]) -> pl.DataFrame:
    """What the last attempt at each account let its lines do, why not more, and what binds."""
    parts = [
        group.asked.lines.join(_pressing(group), on=_KEYS, how="left", maintain_order="left").select(
            list(_BOUNDED)
        )
        for group in answered
    ]
    every = pl.concat([pl.DataFrame(schema=_BOUNDED), *parts])
    return every.unique(_KEYS, keep="last", maintain_order=True)


def _pressing(group: Answered) -> pl.DataFrame:
    """The limit that holds each line where it is: its own, or the row that presses hardest (cash apart)."""
    assembled = group.asked.assembled
    batch = assembled.batch
    multipliers = group.answers.multipliers.copy()
    multipliers[:, batch.exposures.shape[1]] = (
        0.0  # the row that ties cash to all others presses on every line
    )
    found = binding(batch, replace(group.answers, multipliers=multipliers))
    at = batch.asset_offset[assembled.lines["a"].to_numpy()] + assembled.lines["line"].to_numpy()
    rows = pl.Series(
        [assembled.row_names[row] if row >= 0 else None for row in found.row[at]], dtype=pl.String
    )
    own = pl.Series(found.bound[at])
    return assembled.lines.select(*_KEYS).with_columns(
        binding=pl.when(own > 0)
        .then(pl.lit("upper limit"))
        .when(own < 0)
        .then(pl.lit("lower limit"))
        .otherwise(rows)
    )


def _worth(day: Day, outcome: Outcome, bounded: pl.DataFrame) -> pl.DataFrame:
    """Every line that is traded or notable, with benefit, tax and cost of its trade or of the one not made."""
    decided = outcome.accounts.filter(pl.col("hold").is_null()).select(
        "account_id", "decision", "why", "value", "risk_aversion", "cash_short", "lot_relief"
    )
    lines = outcome.lines.join(decided, on="account_id", how="inner", maintain_order="left")
    lines = _with_gradients(day, lines)
    trades = outcome.trades.select(
        *_KEYS,
        "side",
        "notional",
        "quantity",
        trade_cost=pl.col("cost").cast(pl.Float64),
        trade_tax="tax",
        stepped_up=pl.when(pl.len().over(_KEYS) > 1).then(
            pl.col("gain_long").cast(pl.Float64).max().over(_KEYS)
        ),
    )
    joined = lines.join(trades, on=_KEYS, how="left", maintain_order="left").join(
        bounded, on=_KEYS, how="left", maintain_order="left"
    )
    joined = joined.join(_lot_marks(day, outcome), on=_KEYS, how="left", maintain_order="left").join(
        day.unseen, on="account_id", how="left", maintain_order="left"
    )
    wanted = joined.filter(pl.col("side").is_not_null() | notable())
    return _with_missed(day, wanted)


def _with_gradients(day: Day, lines: pl.DataFrame) -> pl.DataFrame:
    """slope_trade: (Σ(2e + x))_i; slope_after: (Σ e_after)_i; variance: Σ_ii. All from one row per line, sorted."""
    place = pl.DataFrame({"first": day.model.security_ids}, schema={"first": pl.String}).with_row_index("row")
    columns = ["weight", "weight_after", "target"]
    placed = pooled(lines, day.located, by=["security_id"], columns=columns).join(
        place, on="first", how="left", maintain_order="left"
    )
    counts = placed.group_by("account_id", maintain_order=True).agg(count=pl.len())["count"].to_numpy()
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = placed["row"].cast(pl.Int64).to_numpy().astype(np.int64)
    before: Floats = (placed["weight"] - placed["target"]).to_numpy()
    after: Floats = (placed["weight_after"] - placed["target"]).to_numpy()
    sigma = volatilities(day.model)[rows]
    return lines.with_columns(
        slope_trade=pl.Series(risk_gradients(day.model, offsets, rows, before + after)),
        slope_after=pl.Series(risk_gradients(day.model, offsets, rows, after)),
        variance=pl.Series(sigma * sigma),
    )


def _lot_marks(day: Day, outcome: Outcome) -> pl.DataFrame:
    """Per line: losses past their gate still held, and why lots are kept or wait."""
    sold = outcome.sales.select(*_KEYS, "lot_id", sold="quantity")
    left = day.facts.join(sold, on=[*_KEYS, "lot_id"], how="left", maintain_order="left").filter(
        pl.col("sold").is_null() | (pl.col("sold") < pl.col("quantity"))
    )
    harvested = outcome.sales.filter((pl.col("gain") < 0) & pl.col("credited"))
    asked = day.forced.select(_KEYS).unique().with_columns(forced_loss=pl.lit(value=True))
    return (
        left.group_by(_KEYS)
        .agg(
            left_saved=pl.col("saved").sort().sum(),
            kept=_cause("kept"),
            waits=_cause("waits"),
        )
        .join(
            harvested.group_by(_KEYS).agg(harvested=-(pl.col("gain") + pl.col("disallowed")).sum()),
            on=_KEYS,
            how="full",
            coalesce=True,
        )
        .join(asked, on=_KEYS, how="left")
    )


def _cause(column: str) -> pl.Expr:
    """Why lots are kept or wait; what only stands behind such a lot in its order of sale has that one's cause."""
    return pl.col(column).filter(pl.col(column) != LOT_ORDER).sort().first()


def _with_missed(day: Day, lines: pl.DataFrame) -> pl.DataFrame:
    """benefit, tax, cost: of the trade that is made, else of going to target with this line alone."""
    away = pl.col("weight_after") - pl.col("target")
    traded = pl.col("side").is_not_null()
    moved = pl.col("weight_after") - pl.col("weight")
    lines = lines.join(
        day.located.select("account_id", "net"), on="account_id", how="left", maintain_order="left"
    )
    scale = -pl.col("risk_aversion") * pl.col("value") * pl.col("net").fill_null(1.0)
    lines = lines.with_columns(
        away=away,
        benefit=pl.when(traded)
        .then(scale * moved * pl.col("slope_trade"))
        .otherwise(scale * -away * (2 * pl.col("slope_after") - away * pl.col("variance"))),
    )
    spread = day.tables["securities"].select(
        "security_id", spread=pl.col("half_spread_bps").fill_null(2.0) / 1e4
    )
    unsold = lines.filter(pl.col("side").is_null() & (pl.col("away") > 0)).select(
        *_KEYS, sell=pl.col("away") * pl.col("value")
    )
    missed = least_tax_sales(unsold, day.facts, by="security_id")
    tax = missed.group_by(_KEYS).agg(
        missed_tax=pl.when(pl.col("realized").is_not_null().all()).then(
            pl.when(pl.col("taxed")).then(pl.col("realized") * pl.col("rate")).otherwise(0.0).sort().sum()
        ),
        asked=pl.lit(value=True),
    )
    return (
        lines.join(tax, on=_KEYS, how="left", maintain_order="left")
        .join(spread, on="security_id", how="left", maintain_order="left")
        .with_columns(
            tax=pl.when(traded)
            .then(pl.col("trade_tax").cast(pl.Float64))
            .when(pl.col("asked"))
            .then("missed_tax")
            .otherwise(0.0),
            cost=pl.when(traded)
            .then("trade_cost")
            .otherwise(pl.col("away").abs() * pl.col("value") * pl.col("spread")),
        )
    )


def conflicts_of(day: Day, outcome: Outcome, answered: Sequence[Answered]) -> pl.DataFrame:
    """The `conflicts` table: restrictions that collide with one another, and limits that no trade can meet."""
    ruled = day.restrictions.conflicts.select(
        "account_id",
        limit=pl.concat_str([pl.col("limit"), pl.lit(":"), pl.col("security_id")]),
        shortfall=pl.lit(None, dtype=pl.Float64),
        relaxation=pl.format("{} stands, {} gives way", "stands", "yields"),
        relaxation_cost=pl.lit(None, dtype=pl.Float64),
    )
    lines = [
        group.asked.lines.filter(pl.col("unmet").is_not_null())
        .join(group.asked.accounts.select("account_id", "value"), on="account_id", how="left")
        .select(
            "account_id",
            limit=pl.concat_str([pl.col("unmet"), pl.lit(":"), pl.col("security_id")]),
            shortfall=pl.col("shortfall") * pl.col("value"),
            relaxation=pl.format(
                "{} cannot move that far: {}",
                "security_id",
                pl.coalesce("no_sell", "no_buy", pl.lit("lots are held")),
            ),
            relaxation_cost=pl.lit(None, dtype=pl.Float64),
        )
        for group in answered
    ]
    found = [
        (
            group.asked.assembled.account_ids[one.account],
            one.limit,
            one.shortfall,
            one.relaxation,
            one.relaxation_cost,
        )
        for group in answered
        for one in group.collisions
    ]
    solved = pl.DataFrame(found, schema=ruled.schema, orient="row")
    enrolled = outcome.accounts.select("account_id")
    every = pl.concat([solved, ruled, *lines]).unique(
        ["account_id", "limit"], keep="first", maintain_order=True
    )
    return every.join(enrolled, on="account_id", how="semi").sort("account_id", "limit")

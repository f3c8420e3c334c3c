"""The tables out: what a run says of every account, in the columns of the contract."""

from collections.abc import Mapping

import polars as pl

from trimtab import __version__
from trimtab.desk.day import Day
from trimtab.desk.digests import inputs_digests, result_digests
from trimtab.desk.outcome import Outcome
from trimtab.desk.plans import unplanned
from trimtab.desk.release import release
from trimtab.desk.reviews import next_reviews
from trimtab.desk.shared_budget import budget_used
from trimtab.ledger.columns import MONEY
from trimtab.market.ratio import ratio
from trimtab.optimize.realign import tax_of_full_realignment
from trimtab.trade.orders import orders_from

ENGINE = f"trimtab {__version__}"
_KEYS = ["account_id", "security_id"]
_SEVERAL = pl.col("flag").sort().str.join(";")


def tables_out(
    day: Day,
    outcome: Outcome,
    *,
    reasons: pl.DataFrame,
    conflicts: pl.DataFrame,
    solve_ms: pl.DataFrame,
    planned: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """Every table of *Tables out* but `failures`, by name. `solve_ms`: account_id, solve_ms of the solved accounts;
    `planned`: account_id, plan_progress, plan_finish of those that a plan governs.
    """
    flags = _flags(day, outcome, conflicts)
    measured = _measured(day, outcome, solve_ms)
    let_out = release(measured, flags)
    evaluations = _evaluations(day, measured, flags=flags, let_out=let_out)
    trades = _named(outcome.trades, reasons)
    sales = outcome.sales.select(_SALE)
    results = result_digests(evaluations, trades, sales, reasons)
    own = evaluations.join(results, on="account_id", how="left", maintain_order="left").join(
        planned, on="account_id", how="left", maintain_order="left"
    )
    return {
        "evaluations": own.select(*_EVALUATION, "release_hits", "plan_progress", "plan_finish"),
        "trades": trades,
        "sales": sales,
        "reasons": reasons,
        "conflicts": conflicts,
        "settings": _settings(day),
        "targets": _targets(outcome),
        "wash_windows": _windows(day),
        "orders": orders_from(
            outcome.trades,
            outcome.sales,
            accounts=day.tables["accounts"],
            securities=day.tables["securities"],
        ),
    }


_EVALUATION = (
    "account_id", "unit_id", "decision", "release", "flags", "why", "value", "cash_before", "cash_after",
    "drift_before", "drift_after", "worst_class", "worst_class_deviation", "tracking_error_before",
    "tracking_error_after", "turnover", "realized_short", "realized_long", "harvested_loss", "tax",
    "budget_used", "budget_left", "cost", "tax_of_full_realignment", "unrealized_short", "unrealized_long",
    "objective", "objective_no_trade", "lower_bound", "gap", "rounding_cost", "next_review", "solve_ms",
    "inputs_digest", "settings_digest", "result_digest", "engine",
)  # fmt: skip


_SALE = (
    "account_id", "lot_id", "security_id", "quantity", "proceeds", "basis", "gain", "term", "disallowed", "tax",
    "acquired",
)  # fmt: skip


def _flags(day: Day, outcome: Outcome, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Every flag of every account: what the day found, and what the outcome adds."""
    refused = outcome.accounts.filter(
        pl.col("why").is_in(["conflict", "no_whole_share_answer", "not_certified"])
    )
    blind = outcome.accounts.filter(pl.col("unknown_sold").fill_null(value=False))
    forced = outcome.accounts.filter(
        (pl.col("decision") == "propose") & pl.col("forced").fill_null(value=False)
    )
    raised = outcome.accounts.filter((pl.col("decision") == "propose") & unplanned())
    in_turn = outcome.accounts.filter(pl.col("in_turn").fill_null(value=False))
    apart = in_turn.join(day.located, on="account_id", how="semi")
    parts = [
        day.flags,
        apart.select("account_id", flag=pl.lit("unhonoured:location")),
        conflicts.select("account_id", flag=pl.lit("conflict")),
        refused.select("account_id", flag="why"),
        blind.select("account_id", flag=pl.lit("missing_basis_sold")),
        forced.select("account_id", flag=pl.lit("forced_sale")),
        in_turn.select("account_id", flag=pl.lit("year_in_turn")),
        raised.select("account_id", flag=pl.lit("cash_before_plan")),
    ]
    enrolled = outcome.accounts.select("account_id")
    return pl.concat(parts).unique().join(enrolled, on="account_id", how="semi").sort("account_id", "flag")


def _measured(day: Day, outcome: Outcome, solve_ms: pl.DataFrame) -> pl.DataFrame:
    """The outcome's accounts with tax, budget, unrealized gains and the dates to come."""
    tax = outcome.sales.group_by("account_id").agg(lot_tax=pl.col("tax").sum())
    gains = day.facts.group_by("account_id").agg(
        unrealized_short=_known(pl.col("gain").filter(~pl.col("long")).sum()),
        unrealized_long=_known(pl.col("gain").filter(pl.col("long")).sum()),
    )
    exact = day.valuation.accounts.select("account_id", value_exact="value")
    joined = outcome.accounts
    for part in (tax, gains, exact, solve_ms, _realign(day, outcome)):
        joined = joined.join(part, on="account_id", how="left", maintain_order="left")
    zero = pl.lit(0).cast(MONEY)
    traded = (pl.col("bought") + pl.col("sold")).cast(pl.Float64)
    unknown = pl.col("unknown_sold").fill_null(value=False)
    joined = joined.with_columns(
        notional=traded,
        turnover=pl.when(pl.col("value") > 0).then(ratio(traded, 2 * pl.col("value"))),
        tax=pl.when(~unknown).then(pl.col("lot_tax").fill_null(zero)),
    )
    used = _with_budget(day, joined)
    reviews = next_reviews(day, outcome, used)
    return used.join(reviews, on="account_id", how="left", maintain_order="left")


def _known(values: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("gain").is_not_null().all()).then(values)


def _realign(day: Day, outcome: Outcome) -> pl.DataFrame:
    return tax_of_full_realignment(outcome.lines, day.facts, day.years)


def _with_budget(day: Day, accounts: pl.DataFrame) -> pl.DataFrame:
    """What the realizations of the year that share a tax budget owe with today's proposals, and what it leaves."""
    used = budget_used(day, accounts).with_columns(_cents("used"))
    known = pl.col("tax").is_not_null()
    budget = pl.when(pl.col("tax_budget").is_finite()).then("tax_budget")
    joined = accounts.join(used, on="account_id", how="left", maintain_order="left").join(
        day.budgets.select("account_id", "tax_budget"), on="account_id", how="left", maintain_order="left"
    )
    return joined.with_columns(budget_used=pl.when(known).then("used")).with_columns(
        budget_left=pl.when(known).then(
            (budget.round(2).cast(MONEY) - pl.col("budget_used")).clip(lower_bound=0)
        )
    )


def _cents(column: str) -> pl.Expr:
    return pl.col(column).round(2).cast(MONEY)


def _evaluations(
    day: Day, measured: pl.DataFrame, *, flags: pl.DataFrame, let_out: pl.DataFrame
) -> pl.DataFrame:
    said = flags.group_by("account_id", maintain_order=True).agg(flags=_SEVERAL)
    digests = inputs_digests(day, measured.select("account_id", "unit_id"))
    joined = measured.drop("release")
    for part in (said, let_out, digests):
        joined = joined.join(part, on="account_id", how="left", maintain_order="left")
    proposed = pl.col("decision") == "propose"
    exact, nothing = pl.col("objective_exact"), pl.col("objective_no_trade")
    acts = proposed.any().over("unit_id")  # an account without a trade may be part of a unit that acts
    best = pl.when(acts | pl.col("must")).then(exact).otherwise(pl.min_horizontal(exact, nothing))
    return joined.with_columns(
        value=pl.col("value_exact"),
        cash_before="cash_exact",
        cash_after=pl.when(proposed).then("cash_after").otherwise("cash_exact"),
        drift_before="drift",
        tracking_error_before="tracking_error",
        objective=pl.when(acts).then("objective").otherwise("objective_no_trade"),
        # A unit that rests is held against doing nothing, which no limit that must be met allows it.
        lower_bound=pl.when(acts).then("lower_bound").otherwise(pl.min_horizontal("lower_bound", nothing)),
        gap=(best - pl.col("solver_bound")).round(6) + 0.0,
        rounding_cost=pl.when(acts).then(pl.col("objective") - pl.col("objective_exact")),
        engine=pl.lit(ENGINE),
    ).with_columns(_unknown())


_AGAINST_TARGET = (
    "drift_before", "drift_after", "worst_class", "worst_class_deviation", "tracking_error_before",
    "tracking_error_after", "tax_of_full_realignment",
)  # fmt: skip
_OF_SOUND_DATA = (
    "value", "cash_before", "cash_after", "turnover", "realized_short", "realized_long", "harvested_loss", "tax",
    "budget_used", "budget_left", "cost", "unrealized_short", "unrealized_long", "next_review",
)  # fmt: skip


def _unknown() -> list[pl.Expr]:
    """What was not evaluated is unknown: all of an account in error, and distances where there is no target."""
    error = pl.col("decision") == "error"
    aimless = error | pl.col("target_id").is_null()
    return [
        *(pl.when(~aimless).then(name).alias(name) for name in _AGAINST_TARGET),
        *(pl.when(~error).then(name).alias(name) for name in _OF_SOUND_DATA),
    ]


def _named(trades: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
    """Trades with the code of their reason and what binds them."""
    said = reasons.filter(pl.col("decision") != "hold").select(
        *_KEYS, side="decision", reason="code", binding="blocked_by"
    )
    joined = trades.join(said, on=[*_KEYS, "side"], how="left", maintain_order="left")
    return joined.select(
        *_KEYS,
        "side",
        "quantity",
        "price",
        "notional",
        "cost",
        "gain_short",
        "gain_long",
        "tax",
        "reason",
        "binding",
    )


def _settings(day: Day) -> pl.DataFrame:
    enrolled = day.accounts["account_id"].to_list()
    return day.settings.long(enrolled)


def _targets(outcome: Outcome) -> pl.DataFrame:
    enrolled = outcome.accounts.select("account_id")
    return outcome.lines.join(enrolled, on="account_id", how="semi", maintain_order="left").select(
        *_KEYS,
        "slot",
        "asset_class",
        target_weight="target",
        weight_before="weight",
        weight_after="weight_after",
    )


def _windows(day: Day) -> pl.DataFrame:
    enrolled = day.accounts.select("account_id")
    return day.windows.join(enrolled, on="account_id", how="semi", maintain_order="left").select(
        *_KEYS, "no_buy_until", "loss_at_risk_if_bought", "disallowed_if_sold"
    )


def summary(
    tables: Mapping[str, pl.DataFrame],
    *,
    digests: Mapping[str, str],
    stages: Mapping[str, float],
    memory: float,
) -> dict[str, object]:
    """`summary.json`: counts, sums, seconds by stage and the digests of book and result."""
    evaluations = tables["evaluations"]
    flags = evaluations.select(pl.col("flags").str.split(";").explode()).drop_nulls().to_series()
    known = ("tax", "cost", "harvested_loss", "realized_short", "realized_long", "tax_of_full_realignment")
    seconds = sum(stages.values())
    return {
        "enrolled": len(evaluations),
        "evaluated": len(evaluations.filter(pl.col("decision") != "error")),
        "decision_counts": _counts(evaluations["decision"]),
        "release_counts": _counts(evaluations["release"]),
        "flag_counts": _counts(flags),
        "sums": {name: round(float(evaluations[name].cast(pl.Float64).sum()), 2) for name in known},
        "stage_seconds": {name: round(value, 3) for name, value in stages.items()},
        "accounts_per_second": round(len(evaluations) / seconds, 1) if seconds > 0 else None,
        "peak_memory_mib": round(memory, 1),
        "digests": dict(digests),
    }


def _counts(values: pl.Series) -> dict[str, int]:
    counted = values.drop_nulls().value_counts().sort(values.name)
    return {str(name): int(count) for name, count in counted.iter_rows()}

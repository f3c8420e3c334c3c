"""The pictures of a run: frames of the tables out as charts with their tables."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Move, Series, bars, columns, moves, stacks
from trimtab.report.words import DECISIONS

FIRMS_MOST: Final = 12
MOVES_MOST: Final = 20
_DRIFT_EDGES: Final = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30)
_ERROR_EDGES: Final = (0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05)
_BUDGET_EDGES: Final = (0.25, 0.50, 0.75, 0.999999)
_TONES: Final = {"propose": "after", "hold": "quiet", "blocked": "warn", "error": "bad"}


def drift_histogram(evaluations: pl.DataFrame) -> Figure:
    """How many accounts stand how far from target, before and after."""
    heading = Heading(
        "drift-histogram",
        "Accounts by drift, before and after",
        "How many accounts stand how far from target before the day's trades and after them.",
    )
    return _before_after(
        evaluations, "drift", _DRIFT_EDGES, heading=heading, across="drift, share of the account"
    )


def error_histogram(evaluations: pl.DataFrame) -> Figure:
    """How many accounts have which tracking error, before and after."""
    heading = Heading(
        "error-histogram",
        "Accounts by tracking error, before and after",
        "How far accounts are predicted to stray from their targets in a year.",
    )
    return _before_after(
        evaluations, "tracking_error", _ERROR_EDGES, heading=heading, across="tracking error, a year, ex ante"
    )


def _before_after(
    evaluations: pl.DataFrame, measure: str, edges: Sequence[float], *, heading: Heading, across: str
) -> Figure:
    labels = [f"{low * 100:g}–{high * 100:g}%" for low, high in zip((0.0, *edges), edges, strict=False)]
    labels.append(f"over {edges[-1] * 100:g}%")
    series = [
        Series(name, name, _histogram(evaluations[f"{measure}_{name}"], edges))
        for name in ("before", "after")
    ]
    unknown = evaluations[f"{measure}_before"].null_count()
    if unknown:
        said = f"{heading.text} {numbers.counted(unknown, 'account')} where it is unknown left out."
        heading = replace(heading, text=said)
    return columns(heading, labels, series, form=_plain, across=across)


def _histogram(values: pl.Series, edges: Sequence[float]) -> tuple[float | None, ...]:
    """Counts below each edge and above the last; unknown values are in none."""
    known = values.drop_nulls()
    below = [int((known < edge).sum()) for edge in edges] + [len(known)]
    return tuple(float(high - low) for low, high in zip([0, *below], below, strict=False))


def _plain(value: float | None) -> str:
    return numbers.UNKNOWN if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return numbers.percent(value, 1)


def drift_moves(evaluations: pl.DataFrame) -> Figure | None:
    """The proposing accounts that stood farthest from target, each from where it was to where it goes."""
    proposing = evaluations.filter(pl.col("decision") == "propose").drop_nulls("drift_before")
    far = proposing.sort("drift_before", "account_id", descending=[True, False]).head(MOVES_MOST)
    rows = [Move(*row) for row in far.select("account_id", "drift_before", "drift_after").iter_rows()]
    if not rows:
        return None
    heading = Heading(
        "drift-moves",
        "Proposing accounts farthest from target",
        "Drift of each before and after its proposal. What remains is kept on purpose: tax, restrictions or cost "
        "outweigh it. Drift may rise where a harvested loss is replaced by what tracks as well; tracking error tells.",
    )
    return moves(heading, rows, form=_percent, down="account")


def _by_firm(evaluations: pl.DataFrame) -> pl.DataFrame:
    """The firms with most accounts, the others together."""
    sizes = evaluations.group_by("firm").agg(size=pl.len()).sort("size", "firm", descending=[True, False])
    if len(sizes) <= FIRMS_MOST:
        return evaluations.with_columns(group="firm")
    kept = sizes["firm"].head(FIRMS_MOST - 1).implode()
    others = f"{len(sizes) - FIRMS_MOST + 1} other firms"
    return evaluations.with_columns(
        group=pl.when(pl.col("firm").is_in(kept)).then("firm").otherwise(pl.lit(others))
    )


def tax_by_firm(evaluations: pl.DataFrame) -> Figure:
    """Tax that full realignment would add, what the proposals add, and what is avoided, firm by firm."""
    known = pl.all_horizontal(pl.col("tax", "tax_of_full_realignment").is_not_null())
    sums = (
        _by_firm(evaluations)
        .group_by("group")
        .agg(
            pl.col("tax", "tax_of_full_realignment").filter(known).sum(),
            some=known.any(),
            unknown=(~known).sum(),
        )
        .with_columns(avoided=pl.col("tax_of_full_realignment") - pl.col("tax"))
        .sort("tax_of_full_realignment", "group", descending=[True, False])
    )
    told = pl.when("some")
    frame = sums.select(
        "group",
        *(told.then(name).alias(name) for name in ("tax_of_full_realignment", "tax", "avoided")),
    )
    unknown = int(sums["unknown"].sum())
    said = f" {numbers.counted(unknown, 'account')} of unknown tax left out." if unknown else ""
    heading = Heading(
        "tax-by-firm",
        "Tax: full realignment, this run, avoided",
        "What going all the way to target would add in tax with the least-tax lots, what the proposals add "
        "(below zero: losses save tax), and the difference." + said,
    )
    series = [
        Series("full realignment", "before", tuple(frame["tax_of_full_realignment"])),
        Series("added by this run", "warn", tuple(frame["tax"])),
        Series("avoided", "after", tuple(frame["avoided"])),
    ]
    return bars(heading, frame["group"].to_list(), series, form=numbers.short_money, down="firm")


def decisions_by_firm(evaluations: pl.DataFrame) -> Figure:
    """How many accounts of each firm propose, hold, are blocked or could not be evaluated."""
    grouped = _by_firm(evaluations)
    names = (
        grouped.group_by("group").agg(size=pl.len()).sort("size", "group", descending=[True, False])["group"]
    )
    counted = {
        (firm, decision): number
        for firm, decision, number in grouped.group_by("group", "decision").agg(n=pl.len()).iter_rows()
    }
    series = [
        Series(one, _TONES[one], tuple(float(counted.get((firm, one), 0)) for firm in names))
        for one in DECISIONS
    ]
    heading = Heading(
        "decisions-by-firm",
        "Decisions by firm",
        "Each enrolled account counts once: it proposes trades, holds, is blocked, or could not be evaluated.",
    )
    return stacks(heading, names.to_list(), series, form=_plain, down="firm")


def budget_use(evaluations: pl.DataFrame) -> Figure:
    """How much of its tax budget each taxable account has used this year, this proposal included."""
    taxable = evaluations.filter(pl.col("tax_type") == "taxable")
    known = taxable.drop_nulls(["budget_used", "budget_left"])
    whole = known["budget_used"] + known["budget_left"]
    share = pl.DataFrame({"used": known["budget_used"], "whole": whole}).select(
        pl.when(pl.col("used") <= 0)
        .then(-1.0)
        .when(pl.col("whole") > 0)
        .then(pl.col("used") / pl.col("whole"))
        .otherwise(1.0)
    )
    counts = _histogram(share.to_series(), (0.0, *_BUDGET_EDGES))
    labels = ["none", "to 25%", "25–50%", "50–75%", "75–100%", "all of it"]
    unknown = taxable.height - known.height
    said = f" {numbers.counted(unknown, 'account')} with unknown use left out." if unknown else ""
    heading = Heading(
        "budget-use",
        "Tax budgets used",
        "Taxable accounts by the share of this year's tax budget that is used, this run included." + said,
    )
    return columns(
        heading, labels, [Series("accounts", "after", counts)], form=_plain, across="share of the budget"
    )

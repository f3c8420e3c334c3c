"""Weekly returns from the book's price history: last close of each week, the wild ones found and set aside."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.risk.jit import Flags, Floats, Ints

SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
WILD = 10.0  # robust deviations: October 2008 and March 2020 stay below it in broad funds
WILD_LEAST = 0.28  # smaller moves than this are news, not errors
CALM = 0.05  # a week in which the middle security moved less than this


@dataclass(frozen=True, slots=True)
class WeeklyReturns:
    """Simple returns from one week's last close to the next's: values (weeks, securities), NaN where unknown.

    `weeks` are Fridays as days since 1970, without a hole; columns follow `security_ids`.
    """

    security_ids: tuple[str, ...]
    weeks: Ints
    values: Floats


def weekly_returns(
    prices: pl.DataFrame, security_ids: tuple[str, ...], *, as_of: date
) -> ValueWithFailures[WeeklyReturns]:
    """Returns of every full week up to `as_of`, by `total_return_index` where both weeks have it, else by close."""
    index = (
        pl.col("total_return_index").cast(pl.Float64)
        if "total_return_index" in prices.columns
        else pl.lit(None, dtype=pl.Float64)
    )
    known = pl.DataFrame({"security_id": list(security_ids)}, schema={"security_id": pl.String})
    known = known.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("column"))
    rows = (
        prices.select("date", "security_id", pl.col("close").cast(pl.Float64), index.alias("index"))
        .filter(pl.col("date") <= as_of)
        .join(known, on="security_id", how="inner")
        .with_columns(day=pl.col("date").cast(pl.Int32).cast(pl.Int64))
        # 1970-01-02 was a Friday: the Friday on or after each day
        .with_columns(friday=pl.col("day") + (8 - pl.col("day") % 7) % 7)
        .filter(pl.col("friday") <= (as_of - date(1970, 1, 1)).days)
    )
    good = pl.col("close").is_finite() & (pl.col("close") > 0.0)
    bad = rows.filter(~good.fill_null(False)).group_by("security_id").len().sort("security_id")
    failures = [_unusable(name, count) for name, count in bad.iter_rows()]
    rows = (
        rows.filter(good)
        .sort("column", "friday", "day", "close", "index", nulls_last=False)
        .unique(subset=["column", "friday"], keep="last", maintain_order=True)
    )
    if rows.is_empty():
        empty = WeeklyReturns(security_ids, np.zeros(0, np.int64), np.zeros((0, len(security_ids))))
        return ValueWithFailures.of(empty, failures)
    friday = rows["friday"].to_numpy().astype(np.int64)
    first, last = int(friday.min()), int(friday.max())
    at = ((friday - first) // 7, rows["column"].to_numpy())
    shape = ((last - first) // 7 + 1, len(security_ids))
    close = np.full(shape, np.nan)
    close[at] = rows["close"].to_numpy()
    level = np.full(shape, np.nan)
    level[at] = rows["index"].fill_null(float("nan")).to_numpy()
    level[~(level > 0.0)] = np.nan
    total = level[1:] / level[:-1] - 1.0
    values = np.where(np.isnan(total), close[1:] / close[:-1] - 1.0, total)
    weeks = np.arange(first + 7, last + 1, 7, dtype=np.int64)
    cleaned, found = clean(WeeklyReturns(security_ids, weeks, values))
    return ValueWithFailures.of(cleaned, failures + found)


def clean(returns: WeeklyReturns) -> tuple[WeeklyReturns, list[Failure]]:
    """Set aside returns that look like a missed split or a wrong price, and cap the rest at ten robust deviations.

    A jump counts as a split only in a week that was calm for others and at a ratio that splits have; as a wrong
    price where the next week takes it back. Both become unknown and are named; a capped return is kept at the cap.
    """
    values = returns.values.copy()
    failures: list[Failure] = []
    calm = _middle(np.abs(values)) < CALM
    for column, name in enumerate(returns.security_ids):
        r = values[:, column]
        known = r[~np.isnan(r)]
        if known.size < 8:
            continue
        middle = float(np.median(known))
        limit = max(WILD_LEAST, WILD * 1.4826 * float(np.median(np.abs(known - middle))))
        for week in np.flatnonzero(np.abs(r) > limit):
            kind = _fault(r, int(week), bool(calm[week]))
            if kind:
                failures.append(_wild(name, int(returns.weeks[week]), float(r[week]), kind))
                r[week] = np.nan
                if kind == "wrong price" and week + 1 < r.size:
                    r[week + 1] = np.nan
        values[:, column] = np.clip(r, -limit, limit)
    return WeeklyReturns(returns.security_ids, returns.weeks, values), failures


def observed(values: Floats) -> Flags:
    """Where a return is known."""
    return ~np.isnan(values)


def _middle(moves: Floats) -> Floats:
    out = np.zeros(moves.shape[0])
    for week in range(moves.shape[0]):
        known = moves[week][~np.isnan(moves[week])]
        out[week] = np.median(known) if known.size else 0.0
    return out


def _fault(r: Floats, week: int, calm: bool) -> str:
    if np.isnan(r[week]):
        return ""
    ratio = 1.0 + float(r[week])
    if week + 1 < r.size and not np.isnan(r[week + 1]) and abs(ratio * (1.0 + r[week + 1]) - 1.0) < 0.06:
        return "wrong price"
    if not calm:
        return ""
    factor = max(ratio, 1.0 / ratio) if ratio > 0.0 else 0.0
    near = any(abs(factor / split - 1.0) < 0.05 for split in SPLITS)
    return "missed split" if near else ""


def _unusable(name: str, count: int) -> Failure:
    return Failure(
        Reason.INVALID,
        "prices",
        name,
        "close",
        str(count),
        f"{count} prices of {name} are not positive numbers; the risk model leaves them out",
        "correct the price history",
    )


def _wild(name: str, friday: int, value: float, kind: str) -> Failure:
    day = date.fromordinal(date(1970, 1, 1).toordinal() + friday)
    return Failure(
        Reason.INVALID,
        "prices",
        f"{name} {day.isoformat()}",
        "close",
        f"{value:+.4f}",
        f"the week to {day.isoformat()} moved {name} by {value:+.1%}, which looks like a {kind}; left out of the model",
        "check the closes around that week; they must be adjusted for splits",
    )

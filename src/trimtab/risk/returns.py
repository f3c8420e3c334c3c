"""Weekly returns from the book's price history: last close of each week, the wild ones found and set aside."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.risk.jit import Floats, Ints

EPOCH = date(1970, 1, 1)
SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
WILD = 10.0  # robust deviations
HALF_YEAR = 26
WEEKS_A_YEAR = 52
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
        .filter(pl.col("friday") <= (as_of - EPOCH).days)
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


def weekly_rates(risk_free: pl.DataFrame | None, weeks: Ints) -> Floats:
    """What cash paid in each week: the yearly rate last known at its beginning, over 52; 0 before the first."""
    if risk_free is None or risk_free.is_empty():
        return np.zeros(len(weeks))
    known = risk_free.select("date", "rate").sort("date")
    begins = pl.DataFrame({"date": pl.Series(weeks - 7).cast(pl.Int32).cast(pl.Date)})
    found = begins.join_asof(known, on="date", strategy="backward")["rate"].fill_null(0.0)
    rates: Floats = found.to_numpy().astype(np.float64)
    return rates / WEEKS_A_YEAR


def clean(returns: WeeklyReturns) -> tuple[WeeklyReturns, list[Failure]]:
    """Set aside returns that look like a missed split or a wrong price; cap others at ten robust deviations.

    The deviation is that of the half year on either side, so that a crash is not taken for an error. Of a week that
    was calm for others, a jump at a ratio that splits have counts as a split, one that the next week takes back as
    a wrong price. Both become unknown and are named.
    """
    values = returns.values.copy()
    found: dict[tuple[str, str], list[int]] = {}
    calm = _middle(np.abs(values)) < CALM
    for week, column in zip(*np.nonzero(np.abs(values) > WILD_LEAST), strict=True):
        r = values[:, column]
        around = np.abs(r[max(week - HALF_YEAR, 0) : week + HALF_YEAR + 1])
        limit = max(WILD_LEAST, WILD * 1.4826 * float(np.median(around[~np.isnan(around)])))
        if np.isnan(r[week]) or abs(r[week]) <= limit:
            continue
        kind = _fault(r, int(week)) if calm[week] else ""
        if not kind:
            r[week] = np.clip(r[week], -limit, limit)
            continue
        found.setdefault((returns.security_ids[column], kind), []).append(int(returns.weeks[week]))
        r[week] = np.nan
        if kind == "wrong price":
            r[week + 1] = np.nan
    failures = [_wild(name, kind, weeks) for (name, kind), weeks in sorted(found.items())]
    return WeeklyReturns(returns.security_ids, returns.weeks, values), failures


def _middle(moves: Floats) -> Floats:
    out = np.zeros(moves.shape[0])
    for week in range(moves.shape[0]):
        known = moves[week][~np.isnan(moves[week])]
        out[week] = np.median(known) if known.size else 0.0
    return out


def _fault(r: Floats, week: int) -> str:
    ratio = 1.0 + float(r[week])
    if week + 1 < r.size and abs(ratio * (1.0 + r[week + 1]) - 1.0) < 0.06:
        return "wrong price"
    factor = max(ratio, 1.0 / ratio) if ratio > 0.0 else 0.0
    return "missed split" if any(abs(factor / split - 1.0) < 0.05 for split in SPLITS) else ""


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


def _wild(name: str, kind: str, weeks: list[int]) -> Failure:
    days = [(EPOCH + timedelta(days=week)).isoformat() for week in weeks]
    return Failure(
        Reason.INVALID,
        "prices",
        f"{name} {days[0]}",
        "close",
        str(len(days)),
        f"{name} moved in the week to {', '.join(days)} as a {kind} would; left out of the risk model",
        "check the closes around that week; they must be adjusted for splits",
    )

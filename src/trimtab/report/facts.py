"""The figures of a run that people ask for first: where accounts stood and stand, tax, turnover, time."""

from dataclasses import dataclass
from typing import cast

import polars as pl

from trimtab.report.view import RunView

_TAX = ("tax", "tax_of_full_realignment")


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure over all accounts where it is known: (before, after) of mean, value-weighted mean and worst."""

    name: str
    mean: tuple[float | None, float | None]
    weighted: tuple[float | None, float | None]
    worst: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class TaxSums:
    """Dollars over the accounts where both are known: tax added, tax of full realignment; and how many are unknown."""

    added: float
    realignment: float
    harvested: float
    unknown: int

    @property
    def avoided(self) -> float:
        """What full realignment would add on top."""
        return self.realignment - self.added


def spreads(evaluations: pl.DataFrame) -> tuple[Spread, Spread]:
    """Drift and tracking error, before and after; accounts that do not trade count as they stand."""
    return _spread(evaluations, "drift", "Drift"), _spread(evaluations, "tracking_error", "Tracking error")


def _spread(evaluations: pl.DataFrame, measure: str, name: str) -> Spread:
    names = (f"{measure}_before", f"{measure}_after")
    known = evaluations.drop_nulls([*names, "value"]).filter(pl.col("value") > 0)
    total = _number(known["value"].sum())
    if not total:
        return Spread(name, (None, None), (None, None), (None, None))

    def both(*found: float) -> tuple[float | None, float | None]:
        return found[0], found[1]

    return Spread(
        name,
        both(*(_number(known[one].mean()) for one in names)),
        both(*(_number((known[one] * known["value"]).sum()) / total for one in names)),
        both(*(_number(known[one].max()) for one in names)),
    )


def _number(found: object) -> float:
    return cast("float", found)


def tax_sums(evaluations: pl.DataFrame) -> TaxSums:
    """Tax of the run against the tax of going all the way to target."""
    known = evaluations.drop_nulls(_TAX)
    return TaxSums(
        added=float(known["tax"].sum()),
        realignment=float(known["tax_of_full_realignment"].sum()),
        harvested=float(evaluations["harvested_loss"].sum()),
        unknown=evaluations.height - known.height,
    )


def turnover(evaluations: pl.DataFrame) -> float | None:
    """(Buys + sells) / 2V over all accounts of known value; None where nothing has a value."""
    known = evaluations.drop_nulls(["value", "turnover"])
    total = _number(known["value"].sum())
    return _number((known["turnover"] * known["value"]).sum()) / total if total else None


def slowest(evaluations: pl.DataFrame, most: int) -> pl.DataFrame:
    """The accounts whose solve took longest: account_id, title, firm, decision, solve_ms."""
    timed = evaluations.drop_nulls("solve_ms").sort("solve_ms", "account_id", descending=[True, False])
    return timed.select("account_id", "title", "firm", "decision", "solve_ms").head(most)


def failure_kinds(view: RunView) -> pl.DataFrame:
    """Failures with one remedy (by table, field and remedy) as one row: their count, and the first one's words."""
    failures = view.tables["failures"]
    return failures.group_by("table", "field", "remedy", maintain_order=True).agg(
        pl.col("row", "value", "reason").first(), count=pl.len()
    )

"""Frontier: tax against tracking error against time, for one account.

Every point is a solve of the engine with the account's real limits and a tax budget of its own, all in one batch: the
least tracking error that so much tax can buy. What a larger budget can reach, a smaller tax never beats.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trimtab.core.result import Failure
from trimtab.desk.answer import answer_all
from trimtab.desk.day import Day, with_plans
from trimtab.desk.outcome import conclude
from trimtab.desk.plans import by_point_alone, with_budgets, yearly
from trimtab.desk.propose import Before, stand
from trimtab.desk.transition import left_after
from trimtab.ledger.columns import MONEY
from trimtab.optimize.problem import Floats, Ints
from trimtab.optimize.sharing import Sharing
from trimtab.optimize.transition import Budgets, finish_dates
from trimtab.optimize.valuation import Valuation
from trimtab.optimize.years import AccountYears

SHARES: Final = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85)
"""The tax budgets of the points between no sale and full realignment, as shares of the tax of the latter."""
POINTS: Final = len(SHARES) + 2
_TRACKING: Final = 2500.0
"""Risk aversion of the points, a hundred times the default: tax is held by the budget, not by the objective."""
_MILL: Final = 0.001
_FREE: Final = (None, "within_bands", "arriving")
"""What an account may be held for and still have a frontier."""


class NoFrontierError(Exception):
    """The account has no frontier, with why: it may not trade, or has no target."""


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The points of an account, and what holds of all of them.

    `points`, one row a point from no sale to full realignment: point (1, 2, …), tracking_error (annual, ex ante), tax
    (dollars owed for it this year, netted, never below zero), finish_date (null: never, as far as is known),
    budget_tax (what a plan of this point gives this year, all that is realized in it counted; null: no limit),
    realized_short, realized_long (dollars), turnover, drift, years (to the finish). `yearly_tax` and `yearly_gain` are
    the firm's budgets of each year after this one (None: no limit).
    """

    account_id: str
    as_of: date
    value: float
    points: pl.DataFrame
    yearly_tax: float | None
    yearly_gain: float | None
    flags: tuple[str, ...]
    failures: tuple[Failure, ...]


def frontier(day: Day, account_id: str) -> Frontier:
    """The frontier of an account of the day; NoFrontierError where it has none.

    The year's own budgets and plan are left out: they are what the points are about. Later years have the firm's.
    """
    row = _standing(day, account_id)
    full = _solved(day, row, {"full": float("inf")})
    most = float(full.found["tax"][0])
    budgets = {f"p{place:02}": share * most for place, share in enumerate(SHARES)}
    some = _solved(day, row, {"none": None, **budgets})
    found = pl.concat([some.found, full.found])
    points = _picked(found, [0.0, *budgets.values(), float("inf")])
    chosen = points.select(pl.format("{}", "point").alias("account_id"), name="name")
    left = chosen.join(pl.concat([some.left, full.left]), left_on="name", right_on="account_id").drop("name")
    years = day.years.take(np.repeat(_place(day, account_id), POINTS))
    firm_tax, firm_gain, parts = (float(one[0]) for one in yearly(row))
    dated = _dated(
        points,
        left,
        replace(years, account_ids=tuple(chosen["account_id"])),
        day,
        (firm_tax, firm_gain, parts),
    )
    return Frontier(
        account_id,
        day.as_of,
        float(row["value"][0]),
        dated,
        firm_tax if np.isfinite(firm_tax) else None,
        firm_gain if np.isfinite(firm_gain) else None,
        tuple(day.flags.filter(pl.col("account_id") == account_id)["flag"].unique().sort()),
        tuple(one for one in day.failures if account_id in one.accounts),
    )


def with_points(day: Day) -> Day:
    """The day with a budget for each plan in force that names a point and no budget of its own."""
    plans = day.tables["plans"]
    wanted = by_point_alone(plans, day.as_of).join(day.accounts, on="account_id", how="semi")
    if wanted.is_empty():
        return day
    return with_plans(day, with_budgets(plans, point_budgets(day, wanted)))


def point_budgets(day: Day, wanted: pl.DataFrame) -> dict[str, float]:
    """The tax budget of the year (dollars) that the named point gives each account of `wanted` (account_id,
    plan_point); accounts without a frontier and unknown points are left out.

    A point is a share of the tax of full realignment: of what the year has taken of it and of what is left.
    """
    budgets: dict[str, float] = {}
    for account_id, named in wanted.iter_rows():
        place = int(named) - 1 if str(named).strip().isdigit() else -1
        if not 0 <= place < POINTS:
            continue
        try:
            row = _standing(day, account_id)
        except NoFrontierError:
            continue
        used = float(_used(day.years, _place(day, account_id))[0])
        whole = used + float(_solved(day, row, {"full": float("inf")}).found["tax"][0])
        budgets[account_id] = whole * (0.0, *SHARES, 1.0)[place]
    return budgets


def _standing(day: Day, account_id: str) -> pl.DataFrame:
    """The account's row of `Before.accounts`, without its plan."""
    mine = replace(
        day,
        accounts=day.accounts.filter(pl.col("account_id") == account_id),
        tables={**day.tables, "plans": day.tables["plans"].clear()},
    )
    row = stand(mine).accounts
    why = row["hold"][0] if len(row) else "not enrolled"
    if why not in _FREE:
        raise NoFrontierError(f"{account_id} has no frontier: {str(why).replace('_', ' ')}")
    return row


def _place(day: Day, account_id: str) -> Ints:
    return np.array([day.years.account_ids.index(account_id)], dtype=np.int64)


def _used(years: AccountYears, place: Ints) -> Floats:
    """What the year owes for the realizations of an account so far."""
    nothing = np.zeros(len(place))
    return years.take(place).budget_used(nothing, nothing)


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """Portfolios of one account: `found` (name, tracking_error, tax, budget, realized_short, realized_long, turnover,
    drift) and what each leaves to sell (`left`, its account_id the name).
    """

    found: pl.DataFrame
    left: pl.DataFrame


def _solved(day: Day, row: pl.DataFrame, budgets: Mapping[str, float | None]) -> _Solved:
    """The least tracking error that each budget buys (dollars owed beside what already is); None: no trade at all."""
    account_id = str(row["account_id"][0])
    names = sorted(budgets)
    many = _copies(day, account_id, names)
    before = float(_used(day.years, _place(day, account_id))[0])
    limits = [float("nan") if (amount := budgets[name]) is None else before + amount for name in names]
    many = replace(many, budgets=_limits(names, limits))
    still = pl.Series([budgets[name] is None for name in names], dtype=pl.Boolean)
    accounts = pl.concat([row] * len(names)).with_columns(
        account_id=pl.Series(names, dtype=pl.String),
        risk_aversion=pl.lit(_TRACKING),
        tax_weight=pl.lit(1.0),
        latent_tax=pl.lit(0.0),
        min_benefit=pl.lit(0, dtype=row.schema["min_benefit"]),
        min_benefit_bps=pl.lit(0.0),
        hold=pl.when(still).then(pl.lit("still")),
        planned=pl.lit(value=True),
    )
    answered = list(answer_all(many, accounts.filter(pl.col("hold").is_null()), advance=lambda _: None))
    outcome = conclude(many, Before(accounts, stand(many).standing), answered)
    held = outcome.accounts
    short, long = (held[name].cast(pl.Float64).fill_null(0.0).to_numpy() for name in _REALIZED)
    used = many.years.budget_used(short, long) - before
    tax = np.where(many.years.taxed, np.maximum(used, 0.0), 0.0)
    traded = (pl.col("bought") + pl.col("sold")).cast(pl.Float64)
    found = held.select(
        name="account_id",
        tracking_error=pl.col("tracking_error_after").round(8),
        tax=pl.Series(tax),
        realized_short="realized_short",
        realized_long="realized_long",
        turnover=traded / (2 * pl.col("value")),
        drift="drift_after",
    )
    return _Solved(found, left_after(many, outcome))


def _limits(names: list[str], tax: list[float]) -> pl.DataFrame:
    """Budgets of the year (`Day.budgets`): of tax alone, each account its own."""
    return pl.DataFrame({"account_id": names, "shared_by": names, "tax_budget": tax}).with_columns(
        gain_budget=pl.lit(float("inf"))
    )


_REALIZED: Final = ("realized_short", "realized_long")


def _copies(day: Day, account_id: str, names: list[str]) -> Day:
    """The day with one account, under each of the names."""
    copies = pl.DataFrame({"account_id": names}, schema={"account_id": pl.String})

    def many(frame: pl.DataFrame) -> pl.DataFrame:
        mine = frame.filter(pl.col("account_id") == account_id).drop("account_id")
        keys = [key for key in ("account_id", "security_id", "lot_id") if key in frame.columns]
        return mine.join(copies, how="cross").select(frame.columns).sort(keys, maintain_order=True)

    found = day.valuation
    alone = np.zeros(len(names))
    years = replace(
        day.years.take(np.repeat(_place(day, account_id), len(names))),
        account_ids=tuple(names),
        payer=np.full(len(names), -1, np.int64),
        elsewhere=alone,
        elsewhere_gain=alone,
    )
    return replace(
        day,
        accounts=many(day.accounts),
        settings=replace(day.settings, wide=many(day.settings.wide)),
        targets=replace(day.targets, account=many(day.targets.account)),
        restrictions=replace(day.restrictions, groups=many(day.restrictions.groups)),
        years=years,
        sharing=Sharing(years, np.arange(len(names)), np.arange(len(names))),
        losses_wanted=day.losses_wanted.clear(),
        forced=day.forced.clear(),
        valuation=Valuation(many(found.accounts), many(found.holdings), many(found.lots)),
        facts=many(day.facts),
        lines=many(day.lines),
        rules=many(day.rules),
    )


def _picked(found: pl.DataFrame, budgets: list[float]) -> pl.DataFrame:
    """For each budget the portfolio of least tracking error among all that owe no more: then no point of more tax
    tracks worse, and none of the same tracking owes more. The first is no trade.
    """
    still = found.filter(pl.col("name") == "none")
    parts = [still]
    for budget in budgets[1:]:
        within = found.filter(pl.col("tax") <= budget + _MILL)
        parts.append(within.sort("tracking_error", "tax", "turnover", "name").head(1))
    return pl.concat(parts).with_columns(
        point=pl.int_range(1, len(parts) + 1),
        room=pl.Series(budgets, dtype=pl.Float64),
    )


def _dated(
    points: pl.DataFrame, left: pl.DataFrame, years: AccountYears, day: Day, firm: tuple[float, float, float]
) -> pl.DataFrame:
    """The points with the day on which the firm's budgets of later years have let the rest go."""
    count = len(points)
    tax, gain, parts = (np.full(count, one) for one in firm)
    before = years.budget_used(np.zeros(count), np.zeros(count))
    room = before + points["room"].to_numpy()
    unlimited = np.full(count, np.inf)
    budgets = Budgets(
        tax_now=room,
        gain_now=unlimited,
        tax=tax,
        gain=gain,
        until=np.full(count, np.iinfo(np.int64).max),
        tax_then=tax,
        gain_then=gain,
        parts=parts.astype(np.int64),
    )
    short, long = (points[name].cast(pl.Float64).fill_null(0.0).to_numpy() for name in _REALIZED)
    finish = finish_dates(left, years, budgets, realized=(short, long), as_of=day.as_of)
    days = (pl.col("finish_date") - pl.lit(day.as_of)).dt.total_days()
    budget = pl.Series(np.where(np.isfinite(room), room, np.nan), nan_to_null=True)
    return (
        points.with_columns(account_id=pl.format("{}", "point"), budget_tax=budget.round(2).cast(MONEY))
        .join(finish.rename({"finish": "finish_date"}), on="account_id", how="left", maintain_order="left")
        .with_columns(years=(days / 365.25).round(2))
        .with_columns(pl.col("tax").round(2), pl.col("turnover", "drift").round(8))
        .select(_POINT)
    )


_POINT: Final = (
    "point", "tracking_error", "tax", "finish_date", "budget_tax", "realized_short", "realized_long",
    "turnover", "drift", "years",
)  # fmt: skip

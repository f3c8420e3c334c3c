"""Propose: who asks to be solved today, the solve, whole shares, and what each account decides."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.gain_harvest import harvestable, worth_of
from trimtab.desk.located import cash_slots, house_rows, pooled, set_free, yield_costs
from trimtab.desk.plans import plans_in_force, unplanned
from trimtab.desk.rows import charged, rows_of, yields_of
from trimtab.market.ratio import ratio
from trimtab.optimize.assemble import Assembled, assemble
from trimtab.optimize.forced import with_forced
from trimtab.optimize.limits import line_bounds
from trimtab.optimize.problem import Floats, Ints
from trimtab.optimize.shares import Holdings
from trimtab.optimize.trigger import CASH, Standing, standing, triggers
from trimtab.optimize.years import AccountYears
from trimtab.risk.measure import tracking_errors

NANO = 10**9
_CENT = 0.01
_NEARLY_NONE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """Every enrolled account as it stands: `accounts` (sorted) has what decides whether it is solved.

    Columns beside the settings: planned, with the `plan_*` of the plan in force; value, cash_free, cash_now,
    lowest_cash (dollars, floats), target_cash, drift, worst_class, worst_class_deviation, tracking_error, triggers,
    hold (why it is not solved; null when it is).
    """

    accounts: pl.DataFrame
    standing: Standing


def stand(day: Day, *, changed: frozenset[str] = frozenset()) -> Before:
    """Measure every account against its target and say which ask to be solved; `changed` ones ask in any case."""
    accounts = _accounts(day)
    valued = accounts.filter(pl.col("value") > 0)
    cash = cash_slots(valued, "cash_free")
    now = measured_on(day, day.lines, cash)
    measured = accounts.join(now.accounts, on="account_id", how="left", maintain_order="left").join(
        _tracking(day, "weight"), on="account_id", how="left", maintain_order="left"
    )
    saved = day.facts.group_by("account_id").agg(harvest_value=pl.col("saved").sort().sum())
    sales = day.rules.filter(pl.col("must_sell").is_not_null()).join(
        day.lines.filter(pl.col("quantity") > 0), on=["account_id", "security_id"], how="semi"
    )
    others = measured.join(saved, on="account_id", how="left", maintain_order="left").select(
        "account_id",
        "tracking_error",
        "harvest_value",
        "cash_min",
        "cash_max",
        min_benefit=least_benefit(),
        cash_short=pl.col("cash_free")
        < pl.min_horizontal("lowest_cash", pl.lit(0.0)) + pl.col("lowest_cash"),
        forced=pl.col("account_id").is_in(
            pl.concat([one["account_id"] for one in (sales, day.forced, day.disposed)]).unique().implode()
        ),
        changed=pl.col("account_id").is_in(pl.Series(sorted(changed), dtype=pl.String).implode()),
    )
    own_cash = standing(day.lines.clear(), cash).classes
    told = replace(now, classes=pl.concat([now.classes.filter(pl.col("asset_class") != CASH), own_cash]))
    found = _together(day, _with_harvest(day, triggers(told, measured, others), measured))
    asked = found.join(
        others.select("account_id", "cash_short"), on="account_id", how="left", maintain_order="left"
    )
    joined = measured.join(asked, on="account_id", how="left", maintain_order="left")
    return Before(joined.with_columns(hold=_holds(day)), now)


def _with_harvest(day: Day, found: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """The triggers, and `gain_harvest` where gains that are taxed at nothing are worth realizing."""
    zero = pl.lit(0.0)
    valued = measured.filter(pl.col("value") > 0).with_columns(realized_short=zero, realized_long=zero)
    worth = worth_of(harvestable(day, valued, day.lines.select("account_id", "security_id").clear()))
    asking = worth.join(measured, on="account_id").filter(pl.col("worth") >= least_benefit())
    named = pl.col("account_id").is_in(asking["account_id"].implode())
    word = (
        pl.when(named)
        .then(pl.concat_list(pl.lit("gain_harvest")))
        .otherwise(pl.lit([], dtype=pl.List(pl.String)))
    )
    return found.with_columns(triggers=pl.col("triggers").list.concat(word))


def least_benefit() -> pl.Expr:
    """What a proposal must be worth, in dollars: the larger of `min_benefit` and `min_benefit_bps` of V."""
    return pl.max_horizontal(
        pl.col("min_benefit").cast(pl.Float64), pl.col("min_benefit_bps") / 1e4 * pl.col("value")
    )


def _accounts(day: Day) -> pl.DataFrame:
    """Enrolled accounts with their values, cash, target and settings."""
    aims = day.targets.account.select("account_id", "target_id", "target_cash", "cash_min", "cash_max")
    valued = day.valuation.accounts.with_columns(
        lowest_cash=pl.col("unsettled").cast(pl.Float64),
        **{name: pl.col(name).cast(pl.Float64) for name in ("value", "cash_free", "cash_now", "cash_due")},
    )
    own = day.settings.wide.drop("cash_min", "cash_max")
    enrolled = day.accounts.select("account_id", "status", "discretion", "held_away", "margin", "tax_type")
    joined = enrolled
    for part in (valued, aims, own):
        joined = joined.join(part, on="account_id", how="left", maintain_order="left")
    unsettled = pl.when(pl.col("margin").fill_null(value=False)).then(0.0).otherwise("lowest_cash")
    floor = pl.col("cash_floor").cast(pl.Float64)
    lowest = joined.with_columns(lowest_cash=pl.max_horizontal(unsettled, floor))
    plans = plans_in_force(day.tables["plans"], day.as_of)
    return lowest.join(plans, on="account_id", how="left", maintain_order="left").with_columns(
        planned=pl.col("plan_approved").is_not_null()
    )


def measured_on(day: Day, lines: pl.DataFrame, cash: pl.DataFrame) -> Standing:
    """Where every account stands with these lines and cash slots; a located one as its household does."""
    sums = {"columns": ["weight", "target"]}
    return standing(
        pooled(lines, day.located, by=["security_id"], **sums), pooled(cash, day.located, by=[], **sums)
    )


def _together(day: Day, found: pl.DataFrame) -> pl.DataFrame:
    """The triggers; where one account of a located household asks, the others ask with it (`household`)."""
    if len(day.located) == 0:
        return found
    joined = found.join(day.located, on="account_id", how="left", maintain_order="left")
    asks = pl.col("triggers").list.len() > 0
    called = pl.col("unit_id").is_not_null() & ~asks & asks.any().over("unit_id")
    word = pl.when(called).then(pl.lit(["household"])).otherwise("triggers")
    return joined.with_columns(triggers=word).drop("unit_id", "share", "net")


def _tracking(day: Day, column: str) -> pl.DataFrame:
    """Ex-ante tracking error of `column` (weights of the lines) against target, per account."""
    lines = pooled(day.lines, day.located, by=["security_id"], columns=[column, "target"])
    rows = lines.select("account_id", "first", active=pl.col(column) - pl.col("target"))
    return tracking_of(day, rows)


def tracking_of(day: Day, rows: pl.DataFrame) -> pl.DataFrame:
    """account_id, tracking_error of rows (account_id, first, active), sorted by account and security."""
    place = pl.DataFrame({"first": day.model.security_ids}, schema={"first": pl.String}).with_row_index("row")
    placed = rows.join(place, on="first", how="left", maintain_order="left")
    counts = placed.group_by("account_id", maintain_order=True).agg(count=pl.len())
    offsets = np.concatenate([[0], np.cumsum(counts["count"].to_numpy())]).astype(np.int64)
    errors = tracking_errors(
        day.model, offsets, placed["row"].cast(pl.Int64).to_numpy(), placed["active"].to_numpy().copy()
    )
    return counts.select("account_id", tracking_error=pl.Series(errors))


def due_now() -> pl.Expr:
    """Whether cash falls due that is not there: it is raised even of an account that waits for its plan."""
    return ((pl.col("cash_due") > 0) & (pl.col("cash_free") < pl.col("lowest_cash") - _CENT)).fill_null(
        value=False
    )


def _raising_only(accounts: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts and lines where what arrives without a plan sells no more than the cash due needs, and buys nothing: its
    turnover is that of the sale and of two shares of its dearest holding, for whole shares to fit.
    """
    dearest = lines.group_by("account_id").agg(
        dearest=pl.col("unit_value").filter(pl.col("quantity") > 0).max().cast(pl.Float64)
    )
    needed = pl.col("lowest_cash") - pl.col("cash_free") + 2.0 * pl.col("dearest").fill_null(0.0)
    most = pl.when(unplanned()).then(ratio(needed, 2.0 * pl.col("value")))
    limited = accounts.join(dearest, on="account_id", how="left", maintain_order="left").with_columns(
        max_turnover=pl.min_horizontal("max_turnover", most),
    )
    waiting = pl.col("account_id").is_in(accounts.filter(unplanned())["account_id"].implode())
    sales = pl.when(waiting).then(pl.lit(0.0)).otherwise("upper")
    return limited.drop("dearest"), lines.with_columns(upper=pl.max_horizontal("lower", sales))


def _holds(day: Day) -> pl.Expr:
    """Why an account is not solved, first cause first; null where it is."""
    isolated = pl.col("account_id").is_in(pl.Series(sorted(day.isolated), dtype=pl.String).implode())
    causes = {
        "error": isolated,
        "frozen": pl.col("status") == "frozen",
        "closing": pl.col("status") == "closing",
        "held_away": pl.col("held_away").fill_null(value=False),
        "no_target": pl.col("target_id").is_null(),
        "unpriced": pl.col("value").is_null(),
        "no_value": pl.col("value") <= 0,
        "arriving": unplanned() & ~due_now(),
        "within_bands": pl.col("triggers").list.len() == 0,
    }
    return pl.coalesce(*[pl.when(test).then(pl.lit(name)) for name, test in causes.items()])


def risk_weighed(accounts: pl.DataFrame) -> Floats:
    """The part of its risk that each account's choice weighs: all, but of one that raises cash before it has a plan
    only so much that it chooses among lots of the same tax. Its objective counts all.
    """
    return accounts.select(pl.when(unplanned()).then(_NEARLY_NONE).otherwise(1.0)).to_series().to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A group of accounts made ready for the engine, and their integer side; `houses` are the rows of located
    households (`located.house_rows`).
    """

    accounts: pl.DataFrame
    years: AccountYears
    assembled: Assembled
    holdings: Holdings
    lines: pl.DataFrame
    forced: bool
    no_buys: bool
    houses: pl.DataFrame


def ask(
    day: Day,
    accounts: pl.DataFrame,
    *,
    forced: bool = False,
    no_buys: bool = False,
    located: pl.DataFrame | None = None,
) -> Asked:
    """Assemble some accounts of `Before.accounts` (sorted) into problems.

    `forced` lets lots be sold that otherwise wait; `no_buys` asks for sales alone, which then need not bring cash up to
    its target. Accounts of `located` (`Day.located`) are asked for their household's target.
    """
    place = {name: row for row, name in enumerate(day.years.account_ids)}
    rows = np.array([place[name] for name in accounts["account_id"]], dtype=np.int64)
    years = day.years.take(rows)
    ready = _allowed(day, accounts, years).with_columns(
        taxed=pl.Series(years.taxed, dtype=pl.Boolean),
        long_rate=pl.Series(years.params.long_rate, dtype=pl.Float64),
    )
    lines = day.lines.join(accounts.select("account_id"), on="account_id", how="semi", maintain_order="left")
    ready, bounded = _raising_only(ready, _bounded(day, ready, lines, forced=forced))
    if no_buys:
        bounded = bounded.with_columns(
            upper=pl.min_horizontal("upper", pl.max_horizontal("lower", pl.lit(0.0)))
        )
    limits, members = rows_of(day, ready, lines, yields=yields_of(day, bounded, ready))
    located = day.located.clear() if located is None else located
    houses = house_rows(ready, charged(day, ready, lines), limits, located)
    if len(located):
        limits = set_free(limits, located)
        bounded = yield_costs(bounded, located, securities=day.tables["securities"], years=years)
    assembled = assemble(
        ready,
        bounded,
        day.facts,
        rows=limits,
        members=members,
        years=years,
        model=day.model,
        forced=forced,
        no_buys=no_buys,
    )
    holdings = _holdings(day, ready, bounded, assembled)
    return Asked(ready, years, assembled, holdings, bounded, forced, no_buys, houses)


def _allowed(day: Day, accounts: pl.DataFrame, years: AccountYears) -> pl.DataFrame:
    """The accounts with tax_budget (dollars of tax due a year) and gain_budget (net gains still to be realized today;
    below zero where forced losses are protected): infinite for none.
    """
    limits = accounts.select("account_id").join(
        day.budgets, on="account_id", how="left", maintain_order="left"
    )
    kept = day.losses_wanted.filter("protected").select("account_id", kept=pl.lit(value=True))
    forced = day.forced.group_by("account_id").agg(given=pl.col("forced_loss").sum().cast(pl.Float64))
    for part in (kept, forced):
        limits = limits.join(part, on="account_id", how="left", maintain_order="left")
    most = pl.when("kept").then(_CENT - pl.col("given").fill_null(0.0))
    room = pl.Series(years.gain_room(limits["gain_budget"].to_numpy()), dtype=pl.Float64)
    gains = limits.select(pl.min_horizontal(room, most)).to_series()
    return accounts.with_columns(tax_budget=limits["tax_budget"], gain_budget=gains)


def _bounded(day: Day, accounts: pl.DataFrame, lines: pl.DataFrame, *, forced: bool) -> pl.DataFrame:
    """The lines with their limits, what the market says of their securities and what their funds ask."""
    market = day.tables["securities"].select(
        "security_id",
        "kind",
        "identical_group",
        "min_denomination",
        may_split="fractional",
        half_spread=pl.col("half_spread_bps").fill_null(2.0) / 1e4,
    )
    own = line_bounds(lines, day.facts, values=accounts, rules=day.rules, forced=forced)
    bounded = with_forced(with_forced(own, day.forced), day.disposed, column="disposed")
    for part, keys in ((market, ["security_id"]), (day.terms, ["account_id", "security_id"])):
        bounded = bounded.join(part, on=keys, how="left", maintain_order="left")
    return bounded.with_columns(pl.col("least_buy", "fee").fill_null(0.0))


def _holdings(day: Day, accounts: pl.DataFrame, lines: pl.DataFrame, assembled: Assembled) -> Holdings:
    """The integer side of the assets: prices, units and quantities, the cash asset last in each account."""
    named = assembled.lines.join(
        lines, on=["account_id", "security_id"], how="left", maintain_order="left"
    ).join(accounts.select("account_id", "fractional"), on="account_id", how="left", maintain_order="left")
    whole = pl.when(pl.col("min_denomination") > 0).then(nanos("min_denomination")).otherwise(NANO)
    choice = pl.col("fractional")
    splits = (choice == "true") | ((choice == "security") & pl.col("may_split").fill_null(value=False))
    filled = named.select(
        "a",
        "line",
        price=nanos("unit_value").fill_null(0),
        unit=pl.when(splits).then(NANO // 10**6).otherwise(whole),
        quantity=nanos("quantity"),
    )
    counts = np.diff(assembled.batch.asset_offset) - 1
    cash = pl.DataFrame({"a": np.arange(len(counts), dtype=np.uint32), "line": counts}).with_columns(
        price=pl.lit(0, dtype=pl.Int64), unit=pl.lit(0, dtype=pl.Int64), quantity=pl.lit(0, dtype=pl.Int64)
    )
    assets = pl.concat([filled, cash], how="vertical_relaxed").sort("a", "line")
    lots = assembled.lots.join(assembled.lines, on=["a", "line"], how="left", maintain_order="left").join(
        day.facts.select("account_id", "security_id", "lot_id", lot_quantity=nanos("quantity")),
        on=["account_id", "security_id", "lot_id"],
        how="left",
        maintain_order="left",
    )
    exact = day.valuation.accounts.select("account_id", cash=nanos("cash_free"))
    own = accounts.select("account_id", "lowest_cash").join(
        exact, on="account_id", how="left", maintain_order="left"
    )
    floor = (own["lowest_cash"] * NANO).round().cast(pl.Int64).to_numpy()
    return Holdings(
        value=assembled.value,
        price=_ints(assets["price"]),
        unit=_ints(assets["unit"]),
        quantity=_ints(assets["quantity"]),
        lot_quantity=_ints(lots["lot_quantity"].fill_null(0)),
        cash=_ints(own["cash"]),
        floor=np.minimum(floor, _ints(own["cash"])) * (floor > 0),
        tie=np.zeros(len(accounts), np.int64),
    )


def nanos(column: str) -> pl.Expr:
    """A decimal column as billionths."""
    return (pl.col(column) * NANO).cast(pl.Int64)


def _ints(values: pl.Series) -> Ints:
    out: Ints = values.cast(pl.Int64).to_numpy().astype(np.int64)
    return out

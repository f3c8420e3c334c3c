"""Outcome: what each account decides, its trades, the lots it sells, and where it then stands, in exact columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from polars.datatypes import DataType, DataTypeClass

from trimtab.desk.answer import Answered
from trimtab.desk.day import Day
from trimtab.desk.gain_harvest import with_harvest
from trimtab.desk.located import cash_slots, pooled
from trimtab.desk.near import Aim
from trimtab.desk.propose import Before, measured_on, tracking_of
from trimtab.ledger.columns import MONEY, decimal
from trimtab.market.ratio import ratio
from trimtab.optimize.problem import Bools, Ints
from trimtab.optimize.yearpath import path_rates

_KEYS = ["account_id", "security_id"]
_TINY = 1e-9
PolarsType = DataType | DataTypeClass


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The decisions of a day. `accounts` has one row per enrolled account, sorted: the columns of `Before.accounts`
    with decision, why, objectives and bound (dollars), drift_after, tracking_error_after, cash_after and sums
    of trades.
    `trades` and `sales` hold those of proposing accounts; `lines` every line with `weight_after`.
    """

    accounts: pl.DataFrame
    trades: pl.DataFrame
    sales: pl.DataFrame
    lines: pl.DataFrame


def conclude(day: Day, before: Before, answered: Sequence[Answered]) -> Outcome:
    """Decide every account and draw up its trades and sales."""
    verdicts = [_verdicts(group).with_columns(group=pl.lit(i)) for i, group in enumerate(answered)]
    accounts = _decide(before.accounts, verdicts)
    chosen = accounts.filter(pl.col("decision") == "propose")
    drawn = [
        (_trades(day, group, mine), _sales(day, group, mine))
        for i, group in enumerate(answered)
        if len(mine := chosen.filter(pl.col("group") == i).select("account_id"))
    ]
    trades = pl.concat([pl.DataFrame(schema=_TRADES), *(one for one, _ in drawn)]).sort(_KEYS)
    sales = pl.concat([pl.DataFrame(schema=_SALES), *(one for _, one in drawn)]).sort(*_KEYS, "lot_id")
    accounts, trades, sales = with_harvest(day, accounts, trades=trades, sales=sales)
    sales = _with_tax(day, _refused(day, sales))
    trades = _with_gains(trades, sales)
    lines = _lines_after(day, trades)
    return Outcome(_after(day, accounts, trades=trades, sales=sales, lines=lines), trades, sales, lines)


_TRADES: Final[dict[str, PolarsType]] = {
    "account_id": pl.String,
    "security_id": pl.String,
    "side": pl.String,
    **dict.fromkeys(("quantity", "price", "notional", "cost"), MONEY),
}
_SALES: Final[dict[str, PolarsType]] = {
    "account_id": pl.String,
    "lot_id": pl.String,
    "security_id": pl.String,
    **dict.fromkeys(("quantity", "proceeds", "basis", "gain"), MONEY),
    "term": pl.String,
    "credited": pl.Boolean,
    "acquired": pl.Date,
}


def _verdicts(group: Answered) -> pl.DataFrame:
    """How each account of a group that this attempt answers for came out; objectives in dollars."""
    assembled = group.asked.assembled
    nothing = group.none.objective
    _, unit = np.unique(group.unit_ids, return_inverse=True)
    must = np.bincount(unit, must_act(group))[unit] > 0
    weighed = assembled.value * (0.0 if group.price is None else group.price)
    fall = nothing - group.whole.objective + weighed * (group.none.variance - group.whole.variance)
    # The problem asks trades to bring cash up to its target; where doing nothing is lawful it is one answer more.
    bounds = {
        name: np.where(must, bound, np.minimum(bound, nothing))
        for name, bound in (("solver_bound", group.bound), ("lower_bound", group.lower_bound))
    }
    frame = pl.DataFrame(
        {
            "account_id": assembled.account_ids,
            "unit_id": group.unit_ids,
            "in_turn": group.in_turn,
            "status": group.answers.status,
            "solved": group.solved,
            "lawful": group.rounded.lawful,
            "certified": [not fault for fault in group.faults],
            "must": must,
            "traded": _traded(group),
            "objective_no_trade": nothing,
            "objective_exact": group.exact.objective,
            "objective": group.whole.objective,
            **bounds,
            "forced": group.asked.forced,
            "fall": fall,
        }
    )
    return frame.filter(pl.col("status") >= 0)


def must_act(group: Answered) -> Bools:
    """Whether doing nothing would break a limit: a cap, a duty to sell, a hard bound (a located household's, of its
    sums), cash due or below its floor, a limit on tracking error."""
    batch, accounts = group.asked.assembled.batch, group.asked.accounts
    cash = np.zeros(len(batch.lower), np.bool_)
    cash[batch.asset_offset[1:] - 1] = True
    by_line = ~cash & ((batch.lower > _TINY) | (batch.upper < -_TINY))
    by_row = (batch.row_lower > _TINY) | (batch.row_upper < -_TINY)
    short = (accounts["cash_free"] < accounts["lowest_cash"] - 0.005).to_numpy()
    astray = Aim.of(group.asked).beyond(group.none.variance) > 0.0
    houses = group.asked.houses.filter((pl.col("lower") > _TINY) | (pl.col("upper") < -_TINY))
    at_home = np.isin(group.unit_ids, houses["unit_id"].to_list())
    must: Bools = (
        at_home | _any(by_line, batch.asset_offset) | _any(by_row, batch.row_offset) | short | astray
    )
    return must


def _traded(group: Answered) -> Bools:
    return _any(group.rounded.quantity != 0, group.asked.assembled.batch.asset_offset)


def _any(marked: Bools, offsets: Ints) -> Bools:
    """Whether any entry of each account is marked."""
    counts = np.concatenate([[0], np.cumsum(marked)])
    return np.asarray(counts[offsets[1:]] > counts[offsets[:-1]])


def _decide(accounts: pl.DataFrame, verdicts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The decision and its reason: what held the account back, or what made it act."""
    if verdicts:
        accounts = accounts.join(pl.concat(verdicts), on="account_id", how="left", maintain_order="left")
    else:
        flags = ("solved", "lawful", "certified", "must", "traded", "forced", "in_turn")
        sums = ("objective_no_trade", "objective_exact", "objective", "solver_bound", "lower_bound", "fall")
        accounts = accounts.with_columns(
            **{name: pl.lit(None, dtype=pl.Boolean) for name in flags},
            **{name: pl.lit(None, dtype=pl.Float64) for name in sums},
            group=pl.lit(None, dtype=pl.Int32),
            unit_id=pl.lit(None, dtype=pl.String),
        )
    accounts = accounts.with_columns(unit_id=pl.coalesce("unit_id", "account_id"))
    enough = pl.col("fall") >= _least_of_unit()
    causes = {
        "conflict": ~pl.col("solved").fill_null(value=False),
        "no_whole_share_answer": ~pl.col("lawful") & pl.col("must"),
        "not_certified": ~pl.col("certified"),
        "nothing_to_trade": ~pl.col("traded") | ~pl.col("lawful"),
        "below_benefit": ~(enough | pl.col("must")),
    }
    named = accounts.with_columns(
        cause=pl.coalesce("hold", *[pl.when(test).then(pl.lit(name)) for name, test in causes.items()])
    )
    decision = (
        pl.when(pl.col("cause").is_null())
        .then(pl.lit("propose"))
        .when(pl.col("cause").is_in(["error", "not_certified"]))
        .then(pl.lit("error"))
        .when(pl.col("cause").is_in(["frozen", "unpriced", "conflict", "no_whole_share_answer"]))
        .then(pl.lit("blocked"))
        .otherwise(pl.lit("hold"))
    )
    return named.with_columns(decision=decision, why=pl.coalesce("cause", pl.col("triggers").list.join(";")))


def _least_of_unit() -> pl.Expr:
    """What a proposal of a unit must be worth, in dollars: as of an account, with the unit's largest `min_benefit`."""
    part = pl.col("min_benefit_bps") / 1e4 * pl.col("value")
    whole = pl.col("min_benefit").cast(pl.Float64).max().over("unit_id")
    return pl.max_horizontal(whole, part.sum().over("unit_id"))


def _trades(day: Day, group: Answered, mine: pl.DataFrame) -> pl.DataFrame:
    """The trades of some accounts of a group: whole quantities, exact notionals and costs."""
    assembled, rounded = group.asked.assembled, group.rounded
    at = assembled.batch.asset_offset[assembled.lines["a"].to_numpy()] + assembled.lines["line"].to_numpy()
    frame = assembled.lines.with_columns(
        quantity=_decimals(rounded.quantity[at]),
        notional=_decimals(rounded.notional[at]),
        cost=_decimals(rounded.paid[at]),
    )
    prices = day.tables["securities"].select("security_id", price="unit_value")
    return (
        frame.filter(pl.col("quantity") != 0)
        .join(mine, on="account_id", how="semi")
        .join(prices, on="security_id", how="left")
        .select(
            *_KEYS,
            side=pl.when(pl.col("quantity") > 0).then(pl.lit("buy")).otherwise(pl.lit("sell")),
            quantity=pl.col("quantity").abs(),
            price="price",
            notional=pl.col("notional").abs(),
            cost="cost",
        )
    )


def _sales(day: Day, group: Answered, mine: pl.DataFrame) -> pl.DataFrame:
    """The lots that some accounts of a group sell; proceeds are without accrued interest and before costs."""
    assembled = group.asked.assembled
    sold = assembled.lots.with_columns(quantity=_decimals(group.rounded.sold)).filter(pl.col("quantity") > 0)
    facts = day.facts.select(*_KEYS, "lot_id", "clean", "unit_basis", "long", "credited", "acquired", "gain")
    return (
        sold.join(assembled.lines, on=["a", "line"], how="inner")
        .join(mine, on="account_id", how="semi")
        .join(facts, on=[*_KEYS, "lot_id"], how="inner")
        .select(
            "account_id",
            "lot_id",
            "security_id",
            "quantity",
            proceeds=pl.col("quantity") * pl.col("clean"),
            basis=pl.col("quantity") * pl.col("unit_basis"),
            gain=pl.col("quantity") * pl.col("clean") - pl.col("quantity") * pl.col("unit_basis"),
            term=pl.when("long").then(pl.lit("L")).when(~pl.col("long")).then(pl.lit("S")),
            credited="credited",
            acquired="acquired",
        )
    )


def _refused(day: Day, sales: pl.DataFrame) -> pl.DataFrame:
    """How much of each lot's loss the wash rule refuses: the position's, spread over its losses, at most each."""
    zero = pl.lit(0).cast(MONEY)
    refused = day.windows.select(*_KEYS, refused=pl.col("disallowed_if_sold").fill_null(zero))
    loss = pl.when(pl.col("gain") < 0).then(-pl.col("gain")).otherwise(zero)
    earlier = pl.col("loss").cum_sum().over(_KEYS) - pl.col("loss")
    left = (pl.col("refused").fill_null(zero) - earlier).clip(lower_bound=0)
    return (
        sales.join(refused, on=_KEYS, how="left", maintain_order="left")
        .with_columns(loss=loss)
        .with_columns(disallowed=pl.min_horizontal("loss", left))
        .drop("loss", "refused")
    )


_USABLE: Final = pl.col("gain") + pl.col("disallowed")
"""A lot's gain, or as much of its loss as the wash rule leaves."""


def _with_tax(day: Day, sales: pl.DataFrame) -> pl.DataFrame:
    """Tax per lot: its gain times the mean marginal rate of its term on the way from before to after.

    Accounts of one taxpayer go that way together: their taxes sum to what all of them add to the year.
    """
    gains = sales.group_by("account_id").agg(
        short=_USABLE.filter(pl.col("term") == "S").sum().cast(pl.Float64),
        long=_USABLE.filter(pl.col("term") == "L").sum().cast(pl.Float64),
    )
    gains = gains.sort("account_id")
    place = {name: row for row, name in enumerate(day.years.account_ids)}
    standing = day.sharing.years  # before any proposal of the day
    years = standing.take(np.array([place[name] for name in gains["account_id"]], dtype=np.int64))
    short, long = years.position
    payer = np.where(years.payer < 0, -1 - np.arange(len(gains)), years.payer)
    together = gains.select(pl.col("short", "long").sum().over(pl.Series(payer)))
    after = (short + together["short"].to_numpy(), long + together["long"].to_numpy())
    mean_short, mean_long = path_rates((short, long), after, years.params)
    rates = gains.select("account_id").with_columns(
        mean_short=pl.Series(mean_short, dtype=pl.Float64), mean_long=pl.Series(mean_long, dtype=pl.Float64)
    )
    rate = pl.when(pl.col("term") == "S").then("mean_short").otherwise("mean_long")
    return (
        sales.join(rates, on="account_id", how="left", maintain_order="left")
        .with_columns(tax=(_USABLE.cast(pl.Float64) * rate).round(6).cast(MONEY))
        .drop("mean_short", "mean_long")
    )


def _with_gains(trades: pl.DataFrame, sales: pl.DataFrame) -> pl.DataFrame:
    """Gains and tax of each sale of a security; unknown where the basis of a lot sold is."""

    def known(values: pl.Expr) -> pl.Expr:
        return pl.when(pl.col("gain").is_null().any()).then(None).otherwise(values)

    sums = sales.group_by(_KEYS).agg(
        gain_short=known(pl.col("gain").filter(pl.col("term") == "S").sum()),
        gain_long=known(pl.col("gain").filter(pl.col("term") == "L").sum()),
        tax=known(pl.col("tax").sum()),
    )
    zero = pl.lit(0).cast(MONEY)
    bought = pl.col("side") == "buy"
    joined = trades.join(sums, on=_KEYS, how="left", maintain_order="left")
    return joined.with_columns(
        **{name: pl.when(bought).then(zero).otherwise(name) for name in ("gain_short", "gain_long", "tax")}
    )


def _lines_after(day: Day, trades: pl.DataFrame) -> pl.DataFrame:
    """Every line with its weight once the trades are done."""
    signed = pl.when(pl.col("side") == "buy").then("notional").otherwise(-pl.col("notional"))
    net = trades.group_by(_KEYS).agg(moved=signed.sum())
    values = day.valuation.accounts.select("account_id", "value")
    return (
        day.lines.join(net, on=_KEYS, how="left", maintain_order="left")
        .join(values, on="account_id", how="left", maintain_order="left")
        .with_columns(weight_after=pl.col("weight") + ratio(pl.col("moved").fill_null(0), pl.col("value")))
        .drop("moved", "value")
    )


def _after(
    day: Day, accounts: pl.DataFrame, *, trades: pl.DataFrame, sales: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """Add where every account stands after its trades, and their sums."""
    bought = pl.col("notional").filter(pl.col("side") == "buy").sum()
    sold = pl.col("notional").filter(pl.col("side") == "sell").sum()
    sums = trades.group_by("account_id").agg(
        bought=bought, sold=sold, cost=pl.col("cost").sum(), largest=pl.col("notional").max()
    )
    known = pl.col("gain").is_not_null().all()
    by_lot = sales.group_by("account_id").agg(
        realized_short=pl.when(known).then(_USABLE.filter(pl.col("term") == "S").sum()),
        realized_long=pl.when(known).then(_USABLE.filter(pl.col("term") == "L").sum()),
        harvested_loss=-_USABLE.filter((pl.col("gain") < 0) & pl.col("credited")).sum(),
        unknown_sold=~known,
    )
    zero = pl.lit(0).cast(MONEY)
    exact = day.valuation.accounts.select("account_id", cash_exact="cash_now", free_exact="cash_free")
    joined = accounts
    for part in (sums, by_lot, exact):
        joined = joined.join(part, on="account_id", how="left", maintain_order="left")
    whole = pl.col("unknown_sold").fill_null(value=False)
    joined = joined.with_columns(
        **{name: pl.col(name).fill_null(zero) for name in ("bought", "sold", "cost", "harvested_loss")},
        **{
            name: pl.when(~whole).then(pl.col(name).fill_null(zero))
            for name in ("realized_short", "realized_long")
        },
    ).with_columns(spent=pl.col("bought") - pl.col("sold") + pl.col("cost"))
    joined = joined.with_columns(
        cash_after=pl.col("cash_exact") - pl.col("spent"), free_after=pl.col("free_exact") - pl.col("spent")
    )
    valued = joined.filter(pl.col("value") > 0)
    moved = lines.with_columns(weight="weight_after")
    then = measured_on(day, moved, cash_slots(valued, "free_after")).accounts
    sums = pooled(moved, day.located, by=["security_id"], columns=["weight", "target"])
    active = sums.select("account_id", "first", active=pl.col("weight") - pl.col("target"))
    return joined.join(
        then.select("account_id", drift_after="drift"), on="account_id", how="left", maintain_order="left"
    ).join(
        tracking_of(day, active).rename({"tracking_error": "tracking_error_after"}),
        on="account_id",
        how="left",
        maintain_order="left",
    )


def _decimals(nanos: Ints) -> pl.Series:
    """Billionths as decimals, exactly."""
    counted = pl.Series("nanos", nanos, dtype=pl.Int64)
    return pl.DataFrame(counted).select(decimal(pl.col("nanos"))).to_series()

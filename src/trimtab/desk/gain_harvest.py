"""Gain harvesting: long gains that are taxed at nothing are realized and the shares bought back at once.

There is no wash rule for gains. What it is worth is the deferred tax that is gone: `latent_tax` × long_rate × gain,
less the costs of both trades (docs/spec/tax.md). It is a step of its own after the solve and moves no weight.
"""

from typing import Final

import numpy as np
import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.plans import unplanned
from trimtab.ledger.columns import MONEY
from trimtab.market.ratio import ratio
from trimtab.optimize.problem import Floats
from trimtab.optimize.relief import in_front, in_turn
from trimtab.optimize.years import AccountYears
from trimtab.optimize.yeartax import year_tax

_KEYS = ["account_id", "security_id"]
_STEPS: Final = 60
_TINY: Final = 1e-6
_KINDS: Final = ["equity", "etf"]
"""What can be sold and bought back at once; a mutual fund's orders both wait for one net asset value."""


def free_room(years: AccountYears, short: Floats, long: Floats, most: Floats) -> Floats:
    """Dollars of long gains, up to `most`, that add no tax beside gains of today (short, long), account by account."""
    on_short, on_long = years.position
    at_short, at_long = on_short + short, on_long + long
    base = year_tax(at_short, at_long, years.params)
    low, high = np.zeros(len(most)), most.copy()
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        free = year_tax(at_short, at_long + middle, years.params) - base <= _TINY
        low, high = np.where(free, middle, low), np.where(free, high, middle)
    whole = year_tax(at_short, at_long + most, years.params) - base <= _TINY
    return np.where(whole, most, np.floor(low * 100.0) / 100.0)


def harvestable(day: Day, accounts: pl.DataFrame, untouched: pl.DataFrame) -> pl.DataFrame:
    """What could be realized free of tax and bought back: one row a security, sorted by account and security.

    `accounts`: account_id, realized_short, realized_long (dollars of today), value and the settings latent_tax, ticket,
    min_trade, min_trade_bps. `untouched`: account_id, security_id that today trades already. Columns: account_id,
    security_id, lots (lot_id, quantity), quantity, gain, notional, cost (of one side) and worth (dollars).
    Lots of the highest gain per dollar go first, whole shares of each, in their order where `lot_relief` fixes one; no
    lot that waits or is kept, no security that may not be sold or bought, none of an account with a limit on
    turnover, on trades or with protected losses, or of whose year nothing is known.
    """
    lots = _lots(day, untouched)
    named = lots.select("account_id").unique().join(accounts, on="account_id").sort("account_id")
    place = {name: row for row, name in enumerate(day.years.account_ids)}
    years = day.years.take(np.array([place[name] for name in named["account_id"]], dtype=np.int64))
    short, long = (
        named[f"realized_{term}"].cast(pl.Float64).fill_null(0.0).to_numpy() for term in ("short", "long")
    )
    total = named.select("account_id").join(
        lots.group_by("account_id").agg(total=pl.col("gain").sum().cast(pl.Float64)), on="account_id", how="left",
        maintain_order="left",
    )  # fmt: skip
    most = total["total"].to_numpy()
    gains = day.budgets.select("account_id", "gain_budget")
    limit = named.select("account_id").join(gains, on="account_id", how="left", maintain_order="left")
    left = years.gain_room(limit["gain_budget"].to_numpy()) - short - long
    room = np.where(years.known, np.minimum(free_room(years, short, long, most), np.maximum(left, 0.0)), 0.0)
    own = day.terms.select(*_KEYS, "own_ticket")
    scale = named.select(
        "account_id", "value", "latent_tax", "ticket", "min_trade", "min_trade_bps"
    ).with_columns(room=pl.Series(room), long_rate=pl.Series(years.params.long_rate))
    joined = lots.join(scale.filter(pl.col("room") > 0), on="account_id").join(own, on=_KEYS, how="left")
    ticket = pl.coalesce(pl.col("own_ticket").cast(MONEY), "ticket")
    return _by_security(day, _taken(joined.with_columns(ticket=ticket).drop("own_ticket")))


def _lots(day: Day, untouched: pl.DataFrame) -> pl.DataFrame:
    """Lots at a long gain of securities that may be sold and bought."""
    unlimited = pl.col("max_turnover").is_null() & pl.col("max_trades").is_null()
    willing = day.settings.wide.filter((pl.col("gain_harvest") == "auto") & unlimited).select("account_id")
    kept = day.losses_wanted.filter("protected").select("account_id")
    shut = day.rules.filter(
        pl.any_horizontal(
            pl.col(name).is_not_null() for name in ("no_buy", "no_sell", "must_sell", "hold_quantity")
        )
    )
    kinds = day.tables["securities"].filter(pl.col("kind").is_in(_KINDS)).select("security_id")
    open_lines = (
        day.lines.filter(pl.col("frozen").is_null() & pl.col("buyable"))
        .select(_KEYS)
        .join(kinds, on="security_id", how="semi")
        .join(shut, on=_KEYS, how="anti")
        .join(untouched, on=_KEYS, how="anti")
    )
    free = pl.col("kept").is_null() & pl.col("waits").is_null()
    return (
        day.facts.filter(pl.col("taxed") & pl.col("long") & (pl.col("gain") > 0) & free)
        .join(willing, on="account_id", how="semi")
        .join(kept, on="account_id", how="anti")
        .join(open_lines, on=_KEYS, how="semi")
        .filter(in_front())
        .select(
            *_KEYS,
            "lot_id",
            "quantity",
            "gain",
            "size",
            "unit_value",
            "turn",
            each=pl.col("clean") - pl.col("unit_basis"),
        )
    )


def _taken(lots: pl.DataFrame) -> pl.DataFrame:
    """Whole shares of the lots within the room of their account, those that gain most per dollar first."""
    depth = in_turn(ratio(pl.col("gain"), pl.col("size")), rising=False)
    ordered = lots.with_columns(depth=depth).sort(
        "account_id",
        "depth",
        "security_id",
        "turn",
        "lot_id",
        descending=[False, True, False, False, False],
    )
    before = pl.col("gain").cum_sum().over("account_id") - pl.col("gain")
    fits = ratio(pl.col("room").round(2).cast(MONEY) - before, pl.col("each")).clip(lower_bound=0.0)
    found = ordered.with_columns(
        shares=pl.min_horizontal(pl.col("quantity").cast(pl.Float64), fits).floor().cast(MONEY)
    )
    whole = pl.col("shares") == pl.col("quantity")
    stops = (~whole).cast(pl.Int64).cum_sum().over(_KEYS, order_by="turn") - (~whole).cast(pl.Int64)
    return found.filter((pl.col("shares") > 0) & (pl.col("turn").is_null() | (stops == 0)))


def _by_security(day: Day, lots: pl.DataFrame) -> pl.DataFrame:
    spread = day.tables["securities"].select(
        "security_id", spread=(pl.col("half_spread_bps").fill_null(2.0) / 1e4).round(9).cast(MONEY)
    )
    least = pl.max_horizontal(
        pl.col("min_trade").cast(pl.Float64), pl.col("min_trade_bps") / 1e4 * pl.col("value").cast(pl.Float64)
    )
    rows = (
        lots.sort(*_KEYS, "lot_id")
        .group_by(_KEYS, maintain_order=True)
        .agg(
            pl.struct("lot_id", quantity="shares").alias("lots"),
            pl.col("shares").sum().alias("quantity"),
            (pl.col("shares") * pl.col("each")).sum().alias("gain"),
            pl.col(
                "unit_value", "value", "latent_tax", "long_rate", "ticket", "min_trade", "min_trade_bps"
            ).first(),
        )
        .join(spread, on="security_id", how="left", maintain_order="left")
        .with_columns(notional=pl.col("quantity") * pl.col("unit_value"))
        .with_columns(cost=pl.col("notional") * pl.col("spread") + pl.col("ticket"))
    )
    saved = pl.col("latent_tax") * pl.col("long_rate") * pl.col("gain").cast(pl.Float64)
    worth = saved - 2.0 * pl.col("cost").cast(pl.Float64)
    return rows.with_columns(worth=worth).filter(
        (pl.col("worth") > 0) & (pl.col("notional").cast(pl.Float64) >= least)
    )


def worth_of(rows: pl.DataFrame) -> pl.DataFrame:
    """account_id, worth (dollars), spent (costs of both sides), stepped (gain), of all securities of an account."""
    return (
        rows.sort(_KEYS)
        .group_by("account_id", maintain_order=True)
        .agg(pl.col("worth").sum(), spent=2 * pl.col("cost").sum(), stepped=pl.col("gain").sum())
    )


def with_harvest(
    day: Day, accounts: pl.DataFrame, *, trades: pl.DataFrame, sales: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The accounts, trades and sales of a day with its gain harvests: a sale and a purchase of the same security.

    `accounts`: those decided. Asked are accounts that were solved and propose, or had nothing else worth trading; the
    harvest alone must be worth the account's least benefit, and its costs leave cash at its target.
    """
    solved = accounts.filter(
        ~unplanned().fill_null(value=False)
        & ((pl.col("decision") == "propose") | pl.col("cause").is_in(["nothing_to_trade", "below_benefit"]))
    )
    sums = sales.group_by("account_id").agg(
        realized_short=pl.col("gain").filter(pl.col("term") == "S").sum(),
        realized_long=pl.col("gain").filter(pl.col("term") == "L").sum(),
    )
    rows = harvestable(day, solved.join(sums, on="account_id", how="left"), trades.select(_KEYS).unique())
    chosen = _worthwhile(solved, worth_of(rows), trades)
    rows = rows.join(chosen, on="account_id", how="semi")
    proposing = accounts.join(
        chosen.select("account_id", "worth", "stepped", harvests=pl.lit(value=True)), on="account_id", how="left",
        maintain_order="left",
    )  # fmt: skip
    return (
        _decided(proposing),
        pl.concat([trades, *_both_sides(rows)]).sort(*_KEYS, "side"),
        pl.concat([sales, _lots_sold(day, rows)]).sort(*_KEYS, "lot_id"),
    )


def _worthwhile(solved: pl.DataFrame, worth: pl.DataFrame, trades: pl.DataFrame) -> pl.DataFrame:
    """Accounts whose harvest is worth its least benefit and whose cash bears its costs."""
    paid = pl.when(pl.col("side") == "buy").then("notional").otherwise(-pl.col("notional")) + pl.col("cost")
    spent = trades.group_by("account_id").agg(before=paid.sum().cast(pl.Float64))
    least = pl.max_horizontal(
        pl.col("min_benefit").cast(pl.Float64), pl.col("min_benefit_bps") / 1e4 * pl.col("value")
    )
    free = pl.col("cash_free") - pl.col("before").fill_null(0.0) - pl.col("spent").cast(pl.Float64)
    kept = pl.max_horizontal(pl.col("target_cash") * pl.col("value"), "lowest_cash")
    joined = solved.join(worth, on="account_id").join(spent, on="account_id", how="left")
    return joined.filter((pl.col("worth") >= least) & (free >= kept)).select("account_id", "worth", "stepped")


def _decided(accounts: pl.DataFrame) -> pl.DataFrame:
    """Objectives less what the harvests are worth; an account that held for want of benefit now proposes."""
    harvests = pl.col("harvests").fill_null(value=False)
    held = harvests & (pl.col("decision") != "propose")
    base = pl.when(held).then("objective_no_trade").otherwise(pl.col("objective"))
    exact = pl.when(held).then("objective_no_trade").otherwise(pl.col("objective_exact"))
    worth = pl.col("worth").fill_null(0.0)
    return accounts.with_columns(
        objective=pl.when(harvests).then(base - worth).otherwise("objective"),
        objective_exact=pl.when(harvests).then(exact - worth).otherwise("objective_exact"),
        solver_bound=pl.col("solver_bound") - worth,
        lower_bound=pl.col("lower_bound") - worth,
        decision=pl.when(held).then(pl.lit("propose")).otherwise("decision"),
        why=pl.when(held).then(pl.col("triggers").list.join(";")).otherwise("why"),
    ).drop("harvests", "worth", "stepped")


def _both_sides(rows: pl.DataFrame) -> list[pl.DataFrame]:
    return [
        rows.select(
            *_KEYS,
            side=pl.lit(side),
            quantity="quantity",
            price="unit_value",
            notional="notional",
            cost="cost",
        )
        for side in ("sell", "buy")
    ]


def _lots_sold(day: Day, rows: pl.DataFrame) -> pl.DataFrame:
    facts = day.facts.select(*_KEYS, "lot_id", "clean", "unit_basis", "acquired")
    sold = rows.select(*_KEYS, "lots").explode("lots").unnest("lots").join(facts, on=[*_KEYS, "lot_id"])
    proceeds, basis = pl.col("quantity") * pl.col("clean"), pl.col("quantity") * pl.col("unit_basis")
    return sold.select(
        "account_id", "lot_id", "security_id", "quantity", proceeds=proceeds, basis=basis, gain=proceeds - basis,
        term=pl.lit("L"), credited=pl.lit(value=True), acquired="acquired",
    )  # fmt: skip

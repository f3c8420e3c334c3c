"""Limits as numbers: how far each line may be bought and sold, and the rows that bind several lines."""

from typing import Final

import polars as pl

from trimtab.market.ratio import ratio

_KEYS: Final = ["account_id", "security_id"]
_NEVER: Final = pl.lit(None, dtype=pl.String)
_COSTS: Final = 0.0002
"""Of V: what a class that stands on its target may lose to the cost of trading within it."""


def line_bounds(
    lines: pl.DataFrame,
    facts: pl.DataFrame,
    *,
    values: pl.DataFrame,
    rules: pl.DataFrame,
    forced: bool = False,
) -> pl.DataFrame:
    """Add `lower` and `upper` (of the trade, shares of V) to the lines, with why a side is closed.

    `values`: account_id, value. `rules`: account_id, security_id and the columns of a resolved restriction (no_buy,
    no_sell, must_sell: each a text that names it, null where there is none; max_weight, min_weight, hold_quantity).
    With `forced`, lots that only wait may be sold too. Adds lower, upper, no_buy, no_sell (text, null when open) and
    unmet (the cap or floor that this line cannot meet by itself) with its shortfall.
    """
    free = facts.filter(pl.col("kept").is_null() & (pl.col("waits").is_null() | pl.lit(forced)))
    sellable = free.group_by(_KEYS).agg(sellable=pl.col("size").sum())
    joined = (
        lines.join(sellable, on=_KEYS, how="left", maintain_order="left")
        .join(rules, on=_KEYS, how="left", maintain_order="left")
        .join(values.select("account_id", "value"), on="account_id", how="left", maintain_order="left")
        .with_columns(value=pl.col("value").cast(pl.Float64))
    )
    kept = (pl.col("quantity") - pl.col("hold_quantity")).clip(lower_bound=0) * pl.col("unit_value")
    room = pl.min_horizontal(pl.col("sellable").cast(pl.Float64), kept.cast(pl.Float64)).fill_null(0.0)
    closed_buy = pl.coalesce(
        "frozen", "no_buy", "must_sell", pl.when(~pl.col("buyable")).then(_closed_slot())
    )
    closed_sell = pl.coalesce("frozen", "no_sell")
    with_sides = joined.with_columns(no_buy=closed_buy, no_sell=closed_sell).with_columns(
        lower=pl.when(pl.col("no_sell").is_null()).then(ratio(-room, pl.col("value"))).otherwise(0.0),
        upper=pl.when(pl.col("no_buy").is_null()).then(1.0).otherwise(0.0),
    )
    return _with_caps(with_sides).drop("sellable", "value", "hold_quantity", "max_weight", "min_weight")


def _closed_slot() -> pl.Expr:
    """Why a line that is no buyable product of the target is not bought."""
    return (
        pl.when("legacy")
        .then(pl.lit("not_in_target"))
        .when("hold_only")
        .then(pl.lit("hold_only"))
        .otherwise(pl.lit("not_approved"))
    )


def _with_caps(lines: pl.DataFrame) -> pl.DataFrame:
    """Caps lower `upper`, floors raise `lower`, a duty to sell sells all; what a line alone cannot do is `unmet`."""
    cap = (
        pl.when(pl.col("must_sell").is_not_null())
        .then(pl.col("lower"))
        .otherwise((pl.col("max_weight") - pl.col("weight")).fill_null(1.0))
    )
    floor = (pl.col("min_weight") - pl.col("weight")).fill_null(-1.0)
    want = lines.with_columns(cap=pl.min_horizontal("upper", cap), floor=pl.max_horizontal("lower", floor))
    over, under = pl.col("lower") - pl.col("cap"), pl.col("floor") - pl.col("upper")
    return want.with_columns(
        unmet=pl.when(over > 0).then(pl.lit("max_weight")).when(under > 0).then(pl.lit("min_weight")),
        shortfall=pl.max_horizontal(over, under).clip(lower_bound=0.0),
        upper=pl.max_horizontal(pl.min_horizontal("upper", "cap"), "lower"),
        lower=pl.min_horizontal(pl.max_horizontal("lower", "floor"), "upper"),
    ).drop("cap", "floor")


def class_rows(lines: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """No cross-hedging: a class may not move away from its target, or past it, by more than its points (and the cost
    of trading: else a class exactly on target could not exchange one holding for another).

    `accounts`: account_id, cross_hedge_points, value, target_cash and lowest_cash (dollars): where more cash than its
    target must stay, every class may give its part of it. `lines` with the `ticket` of each (dollars, null: none): a
    class may lose those of its own. One row per account and class of the lines: account_id, row
    (name), lower, upper of the class's net trade.
    """
    invested = 1.0 - pl.col("target_cash")
    scale = (
        pl.when(invested > 0.0)
        .then(ratio(1.0 - ratio(pl.col("lowest_cash"), pl.col("value")), invested))
        .otherwise(1.0)
    )
    own = accounts.select(
        "account_id", "value", points=pl.col("cross_hedge_points") / 100, scale=scale.clip(0.0, 1.0)
    )
    classes = (
        lines.sort("account_id", "asset_class", "security_id")
        .group_by("account_id", "asset_class", maintain_order=True)
        .agg(pl.col("weight", "target", "ticket").sum())
        .join(own, on="account_id", how="left", maintain_order="left")
    )
    least = pl.col("target") * pl.col("scale") - pl.col("weight")
    return classes.select(
        "account_id",
        row=pl.concat_str([pl.lit("class:"), "asset_class"]),
        lower=pl.min_horizontal(least, pl.lit(0.0))
        - pl.col("points")
        - _COSTS
        - ratio(pl.col("ticket"), pl.col("value")),
        upper=pl.max_horizontal(pl.col("target") - pl.col("weight"), pl.lit(0.0)) + pl.col("points"),
    )


def class_yields(lines: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """What the rows of `class_rows` yield to limits that go before them: account_id, row, gone (what it may lose more),
    taken (what it may gain more), shares of V.

    A class loses what is never to be owned or must be sold where nothing else in it may be bought, or where that is
    less than the least trade and so could not be replaced. Cash above its band that the classes below their targets
    cannot take may go to any class with a line that may be bought; the objective says how much of it does.
    `lines` are bounded ones with `unwanted` (whether a held line is to go); `accounts`: account_id, value, cash_free,
    lowest_cash (dollars), cash_max, min_trade, min_trade_bps.
    """
    value = pl.col("value")
    least = pl.max_horizontal(
        ratio(pl.col("min_trade").cast(pl.Float64), value), pl.col("min_trade_bps") / 1e4
    )
    own = accounts.select(
        "account_id",
        least=least,
        spare=ratio(pl.col("cash_free"), value)
        - pl.max_horizontal("cash_max", ratio(pl.col("lowest_cash"), value)),
    )
    leaving = -pl.min_horizontal("upper", pl.lit(0.0))
    held = pl.when(pl.col("unwanted") & pl.col("no_sell").is_null()).then("weight").otherwise(0.0)
    classes = (
        lines.sort("account_id", "asset_class", "security_id")
        .group_by("account_id", "asset_class", maintain_order=True)
        .agg(
            open=pl.col("upper").clip(lower_bound=0.0).sum(),
            leaving=leaving.sum(),
            unwanted=held.sum(),
            below=pl.col("target").sum() - pl.col("weight").sum(),
        )
        .join(own, on="account_id", how="left", maintain_order="left")
    )
    room = pl.min_horizontal((pl.col("below") + pl.col("leaving")).clip(lower_bound=0.0), "open")
    stranded = (pl.col("spare") + (pl.col("leaving") - room).sum().over("account_id")).clip(lower_bound=0.0)
    return classes.select(
        "account_id",
        row=pl.concat_str([pl.lit("class:"), "asset_class"]),
        gone=pl.when((pl.col("open") > 0.0) & (pl.col("unwanted") > pl.col("least")))
        .then(0.0)
        .otherwise("unwanted"),
        taken=pl.when(pl.col("open") > 0.0).then(stranded).otherwise(0.0),
    )


def bound_rows(
    lines: pl.DataFrame, bounds: pl.DataFrame, members: pl.DataFrame, *, targets: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hard bounds of model nodes as rows of the account: (rows, members).

    `bounds` and `members` are `Targets.class_bounds` and `.class_members`; `targets`: account_id, target_id. Where the
    node is a class, off-model holdings of that class count too. rows: account_id, row, lower, upper of the node's
    net trade; members: account_id, row, security_id.
    """
    mine = targets.join(bounds, on="target_id", how="inner").with_columns(
        row=pl.concat_str([pl.lit("node:"), "node"])
    )
    slots = mine.select("account_id", "target_id", "node", "row").join(members, on=["target_id", "node"])
    by_slot = slots.select("account_id", "row", "security_id")
    classes = mine.filter(pl.col("asset_class") != "").select("account_id", "row", "asset_class")
    legacy = lines.filter("legacy").join(classes, on=["account_id", "asset_class"])
    all_members = pl.concat([by_slot, legacy.select("account_id", "row", "security_id")]).unique()
    held = all_members.join(lines.select(*_KEYS, "weight"), on=_KEYS, how="inner")
    now = held.sort("account_id", "row", "security_id").group_by("account_id", "row", maintain_order=True)
    weights = now.agg(weight=pl.col("weight").sum())
    rows = mine.join(weights, on=["account_id", "row"], how="inner").select(
        "account_id",
        "row",
        lower=(pl.col("lower") * pl.col("invested") - pl.col("weight")).fill_null(float("-inf")),
        upper=(pl.col("upper") * pl.col("invested") - pl.col("weight")).fill_null(float("inf")),
    )
    return rows.sort("account_id", "row"), held.select("account_id", "row", "security_id")


def group_rows(lines: pl.DataFrame, groups: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Caps and floors on the sum of a selector, as rows: (rows, members) in the form of `bound_rows`.

    `groups`: account_id, rule (max_weight, min_weight), selector, value, security_id, one row per member.
    """
    named = groups.with_columns(row=pl.concat_str(["rule", pl.lit(":"), "selector"]))
    held = named.join(lines.select(*_KEYS, "weight"), on=_KEYS, how="inner")
    rows = (
        held.sort("account_id", "row", "security_id")
        .group_by("account_id", "row", maintain_order=True)
        .agg(rule=pl.col("rule").first(), value=pl.col("value").first(), weight=pl.col("weight").sum())
        .with_columns(room=pl.col("value") - pl.col("weight"))
    )
    top = pl.col("rule") == "max_weight"
    return rows.select(
        "account_id",
        "row",
        lower=pl.when(top).then(float("-inf")).otherwise("room"),
        upper=pl.when(top).then("room").otherwise(float("inf")),
    ), held.select("account_id", "row", "security_id")

"""Where each account stands against its target, and whether that asks for a solve."""

from dataclasses import dataclass

import polars as pl

CASH = "cash"
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Standing:
    """Weights against target, in shares of V; frames sorted by account_id.

    `classes`: account_id, asset_class (the cash slot is class `cash`), weight, target. `slots`: account_id, slot
    (a legacy holding is a slot of its own), weight, target. `accounts`: account_id, drift (half the sum over slots of
    absolute differences, cash included), worst_class, worst_class_deviation (weight less target, of the largest size).
    """

    classes: pl.DataFrame
    slots: pl.DataFrame
    accounts: pl.DataFrame


def standing(lines: pl.DataFrame, cash: pl.DataFrame) -> Standing:
    """Pool lines into slots and classes. `lines`: account_id, slot, asset_class, weight, target per security,
    sorted; `cash`: account_id, weight, target of the cash slot.
    """
    cash_lines = cash.select(
        "account_id", slot=pl.lit(CASH), asset_class=pl.lit(CASH), weight="weight", target="target"
    )
    every = pl.concat([lines.select(cash_lines.columns), cash_lines])
    slots = _pool(every, "slot")
    classes = _pool(every, "asset_class")
    deviation = pl.col("weight") - pl.col("target")
    drift = slots.group_by("account_id", maintain_order=True).agg(drift=deviation.abs().sum() / 2)
    worst = (
        classes.with_columns(worst_class_deviation=deviation)
        .sort(
            "account_id",
            pl.col("worst_class_deviation").abs(),
            "asset_class",
            descending=[False, True, False],
        )
        .group_by("account_id", maintain_order=True)
        .first()
        .select("account_id", "worst_class_deviation", worst_class="asset_class")
    )
    accounts = drift.join(worst, on="account_id", how="left", maintain_order="left")
    return Standing(classes, slots, accounts)


def _pool(lines: pl.DataFrame, by: str) -> pl.DataFrame:
    ordered = lines.sort("account_id", by, "weight", "target")
    return ordered.group_by("account_id", by, maintain_order=True).agg(
        pl.col("weight").sum(), pl.col("target").sum()
    )


def triggers(now: Standing, settings: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Why each account asks to be solved: account_id, triggers (list of words, empty when all is within bands).

    `settings` holds the band keys of `book.md` per account. `others`: account_id, tracking_error (annual, null when
    there is no risk model), harvest_value (dollars of tax that losses past the gate would save), min_benefit (dollars),
    cash_min and cash_max (the cash band, shares of V), cash_short (the cash due is not there), forced (a restriction or
    plan orders a trade), changed (its model, list or policy is not what it was).
    """
    word = {
        "class_band": _out_of_class_band(now.classes, settings),
        "cash_band": _out_of_cash_band(now.classes, others),
        "security_band": _out_of_security_band(now.slots, settings),
    }
    found = settings.select("account_id", "band_tracking_error").join(
        others, on="account_id", how="left", maintain_order="left"
    )
    for name, ids in word.items():
        found = found.with_columns(pl.col("account_id").is_in(ids.implode()).alias(name))
    found = found.with_columns(
        tracking_error_band=(pl.col("tracking_error") > pl.col("band_tracking_error")).fill_null(value=False),
        harvest=(pl.col("harvest_value") >= pl.col("min_benefit")).fill_null(value=False),
    )
    order = (
        "cash_short",
        "class_band",
        "cash_band",
        "tracking_error_band",
        "security_band",
        "harvest",
        "forced",
        "changed",
    )
    words = [pl.when(pl.col(name)).then(pl.lit(name)) for name in order]
    return found.select("account_id", triggers=pl.concat_list(words).list.drop_nulls())


def _out_of_class_band(classes: pl.DataFrame, settings: pl.DataFrame) -> pl.Series:
    """Accounts with a class beyond its band: the smaller of the absolute and the relative one."""
    bands = settings.select("account_id", "band_class_abs", "band_class_rel")
    band = pl.min_horizontal("band_class_abs", pl.col("band_class_rel") * pl.col("target"))
    gap = (pl.col("weight") - pl.col("target")).abs()
    rows = classes.filter(pl.col("asset_class") != CASH).join(bands, on="account_id")
    return rows.filter(gap > band + _TINY)["account_id"].unique()


def _out_of_cash_band(classes: pl.DataFrame, bands: pl.DataFrame) -> pl.Series:
    rows = classes.filter(pl.col("asset_class") == CASH).join(
        bands.select("account_id", "cash_min", "cash_max"), on="account_id"
    )
    outside = (pl.col("weight") < pl.col("cash_min") - _TINY) | (
        pl.col("weight") > pl.col("cash_max") + _TINY
    )
    return rows.filter(outside)["account_id"].unique()


def _out_of_security_band(slots: pl.DataFrame, settings: pl.DataFrame) -> pl.Series:
    bands = settings.select("account_id", "band_security_rel").drop_nulls()
    rows = slots.filter(pl.col("slot") != CASH).join(bands, on="account_id")
    gap = (pl.col("weight") - pl.col("target")).abs()
    return rows.filter(gap > pl.col("band_security_rel") * pl.col("target") + _TINY)["account_id"].unique()

"""The cash band keeps its target inside: a bound that the target has left moves along with it, and says so."""

from decimal import Decimal
from typing import Final

import polars as pl

from trimtab.core.result import Failure, Reason
from trimtab.policy.settings import KEYS, decimal_text

DEFAULT: Final = "default"
FOLLOWS: Final = "follows cash_target"
_TARGET: Final = Decimal(KEYS["cash_target"].default)
_BELOW: Final = _TARGET - Decimal(KEYS["cash_min"].default)
_ABOVE: Final = Decimal(KEYS["cash_max"].default) - _TARGET
_KEYS: Final = ("cash_target", "cash_min", "cash_max")


def overlay(members: pl.DataFrame, shared: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Every key of every account: account_id, key, value, scope, scope_id, by; in order of account and key."""
    names = ["value", "scope", "scope_id", "by"]
    over = own.select("account_id", "key", *[pl.col(name).alias(f"own_{name}") for name in names])
    frame = members.join(shared, on="group", maintain_order="left_right")
    frame = frame.join(over, on=["account_id", "key"], how="left", maintain_order="left")
    own_row = pl.col("own_scope").is_not_null()
    laid = [pl.when(own_row).then(f"own_{name}").otherwise(name).alias(name) for name in names]
    return frame.select("account_id", "key", *laid)


def follow_target(
    members: pl.DataFrame, shared: pl.DataFrame, own: pl.DataFrame
) -> tuple[pl.DataFrame, list[Failure]]:
    """`own` with a row for each bound that the account's cash target lies outside of, the default distance away.

    A bound that somebody set and that has to move is a conflict to be told; it stops nobody.
    """
    said = overlay(members, shared.filter(pl.col("key").is_in(_KEYS)), own.filter(pl.col("key").is_in(_KEYS)))
    target = said.filter(pl.col("key") == "cash_target").select("account_id", pl.col("value").alias("target"))
    bounds = said.filter(pl.col("key") != "cash_target").join(target, on="account_id")
    value, wanted = pl.col("value").cast(pl.Float64), pl.col("target").cast(pl.Float64)
    low = pl.col("key") == "cash_min"
    left = bounds.filter(pl.when(low).then(wanted < value).otherwise(wanted > value))
    if not left.height:
        return own, []
    pairs = left.select("key", "target").unique()
    moved = [_moved(key, Decimal(text)) for key, text in pairs.iter_rows()]
    left = left.join(pairs.with_columns(pl.Series("moved", moved, dtype=pl.String)), on=["key", "target"])
    rows = left.select(
        "account_id",
        "key",
        pl.col("moved").alias("value"),
        scope=pl.lit(DEFAULT),
        scope_id=pl.lit(""),
        by=pl.lit(FOLLOWS),
    )
    kept = own.join(rows, on=["account_id", "key"], how="anti")
    merged = pl.concat([kept, rows.select(own.columns)]).sort("account_id", "key")
    return merged, _conflicts(left)


def _moved(key: str, target: Decimal) -> str:
    if key == "cash_min":
        return decimal_text(max(Decimal(0), target - _BELOW))
    return decimal_text(min(Decimal(1), target + _ABOVE))


def _conflicts(left: pl.DataFrame) -> list[Failure]:
    set_by_someone = left.filter(pl.col("scope") != DEFAULT)
    place = ["scope", "scope_id", "key", "value"]
    counts = set_by_someone.group_by(place).agg(pl.len().alias("count"), pl.col("target").min()).sort(place)
    failures = []
    for scope, scope_id, key, value, count, target in counts.iter_rows():
        side = "below" if key == "cash_min" else "above"
        message = f"cash_target ({target}) lies {side} {key} for {count} accounts; the bound moves with it"
        row = f"{scope}/{scope_id}/{key}"
        remedy = "let cash_min ≤ cash_target ≤ cash_max"
        failures.append(Failure(Reason.CONFLICT, "policies", row, "value", value, message, remedy))
    return failures

"""What each account is worth and owns on the business date: values, cash and lots, in columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from trimtab.ledger.columns import MONEY, first_long_day

Frames = Mapping[str, pl.DataFrame]
_ZERO = pl.lit(0).cast(MONEY)
_KEYS = ["account_id", "security_id"]


@dataclass(frozen=True, slots=True)
class Valuation:
    """Accounts, holdings and lots, each valued; frames sorted by their keys.

    `accounts`: account_id, value (V of the book; null when a holding has no price at all), cash_now (with sweeps),
    cash_free (less reserve and cash due), cash_due, unsettled. `holdings`: account_id, security_id, quantity,
    unit_value, held (dollars), frozen (why it may not trade, null when it may). `lots`: account_id, security_id,
    lot_id, quantity, unit_value, clean (without accrued interest), unit_basis, acquired, since, size (dollars), gain
    (dollars, null when the basis is unknown), long (held for more than a year today), long_soon (becomes so within the
    account's wait).
    """

    accounts: pl.DataFrame
    holdings: pl.DataFrame
    lots: pl.DataFrame


def value_accounts(
    tables: Frames, *, as_of: date, settings: pl.DataFrame, marks: pl.DataFrame, cash_due: pl.DataFrame
) -> Valuation:
    """Value every account of the tables.

    `marks`: account_id, security_id, excluded (outside the value) and frozen (text: why it may not trade).
    `cash_due`: account_id, cash_due (dollars to be raised and set aside).
    Sums are of decimals, so that no order of rows can change a value.
    """
    lots = _lots(tables, as_of, settings, marks)
    holdings = _holdings(tables, lots, marks)
    return Valuation(
        accounts=_accounts(tables, holdings, settings=settings, cash_due=cash_due),
        holdings=holdings.filter(pl.col("kind") != "cash").drop("kind"),
        lots=lots.filter(pl.col("kind") != "cash").drop("kind"),
    )


def _lots(tables: Frames, as_of: date, settings: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    securities = tables["securities"].select("security_id", "kind", "unit_value", "price_factor", "accrued")
    waits = settings.select("account_id", wait=pl.col("long_term_wait_days").cast(pl.Int64))
    first_long = first_long_day("since")
    return (
        tables["lots"]
        .join(marks.filter("excluded"), on=_KEYS, how="anti")
        .join(securities, on="security_id", how="left")
        .join(waits, on="account_id", how="left")
        .with_columns(
            since=pl.coalesce("adjusted_acquired", "acquired"),
            unit_basis=pl.col("unit_cost") * pl.col("price_factor").cast(MONEY),
            clean=pl.col("unit_value") - pl.col("accrued").fill_null(_ZERO),
        )
        .with_columns(
            size=pl.col("quantity") * pl.col("unit_value"),
            gain=pl.col("quantity") * (pl.col("clean") - pl.col("unit_basis")),
            long=first_long <= as_of,
            long_soon=(first_long > as_of) & ((first_long - as_of).dt.total_days() <= pl.col("wait")),
        )
        .select(
            *_KEYS, "lot_id", "kind", "quantity", "unit_value",
            "clean",
            "unit_basis", "acquired", "since", "size", "gain",
            "long", "long_soon",
        )
        .sort(*_KEYS, "lot_id")
    )  # fmt: skip


def _holdings(tables: Frames, lots: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """Lots by security, with today's open orders counted as done."""
    orders = tables["open_orders"].select(
        *_KEYS,
        ordered=pl.when(pl.col("side") == "buy").then("quantity").otherwise(-pl.col("quantity")),
    )
    owned = lots.group_by(_KEYS).agg(quantity=pl.col("quantity").sum())
    pending = orders.group_by(_KEYS).agg(ordered=pl.col("ordered").sum())
    securities = tables["securities"].select("security_id", "kind", "unit_value")
    held = (
        owned.join(pending, on=_KEYS, how="full", coalesce=True)
        .join(marks.filter("excluded"), on=_KEYS, how="anti")
        .join(securities, on="security_id", how="left")
        .join(marks.select(*_KEYS, "frozen"), on=_KEYS, how="left")
    )
    return (
        held.with_columns(
            quantity=pl.col("quantity").fill_null(_ZERO) + pl.col("ordered").fill_null(_ZERO),
            frozen=pl.when(pl.col("ordered").is_not_null()).then(pl.lit("open_order")).otherwise("frozen"),
        )
        .with_columns(held=pl.col("quantity") * pl.col("unit_value"))
        .select(*_KEYS, "kind", "quantity", "unit_value", "held", "ordered", "frozen")
        .sort(_KEYS)
    )


def _accounts(
    tables: Frames, holdings: pl.DataFrame, *, settings: pl.DataFrame, cash_due: pl.DataFrame
) -> pl.DataFrame:
    sums = holdings.group_by("account_id").agg(
        positions=pl.col("held").filter(pl.col("kind") != "cash").sum(),
        sweeps=pl.col("held").filter(pl.col("kind") == "cash").sum(),
        ordered=(pl.col("ordered") * pl.col("unit_value")).sum(),
        unpriced=pl.col("held").is_null().any(),
    )
    reserve = settings.select("account_id", "cash_reserve")
    filled = {name: pl.col(name).fill_null(_ZERO) for name in ("positions", "sweeps", "ordered", "cash_due")}
    return (
        tables["accounts"]
        .select("account_id", "cash", unsettled=pl.col("unsettled_cash").fill_null(_ZERO))
        .join(sums, on="account_id", how="left")
        .join(cash_due, on="account_id", how="left")
        .join(reserve, on="account_id", how="left")
        .with_columns(**filled)
        .with_columns(cash_now=pl.col("cash") + pl.col("sweeps") - pl.col("ordered"))
        .with_columns(cash_free=pl.col("cash_now") - pl.col("cash_reserve") - pl.col("cash_due"))
        .select(
            "account_id",
            "cash_now",
            "cash_free",
            "cash_due",
            "unsettled",
            value=pl.when(~pl.col("unpriced").fill_null(value=False)).then(
                pl.col("positions") + pl.col("cash_free")
            ),
        )
        .sort("account_id")
    )

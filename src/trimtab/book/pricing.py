"""What a unit is worth and what is doubtful about it: missing and stale prices, unknown basis, flagged by account."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from trimtab.book.faults import Fault
from trimtab.book.schema import EXACT, Touch
from trimtab.book.sheets import Sheet
from trimtab.core.result import Reason

STALE_AFTER_DAYS = 3
FLAGS = {"account_id": pl.String(), "flag": pl.String(), "security_id": pl.String(), "text": pl.String()}


def check_prices(sheets: Mapping[str, Sheet], as_of: date) -> Sheet:
    """The securities with faults for missing and stale prices.

    A holding without a price is frozen at its last one in `prices`; without any, the accounts that hold it are
    isolated. A stale price isolates nobody: it is flagged.
    """
    sheet = sheets["securities"]
    rows = sheet.good()
    reported = [fault.rows for fault in sheet.faults if not fault.fatal]
    told = pl.col("__row").is_in(pl.concat(reported).implode()) if reported else pl.lit(value=False)
    last = last_closes(sheets["prices"].good())
    unpriced = rows.filter(pl.col("price").is_null()).join(last, on="security_id", how="left")
    frozen = unpriced.filter(pl.col("last_close").is_not_null() & ~told)
    lost = unpriced.filter(pl.col("last_close").is_null())
    stale = rows.filter(stale_rows(rows, as_of))
    remedy = "give the closing price of the business date"
    faults: list[Fault] = []
    if frozen.height:
        message = "the price is missing; holdings are frozen at their last one"
        said = frozen.select(pl.format(message + ", {} of {}", "last_close", "last_date")).to_series()
        fault = sheet.fault("price", frozen, reason=Reason.MISSING, message=message, remedy=remedy)
        faults.append(replace(fault, fatal=False, messages=said))
    if lost.height:
        message = "no price is known, not even an earlier one: whoever holds it is not traded"
        fault = sheet.fault("price", lost, reason=Reason.MISSING, message=message, remedy=remedy)
        faults.append(replace(fault, fatal=False, touches=Touch.HOLDER))
    if stale.height:
        message = f"the price is more than {STALE_AFTER_DAYS} trading days older than {as_of}"
        fault = sheet.fault("price_date", stale, reason=Reason.STALE, message=message, remedy=remedy)
        faults.append(replace(fault, fatal=False))
    return sheet.with_faults(faults)


def stale_rows(securities: pl.DataFrame, as_of: date) -> pl.Series:
    """Whether a price is more than three weekdays older than the business date; an empty date is that date."""
    days = securities["price_date"].fill_null(as_of).to_numpy()
    age = np.busday_count(days, np.datetime64(as_of))
    return pl.Series("stale", age > STALE_AFTER_DAYS) & securities["price"].is_not_null()


def last_closes(prices: pl.DataFrame) -> pl.DataFrame:
    """The last close of each security in the history: security_id, last_close, last_date."""
    latest = prices.group_by("security_id").agg(last_date=pl.col("date").max())
    closes = prices.select("security_id", last_date="date", last_close="close")
    return latest.join(closes, on=["security_id", "last_date"])


def with_unit_value(securities: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Add `unpriced`, and `unit_value`: dollars per unit, price × price_factor + accrued, exact to nine decimals.

    A bond quoted per 100 of face has factor 0.01: its quantity is face value. An unpriced security is worth its last
    known close; where there is none its unit value is null.
    """
    last = last_closes(prices)
    price = pl.coalesce("price", "last_close").cast(EXACT)
    value = price * pl.col("price_factor") + pl.col("accrued").fill_null(0)
    return (
        securities.join(last, on="security_id", how="left", maintain_order="left")
        .with_columns(unpriced=pl.col("price").is_null(), unit_value=value.cast(EXACT))
        .drop("last_close", "last_date")
    )


def flag_accounts(tables: Mapping[str, pl.DataFrame], as_of: date) -> pl.DataFrame:
    """What is doubtful about accounts that still go on: account_id, flag, security_id (or null), text; sorted."""
    securities = tables["securities"]
    stale = securities.filter(stale_rows(securities, as_of)).select(
        "security_id",
        flag=pl.lit("stale_price"),
        text=pl.format("the price of {} is of {}", "security_id", "price_date"),
    )
    unpriced = securities.filter(pl.col("unpriced")).select(
        "security_id",
        flag=pl.lit("unpriced"),
        text=pl.when(pl.col("unit_value").is_null())
        .then(pl.format("no price of {} is known", "security_id"))
        .otherwise(pl.format("{} is frozen at its last known price", "security_id")),
    )
    doubtful = pl.concat([stale, unpriced])
    named = doubtful["security_id"].implode()
    holders = [
        tables[name].filter(pl.col("security_id").is_in(named)).select("account_id", "security_id").unique()
        for name in ("lots", "positions")
    ]
    by_security = pl.concat(holders).unique().join(doubtful, on="security_id")
    parts = [by_security, _missing_basis(tables), _unknown_tax(tables)]
    return pl.concat([part.select(*FLAGS) for part in parts]).sort(*FLAGS)


def _missing_basis(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    taxable = tables["accounts"].filter(pl.col("tax_type") == "taxable").select("account_id")
    return (
        tables["lots"]
        .filter(pl.col("unit_cost").is_null() | pl.col("acquired").is_null())
        .join(taxable, on="account_id", how="semi")
        .group_by("account_id", "security_id")
        .agg(lots=pl.len())
        .with_columns(
            flag=pl.lit("missing_basis"),
            text=pl.format("basis or date of {} lots of {} is unknown", "lots", "security_id"),
        )
    )


def _unknown_tax(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return (
        tables["accounts"]
        .filter(pl.col("tax_type") == "taxable")
        .join(tables["taxpayers"], on="taxpayer_id", how="anti")
        .select(
            "account_id",
            flag=pl.lit("unknown_tax"),
            security_id=pl.lit(None, pl.String),
            text=pl.lit("no taxpayer is known: the default rates are used"),
        )
    )

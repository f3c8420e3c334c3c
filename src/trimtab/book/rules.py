"""What must hold between columns and between tables: dates in order, bounds in order, one firm to a household."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.nearest import did_you_mean
from trimtab.book.schema import Touch
from trimtab.book.sheets import Sheet
from trimtab.core.result import Reason

_NOT_AFTER_AS_OF = {
    "lots": ("acquired", "adjusted_acquired"),
    "transactions": ("date",),
    "accounts": ("opened",),
}
_IN_ORDER = (
    ("policies", "since", "until"),
    ("restrictions", "since", "until"),
    ("plans", "approved", "until"),
    ("models", "lower", "upper"),
    ("model_versions", "lower", "upper"),
)


def check_rules(
    sheets: Mapping[str, Sheet], *, as_of: date, policy_keys: Collection[str]
) -> dict[str, Sheet]:
    """Apply every rule that needs more than one cell."""
    checked = dict(sheets)
    for name, columns in _NOT_AFTER_AS_OF.items():
        checked[name] = checked[name].with_faults(_late(checked[name], columns, as_of))
    for name, first, last in _IN_ORDER:
        checked[name] = checked[name].with_faults(_disordered(checked[name], first, last))
    checked["prices"] = _without_later(checked["prices"], as_of)
    checked["lots"] = _without_closed(checked["lots"])
    checked["securities"] = _dated_prices(checked["securities"], as_of)
    checked["policies"] = checked["policies"].with_faults(_unknown_keys(checked["policies"], policy_keys))
    return checked


def _late(sheet: Sheet, columns: tuple[str, ...], as_of: date) -> list[Fault]:
    faults = []
    for column in columns:
        rows = sheet.good().filter(pl.col(column) > as_of)
        if rows.height:
            message = f"the date is after the business date {as_of}"
            remedy = "correct the date, or leave what has not happened yet out"
            faults.append(sheet.fault(column, rows, reason=Reason.INVALID, message=message, remedy=remedy))
    return faults


def _disordered(sheet: Sheet, first: str, last: str) -> list[Fault]:
    rows = sheet.good().filter(pl.col(first) > pl.col(last))
    if rows.is_empty():
        return []
    message, remedy = f"{first} is past {last}", f"let {first} be at most {last}"
    return [sheet.fault(first, rows, reason=Reason.INVALID, message=message, remedy=remedy)]


def _without_later(prices: Sheet, as_of: date) -> Sheet:
    """No look ahead: history after the business date is not seen."""
    rows = prices.good().filter(pl.col("date") > as_of)
    if rows.is_empty():
        return prices
    return prices.with_notice(f"prices: {rows.height} rows after {as_of} are set aside", rows[ROW])


def _without_closed(lots: Sheet) -> Sheet:
    rows = lots.good().filter(pl.col("quantity") == 0)
    if rows.is_empty():
        return lots
    return lots.with_notice(f"lots: {rows.height} lots of no quantity are set aside", rows[ROW])


def _dated_prices(securities: Sheet, as_of: date) -> Sheet:
    """A price of a day to come is no price: it reads as unknown."""
    late = pl.col("price_date") > as_of
    rows = securities.good().filter(late)
    if rows.is_empty():
        return securities
    message, remedy = f"the price is of a day after {as_of}", "give the closing price of the business date"
    fault = securities.fault("price_date", rows, reason=Reason.INVALID, message=message, remedy=remedy)
    frame = securities.frame.with_columns(
        pl.when(late).then(None).otherwise(pl.col(name)).alias(name) for name in ("price", "price_date")
    )
    return replace(securities, frame=frame).with_faults([replace(fault, fatal=False)])


def _unknown_keys(policies: Sheet, known: Collection[str]) -> list[Fault]:
    rows = policies.good().filter(~pl.col("key").is_in(sorted(known)))
    if rows.is_empty():
        return []
    hints = {name: did_you_mean(name, known) for name in rows["key"].unique().to_list()}
    said = [f"there is no policy {name}; {hints[name]}" for name in rows["key"].to_list()]
    fault = policies.fault(
        "key",
        rows,
        reason=Reason.INVALID,
        message="there is no such policy",
        remedy="write a known policy key",
    )
    return [replace(fault, messages=pl.Series(said, dtype=pl.String))]


def check_households(sheets: Mapping[str, Sheet]) -> list[Fault]:
    """Accounts of a household must be of the household's one firm, and of their taxpayer's household.

    Asked of rows whose references are sound. The accounts stay in their table; the whole household is isolated.
    """
    accounts = sheets["accounts"]
    rows = accounts.good().filter(pl.col("household_id").is_not_null())
    named = sheets["households"].good().select("household_id", household_firm="firm_id")
    firms = rows.group_by("household_id").agg(pl.col("firm_id").unique().sort().alias("firms"))
    rows = rows.join(named, on="household_id", how="left").join(firms, on="household_id", how="left")
    faults = []
    across = rows.filter(
        (pl.col("household_firm") != pl.col("firm_id"))
        | (pl.col("household_firm").is_null() & (pl.col("firms").list.len() > 1))
    )
    if across.height:
        fault = accounts.fault(
            "household_id",
            across,
            reason=Reason.CONFLICT,
            message="a household spans two firms",
            remedy="give each firm its own household",
        )
        said = across.select(
            pl.format(
                "the account is of firm {} but its household {} is of firm {}",
                "firm_id",
                "household_id",
                pl.coalesce("household_firm", pl.col("firms").list.join(" and of firm ")),
            )
        ).to_series()
        faults.append(replace(fault, messages=said, fatal=False, touches=Touch.HOUSEHOLD))
    payers = sheets["taxpayers"].good().select("taxpayer_id", payer_household="household_id")
    apart = rows.join(payers, on="taxpayer_id").filter(pl.col("payer_household") != pl.col("household_id"))
    if apart.height:
        message, remedy = "the taxpayer is of another household", "name a taxpayer of the account's household"
        fault = accounts.fault("taxpayer_id", apart, reason=Reason.CONFLICT, message=message, remedy=remedy)
        faults.append(replace(fault, fatal=False, touches=Touch.ACCOUNT))
    return faults


def whole_models(models: Sheet) -> Sheet:
    """A model that lost a node is not the model that was meant: its other nodes go too."""
    good = models.good()
    if good.height == models.frame.height:
        return models
    lost = models.frame.join(good, on=ROW, how="anti")["model_id"].unique()
    rest = good.filter(pl.col("model_id").is_in(lost.implode()))
    if rest.is_empty():
        return models
    return models.with_notice(
        f"models: {rest.height} nodes of models with a faulty node are set aside", rest[ROW]
    )

"""Savings: what a year's management saved of tax against a stated baseline, lot by lot, by account and by firm."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from trimtab.desk.day import Day
from trimtab.ledger.columns import MONEY
from trimtab.ledger.exact import ZERO, exact, rounded, rounded_to_sum
from trimtab.ledger.metrics import deferral_value, share
from trimtab.ledger.savings import Realized, Saving, Savings, Stated, savings_of_year
from trimtab.ledger.year import UNKNOWN, TaxpayerYear
from trimtab.optimize.realign import realignment_sales
from trimtab.optimize.yeartax import exact_year

BASELINE: Final = (
    "the plain model: every account goes all the way to its target on {day}, lots of least tax first; no loss is "
    "harvested of what a target holds; every other sale of the year is as it was made"
)
_LOT: Final = ["account_id", "security_id", "lot_id"]
_PARTS: Final = ("deferred", "permanent", "harvested_used", "harvested_carried")
LINES: Final = pl.Schema(
    {"account_id": pl.String(), "saving": pl.String(), "security_id": pl.String(), "lot_id": pl.String()}
    | dict.fromkeys(("short", "long", "used", "carried", "saved"), pl.Decimal(38, 2))
)
ACCOUNTS: Final = pl.Schema(
    dict.fromkeys(("account_id", "firm_id", "taxpayer_id"), pl.String())
    | dict.fromkeys(("short_rate", "long_rate"), pl.Float64())
    | dict.fromkeys((*_PARTS, "total", "deferred_present_value", "fees"), pl.Decimal(38, 2))
    | dict.fromkeys(("deferral_share", "ratio"), pl.Float64())
    | {"unknown_lots": pl.Int64()}
)


@dataclass(frozen=True, slots=True, eq=False)
class SavedYear:
    """One year's savings: `stated` is what every figure rests on.

    `accounts`, one row per taxable account: rates, deferred, permanent, harvested_used (off this year's tax),
    harvested_carried (worth of what waits), total (null while the basis of a lot of the account is unknown),
    deferred_present_value, fees, deferral_share, ratio (to fees). `firms` the same summed over accounts whose total is
    known, with how many are not. `lines`: what each lot saved.
    """

    year: int
    stated: Stated
    accounts: pl.DataFrame
    firms: pl.DataFrame
    lines: pl.DataFrame


def saved_year(
    day: Day, *, discount_rate: Fraction, years: int, baseline: pl.DataFrame | None = None, words: str = ""
) -> SavedYear:
    """What the year of a day's book saved so far. `baseline` (account_id, security_id, lot_id, term, gain), described
    by `words`, is what would have been realized without; without it the plain model stands (`BASELINE`).
    """
    managed = realized_in(day)
    told = words or BASELINE.format(day=day.as_of)
    plain = baseline if baseline is not None else plain_model(day, managed)
    stated = Stated(baseline=told, discount_rate=discount_rate, years=years)
    found: list[pl.DataFrame] = []
    lines: list[pl.DataFrame] = []
    for ids, year in _taxpayers(day, managed):
        before, after = _lots(plain, ids), _lots(managed, ids)
        saved = savings_of_year(year, before, after, stated=stated)
        lines.append(_lines(saved))
        found.append(_accounts(day, ids, saved))
    accounts = pl.concat([pl.DataFrame(schema=ACCOUNTS), *found]).sort("account_id")
    every = pl.concat([pl.DataFrame(schema=LINES), *lines]).sort("account_id", "saving", *_LOT[1:])
    return SavedYear(day.as_of.year, stated, accounts, _firms(accounts), every)


def realized_in(day: Day) -> pl.DataFrame:
    """What the year's transactions say was realized of each lot of taxable accounts: the columns of a baseline."""
    sold = day.tables["transactions"].filter(
        (pl.col("date").dt.year() == day.as_of.year)
        & (pl.col("date") <= day.as_of)
        & (pl.col("kind").is_in(["sell", "merger_cash"]) | pl.col("gain").is_not_null())
    )
    lot = pl.coalesce("lot_id", pl.col("lots").str.split(":").list.first(), "transaction_id")
    rows = sold.join(_taxable(day), on="account_id", how="semi").select(
        "account_id",
        "security_id",
        lot_id=lot,
        term=pl.col("term").str.slice(0, 1).str.to_uppercase(),
        gain="gain",
    )
    return rows.with_columns(gain=pl.when(pl.col("term").is_not_null()).then("gain"))


def plain_model(day: Day, managed: pl.DataFrame) -> pl.DataFrame:
    """What the plain model would have realized of each lot this year (`BASELINE`)."""
    aims = day.targets.account.select("account_id", "target_id").drop_nulls()
    inside = aims.join(day.targets.slots.select("target_id", "security_id"), on="target_id").drop_nulls()
    held = inside.select("account_id", "security_id").unique()
    harvested = managed.filter(pl.col("gain") < 0).join(held, on=["account_id", "security_id"], how="semi")
    kept = managed.join(harvested.select(_LOT), on=_LOT, how="anti", nulls_equal=True)
    gains = managed.filter(pl.col("gain") >= 0).join(harvested.select(_LOT), on=_LOT, how="semi")
    taxed = day.facts.filter("taxed")
    sales = realignment_sales(day.lines, taxed).select(
        *_LOT,
        term=pl.when("long").then(pl.lit("L")).otherwise(pl.lit("S")),
        gain=pl.col("realized").round(2).cast(MONEY),
    )
    return pl.concat([part.select(*_LOT, "term", "gain") for part in (kept, gains, sales)])


def _taxable(day: Day) -> pl.DataFrame:
    return day.accounts.filter(pl.col("tax_type") == "taxable")


def _taxpayers(day: Day, managed: pl.DataFrame) -> list[tuple[list[str], TaxpayerYear]]:
    """Each taxpayer's taxable accounts with the exact year; an account without one is a year by itself."""
    rows = {row["taxpayer_id"]: row for row in day.tables["taxpayers"].iter_rows(named=True)}
    carry = dict(day.settings.wide.select("account_id", "carry_value").iter_rows())
    groups: dict[str, list[str]] = {}
    for account, payer in _taxable(day).select("account_id", "taxpayer_id").sort("account_id").iter_rows():
        groups.setdefault(payer if payer in rows else f"\0{account}", []).append(account)
    sums = _elsewhere(day, managed)
    found = []
    for payer, ids in sorted(groups.items()):
        row = rows.get(payer)
        year = UNKNOWN if row is None else exact_year(row, tax_year=day.as_of.year)
        short, long = (sum((sums[one][at] for one in ids), ZERO) for at in (0, 1))
        value = exact(Decimal(str(carry[ids[0]])))
        found.append(
            (
                ids,
                replace(
                    year, ytd_short=year.ytd_short + short, ytd_long=year.ytd_long + long, carry_value=value
                ),
            )
        )
    return found


def _elsewhere(day: Day, managed: pl.DataFrame) -> dict[str, tuple[Fraction, Fraction]]:
    """What each account says it realized beyond the sales that its transactions tell of: it moves the year's rates."""
    told: dict[str, dict[str, Fraction]] = {}
    for account, term, gain in managed.select("account_id", "term", "gain").drop_nulls().iter_rows():
        sums = told.setdefault(account, {"S": ZERO, "L": ZERO})
        sums[term] += exact(gain)
    found = {}
    for account, short, long in _taxable(day).select("account_id", "ytd_short", "ytd_long").iter_rows():
        own = told.get(account, {"S": ZERO, "L": ZERO})
        found[account] = (
            ZERO if short is None else exact(short) - own["S"],
            ZERO if long is None else exact(long) - own["L"],
        )
    return found


def _lots(rows: pl.DataFrame, ids: list[str]) -> tuple[Realized, ...]:
    """The lots of some accounts, each once; a gain or a term that is unknown leaves the lot unknown."""
    mine = rows.filter(pl.col("account_id").is_in(ids)).sort(_LOT, nulls_last=False)
    found: dict[tuple[str, str, str], dict[str, Fraction] | None] = {}
    for account, security, lot, term, gain in mine.select(*_LOT, "term", "gain").iter_rows():
        key = (account, security or "", lot or "")
        sums = found.setdefault(key, {"S": ZERO, "L": ZERO})
        if gain is None or term not in ("S", "L"):
            found[key] = None
        elif sums is not None:
            sums[term] += exact(gain)
    return tuple(
        Realized(
            account_id=account,
            security_id=security,
            lot_id=lot,
            short=None if sums is None else sums["S"],
            long=None if sums is None else sums["L"],
        )
        for (account, security, lot), sums in found.items()
    )


def _lines(saved: Savings) -> pl.DataFrame:
    rows = [
        (
            *(line.account_id, saving.value, line.security_id, line.lot_id),
            *(rounded(value) for value in (line.short, line.long, line.used)),
            cents - rounded(line.used),
            cents,
        )
        for saving in Saving
        for line, cents in saved.in_cents(saving)
    ]
    return pl.DataFrame(rows, schema=LINES, orient="row")


def _accounts(day: Day, ids: list[str], saved: Savings) -> pl.DataFrame:
    unknown = {one: sum(lot.account_id == one for lot in saved.unknown) for one in ids}
    who = day.accounts.filter(pl.col("account_id").is_in(ids)).sort("account_id")
    fees = _fees(day)
    rows = []
    for account, firm, payer in who.select("account_id", "firm_id", "taxpayer_id").iter_rows():
        mine = [line for line in saved.lines if line.account_id == account]
        parts = [
            sum((line.saved for line in mine if line.saving is Saving.DEFERRED), ZERO),
            sum((line.saved for line in mine if line.saving is Saving.PERMANENT), ZERO),
            sum((line.used for line in mine if line.saving is Saving.HARVESTED), ZERO),
            sum((line.carried for line in mine if line.saving is Saving.HARVESTED), ZERO),
        ]
        cents = rounded_to_sum(parts)
        total = None if unknown[account] else sum(cents, Decimal(0))
        stated = saved.stated
        worth = deferral_value(parts[0], discount_rate=stated.discount_rate, years=stated.years)
        fee = fees.get(account, Decimal(0))
        rows.append(
            (
                *(account, firm, payer, float(saved.year.short_rate), float(saved.year.long_rate)),
                *(*cents, total, rounded(worth), fee),
                *(_ratio(cents[0], total), _ratio(total, fee), unknown[account]),
            )
        )
    return pl.DataFrame(rows, schema=ACCOUNTS, orient="row")


def _ratio(part: Decimal | None, whole: Decimal | None) -> float | None:
    """Part of a whole, to four places; null where either is unknown or the whole is zero."""
    found = None if part is None or whole is None else share(exact(part), exact(whole))
    return None if found is None else float(rounded(found, 4))


def _fees(day: Day) -> Mapping[str, Decimal]:
    """Fees of the year so far by account, dollars."""
    paid = day.tables["transactions"].filter(
        (pl.col("kind") == "fee")
        & (pl.col("date").dt.year() == day.as_of.year)
        & (pl.col("date") <= day.as_of)
    )
    return dict(paid.group_by("account_id").agg(pl.col("amount").sum().round(2)).iter_rows())


def _firms(accounts: pl.DataFrame) -> pl.DataFrame:
    """firm_id, accounts, unknown, the parts, total, fees of the accounts whose total is known, and the two ratios."""
    known = pl.col("total").is_not_null()
    amounts = (*_PARTS, "total", "deferred_present_value", "fees")
    sums = accounts.group_by("firm_id").agg(
        pl.len().alias("accounts"), (~known).sum().alias("unknown"), pl.col(amounts).filter(known).sum()
    )
    rows = [
        (_ratio(deferred, total), _ratio(total, fees))
        for deferred, total, fees in sums.select("deferred", "total", "fees").iter_rows()
    ]
    ratios = pl.DataFrame(rows, schema={"deferral_share": pl.Float64, "ratio": pl.Float64}, orient="row")
    return pl.concat([sums, ratios], how="horizontal").sort("firm_id")

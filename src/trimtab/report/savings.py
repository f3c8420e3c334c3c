"""Taxes saved for people: by firm, by account and by lot, as tables, a picture and a page; what is deferred says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Series, bars
from trimtab.report.grids import Grid, capped
from trimtab.report.page import Section, Tile, Title, page

COLUMNS: Final = (
    "deferred", "permanent", "harvest used", "harvest carried", "saved in all", "deferred part", "fees", "times fees"
)  # fmt: skip
_DRAWN: Final = 20
_LISTED: Final = 500
_PARTS: Final = (
    ("deferred", "before", "deferred"),
    ("permanent", "after", "permanent"),
    ("harvest used", "warn", "harvested_used"),
    ("harvest carried", "quiet", "harvested_carried"),
)
FORGIVEN: Final = (
    "Deferred tax is not forgiven: it falls due when the lot is sold, unless it is given away or stepped up."
)


@dataclass(frozen=True, slots=True, eq=False)
class SavingsView:
    """A year's savings as a report sees them: the tables of `desk.savings`, and what every figure rests on."""

    name: str
    as_of: date
    accounts: pl.DataFrame
    firms: pl.DataFrame
    lines: pl.DataFrame
    baseline: str
    discount_rate: float
    years: int
    names: Mapping[str, str]
    digest: str


def assumptions(view: SavingsView) -> tuple[str, ...]:
    """The sentences that stand beside every figure."""
    return (
        f"Baseline: {view.baseline}.",
        "Rates are each client's own, of the year with all that is known to be realized in it; losses that nothing can "
        "use are counted at the worth of what is carried.",
        f"{FORGIVEN} Its present value is taken at {numbers.percent(view.discount_rate, 1)} over "
        f"{numbers.counted(view.years, 'year')}.",
    )


def account_grid(view: SavingsView) -> Grid:
    """Each account's savings, the most first; an unknown basis leaves the total unknown."""
    ranked = view.accounts.sort("total", "account_id", descending=[True, False], nulls_last=True)
    rows = [
        (
            one["account_id"],
            str(one["firm_id"] or ""),
            f"{numbers.percent(one['short_rate'], 1)} / {numbers.percent(one['long_rate'], 1)}",
            *_amounts(one),
        )
        for one in ranked.iter_rows(named=True)
    ]
    kept, note = capped(rows, _LISTED, "savings.csv")
    return Grid("By account", ("account", "firm", "rates", *COLUMNS), kept, 3, note, wide=True)


def firm_grid(view: SavingsView) -> Grid:
    """Each firm's sums over the accounts whose total is known."""
    rows = [
        (
            str(one["firm_id"] or ""),
            numbers.count(one["accounts"]),
            numbers.count(one["unknown"]),
            *_amounts(one),
        )
        for one in view.firms.iter_rows(named=True)
    ]
    return Grid("By firm", ("firm", "accounts", "unknown", *COLUMNS), tuple(rows), 1, wide=True)


def lot_grid(view: SavingsView) -> Grid:
    """What each lot saved, account by account: figures tie to lots."""
    rows = [
        (
            one["account_id"],
            one["saving"],
            view.names.get(one["security_id"], one["security_id"]),
            one["lot_id"],
            *(numbers.cents(one[name]) for name in ("short", "long", "used", "carried", "saved")),
        )
        for one in view.lines.iter_rows(named=True)
    ]
    kept, note = capped(rows, _LISTED, "savings_lots.csv")
    titles = ("account", "saving", "security", "lot", "short", "long", "this year", "carried", "saved")
    return Grid("By lot: gains not realized, losses taken", titles, kept, 4, note, wide=True)


def savings_figure(view: SavingsView) -> Figure:
    """The parts of what was saved: by firm, or by account where there is one firm."""
    one_firm = len(view.firms) <= 1
    frame, key = (view.accounts, "account_id") if one_firm else (view.firms, "firm_id")
    drawn = frame.drop_nulls("total").sort("total", key, descending=[True, False]).head(_DRAWN)
    series = [
        Series(name, tone, tuple(float(value) for value in drawn[column])) for name, tone, column in _PARTS
    ]
    left = len(frame) - len(drawn)
    said = f" {numbers.counted(left, 'row')} not drawn; the table has all." if left else ""
    heading = Heading("savings", "Tax saved", "Dollars of tax; " + FORGIVEN[0].lower() + FORGIVEN[1:] + said)
    labels = [str(name or "") for name in drawn[key]]
    return bars(heading, labels, series, form=numbers.short_money, down="account" if one_firm else "firm")


def savings_page(view: SavingsView) -> str:
    """The whole page, printable: tiles, the picture, firms, accounts, lots, and what the figures rest on."""
    known = view.accounts.drop_nulls("total")
    sums = {name: known[name].sum() for name in ("deferred", "harvested_used", "total", "fees")}
    unknown = len(view.accounts) - len(known)
    tiles = (
        Tile("Saved in all", numbers.money(sums["total"]), f"{numbers.counted(unknown, 'account')} unknown"),
        Tile("Deferred", numbers.money(sums["deferred"]), "not forgiven"),
        Tile("Harvested and used", numbers.money(sums["harvested_used"]), "off this year's tax"),
        Tile("Fees", numbers.money(sums["fees"]), "paid in the year by these accounts"),
    )
    section = Section(
        "savings",
        f"Taxes saved in {view.as_of.year}",
        " ".join(assumptions(view)),
        (savings_figure(view),),
        (firm_grid(view), account_grid(view), lot_grid(view)),
    )
    title = Title(view.name, view.as_of, len(view.accounts), "taxable accounts, each with its arithmetic")
    return page(title, tiles=tiles, sections=[section], digests={"book": view.digest})


def _amounts(one: Mapping[str, Any]) -> tuple[str, ...]:
    ratio = one["ratio"]
    return (
        *(numbers.cents(one[name]) for _, _, name in _PARTS),
        numbers.cents(one["total"]),
        numbers.percent(one["deferral_share"], 0) if one["deferral_share"] is not None else "",
        numbers.cents(one["fees"]),
        "" if ratio is None else f"{ratio:.2f}",
    )

"""A rehearsal for people: its figures as tiles, its tables as grids, one page of HTML, blocks of a board."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Series, bars
from trimtab.report.figures import FIRMS_MOST, drift_histogram
from trimtab.report.grids import MOST, Grid, capped
from trimtab.report.page import Section, Tile, Title, page
from trimtab.report.words import flag, why

TOUCHES: Final = {
    "settings": "a setting",
    "target": "its target: model, products or list",
    "restrictions": "a restriction",
    "data": "its own rows",
    "market": "the market",
    "failure": "a failure",
}


@dataclass(frozen=True, slots=True, eq=False)
class RehearsalView:
    """A rehearsal as a report sees it: the book's name and date, the tables and the summary."""

    name: str
    as_of: date
    tables: Mapping[str, pl.DataFrame]
    summary: Mapping[str, object]
    notes: tuple[str, ...] = ()

    def number(self, key: str) -> float | None:
        """One number of the summary; None where it is unknown."""
        found = self.summary[key]
        assert found is None or isinstance(found, int | float), f"{key} of the summary is no number"
        return found

    def counted(self, key: str) -> int:
        """One count of the summary."""
        return int(self.number(key) or 0)

    def part(self, key: str) -> Mapping[str, int]:
        """One of the counts of the summary, by name."""
        found = self.summary[key]
        assert isinstance(found, dict), f"{key} of the summary is no table of counts"
        return found


def rehearsal_page(view: RehearsalView) -> str:
    """The whole page: what the change would do, to whom, at what tax, and who cannot follow."""
    sections = [
        Section(
            "change",
            "The change",
            "Models whose weights differ, models of models followed down, and what touches accounts.",
            grids=(weights_grid(view), touched_grid(view)),
        ),
        Section(
            "firms",
            "Firms",
            "What each firm's accounts would trade and owe.",
            (tax_figure(view),),
            (firms_grid(view),),
        ),
        Section(
            "standing",
            "Drift",
            "How far the accounts stand from their new targets, before the trades of the change and after them.",
            (drift_histogram(view.tables["accounts"]),),
        ),
        Section(
            "doubts",
            "Blocked, and the worst",
            "Who cannot follow and why; the accounts with the most tax and the most turnover; those that take longest.",
            grids=(
                blocked_grid(view),
                held_grid(view),
                worst_grid(view, "tax"),
                worst_grid(view, "turnover"),
                longest_grid(view),
            ),
        ),
        Section("flags", "Flags", "What a person should look at.", grids=(flags_grid(view),)),
    ]
    verdict = (
        f"{view.counted('touched'):,} touched by the change, {view.counted('untouched'):,} left as they are"
    )
    title = Title(f"Rehearsal: {view.name}", view.as_of, view.counted("enrolled"), verdict, notes=view.notes)
    return page(title, tiles=_tiles(view), sections=sections, digests={"rehearsal": view.summary["digest"]})


def lines(view: RehearsalView) -> tuple[tuple[str, str], ...]:
    """The figures that decide, name and value, in the order in which they are asked for."""
    left = view.counted("need_more_years")
    never = view.counted("never_done")
    return (
        ("accounts touched", f"{view.counted('touched'):,} of {view.counted('enrolled'):,}"),
        ("trading", numbers.count(view.counted("trading"))),
        ("trades", f"{view.counted('trades'):,} ({view.counted('trades_before'):,} without the change)"),
        ("notional", numbers.money(view.number("notional"))),
        ("turnover", numbers.percent(view.number("turnover"))),
        ("tax, within budgets", f"{numbers.money(view.number('tax'))} (without the change {_was(view)})"),
        ("tax, no budgets", numbers.money(view.number("tax_without_budget"))),
        ("tax unknown", numbers.counted(view.counted("tax_unknown"), "account")),
        ("blocked", numbers.count(view.counted("blocked"))),
        ("a trade is forbidden", numbers.counted(view.counted("held"), "account")),
        ("limits collide", numbers.counted(view.counted("with_conflicts"), "account")),
        ("wash sales stand against", numbers.counted(view.counted("with_wash_conflicts"), "account")),
        ("cash to be raised", numbers.money(view.number("cash_need"))),
        (
            "need more years of budget",
            f"{left:,}, at most {view.counted('years_most')} years; {never:,} never",
        ),
    )


def _was(view: RehearsalView) -> str:
    return numbers.money(view.number("tax_before"))


def _tiles(view: RehearsalView) -> tuple[Tile, ...]:
    said = dict(lines(view))
    return (
        Tile(
            "Accounts touched",
            numbers.count(view.counted("touched")),
            f"of {view.counted('enrolled'):,} enrolled",
        ),
        Tile(
            "Trades",
            numbers.count(view.counted("trades")),
            f"{view.counted('trades_before'):,} without the change",
        ),
        Tile("Turnover", said["turnover"], f"{said['notional']} bought and sold"),
        Tile(
            "Tax within budgets", numbers.short_money(view.number("tax")), f"{_was(view)} without the change"
        ),
        Tile(
            "Tax with no budgets",
            numbers.short_money(view.number("tax_without_budget")),
            said["tax unknown"] + " unknown",
        ),
        Tile("Blocked", said["blocked"], f"limits collide in {said['limits collide']}"),
        Tile(
            "Wash sales",
            numbers.count(view.counted("with_wash_conflicts")),
            "accounts with a purchase or loss refused",
        ),
        Tile(
            "More years of budget",
            numbers.count(view.counted("need_more_years")),
            f"at most {view.counted('years_most')} years",
        ),
    )


def weights_grid(view: RehearsalView) -> Grid:
    """Class and slot weights of models before and after."""
    rows = [
        (
            model,
            part,
            " ".join(dict.fromkeys(text for text in (name, ref) if text)),
            _share(before),
            _share(after),
        )
        for model, part, name, ref, before, after in view.tables["model_weights"].iter_rows()
    ]
    kept, note = capped(rows, MOST, "model_weights.csv")
    return Grid("Models", ("model", "part", "name", "before", "after"), kept, 3, note)


def _share(weight: float | None) -> str:
    return "" if weight is None else numbers.percent(weight)


def touched_grid(view: RehearsalView) -> Grid:
    """By what accounts are touched."""
    rows = [(TOUCHES[name], numbers.count(number)) for name, number in view.part("touched_by").items()]
    return Grid("Touched by", ("what differs", "accounts"), tuple(rows), 1)


def firms_grid(view: RehearsalView) -> Grid:
    """Each firm's accounts, trades and tax."""
    rows = [
        (
            str(one["firm_id"] or numbers.UNKNOWN),
            *(numbers.count(one[name]) for name in ("touched", "trading", "trades")),
            numbers.percent(one["turnover"]),
            *(numbers.money(one[name]) for name in ("tax_before", "tax", "tax_without_budget")),
            *(numbers.count(one[name]) for name in ("blocked", "need_more_years")),
        )
        for one in view.tables["firms"].iter_rows(named=True)
    ]
    kept, note = capped(rows, MOST, "firms.csv")
    names = (
        "firm",
        "touched",
        "trading",
        "trades",
        "turnover",
        "tax before",
        "tax",
        "tax, no budgets",
        "blocked",
        "years > 1",
    )
    return Grid("Firms", names, kept, 1, note, wide=True)


def tax_figure(view: RehearsalView) -> Figure:
    """Each firm's tax with budgets and without."""
    frame = (
        view.tables["firms"].sort("tax_without_budget", "firm_id", descending=[True, False]).head(FIRMS_MOST)
    )
    heading = Heading(
        "rehearsal-tax", "Tax by firm", "What the change would add in tax, within budgets and without any."
    )
    series = [
        Series("within budgets", "after", tuple(frame["tax"])),
        Series("no budgets", "quiet", tuple(frame["tax_without_budget"])),
    ]
    labels = [str(one or numbers.UNKNOWN) for one in frame["firm_id"]]
    return bars(heading, labels, series, form=_dollars, down="firm")


def blocked_grid(view: RehearsalView) -> Grid:
    """Who cannot follow the change, or not all the way, and why."""
    rows = [
        (account, str(firm or ""), str(decision), why(code), str(limits or ""), str(failure or ""))
        for account, firm, decision, code, limits, failure in view.tables["blocked"].iter_rows()
    ]
    kept, note = capped(rows, MOST, "blocked.csv")
    return Grid(
        "Blocked, wholly or in part",
        ("account", "firm", "decision", "why", "limits", "failure"),
        kept,
        note=note,
        wide=True,
    )


def held_grid(view: RehearsalView) -> Grid:
    """Trades that the change asks for and that something forbids."""
    rows = [
        (account, security, str(text)) for account, _, security, _, _, text in view.tables["held"].iter_rows()
    ]
    kept, note = capped(rows, MOST, "held.csv")
    return Grid("Trades that something forbids", ("account", "security", "why"), kept, note=note, wide=True)


def worst_grid(view: RehearsalView, by: str) -> Grid:
    """The ten accounts with the most tax, or turnover."""
    rows = [
        (
            one["account_id"],
            str(one["firm_id"] or ""),
            numbers.money(one["tax"]),
            numbers.percent(one["turnover"]),
            numbers.count(one["trades"]),
        )
        for one in view.tables["worst"].filter(pl.col("by") == by).iter_rows(named=True)
    ]
    return Grid(f"Worst by {by}", ("account", "firm", "tax", "turnover", "trades"), tuple(rows), 2)


def longest_grid(view: RehearsalView) -> Grid:
    """The accounts that need more years of their budget, those that never end first."""
    waiting = view.tables["accounts"].filter(
        (pl.col("years") > 1)
        | (pl.col("years").is_null() & pl.col("tax").is_not_null() & (pl.col("decision") != "blocked"))
    )
    rows = [
        (
            one["account_id"],
            "never" if one["years"] is None else numbers.count(one["years"]),
            numbers.money(one["tax"]),
            numbers.money(one["tax_without_budget"]),
            numbers.money(one["budget"]),
        )
        for one in waiting.sort("years", "account_id", descending=[True, False], nulls_last=False).iter_rows(
            named=True
        )
    ]
    kept, note = capped(rows, MOST, "accounts.csv")
    return Grid(
        "Longest to complete",
        ("account", "years", "tax now", "tax, no budget", "budget a year"),
        kept,
        1,
        note,
    )


def flags_grid(view: RehearsalView) -> Grid:
    """Every flag with its meaning, how many accounts carry it, and how many only with the change."""
    fresh = view.part("new_flags")
    rows = [
        (name, flag(name), numbers.count(number), numbers.count(fresh.get(name, 0)))
        for name, number in sorted(view.part("flags").items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    kept, note = capped(rows, MOST, "accounts.csv")
    return Grid("Flags", ("flag", "meaning", "accounts", "new"), kept, 2, note, wide=True)


def _dollars(amount: float | None) -> str:
    return numbers.UNKNOWN if amount is None else numbers.short_money(amount)

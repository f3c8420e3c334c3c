"""Rehearse: what a change would do to every account that it can reach, before anything is published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.core.clock import seconds
from trimtab.core.digest import digest
from trimtab.desk import rehearsed
from trimtab.desk.day import Risk, risk_model, said_of
from trimtab.desk.digests import whole_digest
from trimtab.desk.rebalance import Advance, Run, Stopwatch, rebalance
from trimtab.desk.tables import ENGINE
from trimtab.desk.touched import Side, narrowed, touched, with_households
from trimtab.desk.versions import trees_of
from trimtab.policy.differences import model_differences, weight_differences

ASKING: Final = ("settings", "target", "restrictions")
"""Kinds of difference that make an account ask whatever its bands say: its model, list or policy changed."""
_MARKET: Final = ("prices", "securities", "factor_exposures", "factor_covariance", "specific_risk")
_SPARE: Final = 0.1
_LIFTED: Final = {
    "budget_tax": "none",
    "budget_tax_fraction": "1",
    "budget_gain": "none",
    "budget_prorate": "none",
}


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """One change rehearsed: `tables` by name, `summary` of them, and the runs of the accounts that it can reach:
    without the change, with it, and with it and no budget for those that a budget can hold back.
    """

    tables: Mapping[str, pl.DataFrame]
    summary: Mapping[str, object]
    before: Run
    after: Run
    free: Run


def rehearse(
    before: Book, after: Book, *, workers: int = 1, advance: Advance, watch: Stopwatch | None = None
) -> Rehearsal:
    """Rehearse the change from one book to the other; accounts with equal inputs are not evaluated."""
    watch = watch or Stopwatch(seconds)
    watch.start("compare")
    advance("compare", 0, 0)
    what = differences(before, after)
    enrolled = pl.concat([side.tables["accounts"] for side in (before, after)])
    ids = with_households(enrolled, what["account_id"])
    advance("risk", 0, 0)
    risk = risk_model(before.tables, before.as_of)
    same = all(before.tables[name].equals(after.tables[name]) for name in _MARKET)
    later = risk if same else risk_model(after.tables, after.as_of)
    asking = frozenset(what.filter(pl.col("what").is_in(ASKING))["account_id"])

    def night(book: Book, who: pl.Series, known: Risk, changed: frozenset[str]) -> Run:
        return rebalance(
            narrowed(book, who), workers=workers, advance=advance, watch=watch, risk=known, changed=changed
        )

    one = night(before, ids, risk, frozenset())
    two = night(after, ids, later, asking)
    held = with_households(enrolled, _held_by_budget(two))
    three = night(without_budgets(after), held, later, asking)
    watch.start("")
    tables = {**rehearsed.tables_of(after, what, one, after=two, free=three), **_models(before, after)}
    summary = rehearsed.summary(tables, one, after=two, enrolled=_enrolled(before, after))
    return Rehearsal(tables, {**summary, **_bound(before, after, (one, two, three))}, one, two, three)


def differences(before: Book, after: Book) -> pl.DataFrame:
    """account_id, what: the accounts whose inputs differ between two books, and in what (`touched.touched`)."""
    sides = [Side(book, said_of(book.tables, book.as_of)) for book in (before, after)]
    return touched(*sides)


def changed_accounts(before: Book, after: Book) -> frozenset[str]:
    """The accounts whose model, list or policy differs between two books: they ask on the day of the change."""
    what = differences(before, after)
    return frozenset(what.filter(pl.col("what").is_in(ASKING))["account_id"])


def without_budgets(book: Book) -> Book:
    """The book with every budget lifted: a year's added tax may be as much as the account's value."""
    policies = book.tables["policies"].filter(~pl.col("key").is_in(list(_LIFTED)))
    rows = [{"scope": "desk", "scope_id": "", "key": key, "value": value} for key, value in _LIFTED.items()]
    lifted = pl.DataFrame(rows).with_columns(locked=pl.lit(value=True))
    plans = book.tables["plans"].with_columns(
        pl.lit(None, dtype=book.tables["plans"][name].dtype).alias(name)
        for name in ("budget_tax", "budget_gain")
    )
    both = pl.concat([policies, lifted], how="diagonal_relaxed").select(policies.columns)
    key = ["scope", "scope_id", "key"]
    return replace(book, tables={**book.tables, "policies": both.sort(key), "plans": plans})


def _held_by_budget(run: Run) -> pl.Series:
    """The accounts that a budget may hold back: asked, with no more than a tenth of a tax budget left, with a budget of
    gains, or unknown. One that leaves more of its budget is assumed to stand where it would without.
    """
    asked = run.outcome.accounts.filter(pl.col("hold").is_null()).select("account_id")
    left = run.tables["evaluations"].select("account_id", left=pl.col("budget_left").cast(pl.Float64))
    taxed = run.day.facts.filter("taxed").select("account_id").unique()
    budgets = run.day.budgets.select("account_id", "tax_budget", "gain_budget")
    joined = (
        asked.join(taxed, on="account_id", how="semi")
        .join(left, on="account_id")
        .join(budgets, on="account_id")
    )
    used_up = pl.col("left").is_null() | (pl.col("left") <= _SPARE * pl.col("tax_budget"))
    return joined.filter(used_up | pl.col("gain_budget").is_not_null())["account_id"]


def _models(before: Book, after: Book) -> dict[str, pl.DataFrame]:
    """What changed in models: nodes field by field, and weights with models of models followed down."""
    pair = (before.tables["models"], after.tables["models"])
    return {
        "model_changes": model_differences(*pair),
        "model_weights": weight_differences(trees_of(before.tables), trees_of(after.tables)),
    }


def _enrolled(before: Book, after: Book) -> int:
    """Accounts that either book enrols."""
    tables = pl.concat([book.tables["accounts"].select("account_id", "status") for book in (before, after)])
    return tables.filter(pl.col("status").fill_null("open") != "closed")["account_id"].n_unique()


def _bound(before: Book, after: Book, runs: tuple[Run, Run, Run]) -> dict[str, object]:
    """The digest that an approval binds, and what it covers: both books, the engine and every result."""
    results = [whole_digest(run.tables["evaluations"]) for run in runs]
    covers = {"before": before.digest, "after": after.digest, "engine": ENGINE, "results": results}
    return {"digest": digest(covers), "covers": covers}

"""Preferences: what each restriction and setting of an account costs, by solving the account again without it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.desk.day import Day, Risk
from trimtab.desk.rebalance import Advance, Run, rebalance
from trimtab.desk.rehearse import without_budgets
from trimtab.desk.touched import narrowed, with_households
from trimtab.policy.settings import KEYS

BANDS: Final = ("band_class_abs", "band_class_rel", "band_tracking_error", "min_benefit", "min_benefit_bps")
BUDGETS: Final = ("budget_tax", "budget_tax_fraction", "budget_gain", "budget_prorate", "budget_scope")
LIMITS: Final = (
    "cash_floor", "cross_hedge_points", "fractional", "long_term_wait_days", "max_tracking_error", "max_trades",
    "max_turnover", "min_trade", "min_trade_bps", "avoid_distribution_days", "wash_scope",
)  # fmt: skip
"""Settings that bound what may be done and leave the objective alone, so that it prices them exactly."""
_COLUMNS: Final = {
    **dict.fromkeys(("preference", "scope", "set_by", "measure"), pl.String),
    **dict.fromkeys(("tracking_error_change", "tax_change", "cost_change", "dollars_a_year"), pl.Float64),
}


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """`costs`: one row per preference, dearest first: preference, scope, set_by, tracking_error_change, tax_change,
    cost_change (with it less without it), dollars_a_year, measure (objective, visible). `why` is empty, or says why
    the account is not solved at all.
    """

    costs: pl.DataFrame
    why: str


@dataclass(frozen=True, slots=True)
class _Variant:
    """The account's book without one preference. `exact`: the objective itself is the same in both."""

    preference: str
    scope: str
    set_by: str
    book: Book
    exact: bool


@dataclass(frozen=True, slots=True)
class _Point:
    """Where a solve leads: the objective (null where it was not needed) and the parts of it that a person sees."""

    value: float
    objective: float | None
    tracking_error: float | None
    tax: float | None
    cost: float


def prices_of(book: Book, account_id: str, *, risk: Risk, day: Day, advance: Advance) -> Prices:
    """Price every restriction and setting of one account, as though it were asked today whatever its bands say.

    `day` is the book's day (what stands and who set it), `risk` its risk model.
    """
    ids = with_households(book.tables["accounts"], pl.Series([account_id]))
    own = narrowed(book, ids)
    acting = _locked(own, dict.fromkeys(BANDS, "0"))

    def solved(variant: Book) -> Run:
        return rebalance(variant, only=account_id, advance=advance, risk=risk)

    base = solved(acting)
    held = base.outcome.accounts.row(0, named=True)["hold"]
    if held is not None and held != "within_bands":
        return Prices(pl.DataFrame(schema=_COLUMNS), str(held))
    standing = base.outcome.accounts.row(0, named=True)
    point = _point(base)
    rows = [
        _row(one, point, _point(solved(one.book)), standing) for one in _variants(acting, day, account_id)
    ]
    rows.append(_bands(point, base, solved(own)))
    frame = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    return Prices(frame.sort("dollars_a_year", "preference", descending=[True, False], nulls_last=True), "")


def _variants(book: Book, day: Day, account_id: str) -> Iterator[_Variant]:
    """The book without each restriction in force for the account, and without each setting that somebody said."""
    for rule in day.restrictions.heard(account_id).iter_rows(named=True):
        words = " ".join(str(rule[name]) for name in ("rule", "selector", "value") if rule[name])
        exact = rule["rule"] not in ("exclude", "held_away")
        key = {name: rule[name] for name in ("scope", "scope_id", "rule", "selector")}
        yield _Variant(
            words, rule["scope"], rule["scope_id"] or "", _without(book, "restrictions", key), exact
        )
    yield from _settings(book, day, account_id)


def _settings(book: Book, day: Day, account_id: str) -> Iterator[_Variant]:
    said = {row["key"]: row for row in day.settings.long([account_id]).iter_rows(named=True)}
    trail = day.settings.trail(account_id).filter("stands")
    yield _budget(book, said)
    if said["long_term_wait_days"]["scope"] == "default":
        text = f"long_term_wait_days {said['long_term_wait_days']['value']}"
        yield _Variant(text, "default", "", _locked(book, {"long_term_wait_days": "0"}), True)
    for row in trail.iter_rows(named=True):
        key = row["key"]
        if key in BANDS or key in BUDGETS or key not in KEYS or KEYS[key].group == "release":
            continue
        place = {"scope": row["scope"], "scope_id": row["scope_id"], "key": key}
        left = _without(book, "policies", place)
        if left.tables["policies"].height == book.tables["policies"].height:
            continue
        who = said[key]["set_by"]
        yield _Variant(f"{key} {row['value']}", row["scope"], who, left, key in LIMITS)


def _budget(book: Book, said: Mapping[str, dict[str, str]]) -> _Variant:
    """Every limit on the year's tax and gains together, against none."""
    ruling = [said[key] for key in ("budget_tax", "budget_gain") if said[key]["value"] != "none"]
    ruling = ruling or [said["budget_tax_fraction"]]
    words = ", ".join(f"{one['key']} {one['value']}" for one in ruling)
    return _Variant(words, ruling[0]["scope"], ruling[0]["set_by"], without_budgets(book), True)


def _without(book: Book, table: str, key: Mapping[str, str | None]) -> Book:
    """The book without the row of a key; the desk's rows have no scope_id, whatever they say."""
    same = [
        pl.lit(value=True)
        if name == "scope_id" and key["scope"] == "desk"
        else pl.col(name).eq_missing(pl.lit(value, dtype=pl.String))
        for name, value in key.items()
    ]
    frame = book.tables[table]
    return replace(book, tables={**book.tables, table: frame.filter(~pl.all_horizontal(same))})


def _locked(book: Book, values: Mapping[str, str]) -> Book:
    """The book with keys set by the desk for everyone, and nobody else heard on them."""
    frame = book.tables["policies"]
    rows = [{"scope": "desk", "scope_id": "", "key": key, "value": value} for key, value in values.items()]
    fresh = pl.DataFrame(rows).with_columns(locked=pl.lit(value=True))
    rest = frame.filter(~pl.col("key").is_in(list(values)))
    both = pl.concat([rest, fresh], how="diagonal_relaxed").select(frame.columns)
    return replace(book, tables={**book.tables, "policies": both.sort("scope", "scope_id", "key")})


def _point(run: Run) -> _Point:
    row = run.tables["evaluations"].row(0, named=True)
    proposes = row["decision"] == "propose"
    return _Point(
        float(row["value"] or 0.0),
        row["objective"] if proposes else row["objective_no_trade"],
        row["tracking_error_after"] if proposes else row["tracking_error_before"],
        float(row["tax"]) if row["tax"] is not None else None,
        float(row["cost"] or 0.0),
    )


def _row(one: _Variant, base: _Point, without: _Point, standing: Mapping[str, float]) -> tuple[object, ...]:
    error = _less(base.tracking_error, without.tracking_error)
    tax = _less(base.tax, without.tax)
    exact = one.exact and base.value == without.value
    dollars = _less(base.objective, without.objective) if exact else None
    measure = "objective"
    if dollars is None:
        dollars, measure = _visible(base, without, standing), "visible"
    cost = base.cost - without.cost
    return one.preference, one.scope, one.set_by, measure, error, _cents(tax), _cents(cost), _cents(dollars)


def _visible(base: _Point, without: _Point, standing: Mapping[str, float]) -> float | None:
    """The difference in active risk at the account's risk aversion, in tax at its weight, and in trading cost."""
    tax = _less(base.tax, without.tax)
    if tax is None or base.tracking_error is None or without.tracking_error is None:
        return None
    variance = base.tracking_error**2 - without.tracking_error**2
    risk = standing["risk_aversion"] * base.value * variance
    return risk + standing["tax_weight"] * tax + base.cost - without.cost


def _bands(acting: _Point, base: Run, today: Run) -> tuple[object, ...]:
    """Bands and least benefits together: standing as today's decision leaves it, against acting."""
    stands = _point(today)
    still = base.tables["evaluations"].row(0, named=True)["objective_no_trade"]
    proposes = today.tables["evaluations"].row(0, named=True)["decision"] == "propose"
    left = stands.objective if proposes else still
    return (
        "bands and least benefit", "all", "", "objective", _less(stands.tracking_error, acting.tracking_error),
        _cents(_less(stands.tax, acting.tax)), _cents(stands.cost - acting.cost), _cents(_less(left, acting.objective)),
    )  # fmt: skip


def _less(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left - right


def _cents(dollars: float | None) -> float | None:
    return None if dollars is None else round(dollars, 2) + 0.0

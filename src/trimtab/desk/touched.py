"""Touched: which accounts a change of the book can reach, and by what; all others have equal inputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.desk.day import Said

Frames = Mapping[str, pl.DataFrame]
_OWN: Final = ("accounts", "lots", "positions", "open_orders", "cash_flows", "plans", "menu", "transactions",
               "scheduled_buys")  # fmt: skip
_MARKET: Final = ("prices", "securities", "factor_exposures", "factor_covariance", "specific_risk", "risk_free",
                  "calendar", "distributions", "fund_terms")  # fmt: skip
_PAIR: Final = ["account_id", "what"]


@dataclass(frozen=True, slots=True)
class Side:
    """A book beside what its accounts' policies, targets and restrictions resolve to."""

    book: Book
    said: Said


def touched(before: Side, after: Side) -> pl.DataFrame:
    """account_id, what (settings, target, restrictions, data, household, market, failure), sorted: every account of
    either book whose inputs differ, once for each kind of difference.
    """
    parts = [
        _differing(before.said.settings.wide, after.said.settings.wide, ["account_id"], "settings"),
        _targets(before, after),
        *_rules(before, after),
        *_data(before.book.tables, after.book.tables),
        _failing(before, after),
        _differing(before.book.flags, after.book.flags, ["account_id"], "data"),
        _differing(before.said.ignored, after.said.ignored, ["account_id"], "settings"),
    ]
    return pl.concat(parts).drop_nulls().unique().sort(_PAIR)


def with_households(accounts: pl.DataFrame, ids: pl.Series) -> pl.Series:
    """These accounts and all that share a household or a taxpayer with one of them, near or far; sorted."""
    owners = pl.concat(
        [
            accounts.select("account_id", owner=pl.format("{}:{}", pl.lit(kind), pl.col(f"{kind}_id")))
            for kind in ("household", "taxpayer")
        ]
    ).drop_nulls()
    found = ids.unique().sort()
    while True:
        theirs = owners.filter(pl.col("account_id").is_in(found.implode())).select("owner").unique()
        more = owners.join(theirs, on="owner", how="semi")["account_id"]
        grown = pl.concat([found, more]).unique().sort()
        if len(grown) == len(found):
            return found
        found = grown


def narrowed(book: Book, ids: pl.Series) -> Book:
    """The book of some accounts alone: the market, firms and wider scopes stay whole."""
    chosen = ids.implode()
    tables = {
        name: frame.filter(pl.col("account_id").is_in(chosen)) if "account_id" in frame.columns else frame
        for name, frame in book.tables.items()
    }
    for name in ("policies", "restrictions"):
        others = (pl.col("scope") == "account") & ~pl.col("scope_id").is_in(chosen)
        tables[name] = tables[name].filter(~others.fill_null(value=False))
    names = set(ids)
    failures = tuple(
        replace(failure, accounts=tuple(one for one in failure.accounts if one in names))
        for failure in book.failures
    )
    flags = book.flags.filter(pl.col("account_id").is_in(chosen))
    return replace(book, tables=tables, failures=failures, flags=flags)


def _rows(frame: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Each key with one fingerprint of its rows, whatever their order."""
    hashed = frame.select(*key, row=frame.hash_rows(seed=0))
    return (
        hashed.group_by(key)
        .agg(pl.col("row").sort())
        .with_columns(row=pl.col("row").cast(pl.List(pl.String)).list.join(","))
    )


def _differing(before: pl.DataFrame, after: pl.DataFrame, key: list[str], what: str) -> pl.DataFrame:
    """(key, what) of the keys whose rows are not the same in two frames of one schema."""
    if before.equals(after):
        return before.head(0).select(*key, what=pl.lit(what))
    both = _rows(before, key).join(_rows(after, key), on=key, how="full", coalesce=True, nulls_equal=True)
    return both.filter(pl.col("row").ne_missing(pl.col("row_right"))).select(*key, what=pl.lit(what))


def _targets(before: Side, after: Side) -> pl.DataFrame:
    """Accounts that aim at another target, or at one of the same name that says something else."""
    changed = pl.concat(
        [
            _differing(was, now, ["target_id"], "target")
            for was, now in (
                (getattr(before.said.targets, part), getattr(after.said.targets, part))
                for part in ("slots", "classes", "class_bounds", "class_members")
            )
        ]
    )
    was, now = (side.said.targets.account for side in (before, after))
    named = [
        aim.join(changed, on="target_id", how="semi").select("account_id", what=pl.lit("target"))
        for aim in (was, now)
    ]
    flags = _differing(before.said.targets.flags, after.said.targets.flags, ["account_id"], "target")
    return pl.concat([_differing(was, now, ["account_id"], "target"), *named, flags])


def _rules(before: Side, after: Side) -> Iterator[pl.DataFrame]:
    """Accounts that some restriction speaks to otherwise than it did."""
    was, now = before.said.restrictions, after.said.restrictions
    for part in ("securities", "groups", "lots", "conflicts", "flags", "reach"):
        yield _differing(getattr(was, part), getattr(now, part), ["account_id"], "restrictions")


def _data(before: Frames, after: Frames) -> Iterator[pl.DataFrame]:
    """Accounts whose own rows, taxpayer, household or securities differ; the market is everyone's."""
    accounts = (
        pl.concat([before["accounts"], after["accounts"]])
        .unique()
        .select("account_id", "taxpayer_id", "household_id")
    )
    for name in _OWN:
        yield _differing(before[name], after[name], ["account_id"], "data")
    for name, key in (("taxpayers", "taxpayer_id"), ("households", "household_id")):
        names = _differing(before[name], after[name], [key], "data")
        yield accounts.join(names, on=key).select(_PAIR)
    if any(not before[name].equals(after[name]) for name in _MARKET):
        yield accounts.select("account_id", what=pl.lit("market"))


def _failing(before: Side, after: Side) -> pl.DataFrame:
    """Accounts that a failure stops in one book and not in the other."""
    lost = [
        {one for failure in (*side.book.failures, *side.said.failures) for one in failure.accounts}
        for side in (before, after)
    ]
    names = sorted(lost[0] ^ lost[1])
    return pl.DataFrame({"account_id": names}, schema={"account_id": pl.String}).with_columns(
        what=pl.lit("failure")
    )

"""The cascade: desk → custodian → firm → model → household → account; each value knows who set it.

Of the rows in force that speak to an account, the narrowest scope wins, unless a row is locked: then the widest
locked one wins. The four wide scopes are resolved once per distinct combination, the two narrow ones laid over it.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from trimtab.core.digest import digest
from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.policy.cash_band import DEFAULT, follow_target, overlay
from trimtab.policy.scopes import (
    DEPTH,
    SCOPES,
    account_scopes,
    combinations,
    in_force,
    scope_id_text,
    speaking,
)
from trimtab.policy.settings import KEYS, TAX_WEIGHT_OF, canonical, nearest, typed


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved policy of every account on one date.

    `wide` has one row per account, sorted: account_id, one typed column per key, settings_digest. `shared` holds the
    values of each combination of wide scopes (group, key, value, scope, scope_id, by), `own` those that an account's
    household or itself set (account_id, key, …), `groups` says which combination an account has, `said` are the rows in
    force and `scopes` whom they speak to.
    """

    wide: pl.DataFrame
    groups: pl.DataFrame
    shared: pl.DataFrame
    own: pl.DataFrame
    said: pl.DataFrame
    scopes: pl.DataFrame

    def long(self, account_ids: list[str] | None = None) -> pl.DataFrame:
        """The `settings` table: account_id, key, value, scope, set_by; every key of every account (or of some)."""
        groups, own = self.groups, self.own
        if account_ids is not None:
            groups = groups.filter(pl.col("account_id").is_in(account_ids))
            own = own.filter(pl.col("account_id").is_in(account_ids))
        frame = overlay(groups, self.shared, own)
        by = pl.when(pl.col("by").fill_null("") != "").then("by").otherwise("scope_id")
        return frame.select("account_id", "key", "value", "scope", by.fill_null("").alias("set_by"))

    def trail(self, account_id: str) -> pl.DataFrame:
        """Every row in force that speaks to an account, widest first: key, scope, scope_id, value, by, locked, stands,
        since, until.

        `stands` marks the one whose value the account has; the others are what it overrides, or is kept from.
        """
        mine = self.scopes.filter(pl.col("account_id") == account_id)
        rows = speaking(self.said, mine, "account_id").drop("account_id")
        won = self.long([account_id]).select("key", "scope", stands=pl.lit(value=True))
        rows = rows.join(won, on=["key", "scope"], how="left").with_columns(
            pl.col("stands").fill_null(value=False)
        )
        rows = rows.sort("key", "depth")
        return rows.select("key", "scope", "scope_id", "value", "by", "locked", "stands", "since", "until")


def resolve(
    policies: pl.DataFrame,
    accounts: pl.DataFrame,
    *,
    as_of: date,
    households: pl.DataFrame | None = None,
) -> ValueWithFailures[Settings]:
    """Resolve every policy key for every account; a bad row stops the accounts for which it would have won."""
    scopes = account_scopes(accounts, households)
    rows, failures = _rows(policies, as_of)
    narrow, distinct = combinations(scopes)
    members = narrow.select("account_id", "group")
    shared = _winners(speaking(rows, distinct, "group"), "group")
    own = speaking(rows, narrow.drop("group"), "account_id")
    touched = own.select("account_id", "key").unique().join(members, on="account_id")
    wide_rows = touched.join(shared, on=["group", "key"])
    own = _winners(pl.concat([own, wide_rows.select(own.columns)]), "account_id")
    own = own.filter(pl.col("depth") >= DEPTH["household"])
    failures += _faults(rows, shared, own, members=members)
    complete = _with_defaults(_without_faults(shared, "group"), distinct)
    own, conflicts = follow_target(members, complete, _without_faults(own, "account_id"))
    wide = _widen(members, complete, own)
    said = rows.filter(pl.col("fault").is_null()).drop("fault", "number", "twice")
    return ValueWithFailures.of(Settings(wide, members, complete, own, said, scopes), failures + conflicts)


def _rows(policies: pl.DataFrame, as_of: date) -> tuple[pl.DataFrame, list[Failure]]:
    """The rows in force with canonical values; `fault` is null on a good row, else a number of its own."""
    frame = policies.select("scope", scope_id_text(), "key", "value", "locked", "by", "since", "until")
    known = pl.col("scope").is_in(list(SCOPES))
    failures = [
        _unknown_scope(row) for row in frame.filter(~known).sort("scope", "scope_id", "key").to_dicts()
    ]
    frame = frame.filter(known & in_force(as_of))
    frame = frame.with_columns(
        pl.col("locked").fill_null(value=False), pl.col("scope").replace_strict(DEPTH).alias("depth")
    )
    pairs = frame.select("key", pl.col("value").alias("said")).unique()
    good = [_good(key, said) for key, said in pairs.iter_rows()]
    pairs = pairs.with_columns(pl.Series("value", good, dtype=pl.String))
    frame = frame.rename({"value": "said"}).join(pairs, on=["key", "said"], nulls_equal=True)
    frame = _with_sensitivity(frame)
    place = ["scope", "scope_id", "key"]
    twice = pl.len().over(place) > 1
    frame = frame.sort(*place, "said", "by").with_columns(twice.alias("twice")).unique(place, keep="first")
    frame = frame.sort(place).with_row_index("number")
    bad = pl.col("value").is_null() | pl.col("twice")
    return frame.with_columns(pl.when(bad).then("number").alias("fault")), failures


def _good(name: str, said: str | None) -> str | None:
    return canonical(KEYS[name], said) if name in KEYS else None


def _with_sensitivity(frame: pl.DataFrame) -> pl.DataFrame:
    """Let `tax_sensitivity` speak as the `tax_weight` of its scope, where that scope has none of its own."""
    said = frame.filter((pl.col("key") == "tax_sensitivity") & pl.col("value").is_in(list(TAX_WEIGHT_OF)))
    weight = pl.col("value").replace_strict(TAX_WEIGHT_OF, return_dtype=pl.String)
    derived = said.with_columns(
        weight.alias("value"), weight.alias("said"), pl.lit("tax_weight").alias("key")
    )
    derived = derived.join(frame, on=["scope", "scope_id", "key"], how="anti", nulls_equal=True)
    return pl.concat([frame, derived])


def _winners(candidates: pl.DataFrame, unit: str) -> pl.DataFrame:
    """One row per unit and key: the widest locked one, else the narrowest."""
    last = len(SCOPES)
    order = pl.when("locked").then(pl.col("depth")).otherwise(2 * last - pl.col("depth"))
    ranked = candidates.with_columns(order.alias("order")).sort(unit, "key", "order")
    return ranked.unique([unit, "key"], keep="first", maintain_order=True).drop("order")


def _without_faults(winners: pl.DataFrame, unit: str) -> pl.DataFrame:
    defaults = pl.col("key").replace_strict({name: key.default for name, key in KEYS.items()}, default=None)
    bad = pl.col("fault").is_not_null()
    return winners.filter(pl.col("key").is_in(list(KEYS))).select(
        unit,
        "key",
        pl.when(bad).then(defaults).otherwise("value").alias("value"),
        pl.when(bad).then(pl.lit(DEFAULT)).otherwise("scope").alias("scope"),
        pl.when(bad).then(pl.lit("")).otherwise("scope_id").alias("scope_id"),
        pl.when(~bad).then("by").alias("by"),
    )


def _with_defaults(shared: pl.DataFrame, distinct: pl.DataFrame) -> pl.DataFrame:
    """Every key of every combination, sorted by both; what nobody set has its default."""
    keys = pl.DataFrame(
        {"key": list(KEYS), "default": [key.default for key in KEYS.values()]},
        schema={"key": pl.String, "default": pl.String},
    )
    frame = distinct.select("group").join(keys, how="cross").join(shared, on=["group", "key"], how="left")
    unset = pl.col("scope").is_null()
    return frame.select(
        "group",
        "key",
        pl.when(unset).then("default").otherwise("value").alias("value"),
        pl.col("scope").fill_null(DEFAULT),
        pl.col("scope_id").fill_null(""),
        "by",
    ).sort("group", "key")


def _widen(members: pl.DataFrame, shared: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    names = list(KEYS)
    base = _pivot(shared, "group", names)
    over = _pivot(own, "account_id", names).rename({name: f"own_{name}" for name in names})
    texts = members.join(base, on="group", how="left", maintain_order="left")
    texts = texts.join(over, on="account_id", how="left", maintain_order="left")
    texts = texts.select(
        "account_id", *[pl.coalesce(f"own_{name}", pl.col(name)).alias(name) for name in names]
    )
    lines = [pl.concat_str(pl.lit(f"{name}="), name) for name in names]
    whole = texts.select(pl.concat_str(lines, separator="\n").alias("text")).get_column("text")
    prints = {text: digest(text) for text in whole.unique().to_list()}
    prints_column = whole.replace_strict(prints, return_dtype=pl.String).alias("settings_digest")
    return texts.select("account_id", *[typed(name) for name in names]).with_columns(prints_column)


def _pivot(long: pl.DataFrame, unit: str, names: list[str]) -> pl.DataFrame:
    """One row per unit, one text column per key, null where the unit has no row for it."""
    picked = [pl.col("value").filter(pl.col("key") == name).first().alias(name) for name in names]
    return long.group_by(unit, maintain_order=True).agg(picked)


def _faults(
    rows: pl.DataFrame, shared: pl.DataFrame, own: pl.DataFrame, *, members: pl.DataFrame
) -> list[Failure]:
    """One failure per bad row, naming the accounts for which it would have won."""
    bad = rows.filter(pl.col("fault").is_not_null())
    if not bad.height:
        return []
    wide = members.join(shared.filter(pl.col("fault").is_not_null()), on="group")
    wide = wide.join(own, on=["account_id", "key"], how="anti").select("account_id", "fault")
    narrow = own.filter(pl.col("fault").is_not_null()).select("account_id", "fault")
    struck = pl.concat([wide, narrow]).group_by("fault").agg(pl.col("account_id").unique().sort())
    accounts = dict(struck.iter_rows())
    return [_fault(row, tuple(accounts.get(row["fault"], ()))) for row in bad.to_dicts()]


def _fault(row: dict[str, object], accounts: tuple[str, ...]) -> Failure:
    name, said = str(row["key"]), str(row["said"] if row["said"] is not None else "")
    place = f"{row['scope']}/{row['scope_id'] or ''}/{name}"
    if name not in KEYS:
        near = nearest(name, list(KEYS))
        remedy = f"did you mean {near}?" if near else "see the policy keys of the book's contract"
        message = f"there is no policy key {name}"
        return Failure(Reason.INVALID, "policies", place, "key", name, message, remedy, accounts)
    if row["twice"]:
        message = f"{name} is said more than once for the same scope"
        return Failure(Reason.DUPLICATE, "policies", place, "key", said, message, "keep one row", accounts)
    message = f"{said or 'an empty value'} is no value of {name}"
    remedy = f"write {KEYS[name].allowed}"
    return Failure(Reason.INVALID, "policies", place, "value", said, message, remedy, accounts)


def _unknown_scope(row: dict[str, object]) -> Failure:
    scope = str(row["scope"])
    near = nearest(scope, list(SCOPES))
    remedy = f"did you mean {near}?" if near else "write one of " + ", ".join(SCOPES)
    place = f"{scope}/{row['scope_id'] or ''}/{row['key']}"
    return Failure(Reason.INVALID, "policies", place, "scope", scope, f"there is no scope {scope}", remedy)

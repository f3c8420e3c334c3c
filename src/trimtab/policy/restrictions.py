"""Restrictions: every rule that speaks to an account, laid over the securities that matter to it.

Rules of all scopes hold together: a narrower one adds, it never lifts a wider one. Where two collide the safer wins
(what is frozen or never sold stays) and the collision is kept with both rules.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.market.selectors import Members, select_members
from trimtab.policy.rules import UNTRADED, place, read_rows, rule_failure
from trimtab.policy.scopes import SCOPES, account_scopes, combinations, in_force, scope_id_text, speaking

_PAIR: Final = ["account_id", "security_id"]
_UNMATCHED: Final = "restriction_unmatched"


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What binds each account, sorted by account and security; columns are described in docs/spec/cascade.md.

    `securities`: one row per account and security that any rule speaks to; `groups`: sums over a selector; `lots`: lots
    on hold; `conflicts`: rules that collide, the winner first; `hits` (account_id, security_id, number) and `rows`:
    which rule says what; `reach` (account_id, rule): every rule in force for an account, whatever it holds; `flags`
    (account_id, flag).
    """

    securities: pl.DataFrame
    groups: pl.DataFrame
    lots: pl.DataFrame
    conflicts: pl.DataFrame
    hits: pl.DataFrame
    rows: pl.DataFrame
    reach: pl.DataFrame
    flags: pl.DataFrame
    scopes: pl.DataFrame

    def heard(self, account_id: str) -> pl.DataFrame:
        """The rows in force for an account, whatever it holds; as `rows`."""
        mine = self.scopes.filter(pl.col("account_id") == account_id)
        return speaking(self.rows, mine, "account_id").drop("account_id").sort("number")

    def why(self, account_id: str, security_id: str) -> list[str]:
        """The rules that speak to a security of an account, in words, each with who set it."""
        mine = (pl.col("account_id") == account_id) & (pl.col("security_id") == security_id)
        return self.hits.filter(mine).join(self.rows, on="number").sort("number").get_column("text").to_list()


@dataclass(frozen=True, slots=True)
class Held:
    """Whom and what restrictions may speak of: the accounts and households, the securities and tags of the book.

    `universe` (account_id, security_id) are the pairs that matter: held, in the target, or to be bought.
    """

    accounts: pl.DataFrame
    households: pl.DataFrame
    securities: pl.DataFrame
    tags: pl.DataFrame
    universe: pl.DataFrame


def resolve_restrictions(
    restrictions: pl.DataFrame, held: Held, *, as_of: date
) -> ValueWithFailures[Restrictions]:
    """Lay the restrictions in force on a date over every account; a bad row stops the accounts under its scope."""
    scopes = account_scopes(held.accounts, held.households)
    narrow, distinct = combinations(scopes)
    names = ["scope", "scope_id", "rule", "selector", "value", "note", "since", "until"]
    said = restrictions.with_columns(scope_id_text()).filter(in_force(as_of)).select(names).sort(names)
    rows, bad = read_rows(said, as_of=as_of)
    members = select_members(rows.get_column("selector"), held.securities, held.tags)
    failures = [rule_failure(row, fault, _under(row, narrow, distinct)) for row, fault in bad]
    flags, unmatched = _unmatched(rows, members, narrow=narrow, distinct=distinct)
    slim = rows.select("number", "scope", "scope_id", "selector", "rule")
    wide = speaking(slim, distinct, "group")
    own = speaking(slim, narrow.drop("group"), "account_id")
    pairs = held.universe.unique().sort(_PAIR).with_row_index("pair").join(narrow, on="account_id")
    hits = _hits(wide, own, pairs, members=members)
    single = rows.filter(~pl.col("summed") & (pl.col("rule") != "hold_lot"))
    securities, conflicts = _securities(hits, pairs.select("pair", *_PAIR), single)
    value = Restrictions(
        securities,
        _groups(hits.join(rows.filter("summed"), on="number").join(pairs, on="pair")),
        _lots(
            _heard(wide, own, narrow, which=pl.col("rule") == "hold_lot").join(rows.drop("rule"), on="number")
        ),
        conflicts,
        pairs.select("pair", *_PAIR).join(hits, on="pair").select(*_PAIR, "number"),
        rows,
        _heard(wide.unique(["group", "rule"]), own, narrow)
        .select("account_id", "rule")
        .unique()
        .sort("account_id", "rule"),
        flags,
        scopes,
    )
    return ValueWithFailures.of(value, failures + unmatched)


def _heard(
    wide: pl.DataFrame, own: pl.DataFrame, narrow: pl.DataFrame, *, which: pl.Expr | None = None
) -> pl.DataFrame:
    """Every (account_id, rule, number) in force, or those of some rules."""
    columns = ["account_id", "rule", "number"]
    chosen = (wide, own) if which is None else (wide.filter(which), own.filter(which))
    shared = narrow.select("account_id", "group").join(chosen[0], on="group")
    return pl.concat([shared.select(columns), chosen[1].select(columns)])


def _under(row: dict[str, object], narrow: pl.DataFrame, distinct: pl.DataFrame) -> tuple[str, ...]:
    """The accounts under a row's scope."""
    scope = str(row["scope"])
    if scope not in SCOPES:
        return ()
    frame = narrow.join(distinct, on="group")
    return tuple(frame.filter(pl.col(scope) == row["scope_id"]).get_column("account_id").sort().to_list())


def _unmatched(
    rows: pl.DataFrame, members: Members, *, narrow: pl.DataFrame, distinct: pl.DataFrame
) -> tuple[pl.DataFrame, list[Failure]]:
    """Tell of selectors that name nothing in the book; where something is near by name, a person should look."""
    failures: list[Failure] = []
    flagged: set[str] = set()
    for row in rows.filter(pl.col("selector").is_in(list(members.unmatched))).to_dicts():
        near = members.unmatched[row["selector"]]
        message = f"nothing in the book is {row['selector']}"
        remedy = f"did you mean {near}?" if near else "the rule binds once something is"
        failures.append(
            Failure(Reason.MISSING, "restrictions", place(row), "selector", row["selector"], message, remedy)
        )
        if near:
            flagged.update(_under(row, narrow, distinct))
    flags = pl.DataFrame({"account_id": sorted(flagged)}, schema={"account_id": pl.String})
    return flags.with_columns(flag=pl.lit(_UNMATCHED)), failures


def _hits(wide: pl.DataFrame, own: pl.DataFrame, pairs: pl.DataFrame, *, members: Members) -> pl.DataFrame:
    """Every (pair, number) where a rule speaks to an account and security that matter; in order."""
    present = pairs.select("security_id").unique()
    found = members.frame.join(present, on="security_id", how="semi")
    shared = wide.join(found, on="selector").select("group", "security_id", "number")
    parts = [pairs.join(shared, on=["group", "security_id"])]
    single = pl.col("selector").str.starts_with("security:")
    direct = own.filter(single).join(found, on="selector").select(*_PAIR, "number")
    parts.append(pairs.join(direct, on=_PAIR))
    rest = pairs.join(own.filter(~single), on="account_id")
    parts.append(rest.join(found, on=["selector", "security_id"], how="semi"))
    return pl.concat([part.select("pair", "number") for part in parts]).sort("pair", "number")


def _securities(
    hits: pl.DataFrame, pairs: pl.DataFrame, rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per pair with everything that binds it, and the pairs where two rules collide.

    Pairs under the same rules share one reading of them: there are far fewer sets of rules than pairs.
    """
    said = hits.join(rows.select("number"), on="number", how="semi", maintain_order="left")
    joined = pl.col("number").cast(pl.String).str.join(",").alias("rules")
    bound = said.group_by("pair", maintain_order=True).agg(joined)
    sets = bound.select(pl.col("rules").unique().sort()).with_row_index("set")
    listed = sets.with_columns(pl.col("rules").str.split(",").alias("number")).explode("number")
    frame = _read_sets(listed.with_columns(pl.col("number").cast(pl.UInt32)).join(rows, on="number"))
    laid = bound.join(sets, on="rules").select("pair", "set").join(pairs, on="pair").select(*_PAIR, "set")
    conflicts = laid.join(_conflicts(frame), on="set").drop("set").sort(*_PAIR, "limit")
    over = pl.col("min_weight") > pl.col("max_weight")
    frame = frame.with_columns(
        (pl.col("wanted_sold") & ~pl.col("no_sell")).alias("must_sell"),
        pl.when(~over.fill_null(value=False)).then("min_weight").alias("min_weight"),
    ).drop("wanted_sold", "keeps", "disposes", "caps", "floors", "holds")
    return laid.join(frame, on="set").drop("set").sort(_PAIR), conflicts


def _read_sets(listed: pl.DataFrame) -> pl.DataFrame:
    """What each set of rules asks for together."""

    def says(*rules: str) -> pl.Expr:
        return pl.col("rule").is_in(rules).any()

    def words(*rules: str) -> pl.Expr:
        return pl.col("text").filter(pl.col("rule").is_in(rules)).str.join("; ")

    def weight(rule: str) -> pl.Expr:
        return pl.col("weight").filter(pl.col("rule") == rule)

    keeping, disposing = ("never_sell", *UNTRADED), ("never_own", "sell")
    return (
        listed.sort("set", "number")
        .group_by("set", maintain_order=True)
        .agg(
            no_buy=says("never_buy", *disposing, *UNTRADED),
            no_sell=says(*keeping),
            freeze=says("freeze", "blackout"),
            exclude=says("exclude"),
            held_away=says("held_away"),
            wanted_sold=says(*disposing),
            sell_by=pl.col("sell_by").min(),
            no_gain=says("no_gain"),
            no_short_gain=says("no_short_gain", "no_gain"),
            max_weight=weight("max_weight").min(),
            min_weight=weight("min_weight").max(),
            hold_quantity=pl.col("quantity").max(),
            sell_first=says("sell_first"),
            keeps=words(*keeping),
            disposes=words(*disposing),
            caps=words("max_weight"),
            floors=words("min_weight"),
            holds=words("hold_shares"),
            provenance=pl.col("text").str.join("; "),
        )
    )


def _conflicts(frame: pl.DataFrame) -> pl.DataFrame:
    """set, limit, stands, yields: the rule that stands and the one that gives way, in words."""
    sold = pl.col("wanted_sold")
    cases = [
        ("never_sell", pl.col("no_sell") & sold, "keeps", "disposes"),
        ("hold_shares", (pl.col("hold_quantity") > 0) & sold, "holds", "disposes"),
        ("max_weight", pl.col("min_weight") > pl.col("max_weight"), "caps", "floors"),
        ("min_weight", (pl.col("min_weight") > 0) & sold, "disposes", "floors"),
    ]
    parts = [
        frame.filter(case).select("set", limit=pl.lit(limit), stands=stands, yields=yields)
        for limit, case, stands, yields in cases
    ]
    return pl.concat(parts)


def _groups(spoken: pl.DataFrame) -> pl.DataFrame:
    """account_id, rule, selector, value, security_id, provenance: the tightest sum per selector, one row a member."""
    place = ["account_id", "rule", "selector"]
    value = (
        pl.when(pl.col("rule") == "max_weight").then(pl.col("weight").min()).otherwise(pl.col("weight").max())
    )
    frame = spoken.with_columns(value.over(place).alias("tight")).filter(pl.col("weight") == pl.col("tight"))
    frame = frame.sort(*place, "security_id", "number").unique([*place, "security_id"], keep="first")
    frame = frame.select(*place, value="tight", security_id="security_id", provenance="text")
    return frame.sort(*place, "security_id")


def _lots(spoken: pl.DataFrame) -> pl.DataFrame:
    """account_id, lot_id, security_id (null: whatever it is of), provenance: lots that are not to be sold."""
    held = (
        spoken.filter(pl.col("rule") == "hold_lot")
        .with_columns(pl.col("lots").str.split(";"))
        .explode("lots")
    )
    named = pl.col("selector").str.starts_with("security:")
    security = pl.when(named).then(pl.col("selector").str.strip_prefix("security:"))
    frame = held.select("account_id", lot_id="lots", security_id=security, provenance="text")
    return frame.unique(["account_id", "lot_id"], keep="first").sort("account_id", "lot_id")

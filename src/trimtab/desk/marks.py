"""Marks: what a day's facts forbid of a holding or a line, and what is doubtful about an account."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from trimtab.ledger.reconcile import breaks
from trimtab.optimize.years import AccountYears
from trimtab.policy.restrictions import Restrictions
from trimtab.policy.target import Targets

Frames = Mapping[str, pl.DataFrame]
_KEYS = ["account_id", "security_id"]


def breaks_of(tables: Frames) -> pl.DataFrame:
    """Where the custodian's positions differ from the lots."""
    return breaks(tables["lots"], tables["positions"])


def holding_marks(
    tables: Frames, restrictions: Restrictions, broken: pl.DataFrame, doubts: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """account_id, security_id, excluded, frozen: holdings outside the value, and those that may not trade today.

    Frozen is, first cause first: a break, no price or a stale one, an illiquid security outside its window, a
    restriction.
    """
    pairs = tables["lots"].select(_KEYS).unique()
    shut = _outside_window(tables, as_of)
    illiquid = pairs.join(shut, on="security_id", how="semi").with_columns(illiquid=pl.lit("illiquid"))
    doubtful = doubts.filter(
        pl.col("flag").is_in(["stale_price", "unpriced"]) & pl.col("security_id").is_not_null()
    )
    priced = (
        doubtful.sort(*_KEYS, "flag").group_by(_KEYS, maintain_order=True).agg(doubt=pl.col("flag").first())
    )
    rules = restrictions.securities.select(
        *_KEYS,
        excluded="exclude",
        ruled=pl.when(pl.col("freeze") | pl.col("held_away")).then(
            pl.when("freeze").then(pl.lit("freeze")).otherwise(pl.lit("held_away"))
        ),
    )
    joined = rules
    for part in (illiquid, priced, broken.select(*_KEYS, broken=pl.lit("break"))):
        joined = joined.join(part, on=_KEYS, how="full", coalesce=True)
    return joined.select(
        *_KEYS,
        excluded=pl.col("excluded").fill_null(value=False),
        frozen=pl.coalesce("broken", "doubt", "illiquid", "ruled"),
    ).sort(_KEYS)


def _outside_window(tables: Frames, as_of: date) -> pl.DataFrame:
    """security_id, next_window of illiquid securities that do not trade today."""
    window = pl.col("next_window")
    shut = pl.col("illiquid") & (window.is_null() | (window > as_of))
    return tables["securities"].filter(shut).select("security_id", "next_window")


def closed_to_buys(tables: Frames, targets: Targets, terms: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """account_id, security_id, closed (text): what fund terms close today, and products outside their window, held or
    not.
    """
    aims = targets.account.select("account_id", "target_id").drop_nulls()
    products = targets.slots.select("target_id", "security_id").drop_nulls().unique()
    until = pl.col("next_window").cast(pl.String).fill_null("a day unknown")
    shut = (
        aims.join(products, on="target_id")
        .join(_outside_window(tables, as_of), on="security_id")
        .select(*_KEYS, closed=pl.format("illiquid until {}", until))
    )
    said = terms.filter(pl.col("closed").is_not_null()).select(*_KEYS, "closed")
    return pl.concat([shut, said]).unique(_KEYS, keep="first", maintain_order=True).sort(_KEYS)


def line_rules(
    restrictions: Restrictions,
    windows: pl.DataFrame,
    distributions: pl.DataFrame,
    *,
    closed: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """What restrictions, wash windows, distributions to come and `closed_to_buys` say of a line, as
    `limits.line_bounds` reads it: the texts name the rule.
    """
    rules = restrictions.securities.select(
        *_KEYS,
        bought=pl.when("no_buy").then("provenance"),
        no_sell=pl.when("no_sell").then("provenance"),
        must_sell=pl.when(pl.col("must_sell") & (pl.col("sell_by") <= as_of)).then("provenance"),
        max_weight="max_weight",
        min_weight="min_weight",
        hold_quantity="hold_quantity",
    )
    washed = windows.filter(pl.col("no_buy_until") >= as_of).select(
        *_KEYS, window=pl.format("wash window until {}", "no_buy_until")
    )
    joined = rules
    for part in (washed, distributions, closed):
        joined = joined.join(part, on=_KEYS, how="full", coalesce=True)
    return (
        joined.with_columns(no_buy=pl.coalesce("bought", "window", "distribution", "closed"))
        .drop("bought", "window", "distribution", "closed", "ex_date")
        .sort(_KEYS)
    )


def stand_ins(facts: pl.DataFrame, targets: Targets, rules: pl.DataFrame) -> pl.DataFrame:
    """account_id, slot_id of slots whose substitutes may be needed: a product of theirs stands at a loss that is worth
    something, or their first product may not be bought.
    """
    aims = targets.account.select("account_id", "target_id").drop_nulls()
    products = targets.slots.select("target_id", "slot_id", "security_id", "slot_first").drop_nulls()
    losing = facts.filter(pl.col("saved") > 0).select(_KEYS).unique()
    shut = rules.filter(pl.col("no_buy").is_not_null()).select("account_id", slot_first="security_id")
    by_loss = losing.join(aims, on="account_id").join(products, on=["target_id", "security_id"])
    by_rule = shut.join(aims, on="account_id").join(products, on=["target_id", "slot_first"])
    both = pl.concat([by_loss.select("account_id", "slot_id"), by_rule.select("account_id", "slot_id")])
    return both.unique().sort("account_id", "slot_id")


def account_flags(
    tables: Frames, targets: Targets, restrictions: Restrictions, broken: pl.DataFrame, years: AccountYears
) -> list[pl.DataFrame]:
    """Frames of account_id, flag: what a person should know of an account that still is evaluated."""
    own = pl.DataFrame(
        {
            "account_id": years.account_ids,
            "rates": years.has_taxpayer,
            "known": years.known & years.has_taxpayer,
        }
    )
    colliding = restrictions.conflicts.select("account_id", flag=pl.lit("conflict"))
    return [
        targets.flags.select("account_id", "flag"),
        restrictions.flags.select("account_id", "flag"),
        broken.select("account_id", flag=pl.lit("break")),
        colliding,
        own.filter(~pl.col("rates")).select("account_id", flag=pl.lit("default_rates")),
        own.filter(pl.col("rates") & ~pl.col("known")).select("account_id", flag=pl.lit("unknown_tax")),
        tables["open_orders"].select("account_id", flag=pl.lit("open_order")),
    ]


def coming_distributions(
    tables: Frames, targets: Targets, settings: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """account_id, security_id, ex_date, distribution: what waits for a fund to pay out gains, as a substitute serves.

    Taxable accounts only; a substitute serves where another product of the slot may be bought that pays out none.
    """
    gains = tables["distributions"].filter(
        pl.col("kind").is_in(["short_gain", "long_gain"]) & (pl.col("ex_date") > as_of)
    )
    soon = gains.group_by("security_id").agg(ex_date=pl.col("ex_date").min())
    taxable = tables["accounts"].filter(pl.col("tax_type") == "taxable").select("account_id")
    waits = settings.select("account_id", wait=pl.col("avoid_distribution_days"))
    products = targets.slots.filter("buyable").select("target_id", "slot_id", "security_id")
    paying = products.join(soon, on="security_id", how="left", maintain_order="left")
    free = pl.col("ex_date").is_null().any().over("target_id", "slot_id")
    avoidable = paying.with_columns(free=free).filter(pl.col("free") & pl.col("ex_date").is_not_null())
    aims = targets.account.select("account_id", "target_id").join(taxable, on="account_id", how="semi")
    rows = aims.join(avoidable, on="target_id").join(waits, on="account_id")
    near = (pl.col("ex_date") - as_of).dt.total_days() <= pl.col("wait")
    text = pl.format("gain distribution on {}", "ex_date")
    return rows.filter(near).select(*_KEYS, "ex_date", distribution=text).unique(_KEYS).sort(_KEYS)

"""What was validly said but is not acted on yet: told per account, never ignored in silence."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from trimtab.policy.cascade import Settings
from trimtab.policy.restrictions import Restrictions
from trimtab.policy.settings import KEYS

PREFIX: Final = "unhonoured:"
_BY_THE_CASCADE: Final = frozenset({"tax_sensitivity"})


def unhonoured(
    settings: Settings,
    restrictions: Restrictions,
    tables: Mapping[str, pl.DataFrame],
    *,
    honoured: frozenset[str],
    asked: frozenset[str],
    universe: pl.DataFrame,
) -> pl.DataFrame:
    """(account_id, flag `unhonoured:NAME`), sorted, for what an account relies on and `honoured` does not name.

    Names are policy keys set to other than their default, restriction rules in force, and those of the `asked` tables
    that have rows for the account: by account, taxpayer or household, else by a security of its `universe`.
    """
    parts = [
        _keys(settings, honoured),
        restrictions.reach.filter(~pl.col("rule").is_in(list(honoured))).select("account_id", name="rule"),
        *[_table(name, tables, universe) for name in sorted(asked - honoured)],
    ]
    frame = pl.concat(parts).unique().sort("account_id", "name")
    return frame.select("account_id", flag=pl.lit(PREFIX) + pl.col("name"))


def _keys(settings: Settings, honoured: frozenset[str]) -> pl.DataFrame:
    watched = sorted(KEYS.keys() - honoured - _BY_THE_CASCADE)
    defaults = {name: KEYS[name].default for name in watched}
    standing = pl.col("key").replace_strict(defaults, default=None, return_dtype=pl.String)
    of_interest = pl.col("key").is_in(watched)
    away = pl.col("value") != standing
    shared = settings.groups.join(settings.shared.filter(of_interest & away), on="group")
    own = settings.own.filter(of_interest)
    kept = shared.select("account_id", "key").join(own, on=["account_id", "key"], how="anti")
    return pl.concat([kept, own.filter(away).select("account_id", "key")]).rename({"key": "name"})


def _table(name: str, tables: Mapping[str, pl.DataFrame], universe: pl.DataFrame) -> pl.DataFrame:
    """The accounts that a table's rows are about."""
    frame = tables[name]
    accounts = tables["accounts"].select("account_id", "household_id", "taxpayer_id")
    for column, among in (
        ("account_id", accounts),
        ("taxpayer_id", accounts),
        ("household_id", accounts),
        ("security_id", universe),
    ):
        if column in frame.columns:
            keys = frame.select(column).unique()
            told = among.join(keys, on=column, how="semi").select("account_id").unique()
            return told.with_columns(name=pl.lit(name))
    told = accounts.select("account_id") if frame.height else accounts.select("account_id").clear()
    return told.with_columns(name=pl.lit(name))

"""What the wash windows of a shard are read from: frames of the book with scopes, groups and prices resolved."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from trimtab.ledger.columns import MONEY

PART_MARK = "~"
"""Parts of one lot with histories of their own stand in a frame as LOT, LOT~2, LOT~3…: one purchase all the same."""
SALES = ("sell", "merger_cash")
PURCHASES = ("buy", "reinvest", "option_buy")
ARRIVALS = (*PURCHASES, "gift_in", "inherit", "transfer", "transfer_in", "spinoff", "merger_stock")
_OPTIONAL: Mapping[str, type[pl.DataType] | pl.DataType] = {
    "order": pl.String,
    "underlying": pl.String,
    "acquired": pl.Date,
    "new": MONEY,
    "old": MONEY,
}


@dataclass(frozen=True, slots=True)
class Shard:
    """Frames of a shard.

    `lots`, `transactions`, `scheduled_buys`: as in the book (transactions may also carry order, underlying, new, old
    and the acquired date of the lot sold). `accounts`: account_id, taxable, scope_id (where its losses are looked at),
    exclude_older. `members`: scope_id, account_id (whose purchases that scope sees). `securities`: security_id,
    group_id, price.
    """

    lots: pl.DataFrame
    transactions: pl.DataFrame
    scheduled_buys: pl.DataFrame
    accounts: pl.DataFrame
    members: pl.DataFrame
    securities: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Coded:
    """A shard's names as small integers, so that millions of rows are joined on numbers.

    `accounts`: account_id, account, scope, taxable, exclude_older. `members`: scope, account. `securities`:
    security_id, security, group, price. A place where shares replace each other is scope × groups + group.
    """

    accounts: pl.DataFrame
    members: pl.DataFrame
    securities: pl.DataFrame
    groups: int

    def place(self) -> pl.Expr:
        """Scope and group as one number."""
        return (pl.col("scope").cast(pl.Int64) * self.groups + pl.col("group")).alias("place")

    def on_accounts(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows with the number, scope and rules of their account; rows of unknown accounts drop out."""
        return rows.join(self.accounts.lazy(), on="account_id").drop("account_id")

    def on_securities(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows with the number, group and price of their security; rows of unknown securities drop out."""
        return rows.join(self.securities.lazy(), on="security_id").drop("security_id")

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the names of their account and security again."""
        return rows.join(self.accounts.select("account_id", "account"), on="account").join(
            self.securities.select("security_id", "security"), on="security"
        )


def coded(shard: Shard) -> Coded:
    """Number the names of a shard in their sorted order."""
    scope = shard.members.select("scope_id").unique().sort("scope_id").with_row_index("scope")
    accounts = (
        shard.accounts.sort("account_id").with_row_index("account").join(scope, on="scope_id", how="left")
    )
    group = shard.securities.select("group_id").unique().sort("group_id").with_row_index("group")
    securities = shard.securities.sort("security_id").with_row_index("security").join(group, on="group_id")
    members = shard.members.join(scope, on="scope_id").join(
        accounts.select("account_id", "account"), on="account_id"
    )
    return Coded(
        accounts.select("account_id", "account", "scope", "taxable", "exclude_older"),
        members.select("scope", "account"),
        securities.select("security_id", "security", "group", "price"),
        group.height,
    )


def shard_of(tables: Mapping[str, pl.DataFrame], settings: pl.DataFrame) -> Shard:
    """A shard of the book's tables; `settings` has account_id, wash_scope and exclude_acquired_before_loss_lot."""
    securities = tables["securities"]
    accounts, members = scopes(tables["accounts"], settings)
    return Shard(
        lots=tables["lots"],
        transactions=tables["transactions"],
        scheduled_buys=tables["scheduled_buys"],
        accounts=accounts,
        members=members,
        securities=securities.select(
            "security_id",
            pl.coalesce("identical_group", "security_id").alias("group_id"),
            "price",
        ),
    )


def scopes(accounts: pl.DataFrame, settings: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each account's own scope by its setting, and the accounts every scope in use sees.

    Without a household the taxpayer is the scope, without a taxpayer the account. `wash_owners` narrows a household:
    `self` is the account's own taxpayer, `spouse` all others of the household, another name a taxpayer_id; accounts of
    no taxpayer count for everybody.
    """
    taxpayer = pl.concat_str(pl.lit("taxpayer:"), "taxpayer_id")
    household = pl.coalesce(pl.concat_str(pl.lit("household:"), "household_id", _narrowed()), taxpayer)
    own = pl.concat_str(pl.lit("account:"), "account_id")
    ids = accounts.join(settings, on="account_id", how="left", maintain_order="left").select(
        "account_id",
        own.alias("account"),
        pl.coalesce(taxpayer, own).alias("taxpayer"),
        pl.coalesce(household, own).alias("household"),
        pl.col("wash_scope").fill_null("household"),
        taxable=pl.col("tax_type") == "taxable",
        exclude_older=pl.col("exclude_acquired_before_loss_lot").fill_null(value=False),
    )
    scope = pl.col("wash_scope")
    chosen = (
        pl.when(scope == "account")
        .then(pl.col("account"))
        .when(scope == "taxpayer")
        .then(pl.col("taxpayer"))
        .otherwise(pl.col("household"))
    )
    mine = ids.select("account_id", "taxable", chosen.alias("scope_id"), "exclude_older")
    whole = [
        ids.select(pl.col(kind).alias("scope_id"), "account_id")
        for kind in ("account", "taxpayer", "household")
    ]
    seen = pl.concat([*whole, _narrow_members(accounts, mine)])
    return mine, seen.unique().join(mine.select("scope_id").unique(), on="scope_id").sort(
        "scope_id", "account_id"
    )


_SPOUSE = "spouse"
_OWNERS = "|owners:"


def _narrowed() -> pl.Expr:
    """What a household's scope is called beyond its name: nothing where all of its taxpayers count."""
    said = pl.col("wash_owners").fill_null(_SPOUSE).str.split(";")
    named = said.list.set_difference(pl.lit(["self"])).list.sort()
    own = pl.col("taxpayer_id").fill_null("")
    words = pl.concat_str([pl.lit(_OWNERS), own, pl.lit(";"), named.list.join(";")])
    return pl.when(said.list.contains(_SPOUSE)).then(pl.lit("")).otherwise(words)


def _narrow_members(accounts: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """The accounts that narrowed households see: scope_id, account_id."""
    narrow = mine.select("scope_id").unique().filter(pl.col("scope_id").str.contains(_OWNERS, literal=True))
    parts = pl.col("scope_id").str.strip_prefix("household:").str.split_exact(_OWNERS, 1)
    split = narrow.with_columns(
        household_id=parts.struct.field("field_0"), payers=parts.struct.field("field_1").str.split(";")
    )
    inside = split.join(accounts.select("household_id", "account_id", "taxpayer_id"), on="household_id")
    seen = pl.col("taxpayer_id").is_null() | pl.col("payers").list.contains(pl.col("taxpayer_id"))
    return inside.filter(seen).select("scope_id", "account_id")


def with_optional(transactions: pl.DataFrame) -> pl.DataFrame:
    """Transactions with every optional column a wash window can use, unknown where the book has none."""
    absent = [name for name in _OPTIONAL if name not in transactions.columns]
    return transactions.with_columns([pl.lit(None, dtype=_OPTIONAL[name]).alias(name) for name in absent])


def base_lot(column: str) -> pl.Expr:
    """The purchase a part of a lot belongs to."""
    return pl.col(column).str.split_exact(PART_MARK, 1).struct.field("field_0").alias("base_id")

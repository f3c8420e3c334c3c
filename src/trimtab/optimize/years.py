"""Each account's tax year: whose it is, what has been realized in it, and what is still allowed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from trimtab.core.result import Failure, ValueWithFailures
from trimtab.optimize.yearpath import gradient
from trimtab.optimize.yeartax import Bools, Floats, Ints, YearParams, params_from_frame, year_tax

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class AccountYears:
    """The year of each account, in the order of `account_ids`.

    `others_*`: S and L of the taxpayer without this account's own realizations (losses carried in are negative);
    `own_*`: what this account has realized this year. `known` is False where nothing says what was realized;
    `has_taxpayer` is False where the top rates stand in. `payer` numbers the taxpayer whose year it is (−1: nobody
    else's). Dollars. What shares a tax budget with the account
    (`optimize.sharing`): `outside_*` are S and L of the taxpayer without any of its realizations, `elsewhere` is the
    tax due of it for other taxpayers, `elsewhere_gain` the net gain of it in other accounts.
    """

    account_ids: tuple[str, ...]
    payer: Ints
    params: YearParams
    taxed: Bools
    has_taxpayer: Bools
    known: Bools
    others_short: Floats
    others_long: Floats
    own_short: Floats
    own_long: Floats
    outside_short: Floats
    outside_long: Floats
    elsewhere: Floats
    elsewhere_gain: Floats

    @property
    def position(self) -> tuple[Floats, Floats]:
        """S and L as they stand before any proposal."""
        return self.others_short + self.own_short, self.others_long + self.own_long

    def take(self, rows: Ints) -> "AccountYears":
        """The years of some accounts, by their places."""
        arrays = {name: getattr(self, name)[rows] for name in _ARRAYS}
        ids = tuple(self.account_ids[i] for i in rows)
        return AccountYears(account_ids=ids, params=self.params.take(rows), **arrays)

    def put(self, rows: Ints, other: "AccountYears") -> "AccountYears":
        """These years with those of some accounts, by their places, taken from `other` (of the same accounts)."""
        changed = {name: getattr(self, name).copy() for name in _ARRAYS}
        for name, values in changed.items():
            values[rows] = getattr(other, name)[rows]
        return replace(self, **changed)

    def after(self, short: Floats, long: Floats) -> "AccountYears":
        """The years once others of the taxpayer have realized these gains too."""
        return replace(self, others_short=self.others_short + short, others_long=self.others_long + long)

    def marginal_rates(self) -> tuple[Floats, Floats]:
        """Rates on the next dollar of short and of long gain, as the year stands."""
        return gradient(*self.position, self.params)

    def added_tax(self, short: Floats, long: Floats) -> Floats:
        """T after less T before, of a proposal that realizes these gains."""
        before_short, before_long = self.position
        before = year_tax(before_short, before_long, self.params)
        return year_tax(before_short + short, before_long + long, self.params) - before

    def budget_room(self, budget: Floats) -> Floats:
        """How far T may rise from where it stands so that the tax due for this account, and for what shares its
        budget, keeps within `budget` (dollars a year; infinite for none). Never below zero: doing nothing is always
        within it.
        """
        due = self.due(self.outside_short, self.outside_long)
        return np.maximum(budget - self.elsewhere + due - year_tax(*self.position, self.params), 0.0)

    def gain_room(self, budget: Floats) -> Floats:
        """Net gains this account may still realize of a budget of the year (dollars; infinite for none)."""
        return np.maximum(budget - self.own_short - self.own_long - self.elsewhere_gain, 0.0)

    def budget_used(self, short: Floats, long: Floats) -> Floats:
        """Tax due for this account's realizations of the year and these, and for what shares its budget: after
        carryforwards, netted, never below zero.
        """
        after = self.due(self.others_short + self.own_short + short, self.others_long + self.own_long + long)
        before = self.due(self.outside_short, self.outside_long)
        return np.maximum(after - before, 0.0) + self.elsewhere

    def due(self, short: Floats, long: Floats) -> Floats:
        """Tax due on a net gain; a net loss owes nothing."""
        due: Floats = np.where(short + long > 0.0, year_tax(short, long, self.params), 0.0)
        return np.maximum(due, 0.0)


_ARRAYS = (
    "payer", "taxed", "has_taxpayer", "known", "others_short", "others_long", "own_short", "own_long", "outside_short",
    "outside_long", "elsewhere", "elsewhere_gain",
)  # fmt: skip


def account_years(tables: Frames, settings: pl.DataFrame, *, as_of: date) -> ValueWithFailures[AccountYears]:
    """The year of every account of the book, sorted by account_id.

    Realized this year: `accounts.ytd_*`, else this year's sales among the transactions, else unknown, counted as
    nothing and said.
    """
    accounts = tables["accounts"].sort("account_id")
    taxpayers = tables["taxpayers"].sort("taxpayer_id")
    result = params_from_frame(taxpayers, tax_year=as_of.year)
    number = {name: row for row, name in enumerate(taxpayers["taxpayer_id"].to_list())}
    taxed = (accounts["tax_type"] == "taxable").to_numpy()
    row = accounts["taxpayer_id"].replace_strict(number, default=len(number), return_dtype=pl.Int64)
    index = np.where(taxed, row.fill_null(len(number)).to_numpy(), len(number) + 1)
    carry = settings.sort("account_id")["carry_value"].to_numpy()
    params = replace(result.value.take(index), carry_value=carry)
    own = _realized(accounts, tables["transactions"], as_of)
    together = own.with_columns(pl.Series("who", index)).with_columns(
        whole_short=pl.col("short").sum().over("who"), whole_long=pl.col("long").sum().over("who")
    )
    alone = np.asarray(index >= len(number))
    short, long = own["short"].to_numpy(), own["long"].to_numpy()
    others_short = params.base_short + np.where(alone, 0.0, together["whole_short"].to_numpy() - short)
    others_long = params.base_long + np.where(alone, 0.0, together["whole_long"].to_numpy() - long)
    years = AccountYears(
        account_ids=tuple(accounts["account_id"].to_list()),
        payer=np.where(alone, -1, index),
        params=params,
        taxed=taxed,
        has_taxpayer=~taxed | (index < len(number)),
        known=~taxed | (own["known"].to_numpy() & params.base_known),
        others_short=others_short,
        others_long=others_long,
        own_short=short,
        own_long=long,
        outside_short=others_short,
        outside_long=others_long,
        elsewhere=np.zeros(len(short)),
        elsewhere_gain=np.zeros(len(short)),
    )
    failures: tuple[Failure, ...] = result.failures
    return ValueWithFailures.of(years, failures)


def _realized(accounts: pl.DataFrame, transactions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """short, long, known per account, in its order; sums are of decimals."""
    sales = transactions.filter((pl.col("date").dt.year() == as_of.year) & (pl.col("date") <= as_of))
    said = sales.filter(pl.col("gain").is_not_null() & pl.col("term").is_not_null())
    by_term = said.group_by("account_id").agg(
        sold_short=pl.col("gain").filter(pl.col("term") == "S").sum(),
        sold_long=pl.col("gain").filter(pl.col("term") == "L").sum(),
    )
    listed = transactions.select("account_id").unique().with_columns(listed=pl.lit(value=True))
    joined = accounts.join(by_term, on="account_id", how="left", maintain_order="left").join(
        listed, on="account_id", how="left", maintain_order="left"
    )
    return joined.select(
        short=pl.coalesce("ytd_short", "sold_short").cast(pl.Float64).fill_null(0.0),
        long=pl.coalesce("ytd_long", "sold_long").cast(pl.Float64).fill_null(0.0),
        known=(pl.col("ytd_short").is_not_null() & pl.col("ytd_long").is_not_null())
        | pl.col("listed").fill_null(value=False),
    )

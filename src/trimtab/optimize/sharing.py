"""Who shares a budget over the year: what all of them realize is counted in the room of each."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from trimtab.optimize.years import AccountYears
from trimtab.optimize.yeartax import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Sharing:
    """Accounts in the order of `years` with the number of their budget (`group`) and, within it, of their taxpayer's
    year (`cell`). `years` are those before any proposal of the day.
    """

    years: AccountYears
    group: Ints
    cell: Ints

    def counting(self, short: Floats, long: Floats) -> AccountYears:
        """The years with today's proposals of the others of each budget counted as realized.

        `short`, `long`: gains that each account proposes (dollars, in the order of the years). An account's own are
        not counted. Without proposals and without anybody to share with, the years are what they were to the last bit.
        """
        years = self.years
        coming = self._others(short), self._others(long)
        had = self._others(years.own_short), self._others(years.own_long)
        after = replace(
            years,
            others_short=years.others_short + coming[0],
            others_long=years.others_long + coming[1],
            outside_short=years.others_short - had[0],
            outside_long=years.others_long - had[1],
        )
        used = _used(after, short, long)
        first = np.unique(self.cell, return_index=True)[1]
        budget = np.bincount(self.group[first], weights=used[first], minlength=len(self.group))
        net = years.own_short + years.own_long + short + long
        of_all = np.bincount(self.group, weights=net, minlength=len(self.group))
        alone = np.bincount(self.group, minlength=len(self.group))[self.group] == 1
        return replace(
            after,
            elsewhere=np.where(alone, 0.0, np.maximum(budget[self.group] - used, 0.0)),
            elsewhere_gain=np.where(alone, 0.0, of_all[self.group] - net),
        )

    def _others(self, own: Floats) -> Floats:
        """The sum over the other accounts of the same cell."""
        count = np.bincount(self.cell)[self.cell]
        return np.where(count == 1, 0.0, np.bincount(self.cell, weights=own)[self.cell] - own)


def _used(years: AccountYears, short: Floats, long: Floats) -> Floats:
    """Tax due for what a cell has realized and proposes; the same for all accounts of a cell."""
    before = years.due(years.outside_short, years.outside_long)
    on_short, on_long = years.position
    return np.where(years.taxed, np.maximum(years.due(on_short + short, on_long + long) - before, 0.0), 0.0)


def sharing_of(years: AccountYears, budgets: pl.DataFrame, accounts: pl.DataFrame) -> Sharing:
    """Who shares with whom. `budgets`: account_id, shared_by; `accounts`: account_id, taxpayer_id."""
    ids = pl.DataFrame(
        {"account_id": years.account_ids, "has": years.has_taxpayer & years.taxed},
        schema_overrides={"account_id": pl.String},
    )
    joined = ids.join(budgets.select("account_id", "shared_by"), on="account_id", how="left").join(
        accounts.select("account_id", "taxpayer_id"), on="account_id", how="left"
    )
    payer = pl.when("has").then(pl.format("taxpayer:{}", "taxpayer_id"))
    named = joined.sort("account_id").select(
        group=pl.coalesce("shared_by", "account_id").rank("dense").cast(pl.Int64) - 1,
        payer=pl.coalesce(payer, "account_id").rank("dense").cast(pl.Int64) - 1,
    )
    group, payers = named["group"].to_numpy(), named["payer"].to_numpy()
    cell = np.unique(group * (len(group) + 1) + payers, return_inverse=True)[1]
    return Sharing(years, group.astype(np.int64), np.asarray(cell, np.int64))

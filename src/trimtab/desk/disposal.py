"""Disposal: what restrictions want sold and the day's limits keep, told as a conflict with its ways out."""

import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome

_KEYS = ["account_id", "security_id"]
_CENT = 0.005


def unsold(day: Day, outcome: Outcome) -> pl.DataFrame:
    """Conflicts of accounts that were solved and keep what they are never to own: account_id, limit, shortfall (dollars
    left), relaxation, relaxation_cost (the tax of selling the rest at the marginal rates; null where unknown).
    """
    wanted = day.restrictions.securities.filter("must_sell").select(*_KEYS)
    solved = outcome.accounts.filter(pl.col("hold").is_null()).select("account_id", "value")
    left = (
        outcome.lines.join(wanted, on=_KEYS, how="semi")
        .join(solved, on="account_id")
        .with_columns(
            left=pl.col("weight_after") * pl.col("value"), share=pl.col("weight_after") / pl.col("weight")
        )
        .filter(pl.col("left") > _CENT)
    )
    sold = outcome.sales.select(*_KEYS, "lot_id", sold="quantity")
    lots = day.facts.join(sold, on=[*_KEYS, "lot_id"], how="left").with_columns(
        part=1.0 - (pl.col("sold").cast(pl.Float64) / pl.col("quantity").cast(pl.Float64)).fill_null(0.0)
    )
    owed = pl.col("gain").cast(pl.Float64) * pl.col("part")
    known = pl.col("gain").is_not_null().all()
    taxes = lots.group_by(_KEYS).agg(
        taxed=pl.col("taxed").first(),
        gain=pl.when(known).then(owed.sort().sum()),
        tax=pl.when(known).then((owed * pl.col("rate")).sort().sum()),
    )
    return (
        left.join(taxes, on=_KEYS, how="left")
        .filter(pl.col("taxed").fill_null(value=False) & (pl.col("gain").is_null() | (pl.col("gain") > 0)))
        .select(
            "account_id",
            limit=pl.concat_str([pl.lit("never_own:"), "security_id"]),
            shortfall=pl.col("left").round(2),
            relaxation=pl.when(pl.col("tax").is_not_null())
            .then(
                pl.format(
                    "a tax budget of ${} more; or give the shares away; or offset ${} of gains with losses",
                    pl.col("tax").round(2),
                    pl.col("gain").round(2),
                )
            )
            .otherwise(pl.lit("find the basis of its lots")),
            relaxation_cost=pl.col("tax").round(2),
        )
        .sort("account_id", "limit")
    )

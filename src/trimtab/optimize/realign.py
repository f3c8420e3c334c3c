"""What it would cost in tax to go all the way to target: the yardstick beside which a proposal's tax is shown."""

import numpy as np
import polars as pl

from trimtab.market.ratio import ratio
from trimtab.optimize.relief import in_turn
from trimtab.optimize.years import AccountYears


def tax_of_full_realignment(lines: pl.DataFrame, facts: pl.DataFrame, years: AccountYears) -> pl.DataFrame:
    """account_id, tax_of_full_realignment (dollars; null where the basis of a lot that would be sold is unknown).

    The sales are those of `realignment_sales`, netted with the year.
    """
    lots = realignment_sales(lines, facts)
    sums = lots.group_by("account_id", maintain_order=True).agg(
        short=pl.col("realized").filter(~pl.col("long")).sum(),
        long=pl.col("realized").filter(pl.col("long")).sum(),
        unknown=pl.col("realized").is_null().any(),
    )
    ids = pl.DataFrame({"account_id": years.account_ids}, schema={"account_id": pl.String})
    each = ids.join(sums, on="account_id", how="left", maintain_order="left")
    short, long = (np.nan_to_num(each[name].fill_null(0.0).to_numpy()) for name in ("short", "long"))
    tax = pl.Series(np.where(years.taxed, years.added_tax(short, long), 0.0))
    return each.select(
        "account_id",
        tax_of_full_realignment=pl.when(
            ~pl.col("unknown").fill_null(value=False) | ~pl.Series(years.taxed)
        ).then(tax),
    )


def realignment_sales(lines: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """The lots, or parts of lots, that going all the way to target sells: every slot is cut to its target and every
    legacy holding goes, lots of least tax first (gain × marginal rate), whatever is kept or waits.

    The columns are those of `least_tax_sales`.
    """
    slots = lines.sort("account_id", "slot", "security_id").group_by(
        "account_id", "slot", maintain_order=True
    )
    excess = slots.agg(
        held=pl.col("held").sum().cast(pl.Float64), share=pl.col("weight").sum() - pl.col("target").sum()
    )
    over = excess.filter((pl.col("share") > 1e-9) & (pl.col("held") > 0)).join(
        lines.group_by("account_id", "slot").agg(weight=pl.col("weight").sort().sum()),
        on=["account_id", "slot"],
    )
    over = over.select("account_id", "slot", sell=ratio(pl.col("held") * pl.col("share"), pl.col("weight")))
    return least_tax_sales(
        over,
        facts.join(lines.select("account_id", "security_id", "slot"), on=["account_id", "security_id"]),
        by="slot",
        in_order=False,
    )


def least_tax_sales(
    amounts: pl.DataFrame, facts: pl.DataFrame, *, by: str, in_order: bool = True
) -> pl.DataFrame:
    """The lots, or parts of lots, that would be sold to raise `sell` dollars per account and `by`, least tax first;
    with `in_order` each after those that its account's `lot_relief` sells before it.

    Adds part (share of the lot) and realized (its gain, dollars; null where the basis is unknown, sold last).
    """
    size = pl.col("size").cast(pl.Float64)
    cost = ratio(pl.col("gain").cast(pl.Float64) * pl.col("rate"), size)
    turn = pl.col("turn") if in_order else pl.lit(None, pl.Int64)
    return (
        facts.join(amounts, on=["account_id", by], how="inner")
        .with_columns(turn=turn)
        .with_columns(cost=in_turn(cost.fill_null(float("inf")), rising=True), size=size)
        .sort("account_id", by, "cost", "security_id", "turn", "lot_id", nulls_last=True)
        .with_columns(before=pl.col("size").cum_sum().over("account_id", by) - pl.col("size"))
        .with_columns(part=ratio(pl.col("sell") - pl.col("before"), pl.col("size")).clip(0.0, 1.0))
        .filter(pl.col("part") > 0)
        .with_columns(realized=pl.col("gain").cast(pl.Float64) * pl.col("part"))
    )

"""Gift candidates: appreciated long-term lots that a transition would sell and that a client could give instead."""

from typing import Final

import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.plans import plans_in_force
from trimtab.optimize.realign import realignment_sales

GIFTS: Final = pl.Schema(
    dict.fromkeys(("account_id", "security_id", "lot_id"), pl.String())
    | {"acquired": pl.Date(), "worth": pl.Float64(), "gain": pl.Float64(), "tax_avoided": pl.Float64()}
)


def gift_candidates(day: Day, outcome: Outcome) -> pl.DataFrame:
    """The long-term lots with a gain that accounts in transition (arriving, or under a plan in force) are to sell on
    the way to target, the most tax for a dollar given first: account_id, security_id, lot_id, acquired, worth, gain,
    tax_avoided (dollars, at the marginal rate of the lot as the year stands).
    """
    planned = plans_in_force(day.tables["plans"], day.as_of).select("account_id")
    arriving = day.accounts.filter(pl.col("status") == "arriving").select("account_id")
    moving = pl.concat([planned, arriving]).unique().join(outcome.accounts, on="account_id", how="semi")
    if moving.is_empty():
        return pl.DataFrame(schema=GIFTS)
    facts = day.facts.filter("taxed").join(moving, on="account_id", how="semi")
    lines = day.lines.join(moving, on="account_id", how="semi")
    lots = realignment_sales(lines, facts).filter(pl.col("long") & (pl.col("realized") > 0))
    found = lots.select(
        "account_id",
        "security_id",
        "lot_id",
        acquired="acquired",
        worth=(pl.col("part") * pl.col("size")).round(2),
        gain=pl.col("realized").round(2),
        tax_avoided=(pl.col("realized") * pl.col("rate")).round(2),
    ).filter(pl.col("tax_avoided") > 0)
    dear = (pl.col("tax_avoided") / pl.col("worth")).round(9)
    return found.sort("account_id", dear, "security_id", "lot_id", descending=[False, True, False, False])

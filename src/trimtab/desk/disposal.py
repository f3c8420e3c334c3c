"""Disposal: what restrictions want sold and the day's limits keep, told as a conflict with its ways out."""

import polars as pl

from trimtab.desk.day import Day
from trimtab.desk.outcome import Outcome
from trimtab.desk.shared_budget import budget_used

_KEYS = ["account_id", "security_id"]
_CENT = 0.005
_GIFTS = 3
_BASIS = pl.lit("find the basis of its lots")


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
    lots = lots.filter(pl.col("part") > 0).sort(*_KEYS, "lot_id")
    gift = pl.col("long") & (pl.col("gain") > 0)
    taxes = lots.group_by(_KEYS).agg(
        taxed=pl.col("taxed").first(),
        gain=pl.when(known).then(owed.sort().sum()),
        tax=pl.when(known).then((owed * pl.col("rate")).sort().sum()),
        gifts=pl.col("lot_id").filter(gift.fill_null(value=False)).head(_GIFTS).str.join(", "),
    )
    return (
        left.join(taxes, on=_KEYS, how="left")
        .join(_rooms(day, outcome), on="account_id", how="left")
        .filter(pl.col("taxed").fill_null(value=False) & (pl.col("gain").is_null() | (pl.col("gain") > 0)))
        .select(
            "account_id",
            limit=pl.concat_str([pl.lit("never_own:"), "security_id"]),
            shortfall=pl.col("left").round(2),
            relaxation=pl.when(pl.col("tax").is_not_null()).then(_ways_out()).otherwise(_BASIS),
            relaxation_cost=pl.col("tax").round(2),
        )
        .sort("account_id", "limit")
    )


def _rooms(day: Day, outcome: Outcome) -> pl.DataFrame:
    """account_id, room: dollars of tax that the budget still allows once today's proposals are done."""
    used = budget_used(day, outcome.accounts)
    budgets = day.budgets.select("account_id", "tax_budget")
    left = (pl.col("tax_budget") - pl.col("used").fill_null(0.0)).clip(lower_bound=0.0)
    return budgets.join(used, on="account_id", how="left").select("account_id", room=left)


def _ways_out() -> pl.Expr:
    """The cheapest ways out in dollars: a larger budget (or an order to sell, where the budget would do), a gift of
    the long-term lots that have gained, losses to offset the gains.
    """
    more = (pl.col("tax") - pl.col("room").fill_null(0.0)).round(2)
    budget = (
        pl.when(more > _CENT)
        .then(pl.format("a tax budget of ${} more", more))
        .otherwise(
            pl.format(
                "order the sale: its tax of ${} fits the budget, another limit or a wait keeps it",
                pl.col("tax").round(2),
            )
        )
    )
    gifts = (
        pl.when(pl.col("gifts") != "")
        .then(pl.format("give its appreciated long-term shares away (lots {})", "gifts"))
        .otherwise(pl.lit("wait until its lots are long-term"))
    )
    return pl.format("{}; or {}; or offset ${} of gains with losses", budget, gifts, pl.col("gain").round(2))

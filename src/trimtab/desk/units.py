"""Units: which accounts one thing ties together, so that they are solved as one."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from trimtab.desk import marks
from trimtab.desk.day import Day
from trimtab.desk.located import common_lines
from trimtab.optimize.lines import account_lines
from trimtab.optimize.valuation import Valuation
from trimtab.optimize.yearregions import Reach, regions

MOST_ACCOUNTS: Final = 12
MOST_LINES: Final = 3000
_EDGE: Final = 0.02  # dollars: an edge of the year that is only touched does not count
_TIED: Final = {"account_id": pl.String, "unit_id": pl.String, "joint": pl.Boolean}
_KEYS: Final = ["account_id", "security_id"]
_DIALS: Final = ("tax_weight", "carry_value")
_HELD: Final = ("max_turnover", "max_trades", "max_tracking_error")


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """The accounts that are not alone: account_id, unit_id (its first account), joint (solved as one; else one after
    the other, the shared year taken as each leaves it), sorted by account_id.
    """

    accounts: pl.DataFrame

    def mates(self, who: pl.DataFrame) -> pl.DataFrame:
        """account_id of these accounts and of all that they are tied to, sorted."""
        units = self.accounts.join(who, on="account_id", how="semi").select("unit_id").unique()
        tied = self.accounts.join(units, on="unit_id", how="semi").select("account_id")
        return pl.concat([who.select("account_id"), tied]).unique().sort("account_id")


def ties(day: Day, asking: pl.DataFrame) -> Ties:
    """Tie the accounts of a taxpayer whose gains and losses today meet an edge of the year's tax together.

    `asking` are the accounts to be solved. Where their summed gains stay on one linear piece of the year, each is
    solved alone with the same result. Accounts that share a budget are not tied: they yield to one another. Accounts
    of one taxpayer that weigh tax differently or are held near their targets, to a turnover or a number of trades, and
    units of more than 12 accounts or 3,000 lines, are solved in turn.
    Households that hold one target together are one unit.
    """
    homes = day.located.join(asking.select("account_id"), on="account_id", how="semi")
    located = homes.select("account_id", "unit_id", joint=pl.lit(value=True))
    live = _live(day, asking).join(homes, on="account_id", how="anti", maintain_order="left")
    found = live.filter(pl.len().over("payer") > 1)
    if len(found) == 0:
        return Ties(located)
    sums = found.group_by("payer", maintain_order=True).agg(
        pl.col("row").first(), pl.col("short_low", "short_high", "long_low", "long_high").sum()
    )
    real = found.join(sums.filter(_bent(day, sums)), on="payer", how="semi", maintain_order="left")
    lines = day.lines.group_by("account_id").agg(lines=pl.len())
    small = (pl.len().over("payer") <= MOST_ACCOUNTS) & (pl.col("lines").sum().over("payer") <= MOST_LINES)
    alike = pl.all_horizontal(*(pl.col(name).n_unique().over("payer") == 1 for name in _DIALS))
    years = real.join(lines, on="account_id", how="left", maintain_order="left").select(
        "account_id",
        unit_id=pl.col("account_id").min().over("payer"),
        joint=small & alike & plain().all().over("payer"),
    )
    return Ties(pl.concat([located, years]).sort("account_id"))


def _bent(day: Day, sums: pl.DataFrame) -> pl.Series:
    """Whether the rates of each taxpayer's year differ within reach: on the inside of it, in the terms it has."""
    years = day.years.take(sums["row"].to_numpy())
    low, high = (sums.select(f"short_{end}", f"long_{end}").to_numpy() for end in ("low", "high"))
    inward = np.minimum(_EDGE, 0.25 * (high - low))
    low, high = low + inward, high - inward
    found = regions(years.params, years.position, reach=Reach(low[:, 0], high[:, 0], low[:, 1], high[:, 1]))
    whose = np.repeat(np.arange(len(sums)), np.diff(found.start))
    rates = np.where((high > low)[whose], found.slope, 0.0)
    least, most = np.full((len(sums), 2), np.inf), np.full((len(sums), 2), -np.inf)
    np.minimum.at(least, whose, rates)
    np.maximum.at(most, whose, rates)
    return pl.Series(np.asarray((most > least).any(axis=1)))


def widen(day: Day, asking: pl.DataFrame, tied: Ties, *, pairs: pl.DataFrame) -> Ties:
    """The ties with the accounts of `pairs` (account_id, seller) in one unit where one joint answer is exact: all
    taxed accounts of it share a year or there is only one, within the sizes; the same object where none is added.
    """
    unit = dict(tied.accounts.select("account_id", "unit_id").iter_rows())
    root = {name: unit.get(name, name) for pair in pairs.iter_rows() for name in pair}
    groups: dict[str, set[str]] = {name: {name} for name in root.values()}
    for name, of in unit.items():
        if of in groups:
            groups[of].add(name)
    for buyer, seller in pairs.sort("account_id", "seller").iter_rows():
        one, other = (
            next(key for key, names in groups.items() if root[name] in names) for name in (buyer, seller)
        )
        if one != other:
            groups[one] |= groups.pop(other)
    wanted = {
        min(names): names for names in groups.values() if len({unit.get(name, name) for name in names}) > 1
    }
    lasting = {first: names for first, names in wanted.items() if _one_problem(day, asking, tied, names)}
    if not lasting:
        return tied
    moved = {name: first for first, names in lasting.items() for name in names}
    fresh = pl.DataFrame(
        [(name, first, True) for name, first in sorted(moved.items())], schema=_TIED, orient="row"
    )
    rest = tied.accounts.filter(~pl.col("account_id").is_in(sorted(moved)))
    return Ties(pl.concat([rest, fresh]).sort("account_id"))


def _one_problem(day: Day, asking: pl.DataFrame, tied: Ties, names: set[str]) -> bool:
    """Whether these accounts may be one unit: plain limits, one taxed year, none located or solved in turn."""
    listed = sorted(names)
    if day.located["account_id"].is_in(listed).any():
        return False
    rows = asking.filter(pl.col("account_id").is_in(listed))
    in_turn = tied.accounts.filter(~pl.col("joint") & pl.col("account_id").is_in(listed))
    lines = day.lines.filter(pl.col("account_id").is_in(listed)).height
    if len(rows) < len(listed) or len(in_turn) or len(listed) > MOST_ACCOUNTS or lines > MOST_LINES:
        return False
    years, group = day.sharing.years, day.sharing.group
    places = np.flatnonzero(np.isin(np.array(years.account_ids), listed))
    taxed = places[years.taxed[places]]
    if len(taxed) > 1 and (len(set(years.payer[taxed])) > 1 or years.payer[taxed[0]] < 0):
        return False
    mine = rows.filter(pl.col("account_id").is_in([years.account_ids[i] for i in taxed]))
    alike = all(mine[name].n_unique() <= 1 for name in _DIALS)
    lonely = bool((np.bincount(group)[group[taxed]] == 1).all())
    return alike and lonely and bool(rows.select(plain().all()).item())


def plain() -> pl.Expr:
    """Whether an account has no limit on turnover, trades or tracking error and is not sent to its target."""
    free = pl.all_horizontal(*(pl.col(name).is_null() for name in _HELD))
    return free & (pl.col("rebalance_to") == "optimum")


def lend_stand_ins(day: Day, tied: Ties) -> Day:
    """The day with stand-ins as lines in every joint account for what its unit may sell at a loss."""
    joint = tied.accounts.filter("joint").select("account_id", "unit_id")
    groups = day.tables["securities"].select(
        "security_id", group=pl.coalesce("identical_group", "security_id")
    )
    losing = day.facts.filter(pl.col("saved") > 0).join(joint, on="account_id").join(groups, on="security_id")
    shut = (
        losing.select("unit_id", "group")
        .unique()
        .join(joint, on="unit_id")
        .join(groups, on="group")
        .select("account_id", "security_id", no_buy=pl.lit("sold at a loss beside it"))
    )
    if len(shut) == 0:
        return day
    return with_stand_ins(day, shut, pl.concat([day.rules.select(shut.columns), shut]))


def with_stand_ins(day: Day, pairs: pl.DataFrame, rules: pl.DataFrame) -> Day:
    """The day with the stand-ins as lines that the accounts of `pairs` need where `rules` hold (account_id,
    security_id, no_buy).
    """
    who = pairs.select("account_id").unique()
    found = day.valuation
    mine = Valuation(
        *(
            frame.join(who, on="account_id", how="semi")
            for frame in (found.accounts, found.holdings, found.lots)
        )
    )
    facts = day.facts.join(who, on="account_id", how="semi")
    wanted = marks.stand_ins(facts, day.targets, rules.join(who, on="account_id", how="semi"))
    lines = account_lines(mine, day.targets, securities=day.tables["securities"], stand_ins=wanted)
    rest = day.lines.join(who, on="account_id", how="anti")
    both = pl.concat([rest, lines]).sort(_KEYS)
    return replace(day, lines=common_lines(both, day.located, targets=day.targets))


def _live(day: Day, asking: pl.DataFrame) -> pl.DataFrame:
    """Asking accounts with gains or losses that the year would count: their taxpayer, and how far they reach."""
    gain = pl.col("gain").cast(pl.Float64)
    counted = day.facts.filter(
        pl.col("taxed")
        & pl.col("credited").fill_null(value=False)
        & pl.col("kept").is_null()
        & pl.col("waits").is_null()
        & (pl.col("gain") != 0)
    )

    def reach(term: pl.Expr, gains: pl.Expr) -> pl.Expr:
        return gains.filter(term).sort().sum()

    long = pl.col("long").fill_null(value=False)
    sums = counted.group_by("account_id").agg(
        short_low=reach(~long, gain.clip(upper_bound=0.0)),
        short_high=reach(~long, gain.clip(lower_bound=0.0)),
        long_low=reach(long, gain.clip(upper_bound=0.0)),
        long_high=reach(long, gain.clip(lower_bound=0.0)),
    )
    lonely = np.bincount(day.sharing.group)[day.sharing.group] == 1
    payers = pl.DataFrame(
        {"account_id": day.years.account_ids, "payer": np.where(lonely, day.years.payer, -1)},
        schema={"account_id": pl.String, "payer": pl.Int64},
    ).with_row_index("row")
    return (
        asking.select("account_id", *_DIALS, *_HELD, "rebalance_to")
        .join(payers.filter(pl.col("payer") >= 0), on="account_id", how="inner", maintain_order="left")
        .join(sums, on="account_id", how="inner", maintain_order="left")
        .sort("account_id")
    )

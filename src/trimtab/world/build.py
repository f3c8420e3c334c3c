"""The whole world from one seed: firms, models, accounts, prices, as the frames of a book."""

from datetime import date

import polars as pl

from trimtab.core.seed import stream
from trimtab.world.accounts import World, add_account, add_household, ordinary
from trimtab.world.firms import add_firms, make_firms
from trimtab.world.frames import Rows
from trimtab.world.market import SimulatedMarket, simulate
from trimtab.world.moments import load_moments
from trimtab.world.oddities import add_securities
from trimtab.world.situations import add_situations


def build_world(seed: int, *, firms: int = 3, accounts: int = 300, as_of: date) -> dict[str, pl.DataFrame]:
    """Book tables of `accounts` accounts at `firms` firms on a simulated market; a seed gives the same tables anywhere.

    The first accounts are the special situations, the rest ordinary; an account of a number is the same whatever
    their count. The prices are simulated from shipped moments: no security did what it does here.
    """
    assert firms >= 1, "a world needs a firm"
    assert accounts >= 0, "a count of accounts cannot be negative"
    market = simulate(seed, load_moments(), as_of)
    world = World(seed, as_of, market, make_firms(firms), Rows())
    add_securities(world)
    add_firms(world.rows, world.firms, index_weights=market.index_weights, as_of=as_of)
    number = add_situations(world, accounts)
    _add_ordinary(world, number, accounts)
    frames = world.rows.frames()
    frames["prices"] = _prices(market)
    return frames


def _add_ordinary(world: World, done: int, accounts: int) -> None:
    """Households of one to four accounts until every account is there."""
    rng = stream(world.seed, "households")
    number, household = done, 100
    while number < accounts:
        size = int(rng.choice([1, 2, 3, 4], p=[0.5, 0.28, 0.16, 0.06]))
        firm = world.firms[int(rng.integers(0, len(world.firms)))]
        name = f"H{household:04d}"
        add_household(world, name, firm)
        for member in range(min(size, accounts - number)):
            number += 1
            add_account(world, ordinary(world, number, household=name, firm=firm, member=member))
        household += 1


def _prices(market: SimulatedMarket) -> pl.DataFrame:
    weeks, count = len(market.dates), len(market.ids)
    return pl.DataFrame(
        {
            "date": pl.Series([d for d in market.dates for _ in range(count)], dtype=pl.Date),
            "security_id": pl.Series(list(market.ids) * weeks, dtype=pl.String),
            "close": pl.Series(market.close.ravel()).cast(pl.Decimal(38, 9)),
            "total_return_index": pl.Series(market.total.ravel()),
        }
    )

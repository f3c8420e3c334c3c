"""The securities table of the world, the odd ones too: a bond quoted per 100, an interval fund, a sweep."""

from datetime import timedelta
from typing import Final

from trimtab.core.seed import stream
from trimtab.world.accounts import World
from trimtab.world.moments import load_moments
from trimtab.world.securities import FUNDS, QUALIFIED, SWEEP, TOBACCO, TREASURY, companies

STALE_DAYS: Final = 9
INTERVAL_FUND: Final = "GRICX"


def add_securities(world: World) -> None:
    """Funds, companies and oddities at the business date's close; the interval fund's is nine days old."""
    moments = load_moments()
    for fund in FUNDS:
        mutual = fund.kind == "mutual_fund"
        interval = fund.symbol == INTERVAL_FUND
        world.rows.add(
            "securities", security_id=fund.symbol, symbol=fund.symbol, kind=fund.kind, name=fund.name,
            price=world.market.price(fund.symbol), asset_class=fund.asset_class, expense_ratio=fund.expense_ratio,
            dividend_yield=moments.slots[fund.slot].dividend_yield, half_spread_bps=fund.half_spread_bps,
            qualified_fraction=QUALIFIED.get(fund.asset_class, 0.0), fractional=mutual,
            identical_group=fund.identical_group, illiquid=interval,
            next_window=world.as_of + timedelta(days=52) if interval else None,
            price_date=world.as_of - timedelta(days=STALE_DAYS) if interval else None,
        )  # fmt: skip
        if mutual:
            world.rows.add(
                "fund_terms", security_id=fund.symbol, ticket=20.0, minimum_initial=3e3, round_trip_days=30
            )
    for company in companies():
        row = moments.sectors[company.sector]
        volume = 1000.0 * int(stream(world.seed, "volume", company.symbol).integers(800, 9000))
        world.rows.add(
            "securities", security_id=company.symbol, symbol=company.symbol, kind="equity", name=company.name,
            price=world.market.price(company.symbol), asset_class="us_equity", sector=company.sector,
            industry=company.industry, dividend_yield=row.dividend_yield, qualified_fraction=0.95, half_spread_bps=2.0,
            adv=volume,
        )  # fmt: skip
    for symbol in TOBACCO:
        world.rows.add("tags", security_id=symbol, tag="tobacco", value=0.85)
    _add_oddities(world)


def _add_oddities(world: World) -> None:
    maturity = world.as_of.replace(day=15).replace(year=world.as_of.year + 6)
    world.rows.add(
        "securities", security_id=TREASURY, kind="bond", name="U.S. Treasury note 4.25 %", asset_class="us_bond",
        price=world.market.price(TREASURY), price_factor=0.01, accrued=0.0035, min_denomination=1000.0,
        maturity=maturity, dividend_yield=0.043, qualified_fraction=0.0, half_spread_bps=1.5,
    )  # fmt: skip
    world.rows.add(
        "securities", security_id=SWEEP, kind="cash", name="Bank deposit sweep", asset_class="cash", price=1.0,
        fractional=True, half_spread_bps=0.0, dividend_yield=0.004,
    )  # fmt: skip
    world.rows.add(
        "distributions", security_id="HGRFX", ex_date=world.as_of + timedelta(days=18), kind="long_gain", per_share=3.1,
        estimated=True,
    )  # fmt: skip

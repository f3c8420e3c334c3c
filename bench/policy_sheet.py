"""B8: the sheet of figures behind the default policies: deferral, lot order, harvest frequency, location.

Deferral and lot order are exact and must come out to 0.01. Frequency is measured on the industries of B1, location on
the dividends that funds really paid; both print their assumptions.

    python bench/policy_sheet.py [folder of the shared data]
"""

import math
import sys
from pathlib import Path

import numpy as np
import polars as pl

from harvest_accounting import FIRST_START, LAST_START, MONTHS, TOP, Rates, industry_returns, window

DATA = Path(__file__).resolve().parents[2] / "shared/data"
GROWTH = 0.07
TRADING_DAYS = 252
HORIZONS = (10, 20, 30, 40)
DEFERRAL = {0: 162.21, 10: 127.62, 20: 98.80, 30: 78.09, 40: 63.25}
"""Cost in bp a year, by years until liquidation; 0 is a gain realized every year."""
LOT_ORDER = {"FIFO": 83_159.04, "HIFO": 31_943.67}
FUNDS = {"BND": ("bonds", 0.0), "VEA": ("developed", 0.75), "VWO": ("emerging", 0.40), "VTI": ("US", 0.95)}
"""Asset class and the qualified part of its dividends: an assumption near what the funds report."""


def deferral_cost(years: int, *, rate: float = TOP.long, growth: float = GROWTH) -> float:
    """bp a year that the tax costs when the gain is realized every year (0 years) or once at the horizon."""
    span = years or 1
    return 1e4 * (growth - math.log(math.exp(growth * span) * (1 - rate) + rate) / span)


def lot_order_gain(order: str, *, purchases: int = 20, amount: float = 10_000.0, sold: float = 0.25) -> float:
    """Gain on selling a part of yearly purchases, a year after the last one, oldest or dearest lots first."""
    values = [amount * math.exp(GROWTH * (purchases - k)) for k in range(purchases)]
    need, gain = sold * sum(values), 0.0
    for value in values if order == "FIFO" else reversed(values):
        taken = min(value, need)
        gain += taken - amount * taken / value
        need -= taken
    return gain


def quarterly_to_monthly(path: Path, *, rates: Rates = TOP) -> list[float]:
    """Harvest alpha looking once a quarter over once a month, in ten-year windows of the industries."""
    months, returns = industry_returns(path)
    ratios = []
    for year in range(FIRST_START, LAST_START + 1, 4):
        first = months.index(f"{year}-07")
        rows = returns[first : first + MONTHS]
        full = rows[:, ~np.isnan(rows).any(axis=0)]
        ratios.append(window(full, rates, every=3) / window(full, rates))
    return ratios


def monthly_to_daily(path: Path, *, rates: Rates = TOP, names: int = 100) -> list[float]:
    """Harvest alpha looking every 21 trading days over every day, in ten-year windows of the first large names."""
    frame = pl.read_parquet(path, columns=["symbol", "date", "close", "adj_factor"])
    wide = (
        frame.with_columns((pl.col("close") * pl.col("adj_factor")).alias("worth"))
        .pivot(on="symbol", index="date", values="worth")
        .sort("date")
    )
    columns = sorted(set(wide.columns) - {"date"})
    prices = wide.select(columns).to_numpy()
    span, ratios = 10 * TRADING_DAYS, []
    for first in range(0, len(prices) - span, 5 * TRADING_DAYS):
        rows = prices[first : first + span + 1]
        full = rows[:, ~np.isnan(rows).any(axis=0)][:, :names]
        returns = full[1:] / full[:-1] - 1.0
        monthly = window(returns, rates, every=21, year=TRADING_DAYS)
        ratios.append(monthly / window(returns, rates, year=TRADING_DAYS))
    return ratios


def location_costs(path: Path, *, rates: Rates = TOP) -> list[tuple[str, float, float]]:
    """Class, yearly yield and yearly tax (share of value) of holding it taxable, dearest first; paid 2010–2018."""
    years = range(2010, 2019)
    paid = (
        pl.read_parquet(path, columns=["symbol", "date", "close", "dividend"])
        .filter(pl.col("symbol").is_in(list(FUNDS)) & pl.col("date").dt.year().is_in(list(years)))
        .group_by("symbol")
        .agg((pl.col("dividend").sum() / pl.col("close").mean() / len(years)).alias("paid"))
    )
    rows = []
    for symbol, rate in paid.iter_rows():
        name, qualified = FUNDS[symbol]
        rows.append((name, rate, rate * (qualified * rates.long + (1 - qualified) * rates.short)))
    return sorted(rows, key=lambda row: -row[2])


def _print_ratios(name: str, ratios: list[float], published: str) -> None:
    low, middle, high = np.quantile(ratios, (0.1, 0.5, 0.9))
    told = f"10 %, median, 90 %: {low:.2f}  {middle:.2f}  {high:.2f}"
    print(f"  {name:<20} {len(ratios):>3} windows   {told}   published (Vanguard 2022) {published}")


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    print("Deferral, exact: bp a year lost to a 23.8 % tax at 7 % growth\n")
    for years, stated in DEFERRAL.items():
        when = f"realized after {years} years" if years else "realized every year"
        print(f"  {when:<26}{deferral_cost(years):>10.2f}   stated {stated:>9.2f}")
    print("\nLot order, exact: gain on selling a quarter of twenty yearly purchases of $10,000\n")
    for order, stated in LOT_ORDER.items():
        print(f"  {order:<26}{lot_order_gain(order):>10.2f}   stated {stated:>9.2f}")
    if not data.is_dir():
        sys.exit(f"\n{data} is not there: frequency and location need the shared data")
    print("\nHarvest frequency: alpha of looking seldom over alpha of looking often, ten-year windows\n")
    _print_ratios(
        "quarterly / monthly", quarterly_to_monthly(data / "ff_49_industries_monthly.csv.gz"), "0.83–0.94"
    )
    _print_ratios("monthly / daily", monthly_to_daily(data / "prices_us_large_cap.parquet"), "0.86–0.95")
    print("\nLocation: tax a year of holding the class in a taxable account, 40.8 / 23.8 %\n")
    for name, paid, cost in location_costs(data / "prices_etf.parquet"):
        print(f"  {name:<12} yield {100 * paid:>5.2f} %   tax {1e4 * cost:>6.1f} bp")


if __name__ == "__main__":
    main()

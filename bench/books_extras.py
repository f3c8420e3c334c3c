"""The rarer tables of a real-data book: sales, menus, positions, orders, distributions, yields, Treasury notes."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from books_accounts import TAXABLE, Accounts
from books_market import Market

WINDOW = dt.timedelta(days=61)


def sales_frame(
    market: Market, accounts: Accounts, lots: pl.DataFrame, *, rng: np.random.Generator
) -> pl.DataFrame:
    """Sales of a twin on the day its slot's present fund was bought: real harvests and real gains, with windows."""
    group = market.securities.select("symbol", "substitute_group").drop_nulls()
    taxable = pl.Series("account_id", accounts.ids.filter(pl.Series(accounts.tax_type == TAXABLE)))
    bought = lots.filter(
        (pl.col("acquired") > market.as_of - WINDOW) & pl.col("account_id").is_in(taxable.implode())
    )
    pairs = group.join(group, on="substitute_group", suffix="_twin").filter(
        pl.col("symbol") != pl.col("symbol_twin")
    )
    swaps = (
        bought.join(pairs, left_on="security_id", right_on="symbol")
        .join(lots, left_on=["account_id", "symbol_twin"], right_on=["account_id", "security_id"], how="anti")
        .sort("account_id", "lot_id", "symbol_twin")
        .unique("account_id", keep="first", maintain_order=True)
    )
    swaps = swaps.filter(pl.Series(rng.random(len(swaps)) < 0.6))
    number = accounts.ids.search_sorted(swaps["account_id"]).to_numpy()
    symbol = np.searchsorted(market.symbols, swaps["symbol_twin"])
    sold = np.searchsorted(market.days, swaps["acquired"].to_numpy().astype("datetime64[D]"))
    first = np.maximum(accounts.opened[number], np.argmax(~np.isnan(market.cost), axis=0)[symbol])
    price, basis = market.cost[sold, symbol], market.cost[first, symbol]
    paid = (swaps["quantity"] * swaps["unit_cost"]).to_numpy()
    quantity = np.floor(paid / price)
    held = (market.days[sold] - market.days[first]).astype(int)
    good = (quantity > 0) & (first < sold) & ~np.isnan(price) & ~np.isnan(basis)
    return pl.DataFrame(
        {
            "account_id": swaps["account_id"],
            "transaction_id": "S-" + swaps["lot_id"],
            "date": swaps["acquired"],
            "kind": ["sell"] * len(swaps),
            "security_id": swaps["symbol_twin"],
            "quantity": quantity,
            "amount": np.round(quantity * price, 2),
            "gain": np.round(quantity * (price - basis), 2),
            "term": np.where(held > 366, "long", "short"),
        }
    ).filter(pl.Series(good))


def menu_frame(market: Market, accounts: pl.DataFrame, lots: pl.DataFrame) -> pl.DataFrame:
    """Closed menus of the 401(k) plans: what is held and one plain fund of each common slot."""
    plans = accounts.filter(pl.col("registration") == "401k").select("account_id")
    held = lots.join(plans, on="account_id").select("account_id", "security_id").unique()
    plain = pl.Series(
        "security_id", [s for s in ("SPY", "VTI", "VXUS", "BND", "TIP", "VEA", "VWO") if s in market.symbols]
    )
    return (
        pl.concat([held, plans.join(plain.to_frame(), how="cross")])
        .unique()
        .sort("account_id", "security_id")
    )


def positions_frame(accounts: Accounts, lots: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Custodians' positions for one account in ten; one in two hundred of those disagrees in a security."""
    chosen = pl.Series("account_id", accounts.ids.filter(pl.Series(rng.random(len(accounts)) < 0.1)))
    held = lots.join(chosen.to_frame(), on="account_id").group_by("account_id", "security_id")
    frame = held.agg(pl.col("quantity").sum().round(3)).sort("account_id", "security_id")
    first = frame.select(pl.col("account_id").is_first_distinct()).to_series().to_numpy()
    broken = first & (rng.random(len(frame)) < 0.005)
    return frame.with_columns(quantity=pl.col("quantity") * pl.Series(np.where(broken, 2.0, 1.0)))


def orders_frame(lots: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A few orders still open from yesterday: a part of a position being sold."""
    some = lots.filter(pl.Series(rng.random(len(lots)) < 2e-4) & (pl.col("quantity") >= 2))
    return some.unique("account_id", keep="first", maintain_order=True).select(
        "account_id",
        order_id=pl.lit("O1"),
        security_id="security_id",
        side=pl.lit("sell"),
        quantity=(pl.col("quantity") / 2).floor(),
    )


def reinvestments_frame(
    data: Path, market: Market, accounts: pl.DataFrame, lots: pl.DataFrame
) -> pl.DataFrame:
    """Automatic purchases to come where an account reinvests: the next real ex-date of each fund it holds."""
    coming = distributions_frame(data, market)
    if not len(coming):
        return pl.DataFrame()
    own = accounts.filter(pl.col("reinvest")).select("account_id")
    held = lots.join(own, on="account_id").group_by("account_id", "security_id").agg(pl.col("quantity").sum())
    paid = held.join(coming, on="security_id").with_columns(
        amount=(pl.col("quantity") * pl.col("per_share")).round(2)
    )
    return paid.select("account_id", "security_id", date="ex_date", amount="amount").sort(
        "account_id", "security_id", "date"
    )


def distributions_frame(data: Path, market: Market) -> pl.DataFrame:
    """What funds pay in the next 45 days, from the real record; the amount counts as an estimate."""
    paid = pl.scan_parquet(data / "prices_etf.parquet").filter(
        pl.col("date").is_between(market.as_of, market.as_of + dt.timedelta(days=45), closed="right"),
        pl.col("dividend") > 0,
        pl.col("symbol").is_in(market.symbols),
    )
    return (
        paid.select(
            security_id="symbol",
            ex_date="date",
            kind=pl.lit("income"),
            per_share="dividend",
            estimated=pl.lit(True),
        )
        .unique(["security_id", "ex_date"])
        .sort("security_id", "ex_date")
        .collect()
    )


def risk_free_frame(data: Path, market: Market) -> pl.DataFrame:
    """The three-month Treasury yield by week."""
    rates = pl.read_csv(data / "treasury_par_yields_daily.csv.gz", try_parse_dates=True)
    first = market.as_of - dt.timedelta(days=3653)
    rates = rates.filter(pl.col("date").is_between(first, market.as_of)).drop_nulls("y_3mo")
    weekly = rates.gather_every(5).select("date", rate=pl.col("y_3mo") / 100)
    return weekly.with_columns(pl.col("rate").round(6)).sort("date")


class Notes:
    """Treasury notes priced per 100 from the real par yields: bought two years ago, five-year, semi-annual coupons."""

    def __init__(self, data: Path, market: Market) -> None:
        curve = pl.read_csv(data / "treasury_par_yields_daily.csv.gz", try_parse_dates=True)
        curve = curve.filter(pl.col("date") <= market.as_of).drop_nulls("y_5yr")
        self.issued = (market.as_of - dt.timedelta(days=730)).replace(day=15)
        then = curve.filter(pl.col("date") <= self.issued).tail(1)
        now = curve.tail(1)
        self.coupon = round(float(then["y_5yr"].item()) * 8) / 8
        self.maturity = self.issued.replace(year=self.issued.year + 5)
        self.cost = round(_price(self.coupon, float(then["y_5yr"].item()), 10), 4)
        self.price = round(_price(self.coupon, float(now["y_3yr"].item()), 6), 4)
        self.security_id = f"UST-{self.coupon:.3f}-{self.maturity:%Y%m}"

    def security(self) -> dict[str, object]:
        """Its row of `securities`; a unit is a dollar of face value."""
        return {
            "security_id": self.security_id, "kind": "bond", "price": self.price, "asset_class": "us_bond",
            "name": f"U.S. Treasury note {self.coupon:.3f} %", "price_factor": 0.01, "min_denomination": 1000.0,
            "maturity": self.maturity, "dividend_yield": round(self.coupon / self.price, 5), "qualified_fraction": 0.0,
            "half_spread_bps": 1.5,
        }  # fmt: skip

    def lots(self, accounts: Accounts, rng: np.random.Generator) -> pl.DataFrame:
        """One account in two hundred holds a note beside its funds, a tenth of its value."""
        able = np.nonzero((accounts.arm == 0) & (accounts.value > 60_000))[0]
        owners = np.sort(rng.permutation(able)[: -(-len(accounts) // 200)])
        face = np.maximum(np.floor(accounts.value[owners] * 0.1 / 1000), 1.0) * 1000
        return pl.DataFrame(
            {
                "account_id": accounts.ids.gather(owners),
                "lot_id": ["LNOTE"] * len(owners),
                "security_id": [self.security_id] * len(owners),
                "quantity": face,
                "unit_cost": [round(self.cost / 100, 6)] * len(owners),
                "acquired": [self.issued] * len(owners),
            }
        )


def _price(coupon: float, rate: float, periods: int) -> float:
    """Clean price per 100 on a coupon date, in percent terms, by discounting at one yield."""
    step = 1 / (1 + rate / 200)
    price, factor = 0.0, 1.0
    for _ in range(periods):
        factor *= step
        price += coupon / 2 * factor
    return price + 100 * factor

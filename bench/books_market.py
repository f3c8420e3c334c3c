"""Real prices, funds, indexes and published models of the data folder, in the shapes a book needs."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

GROUPS_OF_CLASS = {
    "intl_equity": "dev_ex_us dev_ex_us_esg intl_total intl_small intl_value_growth world europe "
    "pacific japan",
    "em_equity": "emerging emerging_esg",
    "em_bond": "em_bond",
    "intl_bond": "intl_bond",
    "high_yield": "us_high_yield",
    "tips": "us_tips us_tips_short",
    "muni": "muni muni_short",
    "real_estate": "us_reit intl_reit us_real_estate_sector",
    "gold": "gold",
    "commodities": "commodities",
    "allocation": "allocation",
    "preferred": "preferred",
    "us_bond": "us_agg_bond us_mbs us_floating us_short_bond us_int_long_bond us_treasury_short "
    "us_treasury_bill us_treasury_int us_treasury_long us_ig_corp us_ig_corp_short us_ig_corp_long",
}
CLASS_OF_GROUP = {g: c for c, groups in GROUPS_OF_CLASS.items() for g in groups.split()}
QUALIFIED = {"us_equity": 0.95, "intl_equity": 0.7, "em_equity": 0.5, "preferred": 0.6, "allocation": 0.5}
# Funds of one index: treated as substantially identical, the cautious reading.
FUNDS_OF_INDEX = {
    "sp500": "SPY IVV VOO SPLG",
    "us_aggregate": "AGG SCHZ SPAB",
    "gold": "GLD IAU SGOL GLDM",
    "russell2000": "IWM VTWO",
    "sp_muni": "MUB VTEB",
}
IDENTICAL = {s: index for index, funds in FUNDS_OF_INDEX.items() for s in funds.split()}
# Published models name mutual funds or lines without a daily price here: the exchange-traded sibling.
SIBLING = {"VTSMX": "VTI", "VGTSX": "VXUS", "VBMFX": "BND", "VIPSX": "TIP", "PIGLX": "BNDX", "IUSB": "AGG",
           "IDEV": "IEFA", "BNDW": "BNDX", "IAGG": "BNDX", "VTWO": "IWM"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Market:
    """Prices by day and symbol (NaN where none); `cost`: what a share of today cost then, after spin-offs."""

    as_of: dt.date
    days: np.ndarray  # datetime64[D], the sessions, ascending
    symbols: list[str]
    close: np.ndarray  # days × symbols, split-adjusted
    cost: np.ndarray
    total: np.ndarray  # total-return index
    securities: pl.DataFrame  # one row per symbol in `symbols`, in its order
    index500: pl.DataFrame  # symbol, weight

    def row(self, day: dt.date | np.datetime64) -> int:
        """The last session on or before a day."""
        return int(np.searchsorted(self.days, np.datetime64(day, "D"), side="right")) - 1


def load_market(data: Path, as_of: dt.date, *, since: dt.date = dt.date(2000, 1, 3)) -> Market:
    """Read funds and companies that trade on `as_of`; every price stands in today's shares."""
    span = pl.col("date").is_between(since, as_of)
    stocks = pl.read_parquet(data / "prices_us_large_cap.parquet").filter(span)
    funds = pl.read_parquet(data / "prices_etf.parquet").filter(span).with_columns(spin_value=pl.lit(0.0))
    keep = ["symbol", "date", "close", "volume", "dividend", "spin_value", "split", "adj_factor"]
    both = pl.concat([stocks.select(keep), funds.select(keep)], how="vertical_relaxed").sort("symbol", "date")
    alive = both.filter(pl.col("date") == as_of)["symbol"].unique().sort().to_list()
    if not alive:
        raise SystemExit(f"no security of the data has a price on {as_of}: give a session the data covers")
    both = both.filter(pl.col("symbol").is_in(alive))
    later = pl.col("split").cum_prod(reverse=True).over("symbol") / pl.col("split")
    kept = pl.col("close") / (pl.col("close") + pl.col("spin_value"))
    spun = kept.cum_prod(reverse=True).over("symbol") / kept
    both = both.with_columns(
        adjusted=pl.col("close") / later,
        unit=pl.col("close") / later * spun,
        total=pl.col("close") * pl.col("adj_factor"),
    )
    days = both["date"].unique().sort()
    row = days.search_sorted(both["date"]).to_numpy()
    column = pl.Series(alive).search_sorted(both["symbol"]).to_numpy()

    def matrix(name: str) -> np.ndarray:
        out = np.full((len(days), len(alive)), np.nan)
        out[row, column] = both[name].to_numpy()
        return out

    close = matrix("adjusted")
    return Market(
        as_of=as_of,
        days=days.to_numpy().astype("datetime64[D]"),
        symbols=alive,
        close=close,
        cost=matrix("unit"),
        total=matrix("total"),
        securities=_securities(data, both, alive, close[-1]),
        index500=_index(data, as_of, alive),
    )


def _index(data: Path, as_of: dt.date, alive: list[str]) -> pl.DataFrame:
    weights = pl.read_parquet(data / "sp500_weights_est_monthly.parquet")
    month = weights.filter(pl.col("date") <= as_of)["date"].max()
    now = weights.filter((pl.col("date") == month) & pl.col("symbol").is_in(alive))
    return now.select("symbol", weight=pl.col("weight_est") / pl.col("weight_est").sum()).sort(
        "weight", descending=True
    )


def _securities(data: Path, both: pl.DataFrame, alive: list[str], price: np.ndarray) -> pl.DataFrame:
    as_of = both["date"].max()
    assert isinstance(as_of, dt.date)
    year = both.filter(pl.col("date") > as_of - dt.timedelta(days=365))
    paid = year.group_by("symbol").agg(
        paid=(pl.col("dividend") * pl.col("adjusted") / pl.col("close")).sum(),
        turnover=(pl.col("volume") * pl.col("close")).tail(21).mean(),
        adv=pl.col("volume").tail(21).mean(),
    )
    spread = (
        pl.when(pl.col("turnover") > 5e8).then(0.5).when(pl.col("turnover") > 5e7).then(1.0)
        .when(pl.col("turnover") > 1e7).then(2.0).otherwise(5.0)
    )  # fmt: skip
    table = _described(data, pl.DataFrame({"symbol": alive, "price": np.round(price, 4)})).join(
        paid, on="symbol", how="left"
    )
    return table.sort("symbol").select(
        "symbol",
        "substitute_group",
        "assets_musd_2022",
        "kind",
        "price",
        "asset_class",
        name=pl.coalesce("name", "name_company"),
        sector="sector",
        industry="gics_sub_industry_2026",
        expense_ratio=pl.col("expense").round(6),
        dividend_yield=(pl.col("paid") / pl.col("price")).round(5),
        qualified_fraction=pl.col("asset_class").replace_strict(
            QUALIFIED, default=0.0, return_dtype=pl.Float64
        ),
        half_spread_bps=spread,
        identical_group=pl.col("symbol").replace_strict(IDENTICAL, default=None, return_dtype=pl.String),
        cusip=pl.coalesce("cusip", "cusip_company"),
        isin=pl.coalesce("isin", "isin_company"),
        figi=pl.col("shareclass_figi"),
        adv=pl.col("adv").round(0),
    )


def _described(data: Path, priced: pl.DataFrame) -> pl.DataFrame:
    """Prices with the names, classes and identifiers of funds and companies beside."""
    text = {"cusip": pl.String}
    funds = pl.read_csv(data / "etf_metadata.csv", schema_overrides=text).select(
        "symbol", "substitute_group", "name", "assets_musd_2022", "cusip", "isin",
        expense=pl.coalesce("expense_ratio_pct_2022", "expense_ratio_pct_2026") / 100,
    )  # fmt: skip
    companies = pl.read_csv(data / "universe_us_large_cap.csv", schema_overrides=text).select(
        "symbol", "name", "sector", "gics_sub_industry_2026", "cusip", "isin", "shareclass_figi"
    )
    group = pl.col("substitute_group")
    return (
        priced
        .join(funds, on="symbol", how="left")
        .join(companies, on="symbol", how="left", suffix="_company")
        .with_columns(
            asset_class=pl.when(group.is_null()).then(pl.lit("us_equity")).otherwise(
                group.replace_strict(CLASS_OF_GROUP, default="us_equity")),
            kind=pl.when(group.is_null()).then(pl.lit("equity")).otherwise(pl.lit("etf")),
        )
    )  # fmt: skip


def published_models(data: Path, market: Market) -> dict[str, dict[str, float]]:
    """The published portfolios whose funds trade: name -> symbol -> weight, without cash lines."""
    table = pl.read_csv(data / "model_portfolios.csv")
    table = table.filter(~pl.col("symbol").is_in(["XTSLA", "SGAFT"]))
    models: dict[str, dict[str, float]] = {}
    for (name,), part in table.group_by("portfolio", maintain_order=True):
        first = part.filter(pl.col("as_of").eq_missing(part["as_of"].min()))
        weights: dict[str, float] = {}
        for symbol, weight in zip(first["symbol"], first["weight_pct"], strict=True):
            here = SIBLING.get(symbol, symbol)
            weights[here] = weights.get(here, 0.0) + weight
        if all(s in market.symbols for s in weights):
            whole = sum(weights.values())
            models[str(name)] = {s: w / whole for s, w in weights.items()}
    return models


def history(market: Market, symbols: list[str], *, daily: bool, years: int = 10) -> pl.DataFrame:
    """The `prices` table: split-adjusted close and total return, last session of a week or all."""
    first = market.row(np.datetime64(market.as_of) - np.timedelta64(int(365.25 * years) + 7, "D"))
    rows = np.arange(max(first, 0), len(market.days))
    if not daily:
        week = (market.days[rows].astype(int) + 3) // 7  # weeks end on Sunday
        rows = rows[np.append(week[1:] != week[:-1], True)]
    columns = np.searchsorted(market.symbols, symbols)
    close = market.close[np.ix_(rows, columns)]
    have = ~np.isnan(close)
    r, c = np.nonzero(have)
    names = pl.Series(symbols)
    return pl.DataFrame(
        {
            "date": pl.Series(market.days[rows][r]).cast(pl.Date),
            "security_id": names.gather(c),
            "close": np.round(close[r, c], 4),
            "total_return_index": np.round(market.total[np.ix_(rows, columns)][r, c], 6),
        }
    ).sort("date", "security_id")

"""Price histories of known structure, and the shared market data in the book's form."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

AS_OF = date(2020, 12, 11)  # a Friday
TWELVE_FUNDS = ("VTI", "VEA", "VWO", "BND", "BNDX", "EMB", "VNQ", "VTV", "VUG", "TIP", "GLD", "ITOT")
SECTORS = ("Energy", "Financials", "Health Care", "Utilities", "Materials", "Technology")


def prices_of(returns: np.ndarray, names: list[str], *, as_of: date = AS_OF) -> pl.DataFrame:
    """Weekly closes, one a Friday up to `as_of`, whose returns are these (weeks, names; NaN: no price that week)."""
    weeks = returns.shape[0]
    days = [as_of - timedelta(days=7 * (weeks - t)) for t in range(weeks + 1)]
    closes = 100.0 * np.cumprod(np.vstack([np.ones(len(names)), 1.0 + np.nan_to_num(returns)]), axis=0)
    known = np.vstack([~np.isnan(returns[:1]), ~np.isnan(returns)])
    rows = [
        (days[t], name, float(closes[t, i]))
        for i, name in enumerate(names)
        for t in range(weeks + 1)
        if known[t, i]
    ]
    return pl.DataFrame(
        rows, schema={"date": pl.Date, "security_id": pl.String, "close": pl.Float64}, orient="row"
    ).with_columns(total_return_index=pl.lit(None, dtype=pl.Float64))


def securities_of(
    names: list[str],
    *,
    kind: str | list[str] = "etf",
    asset_class: str | list[str] = "us_equity",
    sector: list[str | None] | None = None,
    identical_group: list[str | None] | None = None,
) -> pl.DataFrame:
    """The securities table with the columns that the risk model reads."""
    n = len(names)
    return pl.DataFrame(
        {
            "security_id": names,
            "kind": [kind] * n if isinstance(kind, str) else kind,
            "asset_class": [asset_class] * n if isinstance(asset_class, str) else asset_class,
            "sector": sector or [None] * n,
            "identical_group": identical_group or [None] * n,
        },
        schema_overrides={"sector": pl.String, "identical_group": pl.String},
    )


def factor_returns(
    seed: int, *, weeks: int, n: int, factors: int, own: float = 0.01
) -> tuple[np.ndarray, np.ndarray]:
    """Returns (weeks, n) of a random factor structure, and their true weekly covariance."""
    rng = np.random.default_rng(seed)
    loadings = 0.02 * rng.normal(size=(n, factors)) / np.sqrt(factors)
    loadings[:, 0] += 0.02
    spread = own * rng.uniform(0.5, 1.5, n)
    returns = rng.normal(size=(weeks, factors)) @ loadings.T + spread * rng.normal(size=(weeks, n))
    return returns, loadings @ loadings.T + np.diag(spread**2)


def sector_market(seed: int, *, weeks: int, n: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Stocks on a market and six sectors: returns, sector of each, true weekly covariance."""
    rng = np.random.default_rng(seed)
    sectors = [SECTORS[i % len(SECTORS)] for i in range(n)]
    member = np.array([[s == name for name in SECTORS] for s in sectors], dtype=float)
    beta = rng.uniform(0.7, 1.3, n)
    spread = rng.uniform(0.02, 0.05, n)
    market, sector = 0.02 * rng.normal(size=weeks), 0.012 * rng.normal(size=(weeks, len(SECTORS)))
    returns = np.outer(market, beta) + sector @ member.T + spread * rng.normal(size=(weeks, n))
    truth = 0.02**2 * np.outer(beta, beta) + 0.012**2 * member @ member.T + np.diag(spread**2)
    return returns, sectors, truth


def real_frames(
    shared: Path, *, funds: tuple[str, ...] | None, stocks: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Prices and securities of the shared data; funds None means all of them."""
    columns = ["symbol", "date", "close", "adj_factor"]
    prices = pl.read_parquet(shared / "data" / "prices_etf.parquet", columns=columns)
    if funds is not None:
        prices = prices.filter(pl.col("symbol").is_in(funds))
    securities = securities_of(sorted(prices["symbol"].unique()))
    if stocks:
        prices = pl.concat(
            [prices, pl.read_parquet(shared / "data" / "prices_us_large_cap.parquet", columns=columns)]
        )
        universe = pl.read_csv(shared / "data" / "universe_us_large_cap.csv")
        more = securities_of(universe["symbol"].to_list(), kind="equity", sector=universe["sector"].to_list())
        securities = pl.concat([securities, more])
    prices = prices.select(
        "date",
        pl.col("symbol").alias("security_id"),
        "close",
        total_return_index=pl.col("close") * pl.col("adj_factor"),
    )
    return prices, securities


def sigma_of(model: object) -> np.ndarray:
    """The model's full covariance."""
    g, d = model.exposures, model.specific  # type: ignore[attr-defined]
    return g @ g.T + np.diag(d)

"""The risk model on real prices: seconds, columns, and how its tracking errors compare with those that followed.

python bench/risk.py [folder of the shared data]
"""

import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from trimtab.risk.build import build_risk_model
from trimtab.risk.exposures import exposures_batch, exposures_for
from trimtab.risk.measure import tracking_error, tracking_errors
from trimtab.risk.model import RiskModel
from trimtab.risk.returns import WeeklyReturns, weekly_returns

DATA = Path(__file__).resolve().parents[2] / "shared/data"
TWELVE = ("VTI", "VEA", "VWO", "BND", "BNDX", "EMB", "VNQ", "VTV", "VUG", "TIP", "GLD", "ITOT")
LAST = date(2020, 12, 11)
TWINS = (("VTI", "ITOT"), ("IVV", "SPY"), ("VTI", "SPY"), ("AGG", "BND"), ("GOOG", "GOOGL"), ("VTI", "BND"))
AHEAD = 156
"""Weeks after the model's date over which tracking errors are realized."""


def frames(data: Path, *, funds: int | tuple[str, ...], stocks: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Prices and securities in the book's form; a number of funds takes the first by symbol and the twelve."""
    columns = ["symbol", "date", "close", "adj_factor"]
    prices = pl.read_parquet(data / "prices_etf.parquet", columns=columns)
    names = funds if isinstance(funds, tuple) else _first(prices, funds)
    prices = prices.filter(pl.col("symbol").is_in(names))
    securities = pl.DataFrame({"security_id": names}).with_columns(
        kind=pl.lit("etf"), asset_class=pl.lit("fund"), sector=pl.lit(None, dtype=pl.String)
    )
    if stocks:
        prices = pl.concat([prices, pl.read_parquet(data / "prices_us_large_cap.parquet", columns=columns)])
        universe = pl.read_csv(data / "universe_us_large_cap.csv").select(
            security_id="symbol", kind=pl.lit("equity"), asset_class=pl.lit("us_equity"), sector="sector"
        )
        securities = pl.concat([securities, universe])
    prices = prices.select(
        "date", "close", security_id="symbol", total_return_index=pl.col("close") * pl.col("adj_factor")
    )
    return prices, securities


def _first(prices: pl.DataFrame, count: int) -> tuple[str, ...]:
    every = sorted(prices["symbol"].unique())
    chosen = {*TWELVE, "SPY", "IVV", "AGG"}
    return tuple(sorted(chosen | set([name for name in every if name not in chosen][: count - len(chosen)])))


def timed(label: str, prices: pl.DataFrame, securities: pl.DataFrame) -> RiskModel:
    build_risk_model(prices, securities, as_of=LAST)
    cpu, wall = time.process_time(), time.perf_counter()
    outcome = build_risk_model(prices, securities, as_of=LAST)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    model = outcome.value
    print(
        f"{label}: {wall:.2f} s wall, {cpu:.2f} s CPU; {len(model.security_ids)} securities, {model.common} common of"
        f" {model.exposures.shape[1]} columns, {len(outcome.failures)} prices doubted, {len(model.proxied)} proxied"
    )
    for a, b in TWINS:
        if a in model.row_of and b in model.row_of:
            rows = np.array([model.row_of[a], model.row_of[b]])
            print(f"    {a} against {b}: {tracking_error(model, rows, np.array([1.0, -1.0])):.2%}")
    return model


def blocks(model: RiskModel, *, accounts: int = 2000) -> None:
    """The cost of giving accounts their part, and how much more D a new split gives."""
    rng = np.random.default_rng(1)
    held = [np.sort(rng.choice(len(model.security_ids), 12, replace=False)) for _ in range(accounts)]
    offsets, rows = np.arange(accounts + 1) * 12, np.concatenate(held)
    for resplit in (False, True):
        exposures_for(model, held[0], resplit=resplit)
        start = time.process_time()
        batch = exposures_batch(model, offsets, rows, resplit=resplit)
        spent = (time.process_time() - start) / accounts
        share = np.mean([(d / ((g * g).sum(axis=1) + d)).sum() for g, d in map(batch.block, range(200))])
        print(
            f"    12 of {len(model.security_ids)}, resplit {resplit}: {spent * 1e6:.0f} µs,"
            f" {batch.columns.mean():.1f} columns, Σ D/Σii {share:.2f}"
        )


def portfolios(kinds: np.ndarray, known: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Active weights of a hundred of all stocks, of fifty against fifty, and of six funds against six."""
    rng = np.random.default_rng(2)
    stocks, funds = np.flatnonzero(known & (kinds == "equity")), np.flatnonzero(known & (kinds != "equity"))
    for _ in range(200):
        w = np.zeros(kinds.size)
        w[rng.choice(stocks, 100, replace=False)] = 0.01
        w[stocks] -= 1 / stocks.size
        yield "100 of all stocks", w
        w = np.zeros(kinds.size)
        picked = rng.choice(stocks, 100, replace=False)
        w[picked[:50]], w[picked[50:]] = 0.02, -0.02
        yield "50 against 50 stocks", w
        w = np.zeros(kinds.size)
        picked = rng.choice(funds, 12, replace=False)
        w[picked[:6]], w[picked[6:]] = rng.dirichlet(np.ones(6)), -rng.dirichlet(np.ones(6))
        yield "6 against 6 funds", w


def foresight(prices: pl.DataFrame, securities: pl.DataFrame, history: WeeklyReturns, as_of: date) -> None:
    """Realized over predicted tracking error in the three years after the model's date."""
    model = build_risk_model(prices, securities, as_of=as_of).value
    begin = int(np.searchsorted(history.weeks, (as_of - date(1970, 1, 1)).days, side="right"))
    later = history.values[begin : begin + AHEAD]
    known = ~np.isnan(later).any(axis=0) & np.array(
        [name not in model.proxied for name in model.security_ids]
    )
    kinds = securities.sort("security_id")["kind"].to_numpy()
    rows = np.arange(kinds.size)
    ratios: dict[str, list[float]] = {}
    for label, w in portfolios(kinds, known):
        realized = np.std(np.nan_to_num(later) @ w) * 52**0.5
        predicted = tracking_errors(model, np.array([0, w.size]), rows, w)[0]
        ratios.setdefault(label, []).append(float(realized / predicted))
    for label, found in ratios.items():
        print(f"    {as_of}: {label}: realized/predicted {np.mean(found):.2f} ± {np.std(found):.2f}")


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    if not data.is_dir():
        print("the shared data folder does not stand beside the checkout; nothing measured")
        return
    timed("12 funds", *frames(data, funds=TWELVE, stocks=False))
    blocks(timed("174 funds", *frames(data, funds=174, stocks=False)))
    prices, securities = frames(data, funds=60, stocks=True)
    blocks(timed("60 funds and 606 stocks", prices, securities))
    names = tuple(sorted(securities["security_id"]))
    history = weekly_returns(prices, names, as_of=LAST).value
    print("three years ahead:")
    for as_of in (date(2011, 12, 30), date(2014, 12, 31), date(2017, 12, 11)):
        foresight(prices, securities, history, as_of)


if __name__ == "__main__":
    main()

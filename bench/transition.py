"""B7: five funds bought on three days, brought to equal weights: what the order of lots costs, and the frontier.

    python bench/transition.py

$20,000 of each fund at the close of 2010-01-04, 2014-01-02 and 2018-01-02; on 2018-03-14 toward 20 % each. Tax at 30 %
short and 20 % long, netted, never below zero; no costs; no fund both bought and sold. Prints the tax of full
realignment by three reliefs, and the frontier of the command line on the same account.
"""

import argparse
import datetime as dt
import sys
import tempfile
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog

from trimtab.book.read import read_book
from trimtab.desk.day import open_day
from trimtab.desk.frontier import frontier

DATA = Path(__file__).resolve().parents[2] / "shared/data/prices_etf.parquet"
FUNDS = ("BND", "EMB", "VEA", "VTI", "VWO")
BOUGHT = (dt.date(2010, 1, 4), dt.date(2014, 1, 2), dt.date(2018, 1, 2))
TODAY = dt.date(2018, 3, 14)
SHORT, LONG = 0.30, 0.20
EACH = 20000.0
Floats = NDArray[np.float64]


def prices(path: Path) -> tuple[pl.DataFrame, Floats]:
    """Closes by date (columns FUNDS), and 252 × the covariance of daily total returns since 2010."""
    frame = pl.read_parquet(path).filter(
        pl.col("symbol").is_in(FUNDS) & pl.col("date").is_between(dt.date(2010, 1, 1), TODAY)
    )
    close = frame.pivot(on="symbol", index="date", values="close").sort("date").select("date", *FUNDS)
    total = frame.with_columns(total=pl.col("close") * pl.col("adj_factor"))
    wide = total.pivot(on="symbol", index="date", values="total").sort("date").select(FUNDS).to_numpy()
    return close, 252 * np.cov(np.diff(wide, axis=0) / wide[:-1], rowvar=False)


def tax_due(short: float, long: float) -> float:
    """Netted, never below zero."""
    return SHORT * max(short + min(long, 0.0), 0.0) + LONG * max(long + min(short, 0.0), 0.0)


def full_realignment(shares: Floats, cost: Floats, now: Floats) -> dict[str, float]:
    """Tax of bringing every fund to its fifth, by relief. `shares` and `cost`: days × funds; the last day is short."""
    value, gain = shares * now, shares * (now - cost)
    excess = value.sum(axis=0) - value.sum() / len(FUNDS)
    over = np.maximum(excess, 0.0)

    def owed(part: Floats) -> float:
        return tax_due(float((gain * part)[-1].sum()), float((gain * part)[:-1].sum()))

    ahead = np.cumsum(value, axis=0) - value
    first_in = np.clip((over - ahead) / value, 0.0, 1.0)
    return {
        "lot-optimal": _least(value, gain, over),
        "pro rata": owed(np.repeat((over / value.sum(axis=0))[None, :], len(value), axis=0)),
        "FIFO": owed(first_in),
    }


def _least(value: Floats, gain: Floats, over: Floats) -> float:
    """The least tax over all choices of lots: a linear program in each sign of the short and the long sum."""
    count, funds = value.shape
    sold = np.zeros((funds, count * funds))
    for fund in range(funds):
        sold[fund, fund::funds] = value[:, fund]
    short, long = np.zeros(count * funds), gain.ravel().copy()
    short[-funds:], long[-funds:] = gain[-1], 0.0
    found = []
    for on_short, on_long in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        signs = [-on_short * short, -on_long * long]
        rates = {(1, 1): (SHORT, LONG), (1, -1): (SHORT, SHORT), (-1, 1): (LONG, LONG), (-1, -1): (0.0, 0.0)}
        rate = rates[on_short, on_long]
        for owes in (1, -1) if on_short != on_long else (1,):
            rows = [*signs] if on_short == on_long else [*signs, -owes * (short + long)]
            cost = (rate[0] * short + rate[1] * long) * (owes > 0)
            answer = linprog(
                cost, A_ub=np.array(rows), b_ub=np.zeros(len(rows)), A_eq=sold, b_eq=over, bounds=(0, 1)
            )
            if answer.status == 0:
                found.append(float(answer.fun))
    return min(found)


def book(folder: Path, shares: Floats, cost: Floats, *, now: Floats, sigma: Floats) -> None:
    """The same account as a book: no costs, no least trade, fractions of shares, gates out of the way."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "book.toml").write_text(f'as_of = "{TODAY}"\nschema = "1"\ncurrency = "USD"\nname = "B7"\n')
    keys = {"cash_target": 0, "cash_min": 0, "min_trade": 0, "min_trade_bps": 0, "fractional": "true",
            "carry_value": 0, "cash_drag_bps": 0}  # fmt: skip
    covariance = [(a, b, sigma[i, j]) for i, a in enumerate(FUNDS) for j, b in enumerate(FUNDS) if i <= j]
    lots = [
        ("A", f"{fund}-{day}", fund, _exact(shares[i, j]), _exact(cost[i, j]), day)
        for i, day in enumerate(BOUGHT)
        for j, fund in enumerate(FUNDS)
    ]
    tables = {
        "firms": [("F", "F")],
        "securities": [(f, "etf", _exact(p), f, 0, "true", TODAY) for f, p in zip(FUNDS, now, strict=True)],
        "models": [("EQUAL", f, None, "security", f, 1 / len(FUNDS)) for f in FUNDS],
        "taxpayers": [("T", "H", SHORT, LONG, 0, 0, 0)],
        "households": [("H", "F")],
        "accounts": [("A", "F", "taxable", 0, "EQUAL", "H", "T", 0, 0)],
        "lots": lots,
        "policies": [("account", "A", key, str(value)) for key, value in keys.items()],
        "factor_exposures": [(f, f, 1.0) for f in FUNDS],
        "factor_covariance": covariance,
        "specific_risk": [(f, 0.0) for f in FUNDS],
    }
    for name, rows in tables.items():
        pl.DataFrame(rows, schema=COLUMNS[name].split(), orient="row").write_csv(folder / f"{name}.csv")


COLUMNS = {
    "firms": "firm_id name",
    "securities": "security_id kind price asset_class half_spread_bps fractional price_date",
    "models": "model_id node_id parent_node_id kind ref weight",
    "taxpayers": "taxpayer_id household_id short_rate long_rate ordinary_rate ytd_short ytd_long",
    "households": "household_id firm_id",
    "accounts": "account_id firm_id tax_type cash model_id household_id taxpayer_id ytd_short ytd_long",
    "lots": "account_id lot_id security_id quantity unit_cost acquired",
    "policies": "scope scope_id key value",
    "factor_exposures": "security_id factor exposure",
    "factor_covariance": "factor_a factor_b covariance",
    "specific_risk": "security_id variance",
}


def _exact(value: float) -> str:
    return f"{Decimal(value):.6f}"


def main() -> int:
    """Print both tables; 1 where a demand is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", nargs="?", type=Path, default=DATA)
    close, sigma = prices(parser.parse_args().path)
    at = {day: close.filter(pl.col("date") == day).select(FUNDS).to_numpy()[0] for day in (*BOUGHT, TODAY)}
    cost, now = np.array([at[day] for day in BOUGHT]), at[TODAY]
    shares = EACH / cost
    taxes = full_realignment(shares, cost, now)
    print(f"value {float((shares * now).sum()):,.2f}; tax of full realignment:")
    for name, tax in taxes.items():
        print(f"  {name:12} {tax:10,.2f}  {tax / max(taxes['lot-optimal'], 0.01):6.2f} ×")
    with tempfile.TemporaryDirectory() as folder:
        book(Path(folder), shares, cost, now=now, sigma=sigma)
        points = frontier(open_day(read_book(Path(folder)), lambda _: None), "A").points
    print("point  tracking error       tax  finish")
    for point, error, tax, finish in points.select(
        "point", "tracking_error", "tax", "finish_date"
    ).iter_rows():
        print(f"{point:5}  {error:14.4%}  {tax:8,.2f}  {finish}")
    rows = points.select("tax", "tracking_error").rows()
    along = all(a[0] <= b[0] and a[1] >= b[1] for a, b in pairwise(rows))
    ends = abs(rows[-1][0] - taxes["lot-optimal"]) <= 0.01 * taxes["lot-optimal"] + 1
    print(f"tax never falls and tracking error never rises: {along}; ends at the lot-optimal tax: {ends}")
    return 0 if along and ends else 1


if __name__ == "__main__":
    sys.exit(main())

"""Quiet days: default policies, run daily over real prices, on taxable and tax-deferred fund accounts.

    python bench/quiet_days.py [--accounts 200] [--since 2018-01-02 --until 2018-12-31]

Both spans are run, 2015 to 2019 and 2020 to 2022. Every proposal is done at the close of its day. Dividends come in as
cash. Prints the share of account-days with a trade (at most 3 % is demanded), trades a year, the largest class
deviation, tax and tracking error.
"""

import argparse
import datetime as dt
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

from books_market import Market, load_market
from timeline import LOTS, Timeline
from trimtab.core.seed import stream

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MODEL = {"VTI": 0.35, "VEA": 0.15, "VWO": 0.05, "BND": 0.30, "EMB": 0.05, "VNQ": 0.10}
TWINS = {"VTI": "SCHB", "VEA": "IEFA", "VWO": "IEMG", "BND": "AGG", "VNQ": "SCHH"}
CLASSES = {"VTI": "us_equity", "VEA": "intl_equity", "VWO": "em_equity", "BND": "us_bond", "EMB": "em_bond",
           "VNQ": "real_estate"}  # fmt: skip
HALF_SPREAD = 1.0  # basis points
ORDINARY = 3000.0  # of net losses a year meet ordinary income


class Quiet:
    """Accounts of one model near their targets, every second one taxed, day by day."""

    def __init__(self, market: Market, count: int, start: int, seed: int) -> None:
        names = [f"Q{i:04d}" for i in range(count)]
        self.line = Timeline(market, tables(names))
        self.days = self.traded = self.trades = self.first = 0
        self.tax = self.worst = 0.0
        self.tracking: list[float] = []
        self.why: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        rng = stream(seed, "quiet days")
        price = dict(zip(self.line.symbols, self.line.price(start), strict=True))
        rows, cash = [], []
        for name in names:
            value = 10 ** rng.uniform(4.7, 6.0)
            weights = {s: w * np.exp(0.08 * rng.normal()) for s, w in MODEL.items()}
            total = sum(weights.values())
            cash.append(round(0.01 * value, 2))
            for symbol, weight in weights.items():
                for part in rng.dirichlet(np.ones(3)):
                    row = start - int(rng.integers(20, 1200))
                    shares = int(0.99 * value * weight / total * part / price[symbol])
                    if shares:
                        cost = float(market.close[row, market.symbols.index(symbol)])
                        rows.append(
                            (
                                name,
                                f"L{len(rows):06d}",
                                symbol,
                                float(shares),
                                round(cost, 4),
                                self.line.day(row),
                            )
                        )
        self.line.open(
            pl.DataFrame({"account_id": names, "cash": cash}),
            pl.DataFrame(rows, schema=list(LOTS), orient="row"),
        )
        self.first_value = float(self.line.values(np.array([start])).sum())

    def dividends(self, row: int) -> None:
        """What total return has beyond price return, paid in cash."""
        close, total = (
            self.line.market.close[:, self.line.columns],
            self.line.market.total[:, self.line.columns],
        )
        paid = total[row] / total[row - 1] * close[row - 1] - close[row]
        each = np.where(paid > 1e-4 * close[row], paid, 0.0)
        if each.any():
            amounts = (np.nan_to_num(self.line.shares()) * np.nan_to_num(each)).sum(axis=1)
            self.line.pay(dict(zip(self.line.own["account_id"], amounts, strict=True)))

    def new_year(self) -> None:
        """Net losses beyond what ordinary income takes are carried into the new year, short ones first used."""
        for name, gains in self.line.new_year().items():
            carried = self.line.carried.get(name, (0.0, 0.0))
            short, long = (gain - loss for gain, loss in zip(gains, carried, strict=True))
            if short * long < 0:
                offset = min(abs(short), abs(long))
                short, long = short - np.sign(short) * offset, long - np.sign(long) * offset
            used = min(max(-short, 0.0), ORDINARY)
            left = max(-short, 0.0) - used, max(max(-long, 0.0) - (ORDINARY - used), 0.0)
            self.line.carried[name] = left

    def run(self, rows: range) -> None:
        """Every session of the span."""
        for row in rows:
            if row > rows.start and self.line.day(row).year != self.line.day(row - 1).year:
                self.new_year()
            self.dividends(row)
            found = self.line.night(row)
            accounts = found.accounts
            acting = accounts.filter(pl.col("decision") == "propose")
            self.days, self.traded = self.days + len(accounts), self.traded + len(acting)
            self.first = self.traded if row == rows.start else self.first
            self.trades += len(found.trades)
            self.tax += float(found.sales["tax"].cast(pl.Float64).sum())
            self.worst = max(self.worst, float(accounts["worst_class_deviation"].abs().max() or 0))
            self.tracking.append(float(accounts["tracking_error_after"].mean()))
            self.why.update(word for text in acting["why"] for word in text.split(";"))
            odd = accounts.filter(pl.col("decision").is_in(["blocked", "error"]))
            self.stopped.update(odd["why"])


def tables(names: list[str]) -> dict[str, pl.DataFrame]:
    """The tables that stay."""
    payers = names[::2]
    first = {twin: symbol for symbol, twin in TWINS.items()} | {s: s for s in MODEL}
    ranked = [
        ("F", s, p, r, h)
        for s in MODEL
        for r, (p, h) in enumerate([(s, 0.0), *([(TWINS[s], 2.0)] if s in TWINS else [])], 1)
    ]
    return {
        "firms": pl.DataFrame({"firm_id": ["F"], "name": ["Quiet"]}),
        "households": pl.DataFrame({"household_id": payers, "firm_id": "F"}),
        "taxpayers": pl.DataFrame({"taxpayer_id": payers, "household_id": payers, "short_rate": 0.408,
                                   "long_rate": 0.238, "ytd_short": 0.0, "ytd_long": 0.0}),
        "securities": pl.DataFrame({"security_id": sorted(first), "kind": "etf", "half_spread_bps": HALF_SPREAD,
                                    "asset_class": [CLASSES[first[s]] for s in sorted(first)]}),
        "models": pl.DataFrame({"model_id": "M", "node_id": list(MODEL), "kind": "security", "ref": list(MODEL),
                                "weight": list(MODEL.values())}),
        "products": pl.DataFrame(ranked, schema=["firm_id", "node_id", "security_id", "rank", "hurdle_bps"],
                                 orient="row"),
        "accounts": pl.DataFrame({
            "account_id": names, "firm_id": "F", "model_id": "M",
            "tax_type": ["taxable" if name in payers else "tax_deferred" for name in names],
            "household_id": [name if name in payers else None for name in names],
            "taxpayer_id": [name if name in payers else None for name in names],
        }),
    }  # fmt: skip


SPANS = ((dt.date(2015, 1, 2), dt.date(2019, 12, 31)), (dt.date(2020, 1, 2), dt.date(2022, 12, 30)))
MOST = 0.03


def main() -> int:
    """Parse, load, simulate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--since", type=dt.date.fromisoformat, help="one span in place of both")
    parser.add_argument("--until", type=dt.date.fromisoformat)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    spans = ((a.since, a.until or SPANS[1][1]),) if a.since else SPANS
    good = True
    for since, until in spans:
        market = load_market(DATA, until)
        rows = range(market.row(since), market.row(until) + 1)
        desk = Quiet(market, a.accounts, rows.start, a.seed)
        desk.run(rows)
        good = tell(desk, rows) and good
    print(f"at most {MOST:.0%} of account-days with a trade: {'PASS' if good else 'FAIL'}")
    return 0 if good else 1


def tell(desk: Quiet, rows: range) -> bool:
    """Print a span; whether it was quiet."""
    years, count = len(rows) / 252, len(desk.line.own)
    share = desk.traded / desk.days
    tax = desk.tax / desk.first_value / years * 1e4
    print(
        f"{desk.line.day(rows.start)} to {desk.line.day(rows.stop - 1)}, {count} accounts, {desk.days} account-days"
    )
    print(f"    with a trade {desk.traded} ({share:.2%}); on the first day {desk.first}")
    print(
        f"    days with a trade a year {desk.traded / years / count:.2f}, trades {desk.trades / years / count:.1f}"
    )
    print(f"    largest class deviation {desk.worst:.2%}, mean tracking error {np.mean(desk.tracking):.3%}")
    print(f"    added tax {tax:.1f} bp of the first value a year")
    print(f"    why {dict(desk.why.most_common())}; not answered {dict(desk.stopped)}", flush=True)
    return share <= MOST and not desk.stopped


if __name__ == "__main__":
    sys.exit(main())

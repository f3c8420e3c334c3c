"""Quiet days: default policies, run daily over real prices, on taxable and tax-deferred fund accounts.

python bench/quiet_days.py --accounts 40 --since 2018-01-02 --until 2018-12-31

Every proposal is done at the close of its day. Dividends come in as cash. Prints the share of account-days with a trade
(at most 3 % is demanded), trades a year, the largest class deviation, tax and tracking error.
"""

import argparse
import datetime as dt
import tempfile
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl

from books_market import Market, load_market
from trimtab.book.read import read_book
from trimtab.core.seed import stream
from trimtab.desk.rebalance import rebalance

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MODEL = {"VTI": 0.35, "VEA": 0.15, "VWO": 0.05, "BND": 0.30, "EMB": 0.05, "VNQ": 0.10}
TWINS = {"VTI": "SCHB", "VEA": "IEFA", "VWO": "IEMG", "BND": "AGG", "VNQ": "SCHH"}
CLASSES = {"VTI": "us_equity", "VEA": "intl_equity", "VWO": "em_equity", "BND": "us_bond", "EMB": "em_bond",
           "VNQ": "real_estate"}  # fmt: skip
CENTS = Decimal("0.01")


class Desk:
    """Accounts through time: cash, lots, what was realized and bought."""

    twins = TWINS
    half_spread = 1.0  # basis points

    def __init__(self, market: Market, count: int, start: int, seed: int) -> None:
        self._stand(market)
        self.names = [f"Q{i:04d}" for i in range(count)]
        self.taxable = {name: i % 2 == 0 for i, name in enumerate(self.names)}
        rng = stream(seed, "quiet days")
        for name in self.names:
            self._open(name, start, rng)

    def _stand(self, market: Market) -> None:
        self.market = market
        self.symbols = sorted({*MODEL, *self.twins.values()})
        self.columns = {s: market.symbols.index(s) for s in self.symbols}
        self.cash: dict[str, Decimal] = {}
        self.lots: list[dict] = []
        self.bought = 0
        self.moves: list[dict] = []
        self.ytd: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        self.carried: dict[str, Decimal] = defaultdict(Decimal)

    def price(self, row: int, symbol: str) -> Decimal:
        return Decimal(f"{self.market.close[row, self.columns[symbol]]:.4f}")

    def _open(self, name: str, start: int, rng: np.random.Generator) -> None:
        value = 10 ** rng.uniform(4.7, 6.0)
        weights = {s: w * np.exp(0.08 * rng.normal()) for s, w in MODEL.items()}
        total = sum(weights.values())
        self.cash[name] = Decimal(f"{0.01 * value:.2f}")
        for symbol, weight in weights.items():
            for part in rng.dirichlet(np.ones(3)):
                row = start - int(rng.integers(20, 1200))
                shares = int(0.99 * value * weight / total * part / float(self.price(start, symbol)))
                if shares:
                    self._buy(name, row, symbol, Decimal(shares), note=False)

    def _buy(self, name: str, row: int, symbol: str, quantity: Decimal, *, note: bool = True) -> None:
        day, lot = self.day(row), f"L{self.bought:06d}"
        self.bought += 1
        cost = self.price(row, symbol)
        self.lots.append({"account_id": name, "lot_id": lot, "security_id": symbol, "quantity": quantity,
                          "unit_cost": cost, "acquired": day})  # fmt: skip
        if note:
            self._note(name, day, "buy", symbol=symbol, quantity=quantity, amount=quantity * cost, lot_id=lot)

    def _note(self, name: str, day: dt.date, kind: str, **more: object) -> None:
        row = {"account_id": name, "transaction_id": f"T{len(self.moves):06d}", "date": day, "kind": kind}
        self.moves.append({**row, "gain": None, "term": None, **more})

    def day(self, row: int) -> dt.date:
        return self.market.days[row].astype(dt.date)

    def dividends(self, row: int) -> None:
        """What total return has beyond price return, paid in cash."""
        close, total = self.market.close, self.market.total
        for lot in self.lots:
            c = self.columns[lot["security_id"]]
            paid = total[row, c] / total[row - 1, c] * close[row - 1, c] - close[row, c]
            if paid > 1e-4 * close[row, c]:
                amount = lot["quantity"] * Decimal(f"{paid:.6f}")
                self.cash[lot["account_id"]] += amount.quantize(CENTS)

    def new_year(self) -> None:
        """Net losses beyond what ordinary income takes are carried into the new year."""
        for name, (short, long) in self.ytd.items():
            net = short + long - self.carried[name]
            self.carried[name] = max(-net - 3000, Decimal(0))
        self.ytd.clear()

    def apply(self, row: int, tables: dict[str, pl.DataFrame]) -> None:
        """Do every proposal at the close."""
        sold = {(s["account_id"], s["lot_id"]): s for s in tables["sales"].to_dicts()}
        left = []
        for lot in self.lots:
            sale = sold.get((lot["account_id"], lot["lot_id"]))
            if sale is not None:
                lot = {**lot, "quantity": lot["quantity"] - sale["quantity"]}
                self.ytd[lot["account_id"]]["SL".index(sale["term"])] += sale["gain"]
                self._note(lot["account_id"], self.day(row), "sell", symbol=lot["security_id"], lot_id=lot["lot_id"],
                           quantity=sale["quantity"],
                           amount=sale["proceeds"], gain=sale["gain"], term=sale["term"])  # fmt: skip
            if lot["quantity"] > 0:
                left.append(lot)
        self.lots = left
        for trade in tables["trades"].filter(pl.col("side") == "buy").to_dicts():
            self._buy(trade["account_id"], row, trade["security_id"], trade["quantity"])
        for said in tables["evaluations"].filter(pl.col("decision") == "propose").to_dicts():
            self.cash[said["account_id"]] = said["cash_after"]

    def tables(self, row: int) -> dict[str, pl.DataFrame]:
        """The book of one day."""
        day, who = self.day(row), self.names
        payers = [name for name in who if self.taxable[name]]
        first = {twin: symbol for symbol, twin in self.twins.items()} | {s: s for s in MODEL}
        recent = [m for m in self.moves if m["date"] >= day - dt.timedelta(days=61)]
        tables = {
            "firms": pl.DataFrame({"firm_id": ["F"], "name": ["Quiet"]}),
            "households": pl.DataFrame({"household_id": [f"H{n}" for n in payers], "firm_id": "F"}),
            "taxpayers": pl.DataFrame({
                "taxpayer_id": payers, "household_id": [f"H{n}" for n in payers], "short_rate": 0.408,
                "long_rate": 0.238,
                "ytd_short": Decimal(0), "ytd_long": Decimal(0),
                "carryforward_long": [self.carried[n] for n in payers],
            }),
            "securities": pl.DataFrame({
                "security_id": self.symbols, "kind": "etf", "price": [self.price(row, s) for s in self.symbols],
                "asset_class": [CLASSES[first[s]] for s in self.symbols], "half_spread_bps": self.half_spread,
            }),
            "models": pl.DataFrame({"model_id": "M", "node_id": list(MODEL),
                                    "parent_node_id": pl.Series([None] * len(MODEL), dtype=pl.String),
                                    "kind": "security", "ref": list(MODEL),
                                    "weight": list(MODEL.values())}),
            "products": pl.DataFrame(
                [("F", s, p, r, h) for s in MODEL for r, (p, h) in
                 enumerate([(s, 0.0), *([(self.twins[s], 2.0)] if s in self.twins else [])], 1)],
                schema=["firm_id", "node_id", "security_id", "rank", "hurdle_bps"], orient="row",
            ).with_columns(model_id=pl.lit(None, dtype=pl.String)),
            "accounts": pl.DataFrame({
                "account_id": who, "firm_id": "F", "cash": [self.cash[n] for n in who], "model_id": "M",
                "tax_type": ["taxable" if self.taxable[n] else "tax_deferred" for n in who],
                "household_id": [f"H{n}" if self.taxable[n] else None for n in who],
                "taxpayer_id": [n if self.taxable[n] else None for n in who],
                "ytd_short": [self.ytd[n][0] for n in who], "ytd_long": [self.ytd[n][1] for n in who],
            }),
            "lots": pl.DataFrame(self.lots),
            "prices": self._history(row),
        }  # fmt: skip
        if recent:
            tables["transactions"] = pl.DataFrame(recent, infer_schema_length=None).rename(
                {"symbol": "security_id"}
            )
        return tables

    def _history(self, row: int) -> pl.DataFrame:
        rows = np.arange(max(row - 2600, 0), row + 1)
        week = (self.market.days[rows].astype(int) + 3) // 7
        rows = rows[
            np.append(week[1:] != week[:-1], False)
        ]  # whole weeks: the risk model changes once a week
        return pl.concat(
            pl.DataFrame({
                "date": pl.Series(self.market.days[rows]).cast(pl.Date), "security_id": symbol,
                "close": np.round(self.market.close[rows, c], 4), "total_return_index": self.market.total[rows, c],
            }).filter(pl.col("close").is_not_nan())
            for symbol, c in self.columns.items()
        ).with_columns(pl.col("close").cast(pl.Decimal(38, 9)))  # fmt: skip


def simulate(desk: Desk, rows: range) -> None:
    """Run every session and print what came of it."""
    days, traded, trades, tax, worst = 0, 0, 0, Decimal(0), 0.0
    tracking: list[float] = []
    why: Counter[str] = Counter()
    start_value = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            day = desk.day(row)
            if row > rows.start and day.year != desk.day(row - 1).year:
                desk.new_year()
            desk.dividends(row)
            for name, frame in desk.tables(row).items():
                exact = [c for c, kind in frame.schema.items() if kind.is_decimal()]
                frame.with_columns(pl.col(exact).cast(pl.Decimal(38, 9))).write_parquet(
                    Path(folder, f"{name}.parquet")
                )
            Path(folder, "book.toml").write_text(f'as_of = {day}\nschema = "1"\ncurrency = "USD"\n')
            book = read_book(Path(folder))
            assert not book.isolated, book.failures
            said = rebalance(book, advance=lambda *_: None).tables
            evaluations = said["evaluations"]
            start_value = start_value or float(evaluations["value"].cast(float).sum())
            acting = evaluations.filter(pl.col("decision") == "propose")
            days, traded, trades = days + len(evaluations), traded + len(acting), trades + len(said["trades"])
            tax += sum((value for value in acting["tax"] if value is not None), Decimal(0))
            worst = max(worst, float(evaluations["worst_class_deviation"].abs().max() or 0))
            tracking.append(float(evaluations["tracking_error_after"].mean()))
            why.update(word for text in acting["why"] for word in text.split(";"))
            why.update(
                text for text in evaluations.filter(pl.col("decision").is_in(["blocked", "error"]))["why"]
            )
            desk.apply(row, said)
            if row % 21 == 0:
                print(f"{day} {traded / days:.2%} of account-days", flush=True)
    years = len(rows) / 252
    count = len(desk.names)
    print(f"account-days {days}, with a trade {traded} ({traded / days:.2%}; at most 3 % is demanded)")
    print(f"proposals a year and account {traded / years / count:.2f}, trades {trades / years / count:.1f}")
    print(f"largest class deviation {worst:.2%}, mean tracking error {np.mean(tracking):.3%}")
    print(f"added tax {tax:.0f} ({float(tax) / start_value / years * 1e4:.1f} bp of the first value a year)")
    print("why", dict(why.most_common()))


def main() -> None:
    """Parse, load, simulate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=40)
    parser.add_argument("--since", type=dt.date.fromisoformat, default=dt.date(2018, 1, 2))
    parser.add_argument("--until", type=dt.date.fromisoformat, default=dt.date(2018, 12, 31))
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    market = load_market(DATA, a.until)
    rows = range(market.row(a.since), market.row(a.until) + 1)
    simulate(Desk(market, a.accounts, rows.start, a.seed), rows)


if __name__ == "__main__":
    main()

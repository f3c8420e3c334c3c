"""B5: harvesting that keeps the wash rule, at a limit on tracking error, beside a naive rule.

    python bench/harvesting.py [--names 200] [--accounts 14] [--months 60] [--te 0.009]

Accounts begin in June of each year with the two hundred names of the most trading, equal amounts of each, by total
return; the benchmark holds them. Month-end by month-end three managers look for losses. *No wash rule*: every lot below
its basis is sold and bought back at once; its losses are what there is to have. *Naive*: every such lot is sold, the
name is not bought for two month-ends, and the proceeds go to the names that are below their weight. *Ours*: the night
of the product on accounts that index directly, their losses worth something against gains elsewhere, with a limit on
tracking error. The share of the losses, realized tracking error, excess before tax, and the wash sales that the
ledger, folded over all trades, then finds.
"""

import argparse
import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import polars as pl

from books_market import Market, load_market
from quiet_days import DATA
from timeline import LOTS, Timeline
from trimtab.core.amounts import Money, Quantity
from trimtab.ledger.entries import Entry, Pick, Purchase, Relief, Sale
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.state import Account, Household

VALUE, SPREAD, WAIT = 5_000_000.0, 1.0, 2
LEAST_SHARE, MOST_ERROR, MOST_EXCESS = 0.85, 0.5, 0.0010
AIM_SHARE, AIM_ERROR = 0.90, 0.01
SETTINGS = {
    "cash_target": "0", "cash_min": "0", "cash_max": "0.01", "harvest_gate": "none", "harvest_min_loss": "0",
    "min_trade_bps": "0", "min_benefit_bps": "0",
}  # fmt: skip
"""What a firm says of an account that indexes to harvest: no gate, and no waiting for a better loss."""


@dataclass(frozen=True, slots=True)
class Result:
    """Losses in share of the value at the start, active returns by month, and what the ledger makes of the trades."""

    loss: float
    active: np.ndarray
    gains: float = 0.0
    wash_sales: int = 0
    refused: float = 0.0

    @property
    def error(self) -> float:
        """Tracking error, annual."""
        return float(np.std(self.active) * np.sqrt(12))

    @property
    def excess(self) -> float:
        """Mean active return, annual."""
        return float(np.mean(self.active) * 12)


def month_ends(market: Market, start: dt.date, months: int) -> list[int]:
    """Rows of the last sessions of so many months, that of the start's month first."""
    month = market.days.astype("M8[M]")
    last = np.flatnonzero(np.append(month[1:] != month[:-1], True))
    first = int(np.searchsorted(last, market.row(start)))
    rows = last[first : first + months + 1]
    if len(rows) <= months:
        raise SystemExit(f"the data ends before {months} months after {start}")
    return [int(r) for r in rows]


def largest(market: Market, rows: Sequence[int], turnover: pl.DataFrame, count: int) -> list[str]:
    """The names with the most trading in the year before the start, of those with a price all the way."""
    begin, end = max(rows[0] - 520, 0), rows[-1]
    whole = ~np.isnan(market.close[begin : end + 1]).any(axis=0)
    stocks = market.securities.with_columns(whole=pl.Series(whole)).filter(
        pl.col("whole") & (pl.col("kind") == "equity")
    )
    ranked = stocks.join(turnover, on="symbol").sort("traded", "symbol", descending=[True, False])
    return sorted(ranked["symbol"].head(count).to_list())


def traded(day: dt.date) -> pl.DataFrame:
    """symbol, traded: mean dollars a day in the year before a day."""
    span = pl.col("date").is_between(day - dt.timedelta(days=365), day)
    prices = pl.scan_parquet(DATA / "prices_us_large_cap.parquet").filter(span)
    return prices.group_by("symbol").agg(traded=(pl.col("close") * pl.col("volume")).mean()).collect()


def free_of_wash(price: np.ndarray) -> float:
    """Losses of selling and buying back every lot below basis, in share of the value at the start."""
    basis, loss = price[0].copy(), 0.0
    for now in price[1:]:  # one lot a name: what is bought back is the whole of it
        below = now < basis
        loss += float(((basis - now) / price[0])[below].sum())
        basis[below] = now[below]
    return loss / price.shape[1]


def naive(price: np.ndarray) -> Result:
    """Sell every losing lot, wait two month-ends, spread the proceeds over what is below its weight."""
    months, n = price.shape
    lots: list[list[list[float]]] = [[[1.0 / n / price[0, i], price[0, i]]] for i in range(n)]
    shut, loss, growth = np.zeros(n, np.int64), 0.0, [1.0]
    target = price / price[0] / n
    for at in range(1, months):
        proceeds = 0.0
        for i in range(n):
            if shut[i] > at or not lots[i]:
                continue
            losing = [lot for lot in lots[i] if price[at, i] < lot[1]]
            if losing:
                proceeds += sum(lot[0] for lot in losing) * price[at, i]
                loss += sum(lot[0] * (lot[1] - price[at, i]) for lot in losing)
                lots[i] = [lot for lot in lots[i] if price[at, i] >= lot[1]]
                shut[i] = at + WAIT
        held = np.array([sum(lot[0] for lot in one) for one in lots]) * price[at]
        whole = held.sum() + proceeds
        short = np.where(shut > at, 0.0, np.maximum(target[at] / target[at].sum() * whole - held, 0.0))
        spread = short if short.sum() > 0 else np.where(shut > at, 0.0, target[at])
        for i in np.flatnonzero(spread * proceeds):
            lots[i].append([proceeds * spread[i] / spread.sum() / price[at, i], price[at, i]])
            shut[i] = max(
                shut[i], at + 1
            )  # bought today: no loss of it is sold at the next month-end but one
        growth.append(whole)
    mine, theirs = np.array(growth), target.sum(axis=1)
    return Result(loss, mine[1:] / mine[:-1] - theirs[1:] / theirs[:-1])


class Direct:
    """One account: its names and month-ends, and what has come of it."""

    def __init__(self, market: Market, rows: list[int], names: list[str]) -> None:
        self.rows, self.names = rows, names
        self.price = market.close[np.ix_(rows, [market.symbols.index(s) for s in names])]
        self.bench = (self.price / self.price[0]).mean(axis=1)
        self.active: list[float] = []
        self.before = self.first = self.loss = self.gains = 0.0
        self.opening: list[tuple] = []

    def weights(self, row: int) -> np.ndarray:
        """Weights of the benchmark at a month-end."""
        now = self.price[self.rows.index(row)] / self.price[0]
        return now / now.sum()


def book_of(
    accounts: Mapping[str, Direct], market: Market, settings: Mapping[str, str]
) -> dict[str, pl.DataFrame]:
    """One firm; accounts that index directly, each with gains elsewhere for its losses to meet."""
    ids = sorted(accounts)
    names = sorted({s for one in accounts.values() for s in one.names})
    sectors = dict(market.securities.select("symbol", pl.col("sector").fill_null("Other")).iter_rows())
    return {
        "firms": pl.DataFrame({"firm_id": ["F"], "name": ["Direct"]}),
        "households": pl.DataFrame({"household_id": ids, "firm_id": "F"}),
        "taxpayers": pl.DataFrame({"taxpayer_id": ids, "household_id": ids, "short_rate": 0.408, "long_rate": 0.238,
                                   "ytd_short": VALUE, "ytd_long": VALUE}),
        "securities": pl.DataFrame({"security_id": names, "kind": "equity", "half_spread_bps": SPREAD,
                                    "asset_class": "us_equity", "sector": [sectors[s] for s in names]}),
        "models": pl.DataFrame({"model_id": ids, "node_id": "index", "kind": "index", "ref": ids, "weight": 1.0}),
        "accounts": pl.DataFrame({"account_id": ids, "firm_id": "F", "tax_type": "taxable", "household_id": ids,
                                  "taxpayer_id": ids, "model_id": ids}),
        "policies": pl.DataFrame([("firm", "F", key, value) for key, value in settings.items()],
                                 schema=["scope", "scope_id", "key", "value"], orient="row"),
    }  # fmt: skip


def ours(market: Market, accounts: Mapping[str, Direct], settings: Mapping[str, str]) -> dict[str, Result]:
    """The product's nights, one a month, for all accounts that live then."""
    line = Timeline(market, book_of(accounts, market, settings))
    every = sorted({row for one in accounts.values() for row in one.rows})
    for at, row in enumerate(every):
        live = {name: one for name, one in accounts.items() if one.rows[0] < row <= one.rows[-1]}
        worth = dict(zip(line.own["account_id"], line.values(np.array([row]))[:, 0], strict=True))
        for name, one in live.items():
            month = one.rows.index(row)
            one.active.append(worth[name] / one.before - one.bench[month] / one.bench[month - 1])
        if live:
            index = [pl.DataFrame({"index_id": name, "security_id": one.names, "weight": one.weights(row)})
                     for name, one in live.items()]  # fmt: skip
            _night(line, row, pl.concat(index), live)
        for name, one in accounts.items():
            if one.rows[0] == row:
                _open(line, row, name, one)
            elif one.rows[-1] == row:
                line.close([name])
        worth = dict(zip(line.own["account_id"], line.values(np.array([row]))[:, 0], strict=True))
        for name, value in worth.items():
            accounts[name].before = value
            accounts[name].first = accounts[name].first or value
        if at + 1 < len(every) and line.day(row).year != line.day(every[at + 1]).year:
            line.new_year()
    log = pl.concat(line.log)
    return {
        name: _result(name, one, log.filter(pl.col("account_id") == name)) for name, one in accounts.items()
    }


def _night(line: Timeline, row: int, index: pl.DataFrame, live: Mapping[str, Direct]) -> None:
    mine = pl.col("model_id").is_in(list(live))
    found = line.night(row, {"indexes": index, "models": line.fixed["models"].filter(mine)})
    odd = found.accounts.filter(~pl.col("decision").is_in(["propose", "hold"]))
    if len(odd):
        print(line.day(row), odd.select("account_id", "decision", "why").rows(), flush=True)
    for name, gain in found.sales.select("account_id", pl.col("gain").cast(pl.Float64)).iter_rows():
        live[name].loss += max(-gain, 0.0)
        live[name].gains += max(gain, 0.0)


def _open(line: Timeline, row: int, name: str, one: Direct) -> None:
    day, price = line.day(row), np.round(one.price[0], 4)
    one.opening = [
        (name, f"{s}-0", s, float(int(VALUE / len(one.names) / p)), float(p), day)
        for s, p in zip(one.names, price, strict=True)
    ]
    opened = pl.DataFrame({"account_id": [name], "cash": 0.0})
    line.open(opened, pl.DataFrame(one.opening, schema=list(LOTS), orient="row"))


def _result(name: str, one: Direct, log: pl.DataFrame) -> Result:
    ledger = folded(name, log, one.opening)
    assert not ledger.failures, ledger.failures[:2]
    refused = [float(row.disallowed.decimal()) for row in ledger.closed if row.disallowed.nano]
    return Result(
        one.loss / one.first,
        np.array(one.active),
        one.gains / one.first,
        len(refused),
        sum(refused) / one.first,
    )


def folded(name: str, log: pl.DataFrame, opening: Sequence[tuple]) -> Ledger:
    """What the ledger makes of all purchases and sales: it knows nothing of the night."""
    entries: list[Entry] = [
        Purchase(entry_id=lot, date=day, account_id=name, security_id=s, quantity=Quantity.parse(Decimal(str(q))),
                 amount=Money.parse(Decimal(f"{q * cost:.4f}")))
        for _, lot, s, q, cost, day in opening
    ]  # fmt: skip
    for one in log.sort("date", "kind", "security_id", "lot_id", maintain_order=True).iter_rows(named=True):
        quantity, amount = Quantity.parse(one["quantity"]), Money.parse(one["amount"])
        if one["kind"] == "buy":
            entries.append(Purchase(entry_id=one["lot_id"], date=one["date"], account_id=name, amount=amount,
                                    security_id=one["security_id"], quantity=quantity))  # fmt: skip
        else:
            entries.append(Sale(entry_id=one["transaction_id"], date=one["date"], account_id=name, amount=amount,
                                security_id=one["security_id"], quantity=quantity,
                                order_id=f"{one['date']}-{one['security_id']}",
                                relief=Relief("SPEC", (Pick(one["lot_id"], quantity),))))  # fmt: skip
    return fold(EMPTY, entries, household=Household((Account(name),)))


def main() -> int:
    """Run every account, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--names", type=int, default=200)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--first", type=int, default=2002, help="year of the first start; one each June")
    parser.add_argument("--accounts", type=int, default=14)
    parser.add_argument("--te", default="0.009", help="the limit on tracking error")
    a = parser.parse_args()
    market = by_total_return(load_market(DATA, dt.date(2020, 12, 11)))
    accounts = {}
    for year in range(a.first, a.first + a.accounts):
        start = dt.date(year, 6, 30)
        rows = month_ends(market, start, a.months)
        accounts[f"{year}"] = Direct(market, rows, largest(market, rows, traded(start), a.names))
    mine = ours(market, accounts, SETTINGS | {"max_tracking_error": a.te})
    there = {name: free_of_wash(one.price) for name, one in accounts.items()}
    return tell(there, {name: naive(one.price) for name, one in accounts.items()}, mine, a)


def tell(
    there: dict[str, float], rule: dict[str, Result], mine: dict[str, Result], a: argparse.Namespace
) -> int:
    """Print what came of it; 0 where the demand is met."""
    print(
        f"{a.names} names, {a.months} months from June of each year; share of the losses that no wash rule would leave,"
    )
    print(f"tracking error and excess before tax a year; ours is limited to {float(a.te):.2%} ex ante\n")
    heads = ("there is", "naive", "error", "excess", "ours", "error", "excess", "gains", "washed")
    print("start   " + "".join(f"{head:>9}" for head in heads))
    for name, one in mine.items():
        other = rule[name]
        naively = f"{other.loss / there[name]:9.1%}{other.error:9.2%}{other.excess:9.2%}"
        own = f"{one.loss / there[name]:9.1%}{one.error:9.2%}{one.excess:9.2%}{one.gains:9.1%}"
        print(f"{name:8}{there[name]:9.1%}{naively}{own}{one.wash_sales:9}")
    whole = sum(there.values())
    share, theirs = (sum(r.loss - r.refused for r in of.values()) / whole for of in (mine, rule))
    error, naive_error = (float(np.mean([r.error for r in of.values()])) for of in (mine, rule))
    excess = float(np.mean([r.excess for r in mine.values()]))
    washed = sum(r.wash_sales for r in mine.values())
    print(f"{'all':8}{whole / len(mine):9.1%}{theirs:9.1%}{naive_error:9.2%}{'':9}{share:9.1%}{error:9.2%}{excess:9.2%}"
          f"{'':9}{washed:9}\n")  # fmt: skip
    good = (
        share >= LEAST_SHARE
        and error <= MOST_ERROR * naive_error
        and not washed
        and abs(excess) <= MOST_EXCESS
    )
    spread = float(np.std([r.excess for r in mine.values()])) / len(mine) ** 0.5
    print(
        f"the mean excess is known to about {1e4 * spread:.0f} bp at best: the years of the accounts overlap"
    )
    print(f"at least {LEAST_SHARE:.0%} of the losses at half the naive tracking error or less, no wash sale,")
    print(f"mean excess within {1e4 * MOST_EXCESS:.0f} bp a year: {'PASS' if good else 'FAIL'}")
    aim = share >= AIM_SHARE and error <= AIM_ERROR
    print(f"aim, at least {AIM_SHARE:.0%} at {AIM_ERROR:.0%} or less: {'met' if aim else 'not met'}")
    return 0 if good else 1


def by_total_return(market: Market) -> Market:
    """The same market with dividends reinvested: prices are total returns, scaled to end at the last price."""
    return replace(market, close=market.total, cost=market.total)


if __name__ == "__main__":
    sys.exit(main())

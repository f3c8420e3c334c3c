"""B4: less tax and less dispersion than advisors who rebalance by hand, against a stated control.

    python bench/less_tax.py --accounts 60 --from 2010-01-04 --to 2018-12-31

Account s draws from rng(s): the day it starts, legacy weights and bases, a review interval of 63, 126 or 252 days,
whether its advisor puts off gains, and its flows. Control: fully to model on day one and at each review, first in first
out, no harvesting; who puts off leaves positions more than a fifth above basis; flows pro rata. Engine: the real night
over all accounts every fifth day, default policies; other settings run beside it as copies of the same accounts.
Every fund has a twin of the same returns; taxes are netted by year, losses carried, and paid from elsewhere; half
spread 5 bp.
"""

import argparse
import datetime as dt
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import polars as pl

from books_market import Market, load_market
from quiet_days import DATA, MODEL, Desk
from trimtab.book.read import read_book
from trimtab.desk.rebalance import rebalance

SHORT, LONG = 0.408, 0.238
COST, VALUE, EVERY, FLOW = 0.0005, 500_000.0, 5, 0.05
STARTS, SETTLED, YEAR, QUARTER = 756, 1008, 252, 63
FUNDS = tuple(MODEL)
WEIGHTS = np.array([MODEL[s] for s in FUNDS])
CURVE: dict[str, dict[str, str]] = {
    "default": {},
    "risk_aversion 10": {"risk_aversion": "10"},
    "risk_aversion 100": {"risk_aversion": "100"},
    "tax_weight 3": {"tax_weight": "3"},
    "latent_tax 0": {"latent_tax": "0"},
    "tight bands": {"band_class_abs": "0.015", "band_class_rel": "0.1", "band_tracking_error": "0.004"},
    "tight, aversion 100": {"band_class_abs": "0.015", "band_class_rel": "0.1", "band_tracking_error": "0.004",
                            "risk_aversion": "100"},
}  # fmt: skip
RULES = {"rule 1": (-91, -21), "rule 2": (-80, -45), "rule 3": (-57, -57), "never pay tax": (19, -77)}
"""The stated rule-based points: change of dispersion and of tax against their control, per cent."""


@dataclass(frozen=True, slots=True)
class Account:
    """What rng(s) draws: `flows` by day is +1 for a deposit and −1 for a withdrawal of a twentieth of the value."""

    start: int
    legacy: np.ndarray
    basis: np.ndarray
    interval: int
    phase: int
    defers: bool
    flows: dict[int, int]


def drawn(s: int, days: int) -> Account:
    """Account s."""
    rng = np.random.default_rng(s)
    start = int(rng.integers(STARTS))
    legacy = WEIGHTS * np.exp(0.5 * rng.normal(size=len(FUNDS)))
    basis = rng.uniform(0.5, 1.1, len(FUNDS))
    interval = int(rng.choice([63, 126, 252]))
    phase, defers = int(rng.integers(interval)), bool(rng.random() < 0.5)
    flows = {}
    for day in range(start + QUARTER, days, QUARTER):
        chance = rng.random()
        if chance < 0.10:
            flows[day] = 1 if chance < 0.05 else -1
    return Account(start, legacy / legacy.sum(), basis, interval, phase, defers, flows)


class Year:
    """One taxpayer's gains of a year, netted with what is carried; the tax of every year summed."""

    def __init__(self) -> None:
        self.gains, self.carried, self.tax = [0.0, 0.0], [0.0, 0.0], 0.0

    def close(self) -> None:
        """Net within a term, then across; losses left keep their term."""
        short, long = (g - c for g, c in zip(self.gains, self.carried, strict=True))
        if short * long < 0:
            offset = min(abs(short), abs(long))
            short, long = short - np.sign(short) * offset, long - np.sign(long) * offset
        self.tax += SHORT * max(short, 0.0) + LONG * max(long, 0.0)
        self.gains, self.carried = [0.0, 0.0], [max(-short, 0.0), max(-long, 0.0)]


class Control:
    """One account by hand: queues of [shares, cost, day] per fund, first in first out."""

    def __init__(self, account: Account, price: np.ndarray, days: np.ndarray) -> None:
        self.account, self.price, self.days, self.year = account, price, days, Year()
        now = price[account.start]
        long_ago = days[account.start] - np.timedelta64(800, "D")
        self.lots = [
            deque([[VALUE * w / p, p * b, long_ago]])
            for w, p, b in zip(account.legacy, now, account.basis, strict=True)
        ]

    def shares(self) -> np.ndarray:
        return np.array([sum(lot[0] for lot in fund) for fund in self.lots])

    def sell(self, i: int, amount: float, row: int) -> float:
        """Sell for an amount before cost; returns the proceeds."""
        left, price = amount / self.price[row, i], self.price[row, i]
        while left > 1e-9 and self.lots[i]:
            lot = self.lots[i][0]
            part = min(lot[0], left)
            term = int(self.days[row] - lot[2] > np.timedelta64(365, "D"))
            self.year.gains[term] += part * (price * (1 - COST) - lot[1])
            lot[0], left = lot[0] - part, left - part
            if lot[0] <= 1e-9:
                self.lots[i].popleft()
        return amount * (1 - COST)

    def buy(self, i: int, amount: float, row: int) -> None:
        unit = self.price[row, i] * (1 + COST)
        self.lots[i].append([amount / unit, unit, self.days[row]])

    def review(self, row: int) -> None:
        """To the model; a position more than a fifth above its basis stays where the advisor puts off gains."""
        worth = self.shares() * self.price[row]
        off = worth - WEIGHTS * worth.sum()
        over, under = np.maximum(off, 0.0), np.maximum(-off, 0.0)
        if self.account.defers:
            paid = np.array([sum(lot[0] * lot[1] for lot in fund) for fund in self.lots])
            over[worth > 1.2 * paid] = 0.0
        raised = sum(self.sell(i, float(over[i]), row) for i in range(len(FUNDS)) if over[i] > 1.0)
        for i in np.flatnonzero(under > 0.0):
            if raised > 0.0:
                self.buy(int(i), raised * under[i] / under.sum(), row)

    def flow(self, row: int, sign: int) -> float:
        worth = self.shares() * self.price[row]
        for i, amount in enumerate(FLOW * worth):
            self.buy(i, amount, row) if sign > 0 else self.sell(i, amount, row)
        return sign * FLOW * float(worth.sum())

    def run(self) -> tuple[np.ndarray, float, float]:
        """Growth by day (NaN before the start), tax, and the mean value."""
        start, growth = self.account.start, np.full(len(self.days), np.nan)
        growth[start], value, held = 1.0, VALUE, []
        for row in range(start, len(self.days)):
            if row > start and self.days[row].astype("M8[Y]") != self.days[row - 1].astype("M8[Y]"):
                self.year.close()
            flow = self.flow(row, self.account.flows[row]) if row in self.account.flows else 0.0
            if row == start or (row - self.account.phase) % self.account.interval == 0:
                self.review(row)
            end = float((self.shares() * self.price[row]).sum())
            growth[row] = (growth[row - 1] if row > start else 1.0) * (end - flow) / value
            value = end
            held.append(end)
        self.year.close()
        return growth, self.year.tax, float(np.mean(held))


class Engine(Desk):
    """The same accounts through the real night, once per setting."""

    twins: ClassVar = {s: f"{s}-TWIN" for s in FUNDS}
    half_spread = COST * 1e4

    def __init__(self, market: Market, first: int, accounts: dict[str, Account], said: list[dict]) -> None:
        self._stand(market)
        self.first, self.accounts, self.said = first, accounts, said
        self.taxable = dict.fromkeys(accounts, True)
        self.names: list[str] = []
        self.years = {name: Year() for name in accounts}
        self.due: dict[str, Decimal] = {}
        self.proposals = 0

    def open_new(self, row: int) -> None:
        """Accounts that start by this day; they hold their legacy from here on."""
        for name in sorted(set(self.accounts) - set(self.names)):
            account = self.accounts[name]
            if self.first + account.start > row:
                continue
            self.names.append(name)
            self.cash[name] = Decimal(0)
            for symbol, weight, basis in zip(FUNDS, account.legacy, account.basis, strict=True):
                price = self.price(row, symbol)
                cost = (price * Decimal(f"{basis:.6f}")).quantize(Decimal("0.0001"))
                old = self.day(row) - dt.timedelta(days=800)
                shares = Decimal(int(VALUE * weight / float(price)))
                lot = {"account_id": name, "lot_id": f"L{self.bought:07d}", "security_id": symbol, "quantity": shares,
                       "unit_cost": cost, "acquired": old}  # fmt: skip
                self.bought += 1
                self.lots.append(lot)
        self.names.sort()

    def close_year(self) -> None:
        for name, year in self.years.items():
            year.gains = [float(part) for part in self.ytd[name]]
            year.close()
        self.ytd.clear()

    def values(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Each account's value on some days, with today's shares and cash."""
        column = {s: i for i, s in enumerate(self.symbols)}
        at = {name: i for i, name in enumerate(self.names)}
        shares = np.zeros((len(at), len(column)))
        for lot in self.lots:
            shares[at[lot["account_id"]], column[lot["security_id"]]] += float(lot["quantity"])
        price = self.market.close[np.ix_(rows, [self.columns[s] for s in self.symbols])]
        worth = (shares[:, None, :] * price[None, :, :]).sum(axis=2)
        return {name: worth[i] + float(self.cash[name]) for name, i in at.items()}

    def flows(self, row: int) -> dict[str, float]:
        """Pay what was announced, take deposits, announce what is due by the next night: dollars by account."""
        moved: dict[str, float] = {}
        for name, amount in self.due.items():
            self.cash[name] -= amount
            moved[name] = -float(amount)
        self.due = {}
        now = self.values(np.array([row]))
        for name in self.names:
            amount = Decimal(f"{FLOW * float(now[name][0]):.2f}")
            for day, sign in self.accounts[name].flows.items():
                ahead = self.first + day - row
                if sign > 0 and -EVERY < ahead <= 0:
                    self.cash[name] += amount
                    moved[name] = moved.get(name, 0.0) + float(amount)
                if sign < 0 and 0 < ahead <= EVERY:
                    self.due[name] = amount
        return moved

    def tables(self, row: int) -> dict[str, pl.DataFrame]:
        """The book of one day with losses carried by term, the settings, and withdrawals announced."""
        tables = super().tables(row)
        carried = [self.years[name].carried for name in self.names]
        money = pl.Decimal(38, 9)
        tables["taxpayers"] = tables["taxpayers"].with_columns(
            carryforward_short=pl.Series([round(c[0], 2) for c in carried]).cast(money),
            carryforward_long=pl.Series([round(c[1], 2) for c in carried]).cast(money),
            loss_limit=pl.lit(Decimal(0)),
        )
        here = [one for one in self.said if one["scope_id"] in self.names]
        if here:
            tables["policies"] = pl.DataFrame(here)
        if self.due:
            until = self.day(min(row + 1, len(self.market.days) - 1))
            rows = [
                {"account_id": name, "flow_id": f"W{row}", "date": until, "amount": a, "direction": "out"}
                for name, a in sorted(self.due.items())
            ]
            tables["cash_flows"] = pl.DataFrame(rows)
        return tables

    def night(self, row: int, folder: Path) -> None:
        """Write the book, run it, do what it proposes."""
        for old in folder.iterdir():
            old.unlink()
        for name, frame in self.tables(row).items():
            exact = [c for c, kind in frame.schema.items() if kind.is_decimal()]
            frame.with_columns(pl.col(exact).cast(pl.Decimal(38, 9))).write_parquet(
                folder / f"{name}.parquet"
            )
        (folder / "book.toml").write_text(f'as_of = {self.day(row)}\nschema = "1"\ncurrency = "USD"\n')
        book = read_book(folder)
        assert not book.isolated, book.failures
        said = rebalance(book, workers=2, advance=lambda *_: None).tables
        odd = said["evaluations"].filter(pl.col("decision").is_in(["blocked", "error"]))
        if len(odd):
            print(self.day(row), odd.select("account_id", "decision", "why", "flags").rows()[:3], flush=True)
        self.proposals += said["evaluations"].filter(
            (pl.col("decision") == "propose") & pl.col("account_id").str.starts_with("default")
        ).height  # fmt: skip
        self.apply(row, said)


def engine(desk: Engine, rows: range) -> dict[str, tuple[np.ndarray, float, float]]:
    """Growth by day, tax and mean value of each account."""
    growth = {name: np.full(len(rows), np.nan) for name in desk.accounts}
    held: dict[str, list[float]] = {name: [] for name in desk.accounts}
    with tempfile.TemporaryDirectory() as place:
        base: dict[str, float] = {}
        for at in range(0, len(rows), EVERY):
            row = rows[at]
            if at and desk.day(row).year != desk.day(rows[at - EVERY]).year:
                desk.close_year()
                print(desk.day(row), len(desk.names), flush=True)
            desk.open_new(row)
            before = {name: float(v[0]) for name, v in desk.values(np.array([row])).items()}
            moved = desk.flows(row)
            if desk.names:
                desk.night(row, Path(place))
            span = np.arange(row, min(row + EVERY, rows.stop - 1) + 1)
            for name, worth in desk.values(span).items():
                start = growth[name][at] if name in base else 1.0
                net = (worth[0] - moved.get(name, 0.0)) / before[name]  # today's costs, no flows
                growth[name][at : at + len(span)] = start * net * worth / worth[0]
                base[name] = worth[-1]
                held[name] += worth[: len(span) - 1].tolist()
    desk.close_year()
    return {name: (growth[name], desk.years[name].tax, float(np.mean(held[name]))) for name in desk.accounts}


def measured(results: list[tuple[np.ndarray, float, float]], accounts: list[Account]) -> tuple[float, float]:
    """Dispersion of trailing-year returns (mean over quarter ends), and tax a year in share of value."""
    growth = np.array([one[0] for one in results])
    days = growth.shape[1]
    spread = [np.std(growth[:, d] / growth[:, d - YEAR] - 1) for d in range(SETTLED, days, QUARTER)]
    years = sum(one[2] * (days - a.start) / YEAR for one, a in zip(results, accounts, strict=True))
    return float(np.mean(spread)), sum(one[1] for one in results) / years


def synthetic(market: Market) -> Market:
    """The six funds by total return, and a twin of each with the same returns at another price."""
    columns = [market.symbols.index(s) for s in FUNDS]
    total = market.total[:, columns]
    symbols = [*FUNDS, *Engine.twins.values()]
    both = np.round(np.hstack([total, 0.8 * total]), 4)
    return replace(market, symbols=symbols, close=both, cost=both, total=both)


def main() -> int:
    """Draw the accounts, run the control and the engine, print both and the curve."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--from", dest="since", type=dt.date.fromisoformat, default=dt.date(2010, 1, 4))
    parser.add_argument("--to", dest="until", type=dt.date.fromisoformat, default=dt.date(2018, 12, 31))
    parser.add_argument("--only-default", action="store_true", help="no curve")
    a = parser.parse_args()
    market = synthetic(load_market(DATA, a.until))
    rows = range(market.row(a.since), market.row(a.until) + 1)
    if len(rows) <= SETTLED + 1:
        parser.error(f"at least {SETTLED + 2} sessions are needed: accounts start in the first {STARTS}")
    accounts = [drawn(s, len(rows)) for s in range(a.accounts)]
    price, days = market.close[rows.start : rows.stop, : len(FUNDS)], market.days[rows.start : rows.stop]
    by_hand = measured([Control(one, price, days).run() for one in accounts], accounts)
    print(f"control: dispersion {by_hand[0]:.3%}, tax {by_hand[1] * 1e4:.1f} bp a year", flush=True)
    curve = {"default": CURVE["default"]} if a.only_default else CURVE
    names = {(label, s): f"{label}/{s:03d}" for label in curve for s in range(a.accounts)}
    said = [
        {"scope": "account", "scope_id": name, "key": key, "value": value}
        for (label, _), name in names.items()
        for key, value in curve[label].items()
    ]
    desk = Engine(market, rows.start, {name: accounts[s] for (_, s), name in names.items()}, said)
    results = engine(desk, rows)
    print(f"against this stated control, {a.accounts} accounts     dispersion    tax bp    change of each, %")
    good = False
    for label in curve:
        got = measured([results[names[label, s]] for s in range(a.accounts)], accounts)
        less = [100 * (mine / theirs - 1) for mine, theirs in zip(got, by_hand, strict=True)]
        print(f"{label:46}{got[0]:10.3%}{got[1] * 1e4:10.1f}{less[0]:10.0f}{less[1]:8.0f}")
        good = good or (label == "default" and max(less) <= -60)
    for label, (dispersion, tax) in RULES.items():
        print(f"{label:46}{'':10}{'':10}{dispersion:10}{tax:8}")
    years = sum(len(rows) - one.start for one in accounts) / YEAR
    print(
        f"default: {desk.proposals / years:.2f} days with a trade a year; at least 60 % less of both: {good}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Accounts through time: the real night in memory, on one day after the other, everything in columns.

A day's book is put together from frames, without files; the risk model is built once a week, since its weekly returns
change no oftener. What a night proposes is done at that day's close; its costs are paid in cash and lower no gain.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import polars as pl

from books_market import Market
from trimtab.book.defaults import fill
from trimtab.book.faults import ROW
from trimtab.book.read import Book, put_together
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.title import Title
from trimtab.desk import answer
from trimtab.desk.day import Risk, risk_model
from trimtab.desk.outcome import Outcome
from trimtab.desk.rebalance import decide
from trimtab.optimize.complete import complete

answer.complete = partial(
    complete, small=0
)  # gaps of hundredths of a basis point are not closed: only proofs are lost
MONEY = pl.Decimal(38, 9)
WINDOW = dt.timedelta(days=61)
WEEKS = 2600  # sessions that the risk model may look back on
LOTS = {"account_id": pl.String(), "lot_id": pl.String(), "security_id": pl.String(), "quantity": MONEY,
        "unit_cost": MONEY, "acquired": pl.Date()}  # fmt: skip
MOVES = {"account_id": pl.String(), "transaction_id": pl.String(), "date": pl.Date(), "kind": pl.String(),
         "security_id": pl.String(), "quantity": MONEY, "amount": MONEY, "gain": MONEY, "term": pl.String(),
         "lot_id": pl.String()}  # fmt: skip
OWN = {"account_id": pl.String(), "cash": MONEY, "ytd_short": MONEY, "ytd_long": MONEY}


class Timeline:
    """What is held, the cash, the year's gains and the last two months' trades of every account, by day.

    `fixed` are the tables that stay: firms, households, models, products, policies, and `accounts` and `taxpayers`
    without what changes. `securities` has all but prices. Losses carried are kept in dollars by account and term;
    `log` is every purchase and sale, night by night.
    """

    def __init__(self, market: Market, fixed: Mapping[str, pl.DataFrame]) -> None:
        self.market, self.fixed = market, dict(fixed)
        self.symbols = fixed["securities"]["security_id"].sort().to_list()
        self.columns = np.array([market.symbols.index(s) for s in self.symbols])
        self.lots = pl.DataFrame(schema=LOTS)
        self.moves = pl.DataFrame(schema=MOVES)
        self.own = pl.DataFrame(schema=OWN)
        self.carried: dict[str, tuple[float, float]] = {}
        self.log: list[pl.DataFrame] = []
        self._model: tuple[int, Risk] | None = None

    def day(self, row: int) -> dt.date:
        """The date of a session."""
        return self.market.days[row].astype(dt.date)

    def price(self, row: int) -> np.ndarray:
        """Prices of `symbols` as the book has them."""
        return np.round(self.market.close[row, self.columns], 4)

    def open(self, accounts: pl.DataFrame, lots: pl.DataFrame) -> None:
        """Let accounts (account_id, cash) begin with their lots."""
        zero = pl.lit(0).cast(MONEY)
        new = accounts.select("account_id", cash=pl.col("cash").cast(MONEY), ytd_short=zero, ytd_long=zero)
        self.own = pl.concat([self.own, new]).sort("account_id")
        self.lots = pl.concat([self.lots, lots.select(pl.col(n).cast(t) for n, t in LOTS.items())])

    def close(self, accounts: Sequence[str]) -> None:
        """Let accounts end."""
        gone = pl.col("account_id").is_in(list(accounts))
        self.own, self.lots, self.moves = (one.filter(~gone) for one in (self.own, self.lots, self.moves))

    def pay(self, amounts: Mapping[str, float]) -> None:
        """Add dollars to accounts' cash (below zero: take)."""
        moved = pl.DataFrame({"account_id": list(amounts), "moved": [round(a, 2) for a in amounts.values()]},
                             schema={"account_id": pl.String, "moved": pl.Float64})  # fmt: skip
        self.own = self.own.join(moved, on="account_id", how="left", maintain_order="left").with_columns(
            cash=pl.col("cash") + pl.col("moved").fill_null(0.0).cast(MONEY)
        ).drop("moved")  # fmt: skip

    def shares(self) -> np.ndarray:
        """Shares held, accounts (in the order of `own`) by symbols."""
        held = np.zeros((len(self.own), len(self.symbols)))
        at = self.own["account_id"].search_sorted(self.lots["account_id"]).to_numpy()
        column = pl.Series(self.symbols).search_sorted(self.lots["security_id"]).to_numpy()
        np.add.at(held, (at, column), self.lots["quantity"].cast(pl.Float64).to_numpy())
        return held

    def values(self, rows: np.ndarray) -> np.ndarray:
        """Value of every account (in the order of `own`) on some days, with today's shares and cash."""
        price = self.market.close[np.ix_(rows, self.columns)]
        cash = self.own["cash"].cast(pl.Float64).to_numpy()
        held = self.shares()
        return (
            np.where(held[:, None, :] > 0.0, held[:, None, :] * price[None, :, :], 0.0).sum(axis=2)
            + cash[:, None]
        )

    def book(self, row: int, more: Mapping[str, pl.DataFrame]) -> Book:
        """The book of a day; `more` are tables of that day alone."""
        day = self.day(row)
        mine = self.own["account_id"].implode()
        price = pl.Series(self.price(row), dtype=pl.Float64)
        priced = pl.DataFrame({"security_id": self.symbols, "price": price}).filter(
            pl.col("price").is_not_nan()
        )
        carried = [self.carried.get(name, (0.0, 0.0)) for name in self.fixed["taxpayers"]["taxpayer_id"]]
        tables = {
            **self.fixed,
            "accounts": self.fixed["accounts"].join(self.own, on="account_id"),
            "taxpayers": self.fixed["taxpayers"].with_columns(
                carryforward_short=pl.Series([round(c[0], 2) for c in carried], dtype=pl.Float64),
                carryforward_long=pl.Series([round(c[1], 2) for c in carried], dtype=pl.Float64),
            ),
            "securities": self.fixed["securities"].join(priced, on="security_id"),
            "lots": self.lots,
            "transactions": self.moves.filter(pl.col("date") >= day - WINDOW),
            **more,
        }  # fmt: skip
        for name in ("policies", "restrictions"):
            if name in tables:
                other = pl.col("scope") != "account"
                tables[name] = tables[name].filter(other | pl.col("scope_id").is_in(mine))
        return put_together(
            Title(day, "timeline"), {name: typed(name, tables.get(name)) for name in TABLES_IN}, ()
        )

    def risk(self, row: int) -> Risk:
        """The risk model of the week."""
        week = int((self.market.days[row].astype(int) + 3) // 7)
        if self._model is None or self._model[0] != week:
            tables = {name: typed(name, None) for name in TABLES_IN} | {
                "securities": typed("securities", self.fixed["securities"].with_columns(price=pl.lit(1.0))),
                "prices": typed("prices", self.history(row)),
            }
            self._model = week, risk_model(tables, self.day(row))
        return self._model[1]

    def history(self, row: int) -> pl.DataFrame:
        """Prices and total returns of whole weeks up to a day."""
        rows = np.arange(max(row - WEEKS, 0), row + 1)
        week = (self.market.days[rows].astype(int) + 3) // 7
        rows = rows[np.append(week[1:] != week[:-1], False)]
        close = self.market.close[np.ix_(rows, self.columns)]
        total = self.market.total[np.ix_(rows, self.columns)]
        at, which = np.nonzero(~np.isnan(close))
        return pl.DataFrame({
            "date": pl.Series(self.market.days[rows][at]).cast(pl.Date),
            "security_id": pl.Series(self.symbols).gather(which),
            "close": np.round(close[at, which], 4), "total_return_index": total[at, which],
        })  # fmt: skip

    def night(self, row: int, more: Mapping[str, pl.DataFrame] | None = None) -> Outcome:
        """Decide the day, and do what is proposed."""
        outcome = decide(self.book(row, more or {}), advance=lambda *_: None, risk=self.risk(row)).outcome
        self._do(row, outcome)
        return outcome

    def _do(self, row: int, outcome: Outcome) -> None:
        day = self.day(row)
        sales = outcome.sales
        sold = sales.select("account_id", "lot_id", sold="quantity")
        left = self.lots.join(sold, on=["account_id", "lot_id"], how="left", maintain_order="left")
        left = left.with_columns(quantity=pl.col("quantity") - pl.col("sold").fill_null(0)).drop("sold")
        bought = outcome.trades.filter(pl.col("side") == "buy").select(
            "account_id",
            lot_id=pl.format("{}-{}", pl.lit(row), "security_id"),
            security_id="security_id",
            quantity="quantity",
            unit_cost="price",
            acquired=pl.lit(day),
        )
        self.lots = pl.concat([left.filter(pl.col("quantity") > 0), bought.cast(LOTS)])
        acting = outcome.accounts.filter(pl.col("decision") == "propose").select(
            "account_id", after="cash_after"
        )
        gains = sales.group_by("account_id").agg(
            short=pl.col("gain").filter(pl.col("term") == "S").sum(),
            long=pl.col("gain").filter(pl.col("term") == "L").sum(),
        )
        own = self.own.join(acting, on="account_id", how="left", maintain_order="left").join(
            gains, on="account_id", how="left", maintain_order="left"
        )
        self.own = own.select(
            "account_id",
            cash=pl.coalesce("after", "cash").cast(MONEY),
            ytd_short=pl.col("ytd_short") + pl.col("short").fill_null(0).cast(MONEY),
            ytd_long=pl.col("ytd_long") + pl.col("long").fill_null(0).cast(MONEY),
        )
        word = pl.format("{}-{}-{}", pl.lit(row), "kind", "lot_id")
        said = pl.concat([
            bought.select("account_id", "lot_id", "security_id", "quantity", kind=pl.lit("buy"),
                          amount=(pl.col("quantity") * pl.col("unit_cost")).cast(MONEY),
                          gain=pl.lit(None, dtype=MONEY), term=pl.lit(None, dtype=pl.String)),
            sales.select("account_id", "lot_id", "security_id", "quantity", kind=pl.lit("sell"),
                         amount="proceeds", gain="gain", term="term"),
        ]).with_columns(transaction_id=word, date=pl.lit(day))  # fmt: skip
        recent = self.moves.filter(pl.col("date") >= day - WINDOW)
        self.log.append(said.select(pl.col(n).cast(t) for n, t in MOVES.items()))
        self.moves = pl.concat([recent, self.log[-1]])

    def new_year(self) -> dict[str, tuple[float, float]]:
        """Each account's gains of the year (short, long), which then begin at nothing."""
        gains = {name: (short, long) for name, short, long in self.own.select(
            "account_id", pl.col("ytd_short", "ytd_long").cast(pl.Float64)).iter_rows()}  # fmt: skip
        zero = pl.lit(0).cast(MONEY)
        self.own = self.own.with_columns(ytd_short=zero, ytd_long=zero)
        return gains


def typed(name: str, frame: pl.DataFrame | None) -> pl.DataFrame:
    """A table as a reader hands it on: every column of the contract in its type, defaults in, sorted by key."""
    table = TABLES_IN[name]
    given = pl.DataFrame() if frame is None else frame
    cells = [
        (pl.col(c.name) if c.name in given.columns else pl.lit(None)).cast(c.dtype).alias(c.name)
        for c in table.columns
    ]
    whole = (
        given.select(cells) if given.width else pl.DataFrame(schema={c.name: c.dtype for c in table.columns})
    )
    return fill(table, whole.sort(table.key).with_row_index(ROW))

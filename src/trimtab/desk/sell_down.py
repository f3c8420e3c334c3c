"""Sell down: what is to go before the rest is weighed: holdings never to be owned, and those to be sold first.

A first solve finds how many shares can go within every limit and budget, the night's own solve then has to sell them:
its objective is the book's, its bound holds for what is left to choose.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from trimtab.desk.answer import SHARD, Answered, answer_all, solved
from trimtab.desk.day import DISPOSED, Day
from trimtab.desk.outcome import must_act
from trimtab.desk.plans import unplanned
from trimtab.desk.propose import Asked, ask, least_benefit
from trimtab.ledger.columns import MONEY
from trimtab.optimize.problem import Bools, Floats, Status

_KEYS: Final = ["account_id", "security_id"]
_WISH: Final = 10.0
"""Of V: a dollar sold is worth more than any tax or risk it costs; times the risk aversion beyond its default."""
_DEFAULT_AVERSION: Final = 25.0
_LEAST: Final = 1e-4
"""Of a share: what the solver cannot tell from none."""


_ROOM: Final = 1e-4
"""Of V: a turnover that is exactly needed leaves a point, which the solver cannot tell from none."""


def with_sales_first(day: Day, accounts: pl.DataFrame) -> Day:
    """The day with `disposed`. `accounts`: those of `Before.accounts`.

    What is never to be owned goes as far as the limits let it, whatever else the account asks for today. What is to be
    sold first goes as far as the account would sell anyway.
    """
    accounts = accounts.filter(~unplanned().fill_null(value=False))
    waiting = accounts.filter(pl.col("hold").is_null() | (pl.col("hold") == "within_bands"))
    rules = day.restrictions.securities.join(_tradable(day), on=_KEYS, how="semi")
    unwanted = rules.filter(pl.col("must_sell") & pl.col("sell_by").is_null()).select(_KEYS)
    parts = [
        _as_many(day, group, unwanted)
        for group in _groups(waiting.join(unwanted, on="account_id", how="semi"))
    ]
    day = replace(day, disposed=pl.concat([pl.DataFrame(schema=DISPOSED), *parts]).sort(_KEYS))
    first = rules.filter("sell_first").select(_KEYS).join(day.disposed, on=_KEYS, how="anti")
    asking = accounts.filter(pl.col("hold").is_null()).join(first, on="account_id", how="semi")
    parts = [
        _instead(answered, first)
        for group in _groups(asking)
        for answered in answer_all(day, group, advance=lambda _: None)
    ]
    return replace(day, disposed=pl.concat([day.disposed, *parts]).sort(_KEYS))


def _groups(accounts: pl.DataFrame) -> list[pl.DataFrame]:
    return [accounts.slice(start, SHARD) for start in range(0, len(accounts), SHARD)]


def _tradable(day: Day) -> pl.DataFrame:
    return day.lines.filter((pl.col("quantity") > 0) & pl.col("frozen").is_null()).select(_KEYS)


def _as_many(day: Day, accounts: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Shares of the `wanted` lines that can go today."""
    asked = ask(day, accounts)
    return _sellable(asked, wanted, np.full(len(accounts), np.inf), who=np.ones(len(accounts), np.bool_))


def _instead(answered: Answered, wanted: pl.DataFrame) -> pl.DataFrame:
    """Shares of the `wanted` lines that can take the place of what a worthwhile answer sells, losses taken apart."""
    asked, answers = answered.asked, answered.answers
    batch = asked.assembled.batch
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    cash = (np.diff(batch.asset_offset) - 1)[unit]
    gains = (batch.lot_asset != cash) & (batch.lot_gain >= 0.0)
    sold = np.bincount(unit, np.where(gains, answers.sale, 0.0), len(batch))
    moved = np.abs(answers.trade)
    moved[batch.asset_offset[1:] - 1] = 0.0
    turnover = np.add.reduceat(moved, batch.asset_offset[:-1]) / 2.0
    worth = answered.none.objective - answered.whole.objective
    least = asked.accounts.select(least_benefit()).to_series().to_numpy()
    acts = answered.solved & (must_act(answered) | (worth >= least)) & (sold > 0.0)
    room = np.minimum(np.minimum(sold, turnover) + _ROOM, batch.turnover)
    return _sellable(asked, wanted, room, who=acts)


def _sellable(asked: Asked, wanted: pl.DataFrame, turnover: Floats, *, who: Bools) -> pl.DataFrame:
    """Whole shares of the `wanted` lines sold where nothing else is worth as much, within a turnover."""
    assembled, holdings = asked.assembled, asked.holdings
    batch = assembled.batch
    named = assembled.lines.join(
        wanted.with_columns(wanted=pl.lit(value=True)), on=_KEYS, how="left", maintain_order="left"
    )
    at = batch.asset_offset[named["a"].to_numpy()] + named["line"].to_numpy()
    marked = np.zeros(len(batch.target), np.bool_)
    marked[at] = named["wanted"].fill_null(value=False).to_numpy()
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    wish = _WISH * np.maximum(batch.risk_aversion / _DEFAULT_AVERSION, 1.0)
    asset = batch.asset_offset[unit] + batch.lot_asset
    slope = batch.lot_slope - np.where(marked[asset], wish[unit], 0.0)
    upper = np.where(marked, np.minimum(batch.upper, 0.0), batch.upper)
    capped = np.minimum(batch.turnover, turnover)
    found = solved(replace(batch, lot_slope=slope, upper=upper, turnover=capped), threads=1)
    done = (found.status == Status.SOLVED) | (found.status == Status.SOLVED_INACCURATE)
    account = named["a"].to_numpy()
    sold = np.maximum(-found.trade[at], 0.0) * holdings.value[account]
    held = holdings.quantity[at] * 1e-9
    price = np.maximum(holdings.price[at] * 1e-9, 1e-9)
    least = np.maximum(holdings.unit[at], 1) * 1e-9
    whole = np.floor(sold / price / least + _LEAST) * least
    shares = np.where(sold / price > held - _LEAST, held, whole)
    big = (shares * price >= batch.min_trade[at] * holdings.value[account]) | (shares >= held)
    good = marked[at] & (done & who)[account] & (shares > 0.0) & big
    return (
        named.select(*_KEYS, disposed=pl.Series(shares).round(9).cast(MONEY))
        .filter(pl.Series(good, dtype=pl.Boolean))
        .cast(DISPOSED)
    )

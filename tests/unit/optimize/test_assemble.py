"""The door to arrays: offsets that fit, cash as the last asset, rows and years of each account."""

import numpy as np
import polars as pl
import pytest
from tests.e2e.tiny import ran

from trimtab.desk.propose import ask, stand


@pytest.fixture(scope="module")
def asked():
    day = ran("taxes")[1].day
    accounts = stand(day).accounts.filter(pl.col("hold").is_null())
    return ask(day, accounts)


def test_every_account_has_its_lines_and_cash_last(asked) -> None:
    batch, lines = asked.assembled.batch, asked.assembled.lines
    counts = lines.group_by("a").len().sort("a")["len"].to_numpy()
    assert np.array_equal(np.diff(batch.asset_offset), counts + 1)
    cash = batch.asset_offset[1:] - 1
    assert np.all(batch.security[cash] == -1)
    assert np.all(batch.held[cash] == 0.0)


def test_the_first_row_ties_cash_to_everything_else(asked) -> None:
    batch = asked.assembled.batch
    names = list(asked.assembled.row_names)
    at = batch.row_offset[:-1]
    assert [names[i] for i in at] == ["cash"] * len(batch)
    assert np.all(batch.row_lower[at] == 0.0)
    assert np.all(batch.row_upper[at] == 0.0)


def test_lots_add_up_to_what_may_be_sold(asked) -> None:
    batch = asked.assembled.batch
    for u in range(len(batch)):
        problem = batch.problem(u)
        size = np.bincount(problem.lot_asset, weights=problem.lot_size, minlength=len(problem.held))
        line = slice(0, len(problem.held) - 1)
        assert np.all(size[line] <= problem.held[line] + 1e-9)
        assert np.all(-problem.lower[line] <= size[line] + 1e-9)


def test_an_account_is_assembled_alike_alone_and_among_others(asked) -> None:
    day = ran("taxes")[1].day
    accounts = stand(day).accounts.filter(pl.col("hold").is_null())
    for u in (0, len(accounts) - 1):
        alone = ask(day, accounts.slice(u, 1)).assembled.batch.problem(0)
        among = asked.assembled.batch.problem(u)
        for name in (
            "target",
            "held",
            "lower",
            "upper",
            "lot_size",
            "lot_gain",
            "lot_slope",
            "row_lower",
            "row_upper",
        ):
            assert np.array_equal(getattr(alone, name), getattr(among, name)), name


def test_what_a_piece_of_the_year_would_pay_to_sell_and_buy_back_is_bought_or_sold_never_both(asked) -> None:
    batch = asked.assembled.batch
    tempted = 0
    for u in range(len(batch)):
        problem = batch.problem(u)
        if problem.year is None:
            continue
        rates = np.column_stack([np.zeros(len(problem.year.slope)), problem.year.slope])
        for lot, asset in enumerate(problem.lot_asset):
            cost = problem.buy_cost[asset] + problem.sell_cost[asset] + problem.lot_slope[lot]
            least = (rates[:, problem.lot_term[lot]] * problem.lot_gain[lot]).min()
            if problem.lot_gain[lot] > 0.0 and cost + least < 0.0:
                tempted += 1
                assert problem.exclusive[asset]
        assert not problem.exclusive[-1]
    assert tempted > 0

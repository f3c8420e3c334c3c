from datetime import date

import numpy as np
import polars as pl
import pytest

from trimtab.book.read import read_book

from .conftest import AS_OF, MIX


@pytest.fixture(scope="module")
def book(tables, tmp_path_factory):
    from books import write

    folders = {kind: tmp_path_factory.mktemp(kind) for kind in ("csv", "parquet")}
    for kind, folder in folders.items():
        write(tables, folder, AS_OF, name="test", parquet=kind == "parquet")
    return {kind: read_book(folder) for kind, folder in folders.items()}


def test_the_contract_finds_no_fault_and_both_formats_say_the_same(book):
    assert book["csv"].failures == ()
    assert book["csv"].notices == ()
    assert book["csv"].digest == book["parquet"].digest


def test_the_mix_is_met_to_the_account(tables):
    models = tables["accounts"]["model_id"]
    assert (models == "DIRECT-LARGE100").sum() == 200 * MIX["direct100"]
    assert (models == "DIRECT-LARGE500").sum() == 200 * MIX["direct500"]


def test_the_same_arguments_give_the_same_book_and_another_seed_another(build, tables):
    again, other = build(), build(seed=2)
    assert all(again[name].equals(tables[name]) for name in tables)
    assert not other["lots"].equals(tables["lots"])


@pytest.mark.parametrize(
    ("symbol", "day", "cost"),
    [
        ("AAPL", date(2010, 1, 4), 214.01 / 7),  # seven for one in 2014
        ("AAPL", date(2019, 1, 2), 157.92),  # four for one came after the business date
        ("VTI", date(2018, 3, 14), 141.61),  # never split before 2022
    ],
)
def test_a_lot_costs_what_the_market_asked_in_todays_shares(market, symbol, day, cost):
    assert market.cost[market.row(day), market.symbols.index(symbol)] == pytest.approx(cost, rel=2e-3)


def test_a_spin_off_takes_its_share_of_the_basis(market):
    """Abbott spun off AbbVie on 2013-01-02: about 52 % of the value left with it."""
    row, column = market.row(date(2012, 12, 31)), market.symbols.index("ABT")
    assert market.cost[row, column] / market.close[row, column] == pytest.approx(0.48, abs=0.02)


def test_every_lot_has_the_real_price_of_its_day(market, tables):
    lots = tables["lots"].filter(pl.col("security_id").is_in(market.symbols)).drop_nulls("unit_cost")
    row = np.searchsorted(market.days, lots["acquired"].to_numpy().astype("datetime64[D]"))
    assert (market.days[row] == lots["acquired"].to_numpy().astype("datetime64[D]")).all(), (
        "bought on a session"
    )
    real = market.cost[row, np.searchsorted(market.symbols, lots["security_id"])]
    known = ~np.isnan(real)
    assert known.mean() > 0.999
    assert np.abs(lots["unit_cost"].to_numpy() - real)[known].max() < 1e-4


def test_gains_and_losses_are_both_there(tables):
    lots = tables["lots"].join(tables["securities"].select("security_id", "price"), on="security_id")
    ratio = (lots["price"] / lots["unit_cost"]).drop_nulls()
    assert 0.02 < (ratio < 0.95).mean() < 0.5
    assert (ratio > 1.1).mean() > 0.3


def test_a_settled_book_has_few_losses_left(build, tables):
    def losing(book):
        lots = book["lots"].join(book["securities"].select("security_id", "price"), on="security_id")
        return (lots["price"] / lots["unit_cost"] < 0.95).mean()

    assert losing(build(settled=True)) < 0.3 * losing(tables)


def value_by_account(tables):
    price = pl.col("price") * pl.col("price_factor").fill_null(1.0)
    lots = tables["lots"].join(tables["securities"].select("security_id", price), on="security_id")
    held = lots.group_by("account_id").agg(held=(pl.col("quantity") * pl.col("price")).sum())
    return tables["accounts"].join(held, on="account_id").with_columns(value=pl.col("cash") + pl.col("held"))


def test_cash_is_small_and_never_negative(tables):
    share = value_by_account(tables).select(pl.col("cash") / pl.col("value")).to_series()
    assert share.min() >= 0
    assert 0.0095 < share.median() < 0.013
    assert (share > 0.02).mean() < 0.12, "whole shares leave little cash over"


def test_fresh_books_are_at_their_models_and_old_ones_have_drifted(build):
    def largest_gap(months):
        tables = build(drift=months, mix={"etf": 1.0})
        model = tables["accounts"].filter(pl.col("model_id") == "60-40-INDEX-FUNDS")["account_id"]
        lots = tables["lots"].filter(pl.col("account_id").is_in(model.implode()))
        lots = lots.join(tables["securities"].select("security_id", "price", "asset_class"), on="security_id")
        worth = lots.group_by("account_id", "asset_class").agg(
            value=(pl.col("quantity") * pl.col("price")).sum()
        )
        legacy = worth.filter(~pl.col("asset_class").is_in(["us_equity", "us_bond"]))["account_id"]
        worth = worth.filter(~pl.col("account_id").is_in(legacy.implode()))
        share = pl.col("value") / pl.col("value").sum().over("account_id")
        stock = worth.with_columns(share=share).filter(pl.col("asset_class") == "us_equity")["share"]
        return float((stock - 0.6).abs().median())

    assert largest_gap(0.0) < 0.015 < 0.02 < largest_gap(36.0)


def test_recent_purchases_and_sales_are_told(tables):
    since = AS_OF.toordinal() - 61
    recent = [d for d in tables["lots"].drop_nulls("unit_cost")["acquired"] if d.toordinal() > since]
    kinds = tables["transactions"]["kind"].value_counts()
    counts = dict(zip(kinds["kind"], kinds["count"], strict=True))
    assert counts["buy"] == len(recent)
    assert counts["sell"] >= 3
    sales = tables["transactions"].filter(pl.col("kind") == "sell")
    assert sales["gain"].null_count() == 0
    told = tables["accounts"].filter(pl.col("account_id").is_in(sales["account_id"].implode()))
    assert told["ytd_long"].null_count() == len(told), "their year is what the transactions say"


def test_a_firms_accounts_follow_its_own_or_the_desks_models(tables):
    owner = tables["models"].select("model_id", "firm_id").unique()
    joined = tables["accounts"].join(owner, on="model_id", suffix="_m").drop_nulls("firm_id_m")
    assert len(joined) > 0
    assert joined.filter(pl.col("firm_id") != pl.col("firm_id_m")).is_empty()


def test_index_weights_sum_to_one(tables):
    sums = tables["indexes"].group_by("index_id").agg(pl.col("weight").sum(), pl.len())
    assert sums.filter((pl.col("weight") - 1).abs() > 1e-9).is_empty()
    assert sorted(sums["len"].to_list()) == [100, 469]


def test_weekly_history_of_ten_years_ends_on_the_business_date(tables):
    prices = tables["prices"]
    assert prices["date"].max() == AS_OF
    assert 520 <= prices["date"].n_unique() <= 525
    assert prices["date"].min() < date(2009, 7, 1)


def test_a_note_is_worth_its_discounted_coupons():
    from books_extras import _price

    assert _price(2.0, 2.0, 10) == pytest.approx(100.0)
    assert _price(2.0, 4.0, 2) == pytest.approx(1 / 1.02 + 101 / 1.02**2)


def test_a_day_without_prices_is_refused(shared):
    from books_market import load_market

    with pytest.raises(SystemExit, match="no security"):
        load_market(shared / "data", date(2019, 6, 30))


def test_after_the_companies_prices_end_only_fund_accounts_can_be_made(shared, tmp_path):
    from books import build_tables, write

    late = {"accounts": 60, "as_of": date(2022, 6, 30), "firms": 2, "seed": 1, "drift": 3.0, "daily": False}
    with pytest.raises(SystemExit, match="etf=1"):
        build_tables(shared / "data", mix=MIX, **late)
    tables = build_tables(shared / "data", mix={"etf": 1.0}, **late)
    write(tables, tmp_path, late["as_of"], name="late", parquet=True)
    assert read_book(tmp_path).failures == ()
    assert len(tables["accounts"]) == 60

"""Along any frontier tax never falls and tracking error never rises; a plan's budget holds over any year of days."""

import datetime as dt
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.e2e.tiny import lay

from trimtab.book.pricing import flag_accounts
from trimtab.book.read import Book, read_book
from trimtab.desk.day import open_day
from trimtab.desk.frontier import frontier
from trimtab.desk.rebalance import rebalance

SECURITIES = ("US", "US2", "OLD", "BANK", "SMOKE", "BOND", "BOND2")
AS_OF = dt.date(2025, 6, 27)
LOTS = st.lists(
    st.tuples(
        st.sampled_from(SECURITIES),
        st.integers(1, 900),
        st.one_of(st.none(), st.floats(0.2, 1.6)),
        st.integers(1, 900),
    ),
    min_size=1,
    max_size=9,
)
TERMS = st.fixed_dictionaries(
    {
        "cash": st.integers(0, 40000),
        "ytd_short": st.integers(-9000, 9000),
        "ytd_long": st.integers(-9000, 9000),
        "tax_type": st.sampled_from(["taxable", "taxable", "taxable", "tax_deferred"]),
    }
)


@cache
def market() -> Book:
    return read_book(lay("plans", Path(mkdtemp()) / "book"))


def book_of(lots: list[tuple[str, int, float | None, int]], terms: dict[str, object], **plan: object) -> Book:
    """One arriving account with these lots (security, shares, cost over price, days held), and perhaps a plan."""
    book, tables = market(), dict(market().tables)
    prices = dict(tables["securities"].select("security_id", "price").iter_rows())
    rows = [
        {
            "account_id": "A",
            "lot_id": f"{number:02}",
            "security_id": name,
            "quantity": Decimal(shares),
            "unit_cost": None if cost is None else round(prices[name] * Decimal(cost), 4),
            "acquired": AS_OF - dt.timedelta(days=days),
        }
        for number, (name, shares, cost, days) in enumerate(lots)
    ]
    account = {"account_id": "A", "firm_id": "ALPHA", "model_id": "BALANCED", "status": "arriving", **terms}
    tables["lots"] = like(tables["lots"], rows)
    tables["accounts"] = like(tables["accounts"], [account])
    tables["plans"] = like(tables["plans"], [{"account_id": "A", **plan}] if plan else [])
    return Book(AS_OF, "", "USD", tables, (), (), flag_accounts(tables, AS_OF), book.digest)


def like(table: pl.DataFrame, rows: list[dict[str, object]]) -> pl.DataFrame:
    full = [{name: row.get(name) for name in table.columns} for row in rows]
    return pl.DataFrame(full, schema=table.schema, strict=False) if full else table.clear()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lots=LOTS, terms=TERMS)
def test_more_tax_never_tracks_worse(
    lots: list[tuple[str, int, float | None, int]], terms: dict[str, object]
) -> None:
    found = frontier(open_day(book_of(lots, terms), lambda _: None), "A").points
    assert len(found) >= 7
    assert found["point"].to_list() == list(range(1, len(found) + 1))
    for (tax, error), (more, less) in pairwise(found.select("tax", "tracking_error").iter_rows()):
        assert tax <= more + 0.005
        assert error >= less
    first, budgets = found.row(0, named=True), found["budget_tax"].drop_nulls().to_list()
    assert (first["tax"], first["turnover"]) == (0.0, 0.0)
    assert budgets == sorted(budgets)
    for row in found.iter_rows(named=True):
        assert row["finish_date"] is None or row["finish_date"] >= AS_OF


DAYS = st.lists(st.integers(1, 80), min_size=2, max_size=5)
MOVES = st.lists(st.floats(0.85, 1.2), min_size=5, max_size=5)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lots=LOTS,
    days=DAYS,
    moves=MOVES,
    tax=st.integers(0, 4000),
    gain=st.integers(0, 12000),
    kind=st.booleans(),
)
def test_a_plans_budget_holds_over_any_days_of_a_year(
    lots: list[tuple[str, int, float | None, int]],
    days: list[int],
    moves: list[float],
    tax: int,
    gain: int,
    kind: bool,
) -> None:
    """The real night on some days of the year, what was done carried into the next; the budget starts afresh with the
    year.
    """
    said = {"budget_tax": Decimal(tax)} if kind else {"budget_gain": Decimal(gain)}
    terms = {"cash": 2000, "tax_type": "taxable", "ytd_short": 0, "ytd_long": 0}
    book = book_of(lots, terms, approved=dt.date(2025, 1, 2), **said)
    realized: dict[int, list[Decimal]] = {}
    for step, move in zip(days, moves, strict=False):
        run = rebalance(book, advance=lambda *_: None)
        sales = run.tables["sales"]
        year = realized.setdefault(book.as_of.year, [Decimal(0), Decimal(0)])
        for place, term in enumerate("SL"):
            year[place] += sales.filter(pl.col("term") == term)["gain"].sum() or 0
        row = run.tables["evaluations"].row(0, named=True)
        forced = {"forced_sale", "conflict"} & set((row["flags"] or "").split(";"))
        if not forced:
            net = sum(year, Decimal(0))
            assert (float(row["budget_used"] or 0) if kind else float(net)) <= (tax if kind else gain) + 0.02
        book = later(book, run.tables, book.as_of + dt.timedelta(days=step), move, year)


def later(book: Book, out: dict[str, pl.DataFrame], day: dt.date, move: float, year: list[Decimal]) -> Book:
    """The book of a later day: sales and purchases done, shares at other prices, the year's gains in the account."""
    tables = dict(book.tables)
    keys = ["account_id", "security_id", "lot_id"]
    sold = out["sales"].select(*keys, sold="quantity")
    left = (
        tables["lots"]
        .join(sold, on=keys, how="left")
        .with_columns(quantity=pl.col("quantity") - pl.col("sold").fill_null(0))
        .filter(pl.col("quantity") > 0)
        .drop("sold")
    )
    bought = [
        {"account_id": "A", "lot_id": f"{book.as_of}-{row['security_id']}", "security_id": row["security_id"],
         "quantity": row["quantity"], "unit_cost": row["price"], "acquired": book.as_of}
        for row in out["trades"].filter(pl.col("side") == "buy").to_dicts()
    ]  # fmt: skip
    tables["lots"] = pl.concat([left, like(left, bought)]).sort("account_id", "lot_id")
    same = day.year == book.as_of.year
    account = {
        **tables["accounts"].row(0, named=True),
        "cash": out["evaluations"]["cash_after"][0],
        "ytd_short": year[0] if same else Decimal(0),
        "ytd_long": year[1] if same else Decimal(0),
    }
    tables["accounts"] = like(tables["accounts"], [account])
    up = pl.when(pl.col("asset_class") == "us_equity").then(pl.lit(Decimal(f"{move:.3f}"))).otherwise(1)
    fresh = (pl.col("price") * up).round(2)
    tables["securities"] = (
        tables["securities"]
        .with_columns(price=pl.when(pl.col("kind") == "cash").then("price").otherwise(fresh))
        .with_columns(price_date=pl.lit(day), unit_value="price")
    )
    return Book(day, "", "USD", tables, (), (), flag_accounts(tables, day), book.digest)

"""Laws of control: restrictions, budgets and other firms, each on small books through the real night."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.e2e.tiny import ran

from trimtab.book.read import Book
from trimtab.desk.rebalance import Run, rebalance

_FREE = ("FLOOR", "CAP", "FREEZE", "NEVER-BUY", "HOLD-SHARES", "NO-GAIN")
_SECURITIES = ("US", "US2", "OLD", "BOND")
_BARRED = {"never_buy": {"buy"}, "never_sell": {"sell"}, "freeze": {"buy", "sell"}}
_CENTS = 0.05
_RULE_KEY = ["scope", "scope_id", "rule", "selector"]
_POLICY_KEY = ["scope", "scope_id", "key"]
_PAYERS = ("S1-BELOW", "S1-LOSS", "S1-ZERO")
_MONEY = pl.Decimal(38, 9)
_UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a simulated year is too dear to shrink


def night(book: Book) -> Run:
    return rebalance(book, advance=lambda *_: None)


def with_tables(book: Book, **tables: pl.DataFrame) -> Book:
    return replace(book, tables={**book.tables, **tables})


def with_policies(book: Book, rows: list[dict[str, object]]) -> Book:
    said = pl.concat([book.tables["policies"], pl.DataFrame(rows)], how="diagonal_relaxed")
    return with_tables(book, policies=said.unique(_POLICY_KEY, keep="last").sort(_POLICY_KEY))


def only(book: Book, who: tuple[str, ...]) -> Book:
    """The book of a few accounts."""
    mine = {
        name: frame.filter(pl.col("account_id").is_in(who))
        for name, frame in book.tables.items()
        if "account_id" in frame.columns
    }
    own = (pl.col("scope") != "account") | pl.col("scope_id").is_in(who)
    return with_tables(
        book, **mine, **{name: book.tables[name].filter(own) for name in ("policies", "restrictions")}
    )


def eager(book: Book) -> Book:
    """The same book where whatever pays is done."""
    keys = ("min_benefit", "min_benefit_bps", "band_class_abs", "band_tracking_error")
    return with_policies(
        book, [{"scope": "desk", "scope_id": "", "key": key, "value": "0", "locked": True} for key in keys]
    )


@cache
def plain() -> Book:
    return eager(only(ran("limits")[0], _FREE))


@cache
def bounds() -> dict[str, float]:
    return solved_bounds(night(plain()))


def solved_bounds(run: Run) -> dict[str, float]:
    """The bounds of the problems as solved; the published ones include whole shares, whose room may go below them."""
    bound = pl.col("objective") - pl.col("rounding_cost") - pl.col("gap")
    return dict(run.tables["evaluations"].select("account_id", bound).iter_rows())


RULES = st.tuples(
    st.sampled_from(sorted(_BARRED)), st.sampled_from(_SECURITIES), st.sampled_from(_FREE)
)  # fmt: skip


@settings(max_examples=20, deadline=None, phases=_UNSHRUNK)
@given(st.sets(RULES, min_size=1, max_size=8))
def test_a_restriction_is_never_broken_and_never_lowers_the_bound(rules: set[tuple[str, str, str]]) -> None:
    rows = [
        {"scope": "account", "scope_id": account, "rule": rule, "selector": f"security:{security}"}
        for rule, security, account in sorted(rules)
    ]
    both = pl.concat([plain().tables["restrictions"], pl.DataFrame(rows)], how="diagonal_relaxed")
    run = night(with_tables(plain(), restrictions=both.unique(_RULE_KEY, keep="first").sort(_RULE_KEY)))
    trades = set(run.tables["trades"].select("account_id", "security_id", "side").iter_rows())
    for rule, security, account in rules:
        assert not {(account, security, side) for side in _BARRED[rule]} & trades
    tight = solved_bounds(run)
    for _, _, account in rules:
        if tight[account] is not None and bounds()[account] is not None:
            assert tight[account] >= bounds()[account] - _CENTS


@settings(max_examples=10, deadline=None, phases=_UNSHRUNK)
@given(
    st.integers(0, 10**6),
    st.sampled_from(("0.5", "4", "40")),
    st.sampled_from(("watch", "closed", "approved")),
)
def test_an_accounts_result_does_not_depend_on_other_firms(cash: int, aversion: str, status: str) -> None:
    who = (*_FREE, "OTHER-FIRM")
    book = only(ran("limits")[0], who)
    mine = pl.col("firm_id") == "ALPHA"
    accounts, listed = book.tables["accounts"], book.tables["approved_list"]
    other = with_policies(
        with_tables(
            book,
            accounts=accounts.with_columns(pl.when(mine).then("cash").otherwise(pl.lit(cash, _MONEY)).alias("cash")),
            approved_list=listed.with_columns(pl.when(mine).then("status").otherwise(pl.lit(status)).alias("status")),
        ),
        [{"scope": "firm", "scope_id": "BETA", "key": "risk_aversion", "value": aversion}],
    )  # fmt: skip
    columns = ["account_id", "inputs_digest", "settings_digest", "result_digest"]
    own = pl.col("account_id").is_in(_FREE)
    left, right = (night(one).tables["evaluations"].filter(own).select(columns) for one in (book, other))
    assert left.height == len(_FREE)
    assert left.equals(right)


DAYS = st.lists(
    st.tuples(
        st.integers(5, 60),
        st.floats(0.85, 1.2),
        st.floats(0.85, 1.2),
        st.sampled_from(("1", "25", "400")),
        st.sampled_from((0, 0, 7000, 60000)),
    ),
    min_size=3,
    max_size=5,
)


def after(book: Book, run: Run, number: int) -> Book:
    """The book when every proposal is done: sold lots smaller, bought ones new, sales among the transactions."""
    key = ["account_id", "lot_id"]
    sales, lots = run.tables["sales"], book.tables["lots"]
    left = lots.join(sales.select(*key, gone="quantity"), on=key, how="left").with_columns(
        quantity=pl.col("quantity") - pl.col("gone").fill_null(0)
    )
    bought = run.tables["trades"].filter(pl.col("side") == "buy")
    new = bought.select(
        "account_id",
        "security_id",
        "quantity",
        unit_cost="price",
        lot_id=pl.format("B{}-{}", pl.lit(number), "security_id"),
        acquired=pl.lit(book.as_of),
    )
    done = sales.select(
        "account_id",
        "security_id",
        "quantity",
        "gain",
        "term",
        "lot_id",
        transaction_id=pl.format("S{}-{}", pl.lit(number), "lot_id"),
        date=pl.lit(book.as_of),
        kind=pl.lit("sell"),
        amount="proceeds",
    )
    cash = run.tables["evaluations"].select("account_id", now="cash_after")
    accounts = book.tables["accounts"].join(cash, on="account_id", how="left")
    kept = pl.concat([left.drop("gone").filter(pl.col("quantity") > 0), new], how="diagonal_relaxed").sort(
        key
    )
    noted = pl.concat([book.tables["transactions"], done], how="diagonal_relaxed")
    return with_tables(
        book,
        lots=kept.select(lots.columns).cast(lots.schema),  # type: ignore[arg-type]
        transactions=noted.sort("account_id", "transaction_id"),
        accounts=accounts.with_columns(cash=pl.coalesce("now", "cash")).drop("now"),
    )


def moved(book: Book, as_of: date, old: float, bond: float) -> Book:
    """The book on a later day at other prices."""
    factor = pl.col("security_id").replace_strict(
        {"OLD": Decimal(f"{old:.4f}"), "BOND": Decimal(f"{bond:.4f}")},
        default=Decimal(1),
        return_dtype=_MONEY,
    )
    securities = book.tables["securities"].with_columns(
        *((pl.col(name) * factor).cast(_MONEY).alias(name) for name in ("price", "unit_value")),
        price_date=pl.lit(as_of),
    )
    return replace(with_tables(book, securities=securities), as_of=as_of)


@settings(max_examples=8, deadline=None, phases=_UNSHRUNK)
@given(DAYS)
def test_budgets_hold_over_any_days_of_a_year_but_for_what_a_conflict_names_to_the_cent(
    days: list[tuple[int, float, float, str, int]],
) -> None:
    book = only(ran("budget")[0], _PAYERS)
    unsaid = pl.lit(None, _MONEY)
    book = eager(
        with_tables(book, accounts=book.tables["accounts"].with_columns(ytd_short=unsaid, ytd_long=unsaid))
    )
    limit = {
        who: float(value)
        for who, key, value in book.tables["policies"].select("scope_id", "key", "value").iter_rows()
        if key == "budget_tax"
    }
    as_of, sold = date(2025, 1, 2), 0
    due = dict.fromkeys(limit, 0.0)
    for number, (gap, old, bond, aversion, withdrawn) in enumerate(days):
        as_of += timedelta(days=gap)
        book = moved(book, as_of, old, bond)
        asked = with_policies(
            book, [{"scope": "desk", "scope_id": "", "key": "risk_aversion", "value": aversion}]
        )
        run = night(owing(asked, withdrawn))
        sold += run.tables["sales"].height
        book = paid_out(after(book, run, number), withdrawn)
        named = run.tables["conflicts"].filter(pl.col("limit") == "tax_budget")
        told = dict(named.select("account_id", "shortfall").iter_rows())
        gains = book.tables["transactions"].group_by("account_id").agg(
            short=pl.col("gain").filter(pl.col("term") == "S").sum().cast(float),
            long=pl.col("gain").filter(pl.col("term") == "L").sum().cast(float),
        )  # fmt: skip
        for who, short, long in gains.iter_rows():
            before, due[who] = due[who], tax_due(short, long)
            assert due[who] <= max(limit[who], before) + told.get(who, 0.0) + _CENTS
            assert who not in told or withdrawn
    assert sold


def owing(book: Book, amount: int) -> Book:
    """The book with so much due to be paid out of each account."""
    rows = [
        {"account_id": who, "flow_id": "W", "date": book.as_of, "amount": Decimal(amount), "direction": "out",
         "status": "requested"}
        for who in _PAYERS if amount
    ]  # fmt: skip
    flows = book.tables["cash_flows"]
    more = pl.DataFrame(rows, schema_overrides={"amount": _MONEY})
    return with_tables(
        book, cash_flows=pl.concat([flows, more], how="diagonal_relaxed").select(flows.columns)
    )


def paid_out(book: Book, amount: int) -> Book:
    """The book once that is paid, as far as there is cash."""
    rest = pl.max_horizontal(pl.col("cash") - pl.lit(amount, _MONEY), pl.lit(0, _MONEY))
    return with_tables(book, accounts=book.tables["accounts"].with_columns(cash=rest))


def tax_due(short: float, long: float) -> float:
    """The year's tax on net gains at the rates of an account without a taxpayer; a net loss owes nothing."""
    if short < 0 or long < 0:
        short, long = (max(short + long, 0.0), 0.0) if short > 0 else (0.0, max(short + long, 0.0))
    return 0.408 * short + 0.238 * long

"""What clients ask for in a real-data book: taxes, policies, restrictions, flows; and recent purchases."""

import datetime as dt

import numpy as np
import polars as pl

from books_accounts import TAXABLE, Accounts, Lots
from books_firms import Firms, firm_id
from books_market import Market

BRACKETS = (
    (0.408, 0.238, 0.37), (0.501, 0.331, 0.463), (0.388, 0.188, 0.35), (0.358, 0.188, 0.32),
    (0.24, 0.15, 0.24), (0.333, 0.243, 0.333), (0.22, 0.15, 0.22), (0.12, 0.0, 0.12),
)  # fmt: skip
BRACKET_SHARES = (0.2, 0.08, 0.15, 0.17, 0.2, 0.05, 0.1, 0.05)


def household_frames(accounts: Accounts, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """`households` and `taxpayers`: one return per household, with rates, carried losses, outside gains."""
    mine = np.nonzero(accounts.household >= 0)[0]
    number, first = np.unique(accounts.household[mine], return_index=True)
    n = len(number)
    bracket = np.array(BRACKETS)[rng.choice(len(BRACKETS), n, p=BRACKET_SHARES)]
    loss = np.where(rng.random(n) < 0.18, np.round(np.exp(9 + 1.2 * rng.standard_normal(n)), 2), 0.0)
    short_part = np.where(rng.random(n) < 0.3, np.round(loss * 0.4, 2), 0.0)
    outside = rng.random(n) < 0.15
    households = pl.DataFrame(
        {
            "household_id": [f"H{h + 1:06d}" for h in number],
            "firm_id": [firm_id(f) for f in accounts.firm[mine[first]]],
            "name": [f"Household {h + 1}" for h in number],
        }
    )
    taxpayers = pl.DataFrame(
        {
            "taxpayer_id": [f"T{h + 1:06d}" for h in number],
            "household_id": households["household_id"],
            "short_rate": bracket[:, 0],
            "long_rate": bracket[:, 1],
            "ordinary_rate": bracket[:, 2],
            "ytd_short": np.where(outside, np.round(3000 * rng.standard_normal(n), 2), 0.0),
            "ytd_long": np.where(outside, np.round(9000 * rng.standard_normal(n) + 4000, 2), 0.0),
            "carryforward_short": short_part,
            "carryforward_long": np.round(loss - short_part, 2),
            "expected_gain": np.where(rng.random(n) < 0.1, 10_000.0, 0.0),
            "zero_gain_room": np.where(bracket[:, 1] == 0.0, 12_000.0, np.nan),
        }
    )
    return {
        "households": households,
        "taxpayers": taxpayers.with_columns(pl.col("zero_gain_room").fill_nan(None)),
    }


def policies_frame(
    accounts: Accounts, firms: Firms, as_of: dt.date, *, rng: np.random.Generator
) -> pl.DataFrame:
    """Policies at every scope: the desk's one rule, firms' taste, direct models' bands, clients' budgets."""
    rows: list[tuple[str, str, str, str, bool]] = [("desk", "*", "min_trade", "100", False)]
    for i in range(len(firms.styles)):
        if i % 4 == 1:
            rows.append(("firm", firm_id(i), "cash_target", "0.015", False))
        if i % 7 == 2:
            rows.append(("firm", firm_id(i), "harvest_min_loss", "250", False))
        if i % 11 == 3:
            rows.append(("firm", firm_id(i), "band_class_abs", "0.04", True))
    rows += [("model", m, "band_tracking_error", "0.012", False) for m in firms.direct.values()]
    rows.append(("custodian", "altruist", "fractional", "false", False))
    ids = accounts.ids
    u = rng.random(len(accounts))
    for i in np.nonzero((accounts.tax_type == TAXABLE) & (u < 0.08))[0]:
        budget = str(int(accounts.value[i] * (0.002 if u[i] < 0.04 else 0.01)))
        rows.append(("account", ids[int(i)], "budget_tax", budget, False))
        if u[i] < 0.02:
            rows.append(("account", ids[int(i)], "budget_prorate", "quarter", False))
    for i in np.nonzero((u > 0.97) & (accounts.tax_type == TAXABLE))[0]:
        rows.append(("account", ids[int(i)], "tax_sensitivity", "high" if u[i] > 0.985 else "low", False))
    for h in np.unique(accounts.household[(accounts.household >= 0) & (u > 0.93) & (u < 0.95)]):
        rows.append(("household", f"H{h + 1:06d}", "cash_reserve", "5000", False))
    frame = pl.DataFrame(rows, schema=["scope", "scope_id", "key", "value", "locked"], orient="row")
    return frame.with_columns(
        by=pl.when(pl.col("scope") == "account").then(pl.lit("advisor")).otherwise(pl.lit("firm")),
        since=pl.lit(dt.date(as_of.year, 1, 2)),
    ).unique(["scope", "scope_id", "key"], keep="first", maintain_order=True)


def restrictions_frame(
    market: Market, accounts: Accounts, lots: Lots, *, rng: np.random.Generator
) -> pl.DataFrame:
    """Screens and holds on about one account in twelve; most holds are on what the account really owns."""
    u = rng.random(len(accounts))
    ids = accounts.ids
    start = np.searchsorted(lots.account, np.arange(len(accounts) + 1))
    equity = (market.securities["kind"] == "equity").to_numpy()
    rows: list[tuple[str, str, str, str, str | None]] = []
    for i in np.nonzero(u < 0.08)[0]:
        k = int(u[i] * 1000) % 8
        held = lots.symbol[start[i] : start[i + 1]]
        stocks = held[equity[held]]
        pick = f"security:{market.symbols[int(stocks[0])]}" if len(stocks) else None
        who = ("account", ids[int(i)])
        if k == 0:
            rows.append((*who, "never_own", "tag:tobacco>=0.15", None))
        elif k == 1:
            rows.append((*who, "never_buy", "sector:Energy", None))
        elif k == 2:
            rows.append((*who, "never_own", "tag:weapons", None))
        elif k == 3 and accounts.arm[i] > 0:
            rows.append((*who, "max_weight", "sector:Information Technology", "0.25"))
        elif k == 4 and accounts.arm[i] > 0:
            rows.append((*who, "max_weight", "*", "0.2"))
        elif pick and k == 5:
            rows.append((*who, "never_sell", pick, None))
        elif pick and k == 6:
            shares = float(lots.quantity[start[i] : start[i + 1]][held == stocks[0]].sum())
            rows.append((*who, "hold_shares", pick, str(int(shares / 2))))
        elif pick:
            rows.append((*who, "no_gain", pick, None))
    return pl.DataFrame(
        rows,
        schema=["scope", "scope_id", "rule", "selector", "value"],
        orient="row",
        infer_schema_length=None,
    )


def flows_frame(market: Market, accounts: Accounts, rng: np.random.Generator) -> pl.DataFrame:
    """Withdrawals and deposits of the coming weeks on one account in thirty; a few monthly RMDs."""
    u = rng.random(len(accounts))
    rows = []
    ids = accounts.ids
    for i in np.nonzero(u < 0.033)[0]:
        out = bool(u[i] < 0.022)
        amount = str(round(float(accounts.value[i]) * (0.005 + 0.05 * float(rng.random())), -1))
        date = market.as_of + dt.timedelta(days=int(rng.integers(1, 25)))
        rmd = out and accounts.tax_type[i] == 1
        kind = "rmd" if rmd else "once" if out else "contribution"
        every = "month" if rmd else None
        rows.append(
            (
                ids[int(i)],
                "FLOW1",
                date,
                amount,
                "out" if out else "in",
                kind,
                every,
                "requested" if out else "pending",
            )
        )
    schema = ["account_id", "flow_id", "date", "amount", "direction", "kind", "every", "status"]
    return pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None).with_columns(
        pl.col("amount").cast(pl.Float64)
    )


def transactions_frame(market: Market, lots: pl.DataFrame) -> pl.DataFrame:
    """The purchases of the last 61 days, one per lot bought then."""
    recent = lots.filter(
        (pl.col("acquired") > market.as_of - dt.timedelta(days=61)) & pl.col("unit_cost").is_not_null()
    )
    return recent.select(
        "account_id",
        transaction_id=pl.lit("B-") + pl.col("lot_id"),
        date="acquired",
        kind=pl.lit("buy"),
        security_id="security_id",
        quantity="quantity",
        amount=(pl.col("quantity") * pl.col("unit_cost")).round(2),
        lot_id="lot_id",
    )

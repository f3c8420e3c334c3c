"""Build a book of any size from real prices: funds, direct indexing, households, lots bought on real days.

python bench/books.py OUT --accounts 1000 --as-of 2019-06-28 --firms 8 --seed 1 \\
  --mix etf=.8,direct100=.15,direct500=.05
"""

import argparse
import datetime as dt
import resource
import time
from pathlib import Path

import polars as pl

from books_accounts import accounts_frame, draw_accounts, draw_lots, draw_positions, lots_frame
from books_clients import (
    flows_frame,
    household_frames,
    policies_frame,
    restrictions_frame,
    transactions_frame,
)
from books_extras import (
    Notes,
    distributions_frame,
    menu_frame,
    orders_frame,
    positions_frame,
    reinvestments_frame,
    risk_free_frame,
    sales_frame,
)
from books_firms import build_firms
from books_market import Market, history, load_market
from trimtab.core.seed import stream

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
EXACT = {
    "price", "price_factor", "min_denomination", "per_share", "gain", "cash", "quantity", "unit_cost", "amount",
    "close", "adv", "ytd_short", "ytd_long", "carryforward_short", "carryforward_long", "expected_gain",
    "zero_gain_room",
}  # fmt: skip


def build_tables(
    data: Path, *, accounts: int, as_of: dt.date, mix: dict[str, float], firms: int, seed: int, drift: float,
    daily: bool, settled: bool = False, market: Market | None = None,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    """All tables of the book, as frames; the same arguments give the same book. `market` saves a second reading."""
    market = market or load_market(data, as_of)
    if not len(market.index500) and set(mix) != {"etf"}:
        raise SystemExit("companies have no prices on that day (they end on 2020-12-11): --mix etf=1")
    made = build_firms(data, market, firms, rng=stream(seed, "firms"))
    who = draw_accounts(market, made, mix=mix, count=accounts, drift=drift, rng=stream(seed, "accounts"))
    positions = draw_positions(market, made, who, rng=stream(seed, "positions"))
    lots = draw_lots(market, who, positions, settled=settled, rng=stream(seed, "lots"))
    notes = Notes(data, market)
    bonds = notes.lots(who, stream(seed, "notes"))
    table = pl.concat([lots_frame(market, who, lots), bonds]).sort("account_id", "lot_id")
    people = accounts_frame(market, who, lots, rng=stream(seed, "cash"))
    sales = sales_frame(market, who, table, rng=stream(seed, "sales"))
    sold = pl.col("account_id").is_in(sales["account_id"].implode())
    tables = dict(made.tables)
    tables |= household_frames(who, stream(seed, "households"))
    tables |= {
        "accounts": people.with_columns(pl.when(~sold).then(pl.col("ytd_short", "ytd_long"))),
        "lots": table,
        "policies": policies_frame(who, made, as_of, rng=stream(seed, "policies")),
        "restrictions": restrictions_frame(market, who, lots, rng=stream(seed, "restrictions")),
        "cash_flows": flows_frame(market, who, stream(seed, "flows")),
        "transactions": pl.concat([transactions_frame(market, table), sales], how="diagonal"),
        "menu": menu_frame(market, people, table),
        "positions": positions_frame(who, table, stream(seed, "positions of custodians")),
        "open_orders": orders_frame(table, stream(seed, "orders")),
        "scheduled_buys": reinvestments_frame(data, market, accounts=people, lots=table),
        "risk_free": risk_free_frame(data, market),
    }
    used: set[str] = {"EFA", "VEA"} | set(made.tables["recommendations"]["successor"])
    for frame in tables.values():
        used |= set(frame["security_id"].drop_nulls().unique()) if "security_id" in frame.columns else set()
    symbols = sorted(used & set(market.symbols))
    tables["securities"] = _securities(market, symbols, notes if len(bonds) else None)
    tables["prices"] = history(market, symbols, daily=daily)
    coming = distributions_frame(data, market)
    tables["distributions"] = coming.filter(pl.col("security_id").is_in(symbols))
    return {name: frame for name, frame in tables.items() if len(frame)}


def _securities(market: Market, symbols: list[str], notes: Notes | None) -> pl.DataFrame:
    listed = market.securities.filter(pl.col("symbol").is_in(symbols)).drop(
        "substitute_group", "assets_musd_2022"
    )
    frame = listed.select(pl.col("symbol").alias("security_id"), *listed.columns)
    return pl.concat([frame, pl.DataFrame([notes.security()])], how="diagonal_relaxed") if notes else frame


def write(tables: dict[str, pl.DataFrame], out: Path, as_of: dt.date, *, name: str, parquet: bool) -> None:
    """One file a table and `book.toml`; exact columns as decimals."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in [*out.glob("*.csv"), *out.glob("*.parquet")]:
        stale.unlink()
    (out / "book.toml").write_text(f'as_of = {as_of}\nschema = "1"\ncurrency = "USD"\nname = "{name}"\n')
    for table, frame in tables.items():
        exact = [c for c in frame.columns if c in EXACT]
        frame = frame.with_columns(pl.col(exact).cast(pl.Decimal(38, 9)))
        if parquet:
            frame.write_parquet(out / f"{table}.parquet")
        else:
            text = pl.col(exact).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
            frame.with_columns(text).write_csv(out / f"{table}.csv")


def main() -> None:
    """Parse, build, write, say what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--as-of", type=dt.date.fromisoformat, default=dt.date(2019, 6, 28))
    parser.add_argument("--mix", default="etf=.8,direct100=.15,direct500=.05")
    parser.add_argument("--firms", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drift", type=float, default=3.0, help="mean months since the last rebalance")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--daily", action="store_true", help="daily closes in `prices` (default: weekly)")
    parser.add_argument(
        "--settled", action="store_true", help="losses were harvested: an ordinary day, with --drift 0.5"
    )
    parser.add_argument("--parquet", action="store_true")
    a = parser.parse_args()
    mix = {k: float(v) for k, v in (part.split("=") for part in a.mix.split(","))}
    start = time.perf_counter()
    tables = build_tables(
        a.data,
        accounts=a.accounts,
        as_of=a.as_of,
        mix=mix,
        firms=a.firms,
        seed=a.seed,
        drift=a.drift,
        daily=a.daily,
        settled=a.settled,
    )
    built = time.perf_counter()
    write(
        tables, a.out, a.as_of, name=f"real prices, {a.accounts} accounts, seed {a.seed}", parquet=a.parquet
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name in sorted(tables):
        print(f"{name:16} {len(tables[name]):>10,}")
    seconds = f"built in {built - start:.1f} s, written in {time.perf_counter() - built:.1f} s"
    print(f"{seconds}, peak {peak:,.0f} MiB: {a.out}")


if __name__ == "__main__":
    main()

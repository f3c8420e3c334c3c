"""Value, age and window-check four million lots with ten million transactions: seconds on the cores given.

python bench/lots.py [LOTS] [TRANSACTIONS]
"""

import datetime as dt
import resource
import sys
import time

import numpy as np
import polars as pl

from trimtab.ledger.columns import MONEY, value_lots
from trimtab.ledger.shard import Shard
from trimtab.ledger.windows import wash_windows

AS_OF = dt.date(2026, 6, 30)
SECURITIES = 3_000
LOTS_AN_ACCOUNT = 40


def days(rng: np.random.Generator, count: int, back: int) -> pl.Series:
    start = (AS_OF - dt.date(1970, 1, 1)).days
    return pl.Series((start - rng.integers(0, back, count)).astype(np.int32)).cast(pl.Date)


def amounts(values: np.ndarray) -> pl.Series:
    return pl.DataFrame({"v": values}).select(
        (pl.col("v").cast(MONEY) / pl.lit(10_000).cast(MONEY)).alias("v")
    )["v"]


def shard(lots: int, lines: int) -> Shard:
    rng = np.random.default_rng(20260630)
    accounts = max(lots // LOTS_AN_ACCOUNT, 1)
    names = pl.Series([f"A{i:06d}" for i in range(accounts)])
    tickers = pl.Series([f"S{i:04d}" for i in range(SECURITIES)])
    cents = rng.integers(50_000, 5_000_000, SECURITIES)
    # an account holds about a dozen securities, with a few lots of each
    menu = rng.integers(0, SECURITIES, (accounts, 12))
    owner = rng.integers(0, accounts, lots)
    held = menu[owner, rng.integers(0, 12, lots)]
    acquired = days(rng, lots, 2_000)
    trader = rng.integers(0, accounts, lines)
    traded = menu[trader, rng.integers(0, 12, lines)]
    kind = rng.choice(["buy", "reinvest", "sell", "dividend"], lines, p=[0.1, 0.12, 0.08, 0.7])
    gain = np.where(kind == "sell", rng.integers(-2_000_000, 4_000_000, lines), 0)
    ids = np.arange(lines)
    return Shard(
        lots=pl.DataFrame(
            {
                "account_id": names.gather(owner),
                "lot_id": pl.Series(np.arange(lots)).cast(pl.String),
                "security_id": tickers.gather(held),
                "quantity": amounts(rng.integers(10_000, 5_000_000, lots)),
                "unit_cost": amounts((cents[held] * rng.uniform(0.5, 1.2, lots)).astype(np.int64)),
                "acquired": acquired,
                "adjusted_acquired": acquired,
            }
        ),
        transactions=pl.DataFrame(
            {
                "account_id": names.gather(trader),
                "transaction_id": pl.Series(ids).cast(pl.String),
                "date": days(rng, lines, 181),
                "kind": pl.Series(kind),
                "security_id": tickers.gather(traded),
                "quantity": amounts(rng.integers(1_000, 500_000, lines)),
                "gain": amounts(gain),
                "lot_id": pl.DataFrame({"k": kind, "n": rng.integers(0, lots, lines)})
                .select(pl.when(pl.col("k") == "sell").then(pl.col("n").cast(pl.String)))
                .to_series(),
            }
        ),
        scheduled_buys=pl.DataFrame(
            schema={"account_id": pl.String, "security_id": pl.String, "date": pl.Date, "amount": MONEY}
        ),
        accounts=pl.DataFrame(
            {
                "account_id": names,
                "taxable": pl.Series(rng.random(accounts) < 0.6),
                "scope_id": pl.Series(np.arange(accounts) // 3).cast(pl.String),
                "exclude_older": pl.Series(np.zeros(accounts, bool)),
            }
        ),
        members=pl.DataFrame(
            {"scope_id": pl.Series(np.arange(accounts) // 3).cast(pl.String), "account_id": names}
        ),
        securities=pl.DataFrame({"security_id": tickers, "group_id": tickers, "price": amounts(cents)}),
    )


def main() -> None:
    lots = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000_000
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    tables = shard(lots, lines)
    start, busy = time.perf_counter(), time.process_time()
    worth = value_lots(tables.lots, tables.securities, as_of=AS_OF)
    valued = time.perf_counter()
    windows = wash_windows(tables, as_of=AS_OF)
    end, busy = time.perf_counter(), time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{worth.height:,} lots, {lines:,} transactions, {pl.thread_pool_size()} threads: "
        f"value and age {valued - start:.2f} s, windows {end - valued:.2f} s, {end - start:.2f} s in all, "
        f"{busy:.1f} s of processor; "
        f"{windows.height:,} windows; peak {peak:,} MiB with the data"
    )


if __name__ == "__main__":
    main()

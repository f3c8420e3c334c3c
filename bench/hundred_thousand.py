"""A hundred thousand mixed accounts, from columns in memory to certified trades by lot in whole shares, with reasons.

    python bench/hundred_thousand.py [--accounts 100000] [--threads 2] [--shard 400] [--wave 20000]

Eighty accounts in a hundred hold funds (set A of `instances`), fifteen a hundred stocks (B), five five hundred (C).
Each is one of the set's accounts with holdings, gains, value and risk aversion of its own. A wave's columns are laid
out before the clock runs and dropped after it, so that memory is that of a wave; the seconds of all waves are summed.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from instances import account, market
from trimtab.optimize.batch import Batch
from trimtab.optimize.certify_batch import certify_batch, certify_trades
from trimtab.optimize.complete import complete
from trimtab.optimize.explain import SENTENCES, Blocked, binding, missed, worth
from trimtab.optimize.minimum import take
from trimtab.optimize.problem import Floats, Ints, Status
from trimtab.optimize.rounding import Rounded, round_batch
from trimtab.optimize.shares import NO_FLOOR, Holdings
from trimtab.optimize.solve import GAP, solve_batch
from trimtab.optimize.warm import warm_up

BILLION = 10**9
SHARES = {"A": 0.80, "B": 0.15, "C": 0.05}
VALUE = {"A": 150_000.0, "B": 600_000.0, "C": 2_000_000.0}
TEMPLATES = 60
DEMAND = 60.0
NOTABLE = 0.01  # of value: a line this far from target that is not traded is worth a sentence
STAGES = ("solve", "round", "certify", "reasons")


@dataclass
class Tally:
    """What all shards came to."""

    seconds: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


class Template:
    """Some accounts of one set end to end, from which any number of others is drawn."""

    def __init__(self, kind: str) -> None:
        of = market(kind)
        self.kind = kind
        self.batch = Batch.of([account(of, seed) for seed in range(TEMPLATES)])
        n = len(of.benchmark)
        rng = np.random.default_rng([31, ord(kind)])
        self.price = (np.round(np.exp(rng.uniform(np.log(25.0), np.log(500.0), n)), 2) * BILLION).astype(
            np.int64
        )
        self.width = n
        self.batch = replace(
            self.batch,
            exposures=np.ascontiguousarray(of.exposures),
            specific=of.specific,
            security=np.tile(np.arange(n), TEMPLATES),
        )

    def draw(self, first: int, count: int) -> tuple[Batch, Holdings]:
        """Accounts first…first+count−1 of the set: the same numbers whatever else is drawn."""
        seeds = np.arange(first, first + count)
        batch = take(self.batch, seeds % TEMPLATES)
        n, lots = len(batch.target), len(batch.lot_size)
        rng = np.random.default_rng([ord(self.kind), first])
        unit = np.repeat(np.arange(count), self.width)
        lot_unit = np.repeat(np.arange(count), np.diff(batch.lot_offset))
        line = batch.asset_offset[lot_unit] + batch.lot_asset
        value = VALUE[self.kind] * np.exp(rng.normal(0.0, 0.7, count))
        price = np.tile(self.price, count)
        weight = price * 1e-18 / value[unit]
        drift = np.exp(rng.normal(0.0, 0.1, n))[line]
        quantity = np.round(batch.lot_size * drift / weight[line] / 1e6).astype(np.int64) * 10**6
        size = quantity * weight[line]
        held = np.bincount(line, size, n)
        rate = np.where(
            batch.lot_gain == 0.0, 0.0, batch.lot_slope / np.where(batch.lot_gain == 0.0, 1.0, batch.lot_gain)
        )
        gain = 1.0 - (1.0 - batch.lot_gain) * np.exp(rng.normal(0.0, 0.05, lots))
        moved = batch.held - held
        rows = np.diff(batch.row_offset)
        each = np.repeat(np.full(count, self.width), rows)
        ends = np.cumsum(each)
        own = np.repeat(np.repeat(batch.asset_offset[:-1], rows) - (ends - each), each) + np.arange(
            len(batch.cells)
        )
        shift = np.add.reduceat(batch.cells * moved[own], ends - each)
        upper = np.where(batch.upper > 0.0, np.maximum(batch.upper + moved, 0.0), batch.upper + moved)
        upper = np.where(batch.upper == 0.0, 0.0, upper)
        lower = np.where(batch.lower < 0.0, -held, batch.lower)
        batch = replace(
            batch,
            risk_aversion=batch.risk_aversion * np.exp(rng.normal(0.0, 0.2, count)),
            held=held,
            lower=np.minimum(lower, upper),
            upper=upper,
            lot_size=size,
            lot_gain=gain,
            lot_slope=rate * gain,
            row_lower=batch.row_lower + shift,
            row_upper=batch.row_upper + shift,
            cost_row=np.repeat(rows - 1, self.width),
        )
        none = np.zeros(count, np.int64)
        total = np.zeros(n, np.int64)
        np.add.at(total, line, quantity)
        whole = np.full(n, BILLION)
        return batch, Holdings(value, price, whole, total, quantity, none, none + NO_FLOOR, none)


def shards(templates: list[Template], first: int, last: int, size: int) -> Iterator[tuple[Batch, Holdings]]:
    """The accounts first…last−1 of the hundred thousand: each hundred holds its eighty, fifteen and five."""
    for template in templates:
        share = SHARES[template.kind]
        begin, end = round(first * share), round(last * share)
        step = max(int(size * min(1.0, 12 / template.width)), 20)
        for start in range(begin, end, step):
            yield template.draw(start, min(step, end - start))


def evaluate(work: tuple[Batch, Holdings]) -> Tally:
    """One shard from columns to trades and reasons."""
    batch, holdings = work
    tally = Tally()
    clock = time.thread_time()

    def lap(stage: str) -> None:
        nonlocal clock
        now = time.thread_time()
        tally.seconds[stage] += now - clock
        clock = now

    answers = solve_batch(batch)
    left_open = int((answers.status == Status.MAX_ITERATIONS).sum())
    answers = complete(batch, answers)
    lap("solve")
    rounded = round_batch(batch, answers, holdings)
    trade, sale = whole(batch, holdings, rounded)
    lap("round")
    exact, trades = certify_batch(batch, answers, idle=False), certify_trades(batch, trade, sale)
    answered = answers.status < 2
    lap("certify")
    held_by = binding(batch, answers)
    zero = np.zeros(len(batch))
    reasons = sentences(batch, holdings, trade, worth(batch, trade, sale, rates=(zero, zero)),
                        missed(batch, trade, sale, held_by=held_by, rates=(zero, zero)))  # fmt: skip
    lap("reasons")
    gap = answers.objective[answered] - answers.lower_bound[answered]
    tally.counts.update(
        accounts=len(batch), lots=len(sale), infeasible=int((answers.status == 2).sum()),
        fallback=left_open,
        unsolved=int((answers.status > 2).sum()), proven=int((gap <= 1.01 * GAP).sum()),
        lawful=int((rounded.lawful & answered).sum()), trades=int((rounded.quantity != 0).sum()),
        sold=int((rounded.sold > 0).sum()), reasons=len(reasons),
        refused=int((answered & ~exact.ok).sum() + (answered & rounded.lawful & ~trades.ok).sum()),
    )  # fmt: skip
    return tally


def whole(batch: Batch, holdings: Holdings, rounded: Rounded) -> tuple[Floats, Floats]:
    """The whole-share trades and sales as fractions of each account's value."""
    unit = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    lot_unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    share = holdings.price * 1e-18 / holdings.value[unit]
    return rounded.quantity * share, rounded.sold * share[batch.asset_offset[lot_unit] + batch.lot_asset]


def sentences(batch: Batch, holdings: Holdings, trade: Floats, done, undone) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """The reasons of a shard in dollars: each trade, and each line left notably far from its target."""
    unit: Ints = np.repeat(np.arange(len(batch)), np.diff(batch.asset_offset))
    lot_unit = np.repeat(np.arange(len(batch)), np.diff(batch.lot_offset))
    line = batch.asset_offset[lot_unit] + batch.lot_asset
    tax = np.bincount(line, done.tax, len(trade)) + done.preference
    traded = trade != 0.0
    kept = np.flatnonzero(traded | (np.abs(undone.trade) >= NOTABLE))
    traded, value = traded[kept], holdings.value[unit[kept]]
    frame = pl.DataFrame(
        {
            "account": unit[kept],
            "name": batch.security[kept],
            "dollars": value * trade[kept],
            "code": np.where(traded, -1, undone.blocked[kept]),
            "benefit": value * np.where(traded, done.benefit[kept], undone.benefit[kept]),
            "tax": value * np.where(traded, tax[kept], undone.tax[kept]),
            "cost": value * np.where(traded, done.cost[kept], undone.cost[kept]),
        }
    )
    name = pl.concat_str([pl.lit("Security "), "name"])
    made = pl.format(
        "{} {} of {}: {} of risk a year less for {} of tax and {} of cost.",
        pl.when(pl.col("dollars") > 0).then(pl.lit("Buy")).otherwise(pl.lit("Sell")),
        pl.col("dollars").abs().round(2), name, *(pl.col(term).round(2) for term in ("benefit", "tax", "cost")),
    )  # fmt: skip
    said = {int(code): text.replace("{limit}", "a class band") for code, text in SENTENCES.items()}
    patterns = [
        pl.when(pl.col("code") == code).then(pl.format(text.replace("{name}", "{}"), name))
        for code, text in said.items()
    ]
    return frame.with_columns(
        text=pl.coalesce(pl.when(pl.col("code") < Blocked.NOTHING).then(made), *patterns)
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shard", type=int, default=400)
    parser.add_argument("--wave", type=int, default=20_000)
    given = parser.parse_args()
    templates = [Template(kind) for kind in SHARES]
    warm_up(lambda text: print(text, flush=True))
    for work in shards(templates, 0, 100, 20):
        evaluate(work)
    total, wall, cpu = Tally(), 0.0, 0.0
    for first in range(0, given.accounts, given.wave):
        works = list(shards(templates, first, min(first + given.wave, given.accounts), given.shard))
        works.sort(
            key=lambda work: -len(work[0].cells)
        )  # the longest first, so that both threads end together
        start, begun = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(given.threads) as pool:
            for tally in pool.map(evaluate, works):
                total.seconds.update(tally.seconds)
                total.counts.update(tally.counts)
        wall += time.perf_counter() - start
        cpu += time.process_time() - begun
        del works
    count = total.counts["accounts"]
    print(f"{count:,} accounts, {total.counts['lots']:,} lots, {given.threads} threads")
    for stage in STAGES:
        print(
            f"    {stage:8s} {total.seconds[stage]:8.2f} CPU s  {1e3 * total.seconds[stage] / count:7.3f} ms each"
        )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"    all      {cpu:8.2f} CPU s, {wall:.2f} s by the wall clock: {count / wall:,.0f} accounts/s; "
        f"peak {memory:,.0f} MiB"
    )
    print(
        "    "
        + ", ".join(f"{name} {number:,}" for name, number in total.counts.items() if name != "accounts")
    )
    refused = total.counts["refused"] + total.counts["unsolved"]
    return 1 if refused or wall > DEMAND * count / 100_000 else 0


if __name__ == "__main__":
    sys.exit(main())

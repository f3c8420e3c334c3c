"""Certified optimality: the cases S1000 and R450 of a published experiment, against the best values known.

    python bench/certified.py [--nodes 1000] [--prices ../shared/data/orlib/indtrack6_weekly_prices.csv]

Per case: our objective, our own bound, the gap in basis points, how far we are above the best value known (a
negative number: below it), the row's violation and CPU time, with the tree cut short and whole.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Problem
from trimtab.optimize.solve import Run

PRICES = Path(__file__).resolve().parents[2] / "shared/data/orlib/indtrack6_weekly_prices.csv"
BEST = {
    ("R450", 20): -0.01519227, ("R450", 80): -0.01043822, ("R450", 320): -0.00492348,
    ("S1000", 20): -0.01383444, ("S1000", 80): -0.01012340, ("S1000", 320): -0.00670216,
}  # fmt: skip
COST = 0.0005
AGES = (8, 26, 44, 70, 96, 130, 164)


def synthetic(aversion: float) -> Problem:
    """S1000: 1,000 assets, 100 factors, 5 lots each, from one stream of random numbers."""
    rng = np.random.default_rng(20210309)
    factors = rng.normal(size=(1000, 100)) * np.sqrt(0.04 / 100)
    factors[:, 0] += 0.16
    specific = rng.uniform(0.02, 0.10, 1000)
    target = np.arange(1.0, 1001.0) ** -0.9
    target /= target.sum()
    value = target[:, None] * rng.dirichlet(np.ones(5), 1000) * np.exp(0.25 * rng.normal(size=(1000, 1)))
    value /= value.sum()
    basis = np.exp(-0.12 + 0.25 * rng.normal(size=(1000, 5)))
    rate = np.where(rng.random((1000, 5)) < 0.3, 0.408, 0.238)
    return problem(target, value, 1.0 - basis, rate, factors, specific, aversion)


def real(path: Path, aversion: float) -> Problem:
    """R450: weekly prices of the OR-Library's index-tracking set 6, lots bought at seven ages."""
    table = np.genfromtxt(path, delimiter=",", skip_header=1)
    prices = table[:, table.shape[1] - 457 :] if table.shape[1] >= 457 else table
    prices = prices[:, :450]
    now = 270
    returns = np.diff(np.log(prices[now - 104 : now + 1]), axis=0)
    returns = returns - returns.mean(axis=0)
    _, singular, right = np.linalg.svd(returns, full_matrices=False)
    factors = (right[:15].T * singular[:15]) * np.sqrt(52 / 103)
    total = (returns**2).sum(axis=0) * 52 / 103
    specific = np.maximum(total - (factors**2).sum(axis=1), 0.15 * total)
    target = np.arange(1.0, 451.0) ** -0.9
    target /= target.sum()
    bought = np.stack([prices[now - age] for age in AGES], axis=1)
    value = target[:, None] / bought * prices[now][:, None]
    basis = bought / prices[now][:, None]
    rate = np.broadcast_to(np.where(np.array(AGES) > 52, 0.238, 0.408), basis.shape)
    return problem(target, value / value.sum(), 1.0 - basis, rate, factors, specific, aversion)


def problem(target, value, gain, rate, factors, specific, aversion) -> Problem:  # type: ignore[no-untyped-def]
    n, lots = value.shape
    held = value.sum(axis=1)
    cost = np.full(n, COST)
    return Problem(
        target, held, factors, specific, aversion, cost, cost, -held, np.ones(n), np.repeat(np.arange(n), lots),
        value.ravel(), gain.ravel(), (rate * gain).ravel(), np.ones((1, n)), np.zeros(1), np.zeros(1),
        exclusive=np.ones(n, bool),
    )  # fmt: skip


def report(name: str, given: Problem, aversion: int, nodes: int) -> None:
    batch = Batch.of([given])
    run = Run(batch, nodes=nodes)
    workspace = run.workspace()
    run.units(0, 1, workspace)
    start = time.process_time()
    run.units(0, 1, workspace)
    took = 1e3 * (time.process_time() - start)
    found = run.answers().solution(batch, 0)
    above = found.objective - BEST[name, aversion]
    print(f"{name:6s} {aversion:4d} {nodes:5d} {found.objective:14.8f} {found.lower_bound:14.8f} "
          f"{1e4 * found.gap:8.4f} "
          f"{above:+10.1e} {abs(found.trade.sum()):8.0e} {found.nodes:6d} {took:9.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--prices", type=Path, default=PRICES)
    given = parser.parse_args()
    print("case  gamma nodes      objective          bound   gap bp  over best  row miss nodes    CPU ms")
    for aversion in (20, 80, 320):
        if given.prices.exists():
            for nodes in (1, given.nodes):
                report("R450", real(given.prices, aversion), aversion, nodes)
        for nodes in (1, given.nodes):
            report("S1000", synthetic(aversion), aversion, nodes)


if __name__ == "__main__":
    main()

"""The engine's demand table: sets A, B, C, D; ratios to PIQP, Clarabel and a fresh cvxpy model in the same run.

    python bench/engine.py [--accounts 1000] [--sets ABCD]

CPU time per account on one thread; throughput by the wall clock on 1 and 2 threads. The peers solve one convex
program with the optimal signs given; the engine starts from nothing and proves its answer.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np

from instances import account, household, market
from peers import Program, by_clarabel, by_cvxpy, by_piqp, program
from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Problem
from trimtab.optimize.solve import Answers, Run, solve_batch

PEERS = {"A": 60, "B": 8, "C": 6, "D": 20}
SHARE = {"A": 1.0, "B": 1.0, "C": 0.3, "D": 0.1}


def problems(kind: str, count: int) -> list[Problem]:
    if kind == "D":
        return [household(seed) for seed in range(count)]
    of = market(kind)
    return [account(of, seed) for seed in range(count)]


def each(batch: list[Problem]) -> np.ndarray:
    """CPU milliseconds of every account alone, the least of three runs, packing left out."""
    run = Run(Batch.of(batch))
    workspace = run.workspace()
    best = np.full(len(batch), np.inf)
    for _ in range(3):
        for u in range(len(batch)):
            start = time.thread_time()
            run.units(u, u + 1, workspace)
            best[u] = min(best[u], time.thread_time() - start)
    return 1e3 * best


def peer(name: str, solve: Callable[[Program], tuple[float, float]], programs: list[Program]) -> float:
    """Median CPU milliseconds of a peer."""
    taken = [solve(q)[0] for q in programs]
    print(f"    {name:24s} {1e3 * np.median(taken):9.3f} ms")
    return float(1e3 * np.median(taken))


def report(kind: str, count: int) -> None:
    given = problems(kind, count)
    batch = Batch.of(given)
    solve_batch(Batch.of(given[:2]))
    rates = []
    for threads in (1, 2):
        best = 0.0
        for _ in range(3):
            start = time.perf_counter()
            answers = solve_batch(batch, threads=threads)
            best = max(best, count / (time.perf_counter() - start))
        rates.append(best)
    ms = each(given)
    print(f"{kind}: {count} accounts, {len(batch.lot_size) // count} lots each")
    print(f"    CPU ms median {np.median(ms):.3f}  p90 {np.percentile(ms, 90):.3f}  p99 {np.percentile(ms, 99):.2f}  "
          f"mean {ms.mean():.3f}   accounts/s {rates[0]:,.0f} (1 thread) {rates[1]:,.0f} (2)")  # fmt: skip
    quality(answers)
    found = [u for u in range(count) if answers.status[u] == 0][: PEERS[kind]]
    programs = [program(given[u], answers.solution(batch, u).trade) for u in found]
    mine = float(np.median(ms[found]))
    print(f"    {'the engine, same accounts':24s} {mine:9.3f} ms")
    for name, solve in (("PIQP", by_piqp), ("Clarabel", by_clarabel), ("cvxpy + Clarabel, fresh", by_cvxpy)):
        print(f"{'':40s} ratio {peer(name, solve, programs) / mine:8.1f}")


def quality(answers: Answers) -> None:
    """Shares solved and proven."""
    feasible = answers.status < 2
    gap = answers.objective[feasible] - answers.lower_bound[feasible]
    refuted, unsolved = (answers.status == 2).sum(), (answers.status > 2).sum()
    print(f"    feasible {feasible.sum()}  infeasible {refuted}  unsolved {unsolved}  "
          f"gap ≤ 1e-7 {(gap <= 1.01e-7).mean():.4f}  largest {gap.max():.1e}  least {gap.min():.1e}  "
          f"Newton steps {np.median(answers.iterations):.0f}  nodes {np.median(answers.nodes):.0f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--sets", default="ABCD")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for kind in given.sets:
        report(kind, max(int(given.accounts * SHARE[kind]), 10))


if __name__ == "__main__":
    main()

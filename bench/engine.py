"""The engine's demand table: sets A, B, C, D; ratios to PIQP, Clarabel and a fresh cvxpy model in the same run.

    python bench/engine.py [--accounts 1000] [--sets ABCD]

CPU time per account on one thread; throughput by the wall clock on 1 and 2 threads. The peers solve one convex
program with the optimal signs given; the engine starts from nothing and proves its answer. The fresh cvxpy model is
built as a script would, with the account's numbers as parameters; *stacked* is the same program written by hand as one
variable and one matrix, the least that cvxpy can be given to do.
"""

import argparse
import time
import warnings

import numpy as np

from instances import account, household, market
from peers import by_clarabel, by_model, by_piqp, by_stacked, program
from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Problem
from trimtab.optimize.solve import Answers, Run, solve_batch

PEERS = {"A": 60, "B": 24, "C": 12, "D": 20}
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


def peer(name: str, taken: list[tuple[float, float]], mine: float, best: np.ndarray) -> None:
    """Median CPU milliseconds of a peer, the ratio to ours, and the most that its objective lies below ours."""
    ms = 1e3 * float(np.median([seconds for seconds, _ in taken]))
    below = float((best - np.array([value for _, value in taken])).max())
    print(f"    {name:34s} {ms:9.3f} ms   ratio {ms / mine:7.1f}   below ours by {below:8.1e}")


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
    pairs = [(given[u], answers.solution(batch, u).trade) for u in found]
    programs = [program(*pair) for pair in pairs]
    mine = float(np.median(ms[found]))
    best = answers.objective[found]
    print(f"    {'the engine, same accounts':34s} {mine:9.3f} ms")
    peer("PIQP", [by_piqp(q) for q in programs], mine, best)
    peer("Clarabel", [by_clarabel(q) for q in programs], mine, best)
    peer("cvxpy + Clarabel, fresh", [by_model(*pair) for pair in pairs], mine, best)
    peer("cvxpy + Clarabel, fresh, stacked", [by_stacked(q) for q in programs], mine, best)


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

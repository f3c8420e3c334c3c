"""Speed against the published figure and general solvers: S1000 and R450 first, then the sets A, B, C, D.

    python bench/speed.py [--accounts 1000] [--sets ABCD] [--nodes 1000]

S1000 and R450 (γ 20, 80, 320): wall and CPU of one account on one thread, with the tree cut short and whole, and the
ratio to Clarabel and to a fresh cvxpy model in the same run. The published figure for 1,000 assets and 100 factors is
tens to hundreds of milliseconds (Moehle et al. 2022). The sets are those of `bench/engine.py`.
"""

import argparse
import time
import warnings

from certified import PRICES, real, synthetic
from engine import SHARE, report
from peers import by_clarabel, by_model, program
from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Problem
from trimtab.optimize.solve import Answers, Run


def once(given: Problem, nodes: int) -> tuple[float, float, Answers]:
    """Wall and CPU milliseconds of one account, the least of five runs, packing left out; and its answer."""
    run = Run(Batch.of([given]), nodes=nodes)
    workspace = run.workspace()
    wall, cpu = [], []
    for _ in range(5):
        clock, spent = time.perf_counter(), time.thread_time()
        run.units(0, 1, workspace)
        wall.append(time.perf_counter() - clock)
        cpu.append(time.thread_time() - spent)
    return 1e3 * min(wall), 1e3 * min(cpu), run.answers()


def large(name: str, given: Problem, aversion: int, *, nodes: int) -> None:
    """One case: cut short, whole, and the peers, which are given the signs that the engine found."""
    for most in (1, nodes):
        wall, cpu, found = once(given, most)
        gap = 1e4 * (found.objective[0] - found.lower_bound[0])
        print(f"{name:6s} {aversion:4d} {most:6d} {wall:9.1f} {cpu:9.1f} {gap:9.4f}", end="")
        if most > 1:
            print()
            continue
        print(f" {1e3 * by_clarabel(program(given, found.trade))[0] / cpu:10.1f}", end="")
        print(f" {1e3 * by_model(given, found.trade)[0] / cpu:10.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--sets", default="ABCD")
    parser.add_argument("--nodes", type=int, default=1000)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    print("case  gamma  nodes   wall ms    CPU ms    gap bp   Clarabel/  cvxpy fresh/")
    for aversion in (20, 80, 320):
        large("S1000", synthetic(aversion), aversion, nodes=given.nodes)
        if PRICES.exists():
            large("R450", real(PRICES, aversion), aversion, nodes=given.nodes)
    for kind in given.sets:
        report(kind, max(int(given.accounts * SHARE[kind]), 10))


if __name__ == "__main__":
    main()

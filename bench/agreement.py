"""Agreement with an exact mixed-integer solver: small units with every kind of limit switched on and off at random.

    python bench/agreement.py [--units 500] [--first 0]

SCIP finds each optimum with branches as binaries and polishes it as a convex program. Printed, for the kernels alone
and with the fallback: agreements, the worst difference, units left unsolved, wrong bounds and wrong claims of
infeasibility (both must be none); then a fifth of them in whole shares. 1 where anything is wrong or left unsolved.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from tests.unit.optimize.agreement import Tally, problems, tally, truths, whole  # noqa: E402

from trimtab.optimize.batch import Batch  # noqa: E402
from trimtab.optimize.complete import complete  # noqa: E402
from trimtab.optimize.problem import Status  # noqa: E402
from trimtab.optimize.solve import solve_batch  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.units)
    units = problems(seeds)
    batch = Batch.of(units)
    start = time.process_time()
    answers = solve_batch(batch)
    print(f"kernels {time.process_time() - start:.2f} s CPU")
    start = time.process_time()
    optima = truths(units, seconds=60.0, told=lambda done: print(f"SCIP {done + 1}", end="\r", flush=True))
    print(f"SCIP {time.process_time() - start:.0f} s CPU")
    report("kernels alone", tally(seeds, units, answers, optima))
    start = time.process_time()
    answers = complete(batch, answers)
    print(f"fallback {time.process_time() - start:.2f} s CPU")
    said = tally(seeds, units, answers, optima)
    report("with the fallback", said)
    broken = shares(seeds, units, batch, answers)
    return 1 if said.wrong or said.unsolved or broken else 0


def report(name: str, said: Tally) -> None:
    print(
        f"{name}: {said.agreed} agree, {said.refuted} refuted, worst |difference| {said.worst:.1e}, "
        f"unsolved {len(said.unsolved)} {said.unsolved}, wrong bounds {len(said.wrong_bound)} {said.wrong_bound}, "
        f"wrong claims {len(said.wrong_claim)} {said.wrong_claim}, not optimal {len(said.above)} {said.above}, "
        f"unlawful {len(said.unlawful)} {said.unlawful}, "
        f"SCIP undecided {len(said.undecided_by_scip)} {said.undecided_by_scip}"
    )


def shares(seeds, units, batch, answers) -> int:  # type: ignore[no-untyped-def]
    """A fifth in whole shares: how many found a lawful answer, what it costs, how many break a limit."""
    costs, none, broken = [], 0, 0
    for u in range(0, len(units), 5):
        if answers.status[u] != Status.SOLVED:
            continue
        lawful, worst, cost = whole(units[u], answers.solution(batch, u), seeds[u])
        none += not lawful
        if lawful:
            broken += worst > 3e-9 or cost < -1e-8
            costs.append(1e4 * cost)
    middle = np.nanmedian(costs) if costs else float("nan")
    print(
        f"whole shares of {len(costs) + none}: {len(costs)} lawful, median cost {middle:.2f} bp, {broken} broken"
    )
    return broken


if __name__ == "__main__":
    sys.exit(main())

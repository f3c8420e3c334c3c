"""Mutation testing: can the tests fail? Small mistakes are made in the code one at a time, and the tests must notice.

    python bench/mutation.py [MODULE ...] [--sample 0.15] [--seed 1] [--processes 2] [--again] [--list]

A process that has imported all but the package forks for each mutant; the child compiles the changed module in the
place of the file and runs the tests that reach the changed lines, the fastest first, until one fails. Which tests reach
which lines is measured once and kept, with every verdict, in build/mutation; a run that was stopped goes on where it
stopped, and survivors are tried again with the tests there are then.
"""

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import math
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from mutants import Mutant, mutants
from reached import KEPT, PYTEST, ROOT, SOURCE, digest, load, reach, save

PACKAGE = "trimtab.ledger"
PATIENCE, LEAST_PATIENCE = 6.0, 25.0
"""Processor seconds a mutant gets: so many times what its tests took, but no less; one that loops has been noticed."""
ENOUGH = 0.90
QUICK = 0.02
SAID = {0: "survived", 1: "killed", 2: "killed"}
"""Verdict by pytest's exit code: all passed, some failed, a test file could not be imported."""


class Changed(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Finds one module as its changed tree instead of its file."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self.tree = tree

    def find_spec(self, fullname: str, _path: object, _target: ModuleType | None = None) -> Any:
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self)
            if fullname == self.name
            else None
        )

    def get_code(self, _fullname: str) -> CodeType:
        return compile(ast.fix_missing_locations(self.tree), self.path, "exec")


class Chosen:
    """A pytest plugin that runs only the tests chosen, in the order chosen, and notes the first that fails."""

    def __init__(self, tests: list[str], out: Path) -> None:
        self.rank = {test: place for place, test in enumerate(tests)}
        self.out = out

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.rank), key=lambda i: self.rank[i.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.out.write_text(report.nodeid)


@dataclass(slots=True)
class Work:
    """A mutant with the tests that may notice it."""

    module: str
    mutant: Mutant
    tree: ast.Module
    tests: list[str]
    seconds: float
    out: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def patience(self) -> float:
        return max(LEAST_PATIENCE, PATIENCE * self.seconds)

    def run(self) -> int:
        """In the child: put the change in place and run the tests; 0 where none notices."""
        with Path(os.devnull).open("w") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        limit = int(self.patience)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        self.mutant.apply()
        sys.meta_path.insert(0, Changed(f"{PACKAGE}.{self.module}", SOURCE / f"{self.module}.py", self.tree))
        files = sorted({test.partition("::")[0] for test in self.tests})
        call = [*PYTEST, "-o", "addopts=", "--import-mode=importlib", "-x", *files]
        return int(pytest.main(call, plugins=[Chosen(self.tests, self.out)]))


def work_of(module: str, chosen: list[Mutant], tree: ast.Module, tests: dict[str, Any]) -> list[Work]:
    """Each mutant with its tests: those that run its lines; where these run at import, all of files that use them."""
    mine = {test: (seconds, lines[module]) for test, (seconds, lines) in tests.items() if module in lines}
    files = {test.partition("::")[0] for test in mine}
    near = {test: seconds for test, (seconds, _) in tests.items() if test.partition("::")[0] in files}
    works = []
    for mutant in chosen:
        span = range(mutant.first, mutant.last + 1)
        names = [test for test, (_, lines) in mine.items() if not lines.isdisjoint(span)] or list(near)
        names.sort(key=lambda test: (f"test_{module}.py" not in test, near[test], test))
        seconds = sum(near[test] for test in names)
        out = KEPT / f"{module}-{mutant.number}.txt"
        works.append(Work(module, mutant, tree, names, seconds, out))
    return works


def verdicts(works: list[Work], processes: int) -> Iterator[tuple[Work, str, str]]:
    """Run all, so many at once; yields each with its verdict (killed, survived, timeout, untested) and who noticed."""
    waiting, running = list(reversed(works)), dict[int, Work]()
    while waiting or running:
        while waiting and len(running) < processes:
            work = waiting.pop()
            if not work.tests:
                yield work, "untested", ""
                continue
            sys.stdout.flush()
            pid = os.fork()
            if not pid:
                code = 99
                try:
                    code = work.run()
                finally:
                    os._exit(code)
            work.started = time.monotonic()
            running[pid] = work
        if running:
            pid, status = os.wait()
            work = running.pop(pid)
            by = work.out.read_text() if work.out.exists() else ""
            work.out.unlink(missing_ok=True)
            if os.WIFSIGNALED(status):
                yield work, "timeout", ""
                continue
            code = os.WEXITSTATUS(status)
            assert code in SAID, f"{work.module} {work.mutant.number}: pytest could not run, exit code {code}"
            yield work, SAID[code], by or ("import" if code else "")


def sample(found: list[Mutant], share: float, seed: str) -> list[Mutant]:
    """A seeded share of the mutants of a module, rounded up; a larger share holds the smaller one."""
    shuffled = random.Random(seed).sample(found, len(found))
    return shuffled[: math.ceil(share * len(found))]


def warm() -> None:
    """Import what no mutant changes, and let Hypothesis neither shrink nor remember."""
    import hypothesis
    import numpy
    import polars

    import trimtab.core.amounts
    import trimtab.core.dates
    import trimtab.core.result

    assert numpy
    assert polars
    assert trimtab.core.amounts
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", database=None, phases=phases)
    hypothesis.settings.load_profile("mutation")
    assert PACKAGE not in sys.modules


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", help="modules of the ledger (default: all)")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the mutants of each module")
    parser.add_argument("--seed", default="1", help="which sample")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="only those that survived before")
    parser.add_argument("--list", action="store_true", help="only say what is known")
    return parser.parse_args()


def control(processes: int) -> None:
    """Change nothing in each module: its quick tests must pass, or a verdict would mean nothing."""
    tests, works = reach(), []
    for path in sorted(SOURCE.glob("[!_]*.py")):
        tree = ast.parse(path.read_text())
        nothing = Mutant(-1, "none", 1, tree.body[-1].end_lineno or 1, "", "", lambda: None)
        works += work_of(
            path.stem, [nothing], tree, {test: it for test, it in tests.items() if it[0] < QUICK}
        )
    for work, verdict, by in verdicts(works, processes):
        assert verdict != "killed", f"{work.module} unchanged: {verdict} {by}"


def plan(args: argparse.Namespace, known: dict[str, Any]) -> list[Work]:
    """What is to be run: the sample, less what has been noticed already."""
    tests = reach()
    works = []
    for name in args.modules or sorted(path.stem for path in SOURCE.glob("*.py")):
        path = SOURCE / f"{name}.py"
        tree = ast.parse(path.read_text())
        found = mutants(tree)
        mark = digest([path])
        if known.get(name, {}).get("mark") != mark:
            known[name] = {"mark": mark, "mutants": len(found), "verdicts": {}}
        said = known[name]["verdicts"]
        chosen = sample(found, args.sample, f"{args.seed} {name}")
        if args.again:
            chosen = [
                m for m in found if said.get(str(m.number), {}).get("verdict") in ("survived", "untested")
            ]
        fresh = [m for m in chosen if said.get(str(m.number), {}).get("verdict") not in ("killed", "timeout")]
        works += work_of(name, fresh, tree, tests)
    return works


def report(known: dict[str, Any]) -> float:
    """Print the table of modules and every survivor; returns the share noticed."""
    total: Counter[str] = Counter()
    print(f"{'module':14}{'mutants':>9}{'run':>7}{'killed':>8}{'timeout':>9}{'survived':>10}{'noticed':>9}")
    for name, facts in sorted(known.items()):
        counts = Counter(said["verdict"] for said in facts["verdicts"].values())
        run, left = counts.total(), counts["survived"] + counts["untested"]
        total += Counter({"mutants": facts["mutants"], "run": run, "left": left, **counts})
        if run:
            killed, late = counts["killed"], counts["timeout"]
            print(f"{name:14}{facts['mutants']:9}{run:7}{killed:8}{late:9}{left:10}{1 - left / run:9.1%}")
    noticed = 1 - total["left"] / max(total["run"], 1)
    print(
        f"{'all':14}{total['mutants']:9}{total['run']:7}{total['killed']:8}{total['timeout']:9}{total['left']:10}{noticed:9.1%}"
    )
    for name, facts in sorted(known.items()):
        for number, said in sorted(facts["verdicts"].items(), key=lambda item: int(item[0])):
            if said["verdict"] in ("survived", "untested"):
                print(f"\n{name}.py:{said['line']} [{number} {said['operator']}] {said['verdict']}")
                print(f"  - {said['before']}\n  + {said['after']}")
    return noticed


def main() -> None:
    args = arguments()
    os.chdir(ROOT)
    os.environ["POLARS_MAX_THREADS"] = "1"
    known = load("ledger.json")
    if not args.list:
        works = plan(args, known)
        random.Random(args.seed).shuffle(works)
        warm()
        control(args.processes)
        started, before = time.monotonic(), digest(sorted(SOURCE.glob("*.py")))
        for count, (work, verdict, by) in enumerate(verdicts(works, args.processes), start=1):
            if digest(sorted(SOURCE.glob("*.py"))) != before:
                sys.exit(
                    "the ledger changed under the run, so this verdict and later ones mean nothing: start again"
                )
            mutant = work.mutant
            known[work.module]["verdicts"][str(mutant.number)] = {
                "verdict": verdict,
                "by": by,
                "line": mutant.first,
                "operator": mutant.operator,
                "before": mutant.before,
                "after": mutant.after,
            }
            if count % 20 == 0 or count == len(works):
                save("ledger.json", known)
                print(f"{count} of {len(works)}, {time.monotonic() - started:.0f} s", flush=True)
        save("ledger.json", known)
    sys.exit(0 if report(known) >= ENOUGH else 1)


if __name__ == "__main__":
    main()

"""Which tests run which lines of the ledger, measured once and kept until a test, a helper or the ledger changes.

python bench/reached.py TEST_FILE …     measures these files; `bench/mutation.py` calls it
"""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "trimtab" / "ledger"
KEPT = ROOT / "build" / "mutation"
TESTS = [
    *sorted((ROOT / "tests" / "unit" / "ledger").glob("test_*.py")),
    *(
        ROOT / "tests" / "laws" / f"test_{name}.py"
        for name in ("ledger_laws", "ledger_wash", "tax_savings", "tax_year")
    ),
]
HELPERS = [
    *sorted((ROOT / "tests" / "unit" / "ledger").glob("[!t]*.py")),
    *sorted((ROOT / "tests" / "cases" / "ledger").glob("*")),
    *sorted((ROOT / "tests" / "cases" / "tax").glob("*")),
]
PYTEST = [
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:cov",
    "--no-header",
    "-q",
    "--tb=no",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "--rootdir",
    str(ROOT),
]


def digest(paths: Iterable[Path]) -> str:
    """A fingerprint of files."""
    seen = hashlib.sha256()
    for path in paths:
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def load(name: str) -> dict[str, Any]:
    path = KEPT / name
    return json.loads(path.read_text()) if path.exists() else {}


def save(name: str, facts: dict[str, Any]) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.new").write_text(json.dumps(facts))
    (KEPT / f"{name}.new").replace(KEPT / name)


class Tracer:
    """A pytest plugin that notes for each test its time and the lines of the package it ran."""

    def __init__(self) -> None:
        import coverage

        self.coverage = coverage.Coverage(data_file=None, source=[str(SOURCE)], config_file=False)
        self.times: dict[str, float] = {}
        self.failed: list[str] = []
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        started = time.process_time()
        result = yield
        self.times[item.nodeid] = round(time.process_time() - started, 3)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def lines(self) -> dict[str, dict[str, list[int]]]:
        self.coverage.stop()
        data = self.coverage.get_data()
        reached: dict[str, dict[str, list[int]]] = {}
        for path in data.measured_files():
            for line, tests in data.contexts_by_lineno(path).items():
                for test in tests:
                    reached.setdefault(test, {}).setdefault(Path(path).stem, []).append(line)
        return reached


def trace(paths: list[str]) -> None:
    """Run test files under the tracer and print what they reached."""
    tracer = Tracer()
    code = pytest.main([*PYTEST, "-o", "addopts=", "--import-mode=importlib", *paths], plugins=[tracer])
    if code != pytest.ExitCode.OK:
        sys.exit(f"the tests fail before anything is changed: {tracer.failed}")
    reached = tracer.lines()
    found: dict[str, Any] = {}
    for test, seconds in tracer.times.items():
        found.setdefault(test.partition("::")[0], {})[test] = [seconds, reached.get(test, {})]
    save("trace.json", found)


def reach() -> dict[str, tuple[float, dict[str, set[int]]]]:
    """Seconds and lines by module of every test, measured anew where a test file, a helper or the package changed."""
    kept = load("reach.json")
    common = digest([*HELPERS, *sorted(SOURCE.glob("*.py"))])
    names = {str(path.relative_to(ROOT)): digest([path]) + common for path in TESTS}
    stale = [name for name, mark in names.items() if kept.get(name, {}).get("mark") != mark]
    if stale:
        print(f"measuring which lines {len(stale)} test files reach", flush=True)
        subprocess.run([sys.executable, __file__, *stale], cwd=ROOT, check=True)
        found = load("trace.json")
        kept = {name: kept[name] for name in names if name not in stale} | {
            name: {"mark": names[name], "tests": found.get(name, {})} for name in stale
        }
        save("reach.json", kept)
    return {
        test: (seconds, {module: set(lines) for module, lines in modules.items()})
        for part in kept.values()
        for test, (seconds, modules) in part["tests"].items()
    }


if __name__ == "__main__":
    trace(sys.argv[1:])

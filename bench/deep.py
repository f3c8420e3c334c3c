"""The long suites behind `make deep`: too slow for every change, run before a release and after a change of a rule.

    python bench/deep.py            all of them, one after another
    python bench/deep.py NAME …     only those
    python bench/deep.py --menu     what there is

Each ends with a figure and an exit code; those that run in parts keep what is done in build/deep and go on from there.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUITES: dict[str, tuple[str, list[str]]] = {
    "mutation": ("mistakes made in the ledger one by one, at least 90 % noticed", ["bench/mutation.py"]),
    "wash-oracle": (
        "500,000 random households against the share-by-share wash oracle",
        ["bench/long_laws.py", "wash-oracle", "500000"],
    ),
    "random-steps": (
        "5,000,000 random steps of the ledger, no law broken, replay equal",
        ["bench/long_laws.py", "random-steps", "100000"],
    ),
    "hundred-thousand": (
        "100,000 accounts from columns in memory to certified whole shares with reasons, 60 s on 2 cores",
        ["bench/hundred_thousand.py"],
    ),
    "agreement": (
        "500 small units with limits at random against an exact mixed-integer solver",
        ["bench/agreement.py"],
    ),
    "night": (
        "a night of 100,000 accounts from the database to stored proposals, 2 workers",
        ["bench/night.py", "--accounts", "100000", "--firms", "400"],
    ),
    "speed": (
        "S1000, R450 and the sets A, B, C, D: wall, CPU, accounts a second, ratios to Clarabel and fresh cvxpy",
        ["bench/speed.py"],
    ),
    "lots": (
        "4,000,000 lots with 10,000,000 transactions valued, aged and window-checked",
        ["bench/lots.py"],
    ),
    "less-tax": (
        "300 accounts against a stated control: at least 60 % less tax and less dispersion",
        ["bench/less_tax.py"],
    ),
    "fuzz": (
        "the whole API asked what its description allows and more, 150 requests an operation, never a fault of ours",
        ["bench/fuzz.py"],
    ),
    "transition": (
        "five funds to equal weights: what the order of lots costs, and the frontier",
        ["bench/transition.py"],
    ),
}
"""Name: what it shows, the script and its arguments."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUITES))
    parser.add_argument("--menu", action="store_true", help="only say what there is")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in SUITES]
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(SUITES)}")
    for name, (what, _) in SUITES.items():
        print(f"{name:14} {what}")
    if args.menu:
        return 0
    failed = []
    for name in args.names or SUITES:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        code = subprocess.run([sys.executable, *SUITES[name][1]], cwd=ROOT, check=False).returncode
        print(
            f"== {name}: {'failed' if code else 'passed'} in {time.monotonic() - started:.0f} s", flush=True
        )
        failed += [name] if code else []
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The random laws of the ledger over many more seeds than a change's check has time for, in parts that are kept.

    python bench/long_laws.py wash-oracle|random-steps SEEDS [--processes 2] [--afresh]

The functions are the tests' own. A part is a thousand seeds beyond those the tests use; done parts are not run again
unless the ledger or the tests changed. The first seed that fails is named, with its story, and the run stops there.
"""

import argparse
import hashlib
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
KEPT = ROOT / "build" / "deep"
PART = 1_000
FIRST = 1_000_000
"""Seeds begin here: the tests have the small ones."""


def wash_oracle(part: int) -> int:
    """Households of a part that have a wash sale; all agree with the oracle."""
    from tests.laws.test_ledger_wash import agrees

    return sum(agrees(seed) for seed in seeds(part))


def random_steps(part: int) -> int:
    """Steps of a part; no law is broken after any of them."""
    from tests.laws.test_ledger_laws import walk_on

    for seed in seeds(part):
        walk_on(seed, 50)
    return 50 * PART


LAWS: dict[str, tuple[Callable[[int], int], str]] = {
    "wash-oracle": (wash_oracle, "households, {total:,} with a wash sale: ledger and oracle agree on all"),
    "random-steps": (random_steps, "stories, {total:,} steps: no law broken, replay equal"),
}


def seeds(part: int) -> range:
    return range(FIRST + part * PART, FIRST + (part + 1) * PART)


def mark() -> str:
    """A fingerprint of what the verdicts rest on."""
    seen = hashlib.sha256()
    for folder in ("src/trimtab/ledger", "src/trimtab/core", "tests/laws", "tests/unit/ledger"):
        for path in sorted((ROOT / folder).glob("*.py")):
            seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def run(law: Callable[[int], int], part: int) -> tuple[int, int]:
    return part, law(part)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("law", choices=LAWS)
    parser.add_argument("seeds", type=int)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--afresh", action="store_true", help="forget what is done")
    args = parser.parse_args()
    law, said = LAWS[args.law]
    path = KEPT / f"{args.law}.json"
    kept = json.loads(path.read_text()) if path.exists() and not args.afresh else {}
    if kept.get("mark") != mark():
        kept = {"mark": mark(), "parts": {}, "seconds": 0.0}
    parts = [part for part in range(-(-args.seeds // PART)) if str(part) not in kept["parts"]]
    KEPT.mkdir(parents=True, exist_ok=True)
    started, before = time.monotonic(), kept["seconds"]
    with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
        for count, (part, total) in enumerate(pool.imap_unordered(partial(run, law), parts), start=1):
            kept["parts"][str(part)] = total
            kept["seconds"] = before + time.monotonic() - started
            path.write_text(json.dumps(kept))
            if count % 10 == 0:
                print(f"{count} of {len(parts)} parts, {time.monotonic() - started:.0f} s", flush=True)
    done = len(kept["parts"])
    total = sum(kept["parts"].values())
    print(f"{done * PART:,} {said.format(total=total)}; {kept['seconds']:.0f} s in all")


if __name__ == "__main__":
    main()

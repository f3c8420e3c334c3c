"""Five hundred broken files: none crashes, none hangs, each fault names its place and remedy."""

import importlib.util
import json
import random
import time
from pathlib import Path

from trimtab.cli.gains_view import facts
from trimtab.desk.gains import gains
from trimtab.feeds.parse import parse
from trimtab.feeds.statement import NotAFeedError

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "cases" / "feeds"
FILES, SECONDS_MAX = 500, 5.0


def _operators():
    spec = importlib.util.spec_from_file_location("mutations", HERE / "mutations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.OPERATORS


OPERATORS = _operators()


def broken_files():
    seeds = [path.read_bytes() for path in sorted(CASES.iterdir()) if path.suffix != ".md"]
    for number in range(FILES):
        chance = random.Random(number)
        data = seeds[number % len(seeds)]
        # every operator comes first in turn, some files are broken twice or thrice
        chosen = [OPERATORS[number // len(seeds) % len(OPERATORS)]]
        chosen += chance.choices(OPERATORS, k=chance.choice([0, 0, 1, 2]))
        for operator in chosen:
            data = operator(data, chance.choice(seeds), chance)
        yield number, chosen[0].__name__, data


def test_no_broken_file_crashes_or_hangs():
    assert len(OPERATORS) >= 12
    refused, read, faulty = 0, 0, 0
    for number, name, data in broken_files():
        began = time.perf_counter()
        try:
            found = gains([parse("broken", data)], table="broken")
        except NotAFeedError:
            refused += 1
            continue
        json.dumps(facts(found, form=True))
        read += 1
        faulty += bool(found.failures)
        assert all(failure.message and failure.remedy for failure in found.failures), (number, name)
        assert all(lot.quantity.nano > 0 for lot in found.lots), (number, name)
        assert time.perf_counter() - began < SECONDS_MAX, (number, name)
    assert refused > FILES // 20
    assert read > FILES // 2
    assert faulty > FILES // 4

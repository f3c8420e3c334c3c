"""Wash sales of 5,000 random households: the ledger and a share-by-share oracle agree to a millionth of a dollar."""

import random
from collections import defaultdict
from fractions import Fraction
from typing import Any

import pytest
from tests.unit.ledger.ledger_households import random_case
from tests.unit.ledger.wash_oracle import Oracle

from trimtab.core.amounts import NANO
from trimtab.ledger.cases import household_of, rules_of
from trimtab.ledger.fold import fold
from trimtab.ledger.laws import broken
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.read import entry_of

HOUSEHOLDS = 5_000
CLOSE = Fraction(1, 1_000_000)


def policy_of(rng: random.Random) -> dict[str, Any]:
    return {
        "wash_scope": rng.choice(["household", "household", "taxpayer", "account"]),
        "wash_owners": rng.choice([["self", "spouse"], ["self"], ["self", "spouse", "child"]]),
        "exclude_acquired_before_loss_lot": rng.random() < 0.3,
        "wash_holding_period": rng.choice(["tack_days", "tack_days", "original_date"]),
    }


def closed_of(ledger: Ledger) -> dict[tuple[Any, ...], list[Fraction]]:
    sums: defaultdict[tuple[Any, ...], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 5)
    for row in ledger.closed:
        assert row.basis is not None
        key = (row.sale_id, row.lot_id, row.account_id, row.acquired, row.adjusted_acquired, str(row.term))
        for place, amount in enumerate(
            (row.quantity, row.proceeds, row.basis, row.disallowed, row.permanent)
        ):
            sums[key][place] += Fraction(amount.nano, NANO)
    return dict(sums)


def lots_of(ledger: Ledger) -> dict[tuple[Any, ...], tuple[Fraction, Fraction]]:
    sums: defaultdict[tuple[Any, ...], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 2)
    for lot in ledger.lots:
        assert lot.basis is not None
        key = (lot.lot_id, lot.account_id, lot.security_id, lot.acquired, lot.adjusted_acquired)
        sums[key][0] += Fraction(lot.quantity.nano, NANO)
        sums[key][1] += Fraction(lot.basis.nano, NANO)
    return {key: (quantity, basis) for key, (quantity, basis) in sums.items()}


def near(ours: dict[Any, Any], theirs: dict[Any, Any]) -> bool:
    return ours.keys() == theirs.keys() and all(
        abs(a - b) <= CLOSE for key in ours for a, b in zip(ours[key], theirs[key], strict=True)
    )


def agrees(seed: int) -> bool:
    """Whether a random household has a wash sale at all; the ledger and the oracle must agree on it."""
    rng = random.Random(-seed)
    case = random_case(seed, methods=rng.choice([("FIFO", "LIFO", "SPEC"), ("HIFO",)]), splits=True)
    policy = policy_of(rng)
    entries = [entry_of(row) for row in case["transactions"]]
    ledger = fold(EMPTY, entries, household=household_of(case), rules=rules_of(policy))
    assert not ledger.failures, (seed, ledger.failures[0])
    oracle = Oracle(case, policy)
    assert near(closed_of(ledger), oracle.closed), seed
    assert near(lots_of(ledger), oracle.lots()), seed
    assert broken(ledger) == [], seed
    return any(row.disallowed for row in ledger.closed)


@pytest.mark.parametrize("part", range(10))
def test_the_oracle_agrees(part: int) -> None:
    washed = sum(agrees(seed) for seed in range(part, HOUSEHOLDS, 10))
    assert washed > HOUSEHOLDS // 50  # the generator makes enough to look at

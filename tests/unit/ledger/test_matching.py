"""Matching many groups at once: share for share, used once, used shares leave first."""

import random

import numpy as np
import pytest

from trimtab.ledger.matching import Steps, match


def played(
    steps: list[tuple[int, int, int, int]], pieces: list[int], purchases: list[int]
) -> tuple[list[int], list[int]]:
    columns = [np.array([row[i] for row in steps], dtype=np.int64) for i in range(4)]
    done = match(Steps(*columns), np.array(pieces, dtype=np.int64), np.array(purchases, dtype=np.int64))
    return done.pieces.tolist(), done.used_open.tolist()


def test_a_piece_takes_what_is_there_and_the_next_gets_the_rest() -> None:
    assert played([(0, 0, 0, 0), (0, 1, 0, 0)], [6, 6], [10]) == ([6, 4], [10])
    assert played([(0, 0, 0, 0), (0, 0, 1, 0)], [6], [4, 4]) == ([6], [4, 2])


def test_shares_gone_replace_nothing() -> None:
    assert played([(0, -1, 0, 7), (0, 0, 0, 0)], [6], [10]) == ([3], [3])
    assert played([(0, -1, 0, 12), (0, 0, 0, 0)], [6], [10]) == ([0], [0])


def test_used_shares_leave_first() -> None:
    assert played([(0, 0, 0, 0), (0, -1, 0, 4), (0, 1, 0, 0)], [6, 6], [10]) == ([6, 4], [6])


def test_no_steps_match_nothing_and_inputs_stay() -> None:
    assert played([], [3], [4]) == ([0], [0])
    pieces, purchases = np.array([3], dtype=np.int64), np.array([4], dtype=np.int64)
    one = np.array([0], dtype=np.int64)
    match(Steps(one, one, one, one), pieces, purchases)
    assert (pieces.tolist(), purchases.tolist()) == ([3], [4])


def test_groups_must_come_sorted() -> None:
    with pytest.raises(AssertionError, match="sorted by group"):
        played([(1, 0, 0, 0), (0, 0, 0, 0)], [1], [1])


@pytest.mark.parametrize("seed", range(30))
def test_groups_at_once_are_groups_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    steps, pieces, purchases = [], [], []
    for group in range(rng.randint(1, 6)):
        mine = [len(pieces) + i for i in range(rng.randint(1, 4))]
        theirs = [len(purchases) + i for i in range(rng.randint(1, 4))]
        pieces += [rng.randint(1, 9) for _ in mine]
        purchases += [rng.randint(1, 9) for _ in theirs]
        for _ in range(rng.randint(0, 12)):
            leaving = rng.random() < 0.3
            steps.append((group, -1 if leaving else rng.choice(mine), rng.choice(theirs), rng.randint(1, 4)))
    left, opened, used = list(pieces), list(purchases), [0] * len(purchases)
    for _, piece, bought, quantity in steps:
        if piece < 0:
            used[bought] -= min(used[bought], quantity)
            opened[bought] -= min(opened[bought], quantity)
        else:
            shares = min(left[piece], max(opened[bought] - used[bought], 0))
            left[piece] -= shares
            used[bought] += shares
    assert played(steps, pieces, purchases) == ([a - b for a, b in zip(pieces, left, strict=True)], used)

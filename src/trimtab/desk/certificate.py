"""Certificate: what the independent certifier holds against an answer; one that fails is never traded."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify_batch import certify_batch, certify_trades
from trimtab.optimize.problem import Bools, Floats, Status


def faults_of(
    batch: Batch,
    answers: Answers,
    *,
    rooms: Sequence[tuple[Batch, Bools]],
    trades: tuple[Floats, Floats],
    lawful: Bools,
) -> tuple[str, ...]:
    """Per account the gravest fault of its answer, or of its trades in whole shares; empty where there is none.

    The answer is checked against its limits, objective and bound, minimum trades apart (whole shares bring them about);
    whole shares, where they are said to be `lawful`, against the limits with their room (`rooms`: whose it is).
    """
    free = replace(batch, min_trade=np.zeros_like(batch.min_trade))
    answered = (answers.status == Status.SOLVED) | (answers.status == Status.SOLVED_INACCURATE)
    exact = certify_batch(free, answers, idle=False)
    found = [""] * len(batch)
    for room, whose in rooms:
        checked = answered & lawful & whose
        if not checked.any():
            continue
        whole = certify_trades(room, *trades, ticket=room.ticket)
        for u in np.flatnonzero(checked & ~whole.ok):
            found[u] = f"{whole.kind[u]} in whole shares"
    for u in np.flatnonzero(answered & ~exact.ok):
        found[u] = exact.kind[u]
    return tuple(found)

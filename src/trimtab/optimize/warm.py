"""The engine made ready: its kernels compiled once on a machine, loaded from the cache ever after."""

from collections.abc import Callable

import numpy as np

from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import Problem
from trimtab.optimize.rounding import round_batch
from trimtab.optimize.shares import NO_FLOOR, Holdings
from trimtab.optimize.solve import solve_batch


def warm_up(progress: Callable[[str], None] | None = None) -> None:
    """Compile the kernels, or load them from the cache; `progress` hears what is done, before it is begun."""
    if progress is not None:
        progress("loading the engine (the first time on this machine it is compiled: up to a minute)")
    one, lot, cell = np.ones(1), np.zeros(1, np.int64), np.ones((1, 1))
    batch = Batch.of(
        [Problem(one, one, cell, one, 1.0, one, one, -one, one, lot, one, one, one, cell, -one, one)]
    )
    share = np.full(1, 10**9)
    round_batch(
        batch, solve_batch(batch), Holdings(one, share, share, share, share, lot, lot + NO_FLOOR, lot)
    )

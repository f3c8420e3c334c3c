"""Scales the window's volatility to the long run where the book's history is longer than the window."""

import numpy as np

from trimtab.risk.jit import Floats
from trimtab.risk.returns import WEEKS_A_YEAR

LONGER = 1.25  # times the window: less adds no evidence worth a change
BOUNDS = (0.5, 2.0)


def long_run_ratio(history: Floats, model_variance: Floats, *, window: int) -> tuple[float, str]:
    """One factor on the whole Σ, and a note: the middle ratio of a security's variance over all its history
    (weeks, securities; NaN unknown) to the model's, over those with a history a quarter longer than the window.

    One factor, not one a class: funds that hold the same things must not drift apart because one listed earlier.
    """
    ratios: list[float] = []
    for column in range(history.shape[1]):
        r = history[:, column]
        r = r[~np.isnan(r)]
        if r.size < LONGER * window or not model_variance[column] > 0.0:
            continue
        r = r - np.median(r)
        variance = float(np.cumsum(r * r)[-1]) / (r.size - 1) * WEEKS_A_YEAR
        ratios.append(variance / float(model_variance[column]))
    if not ratios:
        return 1.0, "no history beyond the window: volatility is the window's own"
    ratio = min(max(float(np.median(np.array(ratios))), BOUNDS[0]), BOUNDS[1])
    return ratio, f"variance scaled by {ratio:.3f} to the long run of {len(ratios)} securities"

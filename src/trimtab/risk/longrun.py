"""Scales the window's volatility to the long run where the book's history is longer than the window."""

from collections.abc import Sequence

import numpy as np

from trimtab.risk.jit import Floats, Ints
from trimtab.risk.returns import WeeklyReturns

WEEKS_A_YEAR = 52
LONGER = 1.25  # times the window: less adds no evidence worth a change
BOUNDS = (0.5, 2.0)


def long_run_ratios(
    history: WeeklyReturns, model_variance: Floats, *, classes: Sequence[str], rows: Ints, window: int
) -> tuple[Floats, list[str]]:
    """Factor on the variance of every security of the book (aligned with `classes`), and notes.

    Per asset class the middle ratio of a security's variance over all its history to the model's, over those with a
    history a quarter longer than the window; a class without any takes the middle of all; 1 where there is none.
    """
    values = history.values
    out = np.ones(len(classes))
    ratios: dict[str, list[float]] = {}
    for column, row in enumerate(rows.tolist()):
        r = values[:, column]
        r = r[~np.isnan(r)]
        if r.size < LONGER * window or not model_variance[column] > 0.0:
            continue
        r = np.sort(r - np.median(r))
        variance = float(np.cumsum(r * r)[-1]) / (r.size - 1) * WEEKS_A_YEAR
        ratios.setdefault(classes[row], []).append(variance / float(model_variance[column]))
    every = [ratio for group in ratios.values() for ratio in group]
    if not every:
        return out, ["no history beyond the window: volatility is the window's own"]
    common = _bounded(every)
    by_class = {name: _bounded(group) for name, group in ratios.items()}
    for row, name in enumerate(classes):
        out[row] = by_class.get(name, common)
    said = ", ".join(f"{name or 'unclassed'} {ratio:.3f}" for name, ratio in sorted(by_class.items()))
    return out, [f"variance scaled to the long run by class: {said}; others {common:.3f}"]


def _bounded(ratios: list[float]) -> float:
    return min(max(float(np.median(np.array(ratios))), BOUNDS[0]), BOUNDS[1])

"""Seeded small problems with every kind of limit switched on or off."""

from typing import Any

import numpy as np

from trimtab.optimize.problem import Problem, Year

FEATURES = (
    "budget",
    "minimum",
    "ticket",
    "cost",
    "group",
    "lot_rows",
    "turnover",
    "max_trades",
    "year",
    "churn",
    "uncounted",
)


def random_features(seed: int) -> list[str]:
    """Each kind of limit with probability 0.35."""
    rng = np.random.default_rng(seed + 10**6)
    return [name for name in FEATURES if rng.random() < 0.35]


def small(seed: int, features: list[str]) -> Problem:
    """3–6 assets, two factors, a cash row and a class row, lots with gains and losses."""
    r = np.random.default_rng(seed)
    n, k = int(r.integers(3, 7)), 2
    lots = int(r.integers(n, 3 * n))
    exposures = r.normal(0.0, 0.1, (n, k))
    specific = r.uniform(0.01, 0.2, n) ** 2 * (r.random(n) < 0.9)
    target = r.dirichlet(np.full(n, 2.0)) * 0.97
    asset = np.sort(r.integers(0, n, lots))
    size = r.uniform(0.01, 0.2, lots)
    size *= 0.95 / size.sum()
    held = np.bincount(asset, size, n)
    gain = 1.0 - np.exp(-r.normal(0.03, 0.25, lots))
    short = r.random(lots) < 0.4
    slope = np.where(short, 0.4, 0.24) * gain
    cost = r.uniform(1e-4, 2e-3, n)
    rows = np.vstack([np.ones(n), (r.random(n) < 0.5) * 1.0])
    cash, wanted = 1.0 - held.sum(), (rows[1] * (target - held)).sum()
    lower = -held * (r.random(n) < 0.95)
    upper = np.where(r.random(n) < 0.95, np.maximum(0.5 - held, 0.0), 0.0)
    more: dict[str, Any] = {}
    if "budget" in features:
        more["gain_budget"] = float(r.uniform(-0.05, 0.02))
    if "minimum" in features:
        more["min_trade"] = r.choice([0.0, 0.01, 0.03, 0.06], n)
    if "ticket" in features:
        more["ticket"] = r.choice([0.0, 2e-4, 1e-3], n)
    if "cost" in features:
        more["cost_row"] = 0
    if "group" in features:
        more["group"] = r.integers(-1, 3, n)
    if "lot_rows" in features:
        more["lot_rows"] = (r.random((1, lots)) < 0.5) * r.uniform(0.0, 1.0, (1, lots))
        more["lot_row_upper"] = np.array([0.05])
    if "turnover" in features:
        more["turnover"] = float(r.uniform(0.03, 0.2))
    if "max_trades" in features:
        more["max_trades"] = int(r.integers(2, n + 1))
    if "churn" in features:
        more["exclusive"] = r.random(n) < 0.5
    if "uncounted" in features:
        more["counted"] = r.random(n) < 0.6
    if "year" in features:
        more["year"] = year(*r.normal(0.0, 0.03, 2))
        more["lot_term"] = np.where(short, 1, 2)
        slope = -0.05 * gain * ~short
    return Problem(
        target, held, exposures, specific, float(r.choice([5.0, 25.0, 100.0])), cost, cost, lower, upper,
        asset, size, gain, slope, rows, np.array([cash - 0.04, wanted - 0.05]), np.array([cash - 0.01, wanted + 0.05]),
        **more,
    )  # fmt: skip


def year(s: float, l: float) -> Year:  # noqa: E741
    """0.4 (S − L⁻)₊ + 0.24 (L − S⁻)₊ less 0.1 of the loss left over; s and l were realized before."""
    none = [0.0, 0.0, np.inf]
    return Year(
        np.array([[0.4, 0.24], [0.24, 0.24], [0.4, 0.4], [0.1, 0.1]]),
        np.array([0.4 * s + 0.24 * l, 0.24 * (s + l), 0.4 * (s + l), 0.1 * (s + l)]),
        np.array([
            [[-1.0, 0.0, s], [0.0, -1.0, l], none],
            [[1.0, 0.0, -s], [-1.0, -1.0, s + l], none],
            [[0.0, 1.0, -l], [-1.0, -1.0, s + l], none],
            [[1.0, 1.0, -s - l], none, none],
        ]),
    )  # fmt: skip

"""Seeded small problems with every kind of limit switched on and off, and an exact solver for them."""

from typing import Any

import numpy as np

from trimtab.optimize.problem import LONG, SHORT, Problem, Year


def small_problem(seed: int, *, n: int = 6, plain: bool = False) -> Problem:
    """An account of n assets in two classes with 1–3 lots each; limits at random unless plain."""
    rng = np.random.default_rng(seed)
    k = 2
    target = rng.dirichlet(np.full(n, 3.0)) * 0.98
    held = target * np.exp(rng.normal(0.0, 0.4, n)) * (rng.random(n) < 0.9)
    held = held / held.sum() * (1.0 - rng.uniform(0.0, 0.06))
    counts = rng.integers(1, 4, n)
    lot_asset = np.repeat(np.arange(n), counts)
    share = rng.uniform(0.2, 1.0, len(lot_asset))
    share /= np.bincount(lot_asset, share, n)[lot_asset]
    gain = np.clip(rng.normal(0.1, 0.25, len(lot_asset)), -0.9, 0.9)
    term = np.where(rng.random(len(lot_asset)) < 0.4, SHORT, LONG)
    slope = np.where(term == SHORT, 0.408, 0.238) * gain
    classes = np.arange(n) % 2
    rows = np.vstack([classes == 0, classes == 1, np.ones(n)]).astype(float)
    wanted, now = rows @ target, rows @ held
    band = rng.uniform(0.01, 0.04, 3)
    cash = 1.0 - held.sum()
    row_lower = np.minimum(wanted - now - band, wanted - now)
    row_upper = wanted - now + band
    row_lower[2], row_upper[2] = cash - 0.03, cash - 0.005
    upper = np.maximum(np.minimum(2.0 * target + 0.05, 1.0) - held, 0.0)
    lower = -held.copy()
    lower[rng.random(n) < 0.08] = 0.0
    upper[rng.random(n) < 0.08] = 0.0
    options: dict[str, Any] = {}
    if not plain:
        options = _options(rng, n=n, term=term, gain=gain)
        if "year" in options:
            slope = np.zeros(len(gain))
    return Problem(
        target=target,
        held=held,
        exposures=rng.normal(0.0, 0.1, (n, k)),
        specific=rng.uniform(0.01, 0.06, n) ** 2,
        risk_aversion=float(np.exp(rng.uniform(2.0, 5.0))),
        buy_cost=rng.uniform(1e-4, 4e-4, n),
        sell_cost=rng.uniform(1e-4, 4e-4, n),
        lower=lower,
        upper=upper,
        lot_asset=lot_asset,
        lot_size=share * held[lot_asset],
        lot_gain=gain,
        lot_slope=slope,
        rows=rows,
        row_lower=row_lower,
        row_upper=row_upper,
        **options,
    )


def _options(rng: np.random.Generator, *, n: int, term: Any, gain: Any) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if rng.random() < 0.4:
        options["gain_budget"] = float(rng.uniform(-0.005, 0.02))
    if rng.random() < 0.4:
        options["min_trade"] = np.where(rng.random(n) < 0.8, rng.uniform(0.002, 0.02), 0.0)
    if rng.random() < 0.3:
        options["ticket"] = np.full(n, float(rng.uniform(1e-5, 2e-4)))
    if rng.random() < 0.5:
        options["cost_row"] = 2
    if rng.random() < 0.3:
        options["group"] = np.where(rng.random(n) < 0.6, rng.integers(0, 2, n), -1)
    if rng.random() < 0.2:
        options["turnover"] = float(rng.uniform(0.05, 0.3))
    if rng.random() < 0.2:
        options["max_trades"] = int(rng.integers(n // 2, n))
    if rng.random() < 0.3:
        options["lot_rows"] = np.abs(gain)[None, :]
        options["lot_row_upper"] = np.array([float(rng.uniform(0.005, 0.05))])
    if rng.random() < 0.3:
        options["lot_term"] = term
        options["year"] = netting_year(0.408, 0.238)
    return options


def netting_year(short: float, long: float) -> Year:
    """T = short·(S − L⁻)₊ + long·(L − S⁻)₊ with losses left over worth nothing, as five pieces."""
    inf = np.inf
    sides = np.array(
        [
            [[-1, 0, 0], [0, -1, 0]],
            [[0, 1, 0], [-1, -1, 0]],
            [[1, 0, 0], [-1, -1, 0]],
            [[1, 1, 0], [0, 0, inf]],
        ],
        float,
    )
    slope = np.array([[short, long], [short, short], [long, long], [0, 0]], float)
    return Year(slope=slope, constant=np.zeros(4), sides=sides)

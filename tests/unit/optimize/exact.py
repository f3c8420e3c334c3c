"""The exact optimum of a small unit by SCIP: branches as binaries, the risk as a convex quadratic; then polished.

SCIP's answer is only good to its tolerances, so what it chose is solved once more as one convex program (PIQP).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyscipopt
from tests.unit.optimize.enumerated import BOTH, BUY, SELL, ZERO, Pieces, pieces, solved, year_rows
from tests.unit.optimize.small import year

from trimtab.optimize.problem import Problem

PERCENT = (
    100.0  # weights in percent, the objective in basis points: all numbers are then of the size SCIP likes
)
KINDS = (
    "budget", "minimum", "ticket", "cost", "group", "lot_rows", "turnover", "max_trades", "year", "churn", "uncounted",
    "classes", "equality",
)  # fmt: skip


def kinds(seed: int) -> list[str]:
    """Each kind of limit with probability 0.4."""
    rng = np.random.default_rng(seed + 10**7)
    return [name for name in KINDS if rng.random() < 0.4]


def unit(seed: int, on: list[str]) -> Problem:
    """4–10 assets of 1–3 lots each, 1–3 factors, a cash row, narrow class rows, and the limits that are on."""
    r = np.random.default_rng(seed)
    n, k = int(r.integers(4, 11)), int(r.integers(1, 4))
    target = r.dirichlet(np.full(n, 2.0)) * 0.98
    held = target * np.exp(r.normal(0.0, 0.5, n)) * ((r.random(n) < 0.85) | (np.arange(n) == 0))
    held *= (1.0 - r.uniform(0.0, 0.08)) / held.sum()
    count = np.where(held > 0.0, r.integers(1, 4, n), 0)
    asset = np.repeat(np.arange(n), count)
    share = r.uniform(0.2, 1.0, len(asset))
    size = held[asset] * share / np.bincount(asset, share, n)[asset]
    gain = np.clip(1.0 - np.exp(-r.normal(0.05, 0.25, len(asset))), -1.5, 0.95)
    short = r.random(len(asset)) < 0.4
    slope = np.where(short, 0.4, 0.24) * gain
    gap, cash = target - held, 1.0 - held.sum()
    rows = [np.ones(n)]
    low, high = [cash - 0.03], [cash - 0.005]
    if "equality" in on:
        low, high = [cash - 0.02], [cash - 0.02]
    if "classes" in on:
        for member in (np.arange(n) % 2, 1 - np.arange(n) % 2):
            want, width = float((member * gap).sum()), float(r.uniform(2e-4, 0.02))
            rows.append(member * 1.0)
            low.append(min(want, 0.0) - width)
            high.append(max(want, 0.0) + width)
    cost = r.uniform(1e-4, 2e-3, n)
    upper = np.where(r.random(n) < 0.93, np.maximum(2.0 * target + 0.1 - held, 0.0), 0.0)
    lower = -held * (r.random(n) < 0.93)
    slope = -0.05 * gain * ~short if "year" in on else slope
    return Problem(
        target, held, r.normal(0.0, 0.12, (n, k)), r.uniform(0.02, 0.2, n) ** 2 * (r.random(n) < 0.9),
        float(r.choice([2.0, 25.0, 100.0])), cost, cost, lower, upper, asset, size, gain, slope, np.array(rows),
        np.array(low), np.array(high), **_more(r, on, gain=gain, size=size, short=short, n=n),
    )  # fmt: skip


def _more(
    r: np.random.Generator, on: list[str], *, gain: Any, size: Any, short: Any, n: int
) -> dict[str, Any]:
    most = float((np.maximum(gain, 0.0) * size).sum())
    tight = np.abs(gain) * (r.random(len(gain)) < 0.7)
    made = {
        "budget": {"gain_budget": float(r.uniform(-0.2, 0.6)) * most},
        "minimum": {"min_trade": r.choice([0.0, 0.005, 0.02, 0.05], n)},
        "ticket": {"ticket": r.choice([0.0, 1e-4, 1e-3], n)},
        "cost": {"cost_row": 0},
        "group": {"group": r.integers(-1, 3, n)},
        "lot_rows": {
            "lot_rows": tight[None, :],
            "lot_row_upper": np.array([float(r.uniform(0.2, 0.8)) * most]),
        },
        "turnover": {"turnover": float(r.uniform(0.02, 0.25))},
        "max_trades": {"max_trades": int(r.integers(2, n + 1))},
        "year": {"year": year(*r.normal(0.0, 0.03, 2)), "lot_term": np.where(short, 1, 2)},
        "churn": {"exclusive": r.random(n) < 0.5},
        "uncounted": {"counted": r.random(n) < 0.7},
    }
    return {name: value for kind in on if kind in made for name, value in made[kind].items()}


@dataclass(frozen=True)
class Truth:
    """The least objective found (inf: none), and whether SCIP says that it proved it."""

    objective: float
    proven: bool


def exact(problem: Problem, *, seconds: float = 5.0) -> Truth:
    """The optimum over every piece of the year; `seconds` of CPU at most for each, whatever else the machine does."""
    parts = pieces(problem)
    regions = [None] if problem.year is None else list(range(len(problem.year.constant)))
    best, proven = np.inf, True
    for region in regions:
        found, done = _piece(parts, region, seconds)
        best, proven = min(best, found), proven and done
    return Truth(best, proven)


def _piece(parts: Pieces, region: int | None, seconds: float) -> tuple[float, bool]:
    p = parts.problem
    n = len(p.target)
    model = pyscipopt.Model()
    model.hideOutput()
    model.setParams(
        {
            "limits/time": seconds,
            "timing/clocktype": 1,
            "numerics/feastol": 1e-7,
            "limits/gap": 0.0,
            "limits/absgap": 2e-4,
        }
    )
    reach = np.maximum(p.upper, 0.0) + parts.held
    v = [model.addVar(lb=0.0, ub=PERCENT * float(u)) for u in np.concatenate([reach, p.lot_size])]
    x = [v[i] - pyscipopt.quicksum(v[n + lot] for lot in np.flatnonzero(p.lot_asset == i)) for i in range(n)]
    for row, low, high in zip(parts.rows, parts.row_lower, parts.row_upper, strict=True):
        _between(model, pyscipopt.quicksum(float(c) * v[j] for j, c in enumerate(row) if c), low, high)
    linear, constant = parts.linear, parts.constant
    if region is not None:
        slope, fixed, more, limit = year_rows(p.year, p, region)
        linear = linear + np.concatenate([np.zeros(n), slope])
        constant += fixed
        for row, high in zip(more, limit, strict=True):
            _between(model, pyscipopt.quicksum(float(c) * v[n + j] for j, c in enumerate(row)), -np.inf, high)
    sides = [_asset(model, parts, i, v, x[i]) for i in range(n)]
    counted = np.ones(n, bool) if p.counted is None else p.counted
    if p.max_trades is not None:
        traded = [b for i, (_, both) in enumerate(sides) if counted[i] and parts.gapped[i] for b in both]
        model.addCons(pyscipopt.quicksum(traded) <= p.max_trades)
    groups = _groups(model, parts, v)
    _objective(model, parts, v, x, linear=linear, sides=sides)
    try:
        model.optimize()
    except Exception:  # SCIP gives up on numbers it cannot handle
        return np.inf, False
    if model.getNSols() == 0:
        return np.inf, model.getStatus() == "infeasible"
    chosen = tuple(_chosen(model, parts, i, *sides[i]) for i in range(n))
    keep = {g: BUY if model.getVal(b) > 0.5 else SELL for g, b in groups.items()}
    return solved(parts, chosen, keep, region, np.inf), model.getStatus() in ("optimal", "gaplimit")


def _between(model: Any, expression: Any, low: float, high: float) -> None:
    if np.isfinite(high):
        model.addCons(expression <= PERCENT * float(high))
    if np.isfinite(low):
        model.addCons(expression >= PERCENT * float(low))


def _asset(model: Any, parts: Pieces, i: int, v: list[Any], x: Any) -> tuple[str, tuple[Any, ...]]:
    """Binaries for the branches of one asset, as `enumerated` reads them."""
    p = parts.problem
    n, low, high, held = len(p.target), float(parts.lower[i]), float(parts.upper[i]), float(parts.held[i])
    lots = [v[n + lot] for lot in np.flatnonzero(p.lot_asset == i)]
    sold = pyscipopt.quicksum(lots)
    exclusive = bool(parts.losses[i] if p.exclusive is None else p.exclusive[i])
    if not parts.gapped[i]:
        _between(model, x, low, high)
        if low >= 0.0:
            model.addCons(sold <= 0.0)
            return "one", (BUY,)
        if high <= 0.0:
            model.addCons(v[i] <= 0.0)
            return "one", (SELL,)
        if not exclusive:
            return "one", (BOTH,)
        buys = model.addVar(vtype="B")
        model.addCons(v[i] <= PERCENT * max(high, 0.0) * buys)
        model.addCons(sold <= PERCENT * held * (1 - buys))
        return "side", (buys,)
    least = 0.0 if p.min_trade is None else float(p.min_trade[i])
    possible = (
        low <= 0.0 <= high
        or (high > 0.0 and max(least, low) <= high)
        or (low < 0.0 and min(least, held) <= -low)
    )
    least = least if possible else 0.0
    buys, sells = (model.addVar(vtype="B", ub=float(open_)) for open_ in (high > 0.0, low < 0.0))
    model.addCons(buys + sells <= 1)
    if low > 0.0 or high < 0.0:
        model.addCons(buys + sells >= 1)
    model.addCons(x <= PERCENT * (max(high, 0.0) * buys + min(high, -min(least, held)) * sells))
    model.addCons(x >= PERCENT * (max(low, least) * buys + min(low, 0.0) * sells))
    if not parts.churns[i]:
        model.addCons(v[i] <= PERCENT * max(high, 0.0) * buys)
        model.addCons(sold <= PERCENT * held * sells)
    return "gap", (buys, sells)


def _groups(model: Any, parts: Pieces, v: list[Any]) -> dict[int, Any]:
    p = parts.problem
    found: dict[int, Any] = {}
    for g in [] if p.group is None else sorted({int(g) for g in p.group if g >= 0}):
        found[g] = model.addVar(vtype="B")
        for i in np.flatnonzero(p.group == g):
            model.addCons(v[i] <= PERCENT * float(max(p.upper[i], 0.0) + parts.held[i]) * found[g])
            for lot in np.flatnonzero((p.lot_asset == i) & (p.lot_gain < 0.0)):
                model.addCons(v[len(p.target) + lot] <= PERCENT * float(p.lot_size[lot]) * (1 - found[g]))
    return found


def _objective(
    model: Any, parts: Pieces, v: list[Any], x: list[Any], *, linear: Any, sides: list[Any]
) -> None:
    p = parts.problem
    n, e = len(p.target), p.held - p.target
    terms = []
    for f in range(p.exposures.shape[1]):
        y = model.addVar(lb=None)
        model.addCons(
            y
            == pyscipopt.quicksum(float(p.exposures[i, f]) * (x[i] + PERCENT * float(e[i])) for i in range(n))
        )
        terms.append(p.risk_aversion * y * y)
    for i in np.flatnonzero(p.specific > 0.0):
        z = model.addVar(lb=None)
        model.addCons(z == x[i] + PERCENT * float(e[i]))
        terms.append(p.risk_aversion * float(p.specific[i]) * z * z)
    risk = model.addVar(lb=0.0)
    if terms:
        model.addCons(risk >= pyscipopt.quicksum(terms))
    sigma = p.exposures @ p.exposures.T + np.diag(p.specific)
    plain = linear - 2.0 * p.risk_aversion * parts.net.T @ sigma @ e
    total = risk + pyscipopt.quicksum(PERCENT * float(c) * v[j] for j, c in enumerate(plain))
    if p.ticket is not None:
        for i, (kind, binaries) in enumerate(sides):
            if kind == "gap":
                total += PERCENT * PERCENT * float(p.ticket[i]) * pyscipopt.quicksum(binaries)
            elif p.ticket[i] > 0.0:
                raise AssertionError("a ticket makes an asset gapped")
    model.setObjective(total, "minimize")


def _chosen(model: Any, parts: Pieces, i: int, kind: str, given: tuple[Any, ...]) -> int:
    if kind == "one":
        return int(given[0])
    on = [model.getVal(b) > 0.5 for b in given]
    if kind == "side":
        return BUY if on[0] else SELL
    return BUY if on[0] else SELL if on[1] else ZERO

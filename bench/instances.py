"""Seeded random rebalancing problems in weights of the account's value: sets A, B, C (accounts) and D (households).

A: 12 exchange-traded funds, 60 lots, 5 classes, strong common structure and little specific risk.
B: 100 stocks, 400 lots, 8 sectors, 15 factors.  C: 500 stocks, 2,000 lots, 11 sectors, 25 factors.
D: 6 accounts × 20 funds with one target and one risk term, about 190 lots. Three in ten of A–C have a gain budget.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.optimize.problem import Problem
from trimtab.risk.covariance import split_covariance

Floats = NDArray[np.float64]
SHAPES = {"A": (12, 5, 60), "B": (100, 8, 400), "C": (500, 11, 2000)}
STREAM = {"A": 11, "B": 12, "C": 13, "D": 14}


@dataclass(frozen=True)
class Market:
    """What all accounts of a set share: risk, classes, a capitalization-weighted benchmark."""

    kind: str
    exposures: Floats
    specific: Floats
    classes: NDArray[np.int64]
    benchmark: Floats


def market(kind: str, seed: int = 0) -> Market:
    """The securities of a set."""
    rng = np.random.default_rng([seed, STREAM[kind], 1])
    n, classes, _ = SHAPES[kind]
    label = np.sort(np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)]))
    if kind == "A":
        loading = rng.normal(0.0, 0.4, (n, 5))
        loading[:, 0] = rng.uniform(0.0, 1.3, n)
        common = loading * np.array([0.15, 0.07, 0.05, 0.04, 0.03])
        sigma = (common[:, None, :] * common[None, :, :]).sum(axis=2)
        sigma[np.diag_indices(n)] += rng.uniform(0.01, 0.05, n) ** 2
        exposures, specific = split_covariance(sigma)
        spread = 0.6
    else:
        k = 15 if kind == "B" else 25
        loading = rng.normal(0.0, 0.6, (n, k))
        loading[:, 0] = rng.normal(1.0, 0.25, n)
        for c in range(min(classes, k - 1)):
            loading[label == c, 1 + c] += 1.0
        exposures = loading * np.concatenate([[0.16], 0.06 * 0.93 ** np.arange(k - 1)])
        specific = rng.uniform(0.12, 0.40, n) ** 2
        spread = 1.0
    weight = np.exp(rng.normal(0.0, spread, n))
    return Market(kind, np.ascontiguousarray(exposures), specific, label, weight / weight.sum())


def account(of: Market, seed: int, *, gain_budget: bool | None = None) -> Problem:
    """One account of sets A, B or C; `gain_budget` forces one or none."""
    rng = np.random.default_rng([seed, STREAM[of.kind], 2])
    n, count, lots = SHAPES[of.kind]
    funds = of.kind == "A"
    tilted = of.benchmark * np.exp(rng.normal(0.0, 0.25, n))
    cash_target = rng.uniform(0.0, 0.02)
    target = tilted / tilted.sum() * (1.0 - cash_target)
    held, cash, asset, size, gain, rate = _lots(rng, of, target, lots)
    cost = rng.uniform(1e-4, 3e-4, n) if funds else rng.uniform(2e-4, 6e-4, n)
    aversion = float(np.exp(rng.uniform(np.log(8.0), np.log(150.0))))
    lower, upper = _limits(rng, target, held, 0.05 if funds else 0.02)
    rows = np.zeros((count + 1, n))
    rows[of.classes, np.arange(n)] = 1.0
    rows[count] = 1.0
    band = rng.uniform(0.015, 0.04, count)
    wanted, now = (rows[:count] * target).sum(axis=1), (rows[:count] * held).sum(axis=1)
    flow = rng.uniform(0.02, 0.10) if rng.random() < 0.15 else 0.0
    row_lower = np.append(
        np.maximum(wanted - band, 0.0) - flow * wanted - now, cash - cash_target - 0.01 - flow
    )
    row_upper = np.append(wanted + band - now, cash - max(0.002, cash_target - 0.005) - flow)
    budgeted = rng.random() < 0.3 if gain_budget is None else gain_budget
    budget = float(rng.uniform(-0.004, 0.01) + 0.15 * flow)
    return Problem(
        target, held, of.exposures, of.specific, aversion, cost, cost, lower, upper,
        asset, size, gain, rate * gain, rows, row_lower, row_upper, gain_budget=budget if budgeted else None,
    )  # fmt: skip


def _lots(
    rng: np.random.Generator, of: Market, target: Floats, lots: int
) -> tuple[Floats, float, NDArray[np.int64], Floats, Floats, Floats]:
    """Holdings, cash, and lots with ages, gains and rates: six books in ten are old and appreciated."""
    n = len(target)
    owned = rng.random(n) < (0.8 if of.kind == "C" else 0.92)
    asset = np.sort(rng.choice(np.flatnonzero(owned), lots)).astype(np.int64)
    old = rng.random() < 0.6
    age = rng.exponential(4.0 if old else 1.2, lots)
    grown = (0.10 if old else 0.05) * age + 0.102 * np.sqrt(age) * rng.normal(size=lots)
    grown += (0.10 if of.kind == "A" else 0.28) * np.sqrt(age) * rng.normal(size=lots) + rng.normal(0.0, 0.08)
    gain = 1.0 - np.clip(np.exp(-grown), 0.0, 3.0)
    raw = rng.gamma(1.0, 1.0, lots) + 0.02
    per_asset = np.bincount(asset, raw, n)
    held = np.where(per_asset > 0.0, target * np.exp(rng.normal(0.0, 0.35, n)), 0.0)
    cash = float(rng.uniform(0.0, 0.03) if rng.random() < 0.75 else rng.uniform(0.03, 0.15))
    held *= (1.0 - cash) / held.sum()
    size = raw * (held / np.where(per_asset > 0.0, per_asset, 1.0))[asset]
    short, long = (0.408, 0.238) if rng.random() < 0.7 else (0.32, 0.15)
    return held, cash, asset, size, gain, np.where(age < 1.0, short, long)


def _limits(rng: np.random.Generator, target: Floats, held: Floats, room: float) -> tuple[Floats, Floats]:
    """No shorts, a cap (one in ten holdings may stand above it), 3 % not to buy, 3 % not to sell."""
    n = len(target)
    cap = np.minimum(2.0 * target + room, 1.0)
    cap = np.maximum(cap, np.where(rng.random(n) < 0.9, held, 0.0))
    upper = np.where(rng.random(n) < 0.03, np.minimum(cap - held, 0.0), cap - held)
    lower = np.where(rng.random(n) < 0.03, np.maximum(-held, 0.0), -held)
    upper = np.maximum(upper, np.where(lower < 0.0, upper, lower))
    return np.minimum(lower, upper), upper


def household(seed: int, *, accounts: int = 6, funds: int = 20, taxable: int = 3) -> Problem:
    """One household of set D: a target, class bands and location preferences over all its accounts."""
    rng = np.random.default_rng([seed, STREAM["D"], 2])
    loading = rng.normal(0.0, 0.4, (funds, 5))
    loading[:, 0] = rng.uniform(0.0, 1.3, funds)
    common = loading * np.array([0.15, 0.07, 0.05, 0.04, 0.03])
    sigma = (common[:, None, :] * common[None, :, :]).sum(axis=2)
    sigma[np.diag_indices(funds)] += rng.uniform(0.02, 0.06, funds) ** 2
    root = _factor(sigma)
    model = rng.dirichlet(np.full(funds, 3.0)) * 0.99
    value = rng.dirichlet(np.full(accounts, 3.0))
    n = accounts * funds
    owner = np.repeat(np.arange(accounts), funds)
    label = np.sort(np.concatenate([np.arange(5), rng.integers(0, 5, funds - 5)]))
    preference = np.where(owner < taxable, 0.3 * np.tile(rng.uniform(0.0, 0.04, funds), accounts), 0.0)
    weight = rng.dirichlet(np.full(funds, 1.5), accounts) * (rng.random((accounts, funds)) < 0.8)
    cash = rng.uniform(0.005, 0.05, accounts) * value
    held = (weight * ((value - cash) / weight.sum(axis=1))[:, None]).ravel()
    per_asset = np.where(held > 0.0, np.where(owner < taxable, rng.integers(1, 6, n), 1), 0)
    asset = np.repeat(np.arange(n), per_asset)
    share = rng.exponential(1.0, len(asset)) + 1e-3
    size = share * held[asset] / np.bincount(asset, share, n)[asset]
    age = rng.exponential(2.5, len(asset))
    grown = 0.06 * age + 0.18 * np.sqrt(age) * rng.normal(size=len(asset))
    taxed = owner[asset] < taxable
    gain = np.where(taxed, 1.0 - np.minimum(np.exp(-grown), 3.0), 0.0)
    rate = np.where(taxed, np.where(age < 1.0, 0.408, 0.238), 0.0)
    cost = rng.uniform(1e-4, 3e-4, n)
    rows = np.zeros((accounts + 5, n))
    rows[owner, np.arange(n)] = 1.0
    rows[accounts + np.tile(label, accounts), np.arange(n)] = 1.0
    classes = rows[accounts:, :funds]
    wanted = (classes * model).sum(axis=1) - (rows[accounts:] * held).sum(axis=1)
    return Problem(
        np.tile(model / accounts, accounts), held, np.tile(root, (accounts, 1)), np.zeros(n),
        float(np.exp(rng.uniform(np.log(15.0), np.log(80.0)))), cost + preference, cost - preference,
        -held, np.maximum(0.6 * value[owner] - held, 0.0), asset, size, gain, rate * gain,
        rows, np.concatenate([cash - 0.02 * value, wanted - 0.03]),
        np.concatenate([cash - 0.002 * value, wanted + 0.03]),
    )  # fmt: skip


def _factor(sigma: Floats) -> Floats:
    """A lower triangular root of a positive definite matrix."""
    n = len(sigma)
    root = np.zeros((n, n))
    for j in range(n):
        rest = sigma[j:, j] - (root[j:, :j] * root[j, :j]).sum(axis=1)
        root[j:, j] = rest / np.sqrt(rest[0])
    return root

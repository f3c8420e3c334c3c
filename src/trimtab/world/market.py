"""Ten years of weekly closes drawn from the moments: regimes of calm and stress, funds, sectors, companies.

Only sums, products and square roots of uniform draws are used, and loops of our own instead of BLAS: a seed gives
the same prices on every machine.
"""

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trimtab.core.calendar import new_york
from trimtab.core.seed import stream
from trimtab.world.moments import Moments
from trimtab.world.securities import FUNDS, TREASURY, companies

Floats = NDArray[np.float64]

WEEKS: Final = 522
PER_YEAR: Final = 52.0
ROOT: Final = math.sqrt(PER_YEAR)
CALM, STRESS = 0.8, 2.0
ENTER_STRESS, LEAVE_STRESS = 0.02, 0.167
RIDGE: Final = 0.02


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Weekly closes and total-return indexes, dates × securities; the last row is the business date's."""

    dates: tuple[date, ...]
    ids: tuple[str, ...]
    close: Floats
    total: Floats
    index_weights: dict[str, float]
    _column: dict[str, int] = field(repr=False)

    def price(self, security_id: str, week: int = -1) -> float:
        """The close of a security in a week; by default the business date's."""
        return float(self.close[week, self._column[security_id]])

    def path(self, security_id: str) -> Floats:
        """All closes of a security."""
        return self.close[:, self._column[security_id]]


def session_by(day: date) -> date:
    """The New York session of a day, or the last before it."""
    calendar = new_york()
    return day if calendar.is_session(day) else calendar.previous_session(day)


def simulate(seed: int, moments: Moments, as_of: date) -> SimulatedMarket:
    """Draw the market; the close of `as_of` is a price between 20 and 220 dollars, the past follows backwards."""
    rng = stream(seed, "market")
    state = _regimes(rng)
    slots = _slot_returns(rng, moments, state)
    made = companies()
    stock = _company_returns(rng, moments, state=state, market=slots["us_total"])
    ids = tuple(sorted([f.symbol for f in FUNDS] + [c.symbol for c in made] + [TREASURY]))
    close = np.empty((WEEKS, len(ids)))
    total = np.empty_like(close)
    yields = {c.symbol: moments.sectors[c.sector].dividend_yield for c in made}
    for column, security_id in enumerate(ids):
        own = stream(seed, "security", security_id)
        returns, slot = _returns_of(security_id, own, slots=slots, stock=stock)
        paid = moments.slots[slot].dividend_yield if slot else yields[security_id]
        total[:, column] = np.round(100.0 * np.cumprod(1.0 + returns), 4)
        level = np.cumprod(1.0 + returns - paid / PER_YEAR)
        last = 98.5 if security_id == TREASURY else 20.0 + 200.0 * float(own.random())
        close[:, column] = np.maximum(np.round(last * level / level[-1], 2), 0.01)
    dates = tuple(session_by(as_of - timedelta(days=7 * ago)) for ago in range(WEEKS - 1, 0, -1))
    weights = _index_weights(stream(seed, "index"), [c.symbol for c in made])
    return SimulatedMarket((*dates, as_of), ids, close, total, weights, {s: i for i, s in enumerate(ids)})


def _returns_of(
    security_id: str, rng: np.random.Generator, *, slots: dict[str, Floats], stock: dict[str, Floats]
) -> tuple[Floats, str]:
    """A security's weekly total returns and the slot that says what it pays (empty: its sector does)."""
    if security_id in stock:
        return stock[security_id], ""
    if security_id == TREASURY:
        return slots["us_short"], "us_short"
    fund = next(f for f in FUNDS if f.symbol == security_id)
    noise = _normals(rng, WEEKS) * (fund.strays / ROOT)
    return slots[fund.slot] + noise - fund.expense_ratio / PER_YEAR, fund.slot


def _normals(rng: np.random.Generator, *shape: int) -> Floats:
    """Near-normal draws, the sum of twelve uniforms: the same bits everywhere, which a logarithm would not promise."""
    draws: Floats = rng.random((12, *shape))
    total: Floats = draws[0].copy()
    for k in range(1, 12):
        total += draws[k]
    return total - 6.0


def _regimes(rng: np.random.Generator) -> Floats:
    """The week's multiple of volatility: mostly calm, one week in nine in a spell of stress; mean square near 1."""
    coins = rng.random(WEEKS)
    state = np.empty(WEEKS)
    stressed = False
    for week in range(WEEKS):
        stressed = coins[week] >= LEAVE_STRESS if stressed else coins[week] < ENTER_STRESS
        state[week] = STRESS if stressed else CALM
    return state


def _correlated(rng: np.random.Generator, correlation: tuple[tuple[float, ...], ...]) -> Floats:
    """Weeks × series of unit variance with that correlation, shrunk a little so that rounding cannot break it."""
    n = len(correlation)
    factor = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            entry = 1.0 if i == j else (1.0 - RIDGE) * correlation[i][j]
            for k in range(j):
                entry -= factor[i, k] * factor[j, k]
            factor[i, j] = math.sqrt(entry) if i == j else entry / factor[j, j]
    draws = _normals(rng, WEEKS, n)
    out = np.zeros_like(draws)
    for k in range(n):
        out += draws[:, k : k + 1] * factor[:, k]
    return out


def _slot_returns(rng: np.random.Generator, moments: Moments, state: Floats) -> dict[str, Floats]:
    draws = _correlated(rng, moments.slot_correlation)
    return {
        name: slot.mean / PER_YEAR + draws[:, i] * state * (slot.volatility / ROOT)
        for i, (name, slot) in enumerate(moments.slots.items())
    }


def _company_returns(
    rng: np.random.Generator, moments: Moments, *, state: Floats, market: Floats
) -> dict[str, Floats]:
    draws = _correlated(rng, moments.sector_correlation)
    sector = {
        name: draws[:, i] * state * (row.volatility / ROOT)
        for i, (name, row) in enumerate(moments.sectors.items())
    }
    out = {}
    for company in companies():
        row = moments.sectors[company.sector]
        beta = max(row.beta + row.beta_spread * (2.0 * float(rng.random()) - 1.0), 0.3)
        own = row.specific_low + (row.specific_high - row.specific_low) * float(rng.random())
        noise = _normals(rng, WEEKS) * (own / ROOT)
        out[company.symbol] = np.maximum(beta * market + sector[company.sector] + noise, -0.6)
    return out


def _index_weights(rng: np.random.Generator, symbols: list[str]) -> dict[str, float]:
    """Capitalization-like weights, falling as 1/(rank + 3), the companies in a seeded order; they sum to one."""
    order = rng.permutation(len(symbols))
    raw = [1.0 / (rank + 4.0) for rank in range(len(symbols))]
    total = sum(raw)
    units = [round(1_000_000 * x / total) for x in raw]
    units[0] += 1_000_000 - sum(units)
    return {symbols[int(k)]: u / 1_000_000 for k, u in zip(order, units, strict=True)}

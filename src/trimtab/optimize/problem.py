"""What the engine is asked and what it answers: frozen arrays in fractions of the unit's value.

    minimise  γ·(x+e)ᵀΣ(x+e) + Σ buy_cost·buy + Σ sell_cost·sold + Σ lot_slope·sale + Σ ticket·[x≠0] + T(S, L)
    over      buy ≥ 0,  0 ≤ sale ≤ lot_size,  sold_i = Σ sale of i's lots,  x = buy − sold,  e = held − target
    subject   lower ≤ x ≤ upper,   row_lower ≤ rows·x (+ trading costs paid, on `cost_row`) ≤ row_upper,
              Σ lot_gain·sale ≤ gain_budget,   lot_row_lower ≤ lot_rows·sale ≤ lot_row_upper,
              ½ Σ (buy + sold) ≤ turnover,   number of assets with x≠0 ≤ max_trades   (over `counted` assets),
              an `exclusive` asset buys or sells, never both,
              in a wash `group` nothing is bought or nothing is sold at a loss (lot_gain < 0),
              an `ordered` asset sells its lots in the order given, each before the next,
              with a `min_trade`: x = 0, or |x| ≥ min_trade, or the whole position is sold.

Σ = G·Gᵀ + diag(specific), G = `exposures`. The objective includes its constant γ·eᵀΣe.
"""

from dataclasses import KW_ONLY, dataclass, fields
from enum import IntEnum
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SHORT, LONG = 1, 2  # values of `lot_term`; 0 is a lot whose gain nobody taxes


class Status(IntEnum):
    """How a solve ended; only the first two carry trades."""

    SOLVED = 0  # feasible, and the gap is proven within the tolerance
    SOLVED_INACCURATE = 1  # feasible; objective − lower_bound says by how much it may miss
    INFEASIBLE = 2  # proven: no trade meets every limit
    MAX_ITERATIONS = 3  # neither solved nor refuted: ask the fallback
    INVALID = 4  # a number that is not finite came in


@dataclass(frozen=True, slots=True, eq=False)
class Year:
    """A taxpayer's year as linear pieces of the tax T(S, L) on this proposal's short and long gains.

    Piece r holds where sides[r,h,0]·S + sides[r,h,1]·L ≤ sides[r,h,2] for every h (an unused side has an
    infinite bound); there T = slope[r,0]·S + slope[r,1]·L + constant[r]. S and L are Σ lot_gain·sale of the
    short and the long lots. Shapes (R,2), (R,), (R,H,3); fractions of the unit's value. The pieces come from
    `trimtab.optimize.yeartax`; what was realized before is in the constants and the sides.
    """

    slope: Floats
    constant: Floats
    sides: Floats

    def __post_init__(self) -> None:
        count = len(self.constant)
        _put(self, "slope", _numbers("year.slope", self.slope, (count, 2)))
        _put(self, "constant", _numbers("year.constant", self.constant, (count,)))
        height = np.shape(self.sides)[1] if np.ndim(self.sides) == 3 else 0
        _put(self, "sides", _numbers("year.sides", self.sides, (count, height, 3), infinite=True))
        if count == 0:
            raise ValueError("year: no piece; leave `year` out where nothing is taxed by the year")


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One unit's rebalancing problem (see the module). n assets, k factors, L lots, m rows.

    Weights, trades, lots and limits are fractions of the unit's value, costs are per unit of weight, variances
    annual. `lot_gain` is gain per unit of proceeds (1 − basis/price); `lot_slope` is tax and preference per
    unit sold, outside `year`. `lower` never reaches beyond the lots: an asset sells at most its lots.
    `buy_charge` and `sell_charge` are what trading costs in cash on `cost_row` (an index, or one per asset, −1
    for none), where `buy_cost` and `sell_cost` hold preferences too; left out, they are the costs.
    `exclusive` defaults to the assets with a loss lot; an `ordered` asset is exclusive. A minimum trade, a ticket and
    a count of trades look at the net trade x: an asset that is not exclusive may be sold and bought back at once under
    them too. `counted` says which assets turnover and the number of trades count (default: all; cash is not a trade).
    """

    target: Floats
    held: Floats
    exposures: Floats
    specific: Floats
    risk_aversion: float
    buy_cost: Floats
    sell_cost: Floats
    lower: Floats
    upper: Floats
    lot_asset: Ints
    lot_size: Floats
    lot_gain: Floats
    lot_slope: Floats
    rows: Floats
    row_lower: Floats
    row_upper: Floats
    _: KW_ONLY
    gain_budget: float | None = None
    exclusive: Bools | None = None
    ordered: Bools | None = None
    min_trade: Floats | None = None
    ticket: Floats | None = None
    cost_row: Ints | int | None = None
    buy_charge: Floats | None = None
    sell_charge: Floats | None = None
    group: Ints | None = None
    lot_rows: Floats | None = None
    lot_row_lower: Floats | None = None
    lot_row_upper: Floats | None = None
    turnover: float | None = None
    max_trades: int | None = None
    counted: Bools | None = None
    lot_term: Ints | None = None
    year: Year | None = None

    def __post_init__(self) -> None:
        n, m, lots = len(self.target), len(self.row_lower), len(self.lot_size)
        k = np.shape(self.exposures)[1] if np.ndim(self.exposures) == 2 else 0
        for name in ("target", "held", "specific", "buy_cost", "sell_cost"):
            _put(self, name, _numbers(name, getattr(self, name), (n,)))
        _put(self, "exposures", _numbers("exposures", self.exposures, (n, k)))
        _put(self, "risk_aversion", float(_numbers("risk_aversion", self.risk_aversion, ())))
        for name in ("lower", "upper"):
            _put(self, name, _numbers(name, getattr(self, name), (n,), infinite=True))
        _put(self, "lot_asset", _indices("lot_asset", self.lot_asset, lots, upper=n))
        for name in ("lot_size", "lot_gain", "lot_slope"):
            _put(self, name, _numbers(name, getattr(self, name), (lots,)))
        _put(self, "rows", _numbers("rows", self.rows, (m, n)))
        for name in ("row_lower", "row_upper"):
            _put(self, name, _numbers(name, getattr(self, name), (m,), infinite=True))
        self._check_options(n, m, lots)
        self._check_signs()

    def _check_options(self, n: int, m: int, lots: int) -> None:
        for name in ("min_trade", "ticket", "buy_charge", "sell_charge"):
            if getattr(self, name) is not None:
                _put(self, name, _numbers(name, getattr(self, name), (n,)))
        for name in ("gain_budget", "turnover"):
            if getattr(self, name) is not None:
                _put(self, name, float(_numbers(name, getattr(self, name), (), infinite=True)))
        self._check_flags(n)
        if self.cost_row is not None:
            each = np.broadcast_to(np.asarray(self.cost_row, np.int64), (n,))
            _put(self, "cost_row", _indices("cost_row", each, n, lower=-1, upper=m))
        if self.group is not None:
            _put(self, "group", _indices("group", self.group, n, lower=-1, upper=n))
        if self.lot_term is not None:
            _put(self, "lot_term", _indices("lot_term", self.lot_term, lots, upper=LONG + 1))
        if self.year is not None and self.lot_term is None:
            raise ValueError("lot_term: a problem with a `year` says which lots are short (1) and long (2)")
        if self.lot_rows is not None:
            count = len(self.lot_rows)
            _put(self, "lot_rows", _numbers("lot_rows", self.lot_rows, (count, lots)))
            for name, value in (("lot_row_lower", -np.inf), ("lot_row_upper", np.inf)):
                given = getattr(self, name)
                given = np.full(count, value) if given is None else given
                _put(self, name, _numbers(name, given, (count,), infinite=True))

    def _check_flags(self, n: int) -> None:
        for name in ("exclusive", "ordered", "counted"):
            if getattr(self, name) is not None:
                _put(self, name, _frozen(np.ascontiguousarray(getattr(self, name), np.bool_)))
                _same(name, np.shape(getattr(self, name)), (n,))

    def _check_signs(self) -> None:
        for name in ("specific", "lot_size", "min_trade", "ticket"):
            values = getattr(self, name)
            if values is not None:
                _require(name, values >= 0.0, "is negative")
        _require("risk_aversion", np.asarray(self.risk_aversion) >= 0.0, "is negative")
        _require("lower", self.lower <= self.upper, "is above `upper`")
        _require("row_lower", self.row_lower <= self.row_upper, "is above `row_upper`")

    @property
    def losses(self) -> Bools:
        """Whether each lot stands at a loss."""
        return np.asarray(self.lot_gain < 0.0)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the problem as an `.npz` that `load` reads back to the same bits."""
        given: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        year: Year | None = given.pop("year")
        if year is not None:
            given |= {f"year.{f.name}": getattr(year, f.name) for f in fields(year)}
        np.savez(path, **{name: value for name, value in given.items() if value is not None})

    @staticmethod
    def load(path: str | PathLike[str]) -> "Problem":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            found: dict[str, Any] = dict(stored)
        year = {
            name.removeprefix("year."): found.pop(name) for name in list(found) if name.startswith("year.")
        }
        plain = {name: value.item() if np.ndim(value) == 0 else value for name, value in found.items()}
        return Problem(**plain, year=Year(**year) if year else None)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The answer: net trade per asset and sale per lot (what is bought is trade + the asset's sales).

    `lower_bound` bounds the optimum of the whole, nonconvex problem from below whatever the status (−inf
    where nothing is known). `multipliers` are (factors, rows, gain budget, lot rows, turnover, year sides);
    `region` is the piece of `year` chosen (−1 without). Without a feasible answer trade and sale are zero and
    `objective` is +inf. `conflict` marks the rows a proof of infeasibility used.
    """

    trade: Floats
    sale: Floats
    status: Status
    objective: float
    lower_bound: float
    iterations: int
    nodes: int
    multipliers: Floats
    region: int = -1
    conflict: Bools | None = None

    @property
    def gap(self) -> float:
        """How far the objective may be above the optimum; never negative."""
        return max(self.objective - self.lower_bound, 0.0)


def _put(owner: object, name: str, value: object) -> None:
    object.__setattr__(owner, name, value)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def _same(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if shape != wanted:
        raise ValueError(f"{name}: shape {shape}, expected {wanted}")


def _numbers(name: str, values: object, shape: tuple[int, ...], *, infinite: bool = False) -> Floats:
    array = np.ascontiguousarray(values, np.float64) if shape else np.asarray(values, np.float64)
    if array.size == 0 and 0 in shape:
        array = array.reshape(shape)
    _same(name, array.shape, shape)
    _require(name, ~np.isnan(array) if infinite else np.isfinite(array), "is not a finite number")
    return _frozen(array)


def _indices(name: str, values: object, count: int, *, lower: int = 0, upper: int) -> Ints:
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iub":
        raise ValueError(f"{name}: expected integers, got {given.dtype}")
    array = np.ascontiguousarray(given, np.int64)
    _same(name, array.shape, (count,))
    _require(name, (array >= lower) & (array < upper), f"is outside {lower}…{upper - 1}")
    return _frozen(array)


def _require(name: str, good: NDArray[np.bool_], fault: str) -> None:
    if not np.all(good):
        where = np.argwhere(~np.atleast_1d(good))[0]
        raise ValueError(f"{name}[{', '.join(map(str, where))}] {fault}")

"""Linear regions of the taxpayer's year as arrays: what the engine enumerates, for many accounts at once.

The same regions as `ledger.regions`, in the coordinates of this proposal's own short and long gains: what
was realized before is in the limits and the constants, and no trade costs no tax.
"""

from dataclasses import dataclass

import numpy as np

from trimtab.optimize.yearpath import niit_room
from trimtab.optimize.yeartax import (
    EDGES,
    NIIT,
    TAIL,
    TOPS,
    Bools,
    Floats,
    Ints,
    YearParams,
    gain_slope,
    gain_tax,
    ordinary_slope,
    ordinary_tax,
    year_tax,
)

SIDES = 6
"""Half-planes a region has at most."""
Side = tuple[float | Floats, float | Floats, float | Floats]
"""short·S + long·L ≤ limit, one value or one an account."""
_CHUNK = 1024  # accounts at a time: keeps the dense form of all candidates within some tens of MiB
_CENT = 1e-7  # dollars below which two ways to tax preferential income are the same


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Regions of account i stand in rows start[i]:start[i+1].

    Region r holds where sides[r,h,0]·S + sides[r,h,1]·L ≤ sides[r,h,2] for every h (an unused side has an
    infinite bound); there the added tax is slope[r,0]·S + slope[r,1]·L + constant[r]. Dollars; S, L of the
    proposal.
    """

    start: Ints
    slope: Floats
    constant: Floats
    sides: Floats

    def of(self, account: int, *, value: float = 1.0) -> tuple[Floats, Floats, Floats]:
        """Slopes (R,2), constants (R,) and sides (R,H,3) of one account, amounts as fractions of a value."""
        rows = slice(self.start[account], self.start[account + 1])
        sides = self.sides[rows].copy()
        sides[:, :, 2] /= value
        return self.slope[rows], self.constant[rows] / value, sides


@dataclass(frozen=True, slots=True)
class Reach:
    """The box of this proposal's short and long gains that its lots can reach; dollars, one value an
    account.
    """

    short_low: Floats
    short_high: Floats
    long_low: Floats
    long_high: Floats

    def take(self, rows: Ints) -> "Reach":
        """The boxes of some accounts."""
        return Reach(self.short_low[rows], self.short_high[rows], self.long_low[rows], self.long_high[rows])


class _Candidates:
    """Regions under construction for a chunk of accounts: columns of slopes, constants, sides, and whether
    they hold.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.slopes: list[Floats] = []
        self.constants: list[Floats] = []
        self.sides: list[Floats] = []
        self.valid: list[Bools] = []

    def add(
        self,
        rates: tuple[Floats, Floats],
        constant: Floats,
        sides: list[Side],
        *,
        valid: Bools,
    ) -> None:
        """One candidate of every account; sides are (short, long, limit)."""
        dense = np.zeros((self.count, SIDES, 3))
        dense[:, :, 2] = np.inf
        for number, side in enumerate(sides):
            for column, entry in enumerate(side):
                dense[:, number, column] = entry
        self.slopes.append(np.stack([np.broadcast_to(rate, self.count) for rate in rates], axis=1))
        self.constants.append(np.broadcast_to(constant, self.count))
        self.sides.append(dense)
        self.valid.append(np.broadcast_to(valid, self.count))


def regions(params: YearParams, position: tuple[Floats, Floats], *, reach: Reach | None = None) -> Regions:
    """Regions of each account around its position (S, L) before the proposal, only those its reach may
    touch.
    """
    parts: list[tuple[Ints, Floats, Floats, Floats]] = []
    for first in range(0, len(params), _CHUNK):
        chunk = np.arange(first, min(first + _CHUNK, len(params)))
        for rows, build in (
            (chunk[params.table[chunk] < 0], _flat),
            (chunk[params.table[chunk] >= 0], _bracket),
        ):
            if len(rows):
                part = params.take(rows)
                found = _Candidates(len(rows))
                build(part, found)
                _losses(part, found)
                parts.append(
                    _shifted(found, part, rows=rows, at=(position[0][rows], position[1][rows]), reach=reach)
                )
    return _assembled(parts, len(params))


def _shifted(
    found: _Candidates, params: YearParams, *, rows: Ints, at: tuple[Floats, Floats], reach: Reach | None
) -> tuple[Ints, Floats, Floats, Floats]:
    """Move the origin to where the account stands, drop what does not hold or cannot be reached, flatten."""
    slope, sides = np.stack(found.slopes, axis=1), np.stack(found.sides, axis=1)
    constant, valid = np.stack(found.constants, axis=1), np.stack(found.valid, axis=1)
    short, long = at[0][:, None], at[1][:, None]
    constant = constant + slope[:, :, 0] * short + slope[:, :, 1] * long - year_tax(*at, params)[:, None]
    sides[:, :, :, 2] -= sides[:, :, :, 0] * short[:, :, None] + sides[:, :, :, 1] * long[:, :, None]
    if reach is not None:
        box = reach.take(rows)
        least = np.zeros(sides.shape[:3])
        for column, low, high in ((0, box.short_low, box.short_high), (1, box.long_low, box.long_high)):
            normal = sides[:, :, :, column]
            least += np.where(normal > 0, normal * low[:, None, None], normal * high[:, None, None])
        valid = valid & (least <= sides[:, :, :, 2] + _CENT).all(axis=2)
    account, number = np.nonzero(valid)
    return rows[account], slope[account, number], constant[account, number], sides[account, number]


def _assembled(parts: list[tuple[Ints, Floats, Floats, Floats]], count: int) -> Regions:
    account = np.concatenate([np.zeros(0, dtype=np.int64), *(part[0] for part in parts)])
    order = np.argsort(account, kind="stable")
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(account, minlength=count), out=start[1:])
    return Regions(
        start,
        np.concatenate([np.zeros((0, 2)), *(part[1] for part in parts)])[order],
        np.concatenate([np.zeros(0), *(part[2] for part in parts)])[order],
        np.concatenate([np.zeros((0, SIDES, 3)), *(part[3] for part in parts)])[order],
    )


def _flat(params: YearParams, found: _Candidates) -> None:
    short, long, room = params.short_rate, params.long_rate, params.zero_gain_room
    zero, some = np.zeros(len(params)), room > 0
    always = np.ones(len(params), dtype=np.bool_)
    found.add((short, zero), zero, [(-1, 0, 0), (0, -1, 0), (0, 1, room)], valid=some)
    found.add((short, long), -long * room, [(-1, 0, 0), (0, -1, -room)], valid=always)
    found.add((short, short), zero, [(0, 1, 0), (-1, -1, 0)], valid=always)
    found.add((zero, zero), zero, [(1, 0, 0), (-1, -1, 0), (1, 1, room)], valid=some)
    found.add((long, long), -long * room, [(1, 0, 0), (-1, -1, -room)], valid=always)


def _losses(params: YearParams, found: _Candidates) -> None:
    """Net loss: what income takes (at the ordinary rate, or down the brackets), the near span, the tail."""
    taken, zero = params.deduction, np.zeros(len(params))
    passed = [
        np.clip(params.ordinary_income - edge, 0.0, taken) for edge in EDGES[np.maximum(params.table, 0)].T
    ]
    steps = [np.where(params.table >= 0, step, 0.0) for step in passed]
    knots = np.sort(np.stack([zero, *steps, taken], axis=1), axis=1)
    worth = zero
    for number in range(knots.shape[1] - 1):
        low, high = knots[:, number], knots[:, number + 1]
        middle = params.ordinary_income - 0.5 * (low + high)
        bracket = ordinary_slope(middle, np.maximum(params.table, 0))
        rate = np.where(params.table >= 0, bracket, params.ordinary_rate)
        found.add((rate, rate), rate * low - worth, [(1, 1, -low), (-1, -1, high)], valid=high > low)
        worth = worth + rate * (high - low)
    span = params.carry_span
    near, tail = params.long_rate * params.carry_value, params.long_rate * TAIL
    end = taken + span
    found.add((near, near), near * taken - worth, [(1, 1, -taken), (-1, -1, end)], valid=span > 0)
    found.add((tail, tail), tail * end - worth - near * span, [(1, 1, -end)], valid=end >= 0)


def _bracket(params: YearParams, found: _Candidates) -> None:
    """T = g(S) + h(S + L), or g + h at S + L where less; g, h and the cells as in `ledger.regions`."""
    stretches = _stretches(params)
    for low in stretches:
        for high in stretches[low.number :]:
            _cell(low, high, found)
    origin = stretches[0].ordinary
    for stretch in stretches:
        rate = stretch.ordinary.slope + stretch.banded.slope
        constant = stretch.ordinary.intercept + stretch.banded.intercept
        found.add((rate, rate), constant, [(0, 1, 0), *stretch.net_sides], valid=stretch.valid)
        at_zero = _Line(np.zeros(len(params)), origin.intercept)
        _split(found, at_zero, stretch, sides=[(1, 0, 0), *stretch.net_sides], valid=stretch.valid)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    slope: Floats
    intercept: Floats

    def at(self, x: Floats) -> Floats:
        """The line's value."""
        return self.slope * x + self.intercept


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """A stretch of gains on which the ordinary part g and the banded part h are lines; `high` may be
    infinite.
    """

    number: int
    low: Floats
    high: Floats
    valid: Bools
    ordinary: _Line
    banded: _Line

    @property
    def net_sides(self) -> list[Side]:
        """low ≤ S + L ≤ high."""
        return [(-1, -1, -self.low), (1, 1, self.high)]


def _stretches(params: YearParams) -> list[_Stretch]:
    table, income, room = params.table, params.ordinary_income, niit_room(params)
    marks = [*EDGES[table].T, *TOPS[table].T]
    count = len(params)
    columns = [np.zeros(count), *(np.maximum(mark - income, 0.0) for mark in marks), room]
    knots = np.sort(np.stack(columns, axis=1), axis=1)
    base = ordinary_tax(income, table)
    found = []
    for number in range(knots.shape[1]):
        low = knots[:, number]
        high = knots[:, number + 1] if number + 1 < knots.shape[1] else np.full(count, np.inf)
        inside = income + 0.5 * (low + np.minimum(high, low + 2.0))
        niit = np.where(low >= room, NIIT, 0.0)
        banded_slope = gain_slope(inside, table) + niit
        ordinary_rate = ordinary_slope(inside, table) - gain_slope(inside, table)
        at_low = ordinary_tax(income + low, table) - gain_tax(income + low, table)
        banded = gain_tax(income + low, table) + NIIT * np.maximum(low - room, 0.0) - base
        found.append(
            _Stretch(
                number,
                low,
                high,
                high > low,
                _Line(ordinary_rate, at_low - ordinary_rate * low),
                _Line(banded_slope, banded - banded_slope * low),
            )
        )
    return found


def _cell(at_short: _Stretch, at_net: _Stretch, found: _Candidates) -> None:
    sides: list[Side]
    sides = [(-1, 0, -at_short.low), (1, 0, at_short.high), *at_net.net_sides]
    same = at_short.number == at_net.number
    if same:
        sides.append((0, -1, 0))
    _split(found, at_short.ordinary, at_net, sides=sides, valid=at_short.valid & at_net.valid, short=at_short)


def _split(
    found: _Candidates,
    ordinary: _Line,
    at_net: _Stretch,
    *,
    sides: list[Side],
    valid: Bools,
    short: _Stretch | None = None,
) -> None:
    """The stacked region, the plain one, or both with the line between them, as the corners of the cell
    say.
    """
    gaps = []
    for at in (None,) if short is None else (short.low, short.high):
        for net in (at_net.low, at_net.high):
            inside = np.isfinite(net) if at is None else np.isfinite(at) & np.isfinite(net) & (at <= net)
            x = np.zeros_like(net) if at is None else np.where(inside, at, 0.0)
            gap = ordinary.at(x) - at_net.ordinary.at(np.where(inside, net, 0.0))
            gaps.append((np.where(inside, gap, -np.inf), np.where(inside, gap, np.inf)))
    most = np.max([gap[0] for gap in gaps], axis=0)
    least = np.where(np.isfinite(at_net.high), np.min([gap[1] for gap in gaps], axis=0), -np.inf)
    plain, stacked = valid & (most > _CENT), valid & ~((most > _CENT) & (least >= -_CENT))
    both = plain & stacked
    line_short = np.where(both, ordinary.slope - at_net.ordinary.slope, 0.0)
    line_long = np.where(both, -at_net.ordinary.slope, 0.0)
    limit = np.where(both, at_net.ordinary.intercept - ordinary.intercept, np.inf)
    lower = np.where(both, -limit, np.inf)
    banded = at_net.banded
    found.add(
        (ordinary.slope + banded.slope, banded.slope),
        ordinary.intercept + banded.intercept,
        [*sides, (line_short, line_long, limit)],
        valid=stacked,
    )
    rate = at_net.ordinary.slope + banded.slope
    found.add(
        (rate, rate),
        at_net.ordinary.intercept + banded.intercept,
        [*sides, (-line_short, -line_long, lower)],
        valid=plain,
    )

"""Linear regions of the taxpayer's year: polygons of (S, L) on each of which T is one plane.

The regions cover the plane and overlap only on their edges. They are what an optimizer enumerates; T is not
convex, so no maximum of planes can stand in for them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from trimtab.ledger.exact import ZERO, above
from trimtab.ledger.federal import NIIT, gain_tax, ordinary_tax
from trimtab.ledger.year import Brackets, TaxpayerYear

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class HalfPlane:
    """The points with short·S + long·L ≤ limit."""

    short: Fraction
    long: Fraction
    limit: Fraction

    def slack(self, short: Fraction, long: Fraction) -> Fraction:
        """How far inside a point lies; negative outside."""
        return self.limit - self.short * short - self.long * long


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A polygon and the plane of T on it: T = short_rate·S + long_rate·L + constant."""

    rows: tuple[HalfPlane, ...]
    short_rate: Fraction
    long_rate: Fraction
    constant: Fraction

    def contains(self, short: Fraction, long: Fraction) -> bool:
        """Whether a point lies in the region, edges included."""
        return all(row.slack(short, long) >= 0 for row in self.rows)

    def tax(self, short: Fraction, long: Fraction) -> Fraction:
        """T at a point of the region."""
        return self.short_rate * short + self.long_rate * long + self.constant


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a piecewise linear function of one variable; None is without end."""

    low: Fraction | None
    high: Fraction | None
    slope: Fraction
    intercept: Fraction


def year_regions(year: TaxpayerYear) -> tuple[Region, ...]:
    """The linear regions of a year's T, in a fixed order: both gains, long loss, short loss, net loss."""
    regions = _flat_regions(year) if year.brackets is None else _bracket_regions(year, year.brackets)
    losses = _pieces(lambda net: year.tax(net, ZERO), _loss_breaks(year), high=ZERO)
    return (*regions, *(_strip(piece) for piece in losses))


def _loss_breaks(year: TaxpayerYear) -> list[Fraction]:
    """Where the worth of a net loss changes: brackets it passes on the way, the deduction's end, the near
    span's end.
    """
    floor = year.netted(-year.loss_limit, ZERO).absorbed
    breaks = [-floor, -floor - year.carry_span]
    if year.brackets is not None:
        income = year.brackets.ordinary_income
        breaks += [edge - income for edge in year.brackets.table.edges]
    return breaks


def _flat_regions(year: TaxpayerYear) -> list[Region]:
    room = [year.zero_gain_room]
    on_long = _pieces(lambda gain: year.tax(ZERO, gain), room, low=ZERO)
    both = [
        Region(
            rows=(_at_least(ONE, ZERO, ZERO), *_between(ZERO, ONE, piece)),
            short_rate=year.short_rate,
            long_rate=piece.slope,
            constant=piece.intercept,
        )
        for piece in on_long
    ]
    on_short = _pieces(lambda gain: year.tax(gain, ZERO), [], low=ZERO)
    return [*both, *_long_losses(on_short), *_short_losses(on_long)]


def _long_losses(pieces: Iterable[_Piece]) -> list[Region]:
    return [_strip(piece, HalfPlane(ZERO, ONE, ZERO)) for piece in pieces]


def _short_losses(pieces: Iterable[_Piece]) -> list[Region]:
    return [_strip(piece, HalfPlane(ONE, ZERO, ZERO)) for piece in pieces]


def _bracket_regions(year: TaxpayerYear, brackets: Brackets) -> list[Region]:
    """With S in a stretch of income and S + L in another, T = g(S) + h(S + L), or h + g at S + L where that
    is less.

    h is the gain bands' and the NIIT's part, g what ordinary brackets ask above the bands: it falls only
    where 15 % of the band meets 12 % of the bracket, and there the law takes the smaller tax (IRC 1(h)(1)).
    """
    table, income = brackets.table, brackets.ordinary_income
    room = above(Fraction(table.niit_threshold), brackets.magi)
    base = ordinary_tax(table, income)
    marks = (0, *table.edges, table.zero_top, table.fifteen_top)
    knots = [*(mark - income for mark in marks), room]

    def ordinary(gain: Fraction) -> Fraction:
        return ordinary_tax(table, income + gain) - gain_tax(table, income + gain)

    def banded(gain: Fraction) -> Fraction:
        return gain_tax(table, income + gain) + NIIT * above(gain, room) - base

    below = _pieces(ordinary, knots, low=ZERO, merge=False)
    total = _pieces(banded, knots, low=ZERO, merge=False)
    both = [
        region
        for i, low in enumerate(below)
        for j in range(i, len(below))
        for region in _cell(low, below[j], total[j])
    ]
    level = ordinary(ZERO)
    crossings = [(level - piece.intercept) / piece.slope for piece in below if piece.slope != 0]
    on_short = _pieces(lambda gain: year.tax(gain, ZERO), knots, low=ZERO)
    on_long = _pieces(lambda gain: year.tax(ZERO, gain), [*knots, *crossings], low=ZERO)
    return [*both, *_long_losses(on_short), *_short_losses(on_long)]


def _cell(at_short: _Piece, at_total: _Piece, banded: _Piece) -> list[Region]:
    """Regions of one cell: S in one stretch, S + L in the same or a later one; split where the smaller tax
    changes.
    """
    rows = [*_between(ONE, ZERO, at_short), *_between(ONE, ONE, banded)]
    if at_short.low == at_total.low:
        rows.append(_at_least(ZERO, ONE, ZERO))
    corners = [
        (at_short.slope * short + at_short.intercept) - (at_total.slope * total + at_total.intercept)
        for short in (at_short.low, at_short.high)
        for total in (at_total.low, at_total.high)
        if short is not None and total is not None and short <= total
    ]
    stacked = Region(
        rows=tuple(rows),
        short_rate=at_short.slope + banded.slope,
        long_rate=banded.slope,
        constant=at_short.intercept + banded.intercept,
    )
    slope = at_total.slope + banded.slope
    plain = Region(
        rows=tuple(rows), short_rate=slope, long_rate=slope, constant=at_total.intercept + banded.intercept
    )
    if max(corners) <= 0:
        return [stacked]
    split = HalfPlane(
        at_short.slope - at_total.slope, -at_total.slope, at_total.intercept - at_short.intercept
    )
    beyond = HalfPlane(-split.short, -split.long, -split.limit)
    return [_with(stacked, split), _with(plain, beyond)]


def _with(region: Region, row: HalfPlane) -> Region:
    return Region(
        rows=(*region.rows, row),
        short_rate=region.short_rate,
        long_rate=region.long_rate,
        constant=region.constant,
    )


def _pieces(
    function: Callable[[Fraction], Fraction],
    breaks: Iterable[Fraction],
    *,
    low: Fraction | None = None,
    high: Fraction | None = None,
    merge: bool = True,
) -> list[_Piece]:
    """A continuous piecewise linear function between `low` and `high`, its slope changing at most at the
    breaks.
    """
    inside = {x for x in breaks if (low is None or x > low) and (high is None or x < high)}
    found: list[_Piece] = []
    for start, end in pairwise([low, *sorted(inside), high]):
        assert start is not None or end is not None, "a function without any break"
        first = start if start is not None else end - ONE  # type: ignore[operator]
        second = end if end is not None else first + ONE
        value = function(first)
        slope = (function(second) - value) / (second - first)
        if merge and found and found[-1].slope == slope:
            last = found.pop()
            found.append(_Piece(last.low, end, slope, last.intercept))
        else:
            found.append(_Piece(start, end, slope, value - slope * first))
    return found


def _strip(piece: _Piece, *rows: HalfPlane) -> Region:
    """Where T depends on S + L alone."""
    return Region(
        rows=(*rows, *_between(ONE, ONE, piece)),
        short_rate=piece.slope,
        long_rate=piece.slope,
        constant=piece.intercept,
    )


def _at_least(short: Fraction, long: Fraction, floor: Fraction) -> HalfPlane:
    return HalfPlane(-short, -long, -floor)


def _between(short: Fraction, long: Fraction, piece: _Piece) -> list[HalfPlane]:
    rows = []
    if piece.low is not None:
        rows.append(_at_least(short, long, piece.low))
    if piece.high is not None:
        rows.append(HalfPlane(short, long, piece.high))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal:
    """Slopes of T at a point: for one dollar less (left) and one dollar more (right) of short and of long
    gain.
    """

    short_left: Fraction
    short_right: Fraction
    long_left: Fraction
    long_right: Fraction


def marginal_rates(regions: Sequence[Region], short: Fraction, long: Fraction) -> Marginal:
    """The four one-sided slopes of T at (S, L); left and right differ only on the edge of a region."""
    return Marginal(
        short_left=-_slope(regions, (short, long), (-ONE, ZERO)),
        short_right=_slope(regions, (short, long), (ONE, ZERO)),
        long_left=-_slope(regions, (short, long), (ZERO, -ONE)),
        long_right=_slope(regions, (short, long), (ZERO, ONE)),
    )


def _slope(
    regions: Sequence[Region], point: tuple[Fraction, Fraction], way: tuple[Fraction, Fraction]
) -> Fraction:
    region = next(region for region in regions if _stays(region, point, way))
    return region.short_rate * way[0] + region.long_rate * way[1]


def _stays(region: Region, point: tuple[Fraction, Fraction], way: tuple[Fraction, Fraction]) -> bool:
    """Whether a small step from the point that way is still in the region."""
    slacks = ((row.slack(*point), row.short * way[0] + row.long * way[1]) for row in region.rows)
    return all(slack > 0 or (slack == 0 and leaving <= 0) for slack, leaving in slacks)


def path_rates(
    regions: Sequence[Region], before: tuple[Fraction, Fraction], after: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    """Mean of ∂T/∂S and ∂T/∂L on the straight path between two points: gains at these rates sum to T's
    change.
    """
    move = (after[0] - before[0], after[1] - before[1])
    stops = {ZERO, ONE}
    for region in regions:
        for row in region.rows:
            along = row.short * move[0] + row.long * move[1]
            if along != 0:
                stop = row.slack(*before) / along
                if 0 < stop < 1:
                    stops.add(stop)
    mean_short, mean_long = ZERO, ZERO
    for start, end in pairwise(sorted(stops)):
        middle = (start + end) / 2
        here = (before[0] + middle * move[0], before[1] + middle * move[1])
        region = next(region for region in regions if region.contains(*here))
        mean_short += (end - start) * region.short_rate
        mean_long += (end - start) * region.long_rate
    return mean_short, mean_long

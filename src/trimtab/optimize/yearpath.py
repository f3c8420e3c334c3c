"""Marginal rates of the taxpayer's year, at a point and along straight paths, for many accounts at once.

A lot's tax in a proposal is its gain times the mean of ∂T on the path from before to after: the parts sum
exactly to the whole, whatever lines of the year the path crosses.
"""

import numpy as np

from trimtab.optimize.yeartax import (
    EDGES,
    NIIT,
    TAIL,
    THRESHOLDS,
    TOPS,
    Floats,
    Ints,
    YearParams,
    gain_slope,
    gain_tax,
    ordinary_slope,
    ordinary_tax,
)


def gradient(short: Floats, long: Floats, params: YearParams) -> tuple[Floats, Floats]:
    """∂T/∂S and ∂T/∂L inside a linear region; on an edge, one of the regions that meet there."""
    net = short + long
    on_short, on_long, on_loss = _flat_rates(short, long, params)
    bracket = np.flatnonzero(params.table >= 0)
    if len(bracket):
        on_short[bracket], on_long[bracket] = _bracket_rates(
            short[bracket], long[bracket], params.take(bracket)
        )
    left = -net
    near = left < params.deduction + params.carry_span
    carried = params.long_rate * np.where(near, params.carry_value, TAIL)
    lost = np.where(left < params.deduction, on_loss, carried)
    return np.where(net < 0, lost, on_short), np.where(net < 0, lost, on_long)


def _flat_rates(short: Floats, long: Floats, params: YearParams) -> tuple[Floats, Floats, Floats]:
    net = short + long
    taxed_long = np.where(short < 0, net, long)
    at_long = np.where(taxed_long >= params.zero_gain_room, params.long_rate, 0.0)
    on_short = np.where(short < 0, at_long, params.short_rate)
    on_long = np.where(long < 0, params.short_rate, at_long)
    income = params.ordinary_income + net
    row = np.maximum(params.table, 0)
    on_loss = np.where(params.table >= 0, ordinary_slope(income, row), params.ordinary_rate)
    return on_short, on_long, on_loss


def _bracket_rates(short: Floats, long: Floats, params: YearParams) -> tuple[Floats, Floats]:
    """Rates where gains are left: on long-term losses S + L is ordinary, else S stacks below L unless that
    costs more.
    """
    table, income, net = params.table, params.ordinary_income, short + long
    below, above = income + np.maximum(short, 0.0), income + net
    niit = np.where(net >= niit_room(params), NIIT, 0.0)
    plain = ordinary_slope(above, table) + niit
    banded = gain_slope(above, table) + niit
    at_short = np.where(short < 0, banded, ordinary_slope(below, table) - gain_slope(below, table) + banded)
    ordinary = (long < 0) | (excess(below, above, table) > 0)
    return np.where(ordinary, plain, at_short), np.where(ordinary, plain, banded)


def excess(below: Floats, above: Floats, table: Ints) -> Floats:
    """What stacking preferential income between two incomes costs more than the ordinary brackets alone
    would.
    """
    stacked = ordinary_tax(below, table) + gain_tax(above, table) - gain_tax(below, table)
    return stacked - ordinary_tax(above, table)


def niit_room(params: YearParams) -> Floats:
    """Net gain of the year that the NIIT's threshold still leaves free; nothing is left free at flat rates."""
    row = np.maximum(params.table, 0)
    return np.where(params.table >= 0, np.maximum(THRESHOLDS[row] - params.magi, 0.0), 0.0)


def path_rates(
    before: tuple[Floats, Floats], after: tuple[Floats, Floats], params: YearParams
) -> tuple[Floats, Floats]:
    """Means of ∂T/∂S and ∂T/∂L on the straight path between two points (S, L) of each account."""
    mean_short, mean_long = np.zeros(len(params)), np.zeros(len(params))
    for rows in (np.flatnonzero(params.table < 0), np.flatnonzero(params.table >= 0)):
        if len(rows):
            mean_short[rows], mean_long[rows] = _means(
                (before[0][rows], before[1][rows]), (after[0][rows], after[1][rows]), params.take(rows)
            )
    return mean_short, mean_long


def _means(
    before: tuple[Floats, Floats], after: tuple[Floats, Floats], params: YearParams
) -> tuple[Floats, Floats]:
    stops = _stops(before, after, params)
    mean_short, mean_long = np.zeros(len(params)), np.zeros(len(params))
    for number in range(stops.shape[1] - 1):
        length = stops[:, number + 1] - stops[:, number]
        short, long = _along(before, after, 0.5 * (stops[:, number] + stops[:, number + 1]))
        rate_short, rate_long = gradient(short, long, params)
        mean_short += length * rate_short
        mean_long += length * rate_long
    return mean_short, mean_long


def _along(
    before: tuple[Floats, Floats], after: tuple[Floats, Floats], share: Floats
) -> tuple[Floats, Floats]:
    return (
        before[0] + share * (after[0] - before[0]),
        before[1] + share * (after[1] - before[1]),
    )


def _stops(before: tuple[Floats, Floats], after: tuple[Floats, Floats], params: YearParams) -> Floats:
    """Shares of the path, ascending from 0 to 1, between which T is linear."""
    count = len(params)
    zero = np.zeros(count)
    spans = -params.deduction, -params.deduction - params.carry_span
    knots = {
        "short": [zero],
        "long": [zero, params.zero_gain_room],
        "net": [zero, params.zero_gain_room, *spans],
    }
    bracket = bool((params.table >= 0).any())
    if bracket:
        incomes = [edge - params.ordinary_income for edge in _columns(params.table)]
        knots["short"] += incomes
        knots["net"] += [*incomes, niit_room(params)]
    starts = {"short": before[0], "long": before[1], "net": before[0] + before[1]}
    ends = {"short": after[0], "long": after[1], "net": after[0] + after[1]}
    stops = [zero, np.ones(count)]
    for name, lines in knots.items():
        move = ends[name] - starts[name]
        moving = move != 0
        for line in lines:
            share = np.where(moving, line - starts[name], 0.0) / np.where(moving, move, 1.0)
            stops.append(np.clip(share, 0.0, 1.0))
    ordered = np.sort(np.stack(stops, axis=1), axis=1)
    return _with_switches(before, after, params, stops=ordered) if bracket else ordered


def _columns(table: Ints) -> list[Floats]:
    return [*EDGES[table].T, *TOPS[table].T]


def _with_switches(
    before: tuple[Floats, Floats], after: tuple[Floats, Floats], params: YearParams, *, stops: Floats
) -> Floats:
    """Add the points where the smaller of the two ways to tax preferential income changes."""
    gaps = []
    for number in range(stops.shape[1]):
        short, long = _along(before, after, stops[:, number])
        below = params.ordinary_income + np.maximum(short - np.maximum(-long, 0.0), 0.0)
        above = params.ordinary_income + np.maximum(short + long, 0.0)
        gaps.append(excess(below, above, params.table))
    switches = []
    for number in range(stops.shape[1] - 1):
        first, second = gaps[number], gaps[number + 1]
        changes = (first > 0) != (second > 0)
        share = np.where(changes, first, 0.0) / np.where(changes, first - second, 1.0)
        switches.append(stops[:, number] + share * (stops[:, number + 1] - stops[:, number]))
    return np.sort(np.concatenate([stops, np.stack(switches, axis=1)], axis=1), axis=1)

"""Split: the answer of joint units given back to their accounts, ready for whole shares, and the budgets of each."""

from dataclasses import replace
from typing import Any

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.joint import Joint, LotRow
from trimtab.optimize.problem import LONG, SHORT, Floats, Ints, Status

_OVER = 1e-9  # of value: within this a budget is kept
_SOLD = 1e-9  # of value: a loss smaller than this is none
_STEPS = 60  # halvings of the way to where a budget is used up


def member_gains(joint: Joint, answers: Answers) -> Floats:
    """Short and long gains that each member realizes, fractions of its own value: (members, 2)."""
    batch, count = joint.batch, len(joint.members)
    gain = batch.lot_gain * answers.sale
    terms = [
        np.bincount(joint.lot_of, np.where(batch.lot_term == term, gain, 0.0), count)
        for term in (SHORT, LONG)
    ]
    return np.column_stack(terms) / joint.share[:, None]


def budget_rows(assembled: Assembled, joint: Joint, answers: Answers) -> list[LotRow]:
    """Rows that keep the tax budgets which an answer breaks; empty where all are kept.

    The tax that an account adds by itself is not convex in its gains. The row holds it to the piece of its own year in
    which its budget is used up on the straight way from no trade to the answer: safe, and exact where the best answer
    lies in that piece. A bound found without these rows still holds.
    """
    rows: list[LotRow] = []
    batch = assembled.batch
    gains = member_gains(joint, answers)
    for m, account in enumerate(joint.members.tolist()):
        sides = batch.piece_sides[batch.piece_offset[account] : batch.piece_offset[account + 1]]
        unit = int(np.searchsorted(joint.start, m, side="right")) - 1
        solved = answers.status[unit] in (Status.SOLVED, Status.SOLVED_INACCURATE)
        if solved and len(sides) and _excess(sides, gains[m])[1] > _OVER:
            low, high = 0.0, 1.0
            for _ in range(_STEPS):
                middle = 0.5 * (low + high)
                low, high = (low, middle) if _excess(sides, middle * gains[m])[1] > 0.0 else (middle, high)
            piece = _excess(sides, low * gains[m])[0]
            rows += [_lot_row(joint, unit, m, side) for side in sides[piece] if np.isfinite(side[2])]
    return rows


def _excess(sides: Floats, gains: Floats) -> tuple[int, float]:
    """The piece of an account's own year where these gains lie, and by how much they exceed the budget in it."""
    beyond = sides[:, :, 0] * gains[0] + sides[:, :, 1] * gains[1] - sides[:, :, 2]
    piece = int(np.argmin(beyond[:, :-1].max(axis=1)))
    return piece, float(beyond[piece, -1])


def _lot_row(joint: Joint, unit: int, member: int, side: Floats) -> LotRow:
    batch = joint.batch
    lots = slice(batch.lot_offset[unit], batch.lot_offset[unit + 1])
    rate = np.where(
        batch.lot_term[lots] == SHORT, side[0], np.where(batch.lot_term[lots] == LONG, side[1], 0.0)
    )
    cells = np.where(joint.lot_of[lots] == member, rate * batch.lot_gain[lots], 0.0)
    return unit, cells, float(side[2] * joint.share[member])


def split(assembled: Assembled, joint: Joint, answers: Answers) -> tuple[Batch, Answers]:
    """The assembled batch and its answers, account by account, as the joint answers have them.

    Each account's year becomes one piece: the joint piece's rates, and its part of what the piece's sides leave; the
    last side is the account's own tax budget. Lots and buys that a wash group across accounts closes are closed.
    """
    batch = assembled.batch
    count, unit = len(batch), np.zeros(len(batch), np.int64)
    unit[joint.members] = np.repeat(np.arange(len(joint.value)), np.diff(joint.start))
    trade, sale = np.zeros(len(batch.target)), np.zeros(len(batch.lot_size))
    trade[joint.asset_at] = answers.trade / joint.share[joint.asset_of]
    sale[joint.lot_at] = answers.sale / joint.share[joint.lot_of]
    batch = replace(_closed(batch, joint, answers), **_own_pieces(assembled, joint, answers))
    given = Answers(
        trade=trade,
        sale=sale,
        status=answers.status[unit],
        objective=answers.objective[unit],
        lower_bound=answers.lower_bound[unit],
        iterations=answers.iterations[unit],
        nodes=answers.nodes[unit],
        piece=np.where(np.diff(batch.piece_offset) > 0, 0, -1),
        multipliers=_multipliers(batch, joint, answers, unit=unit),
        conflict=np.zeros(len(batch.row_lower), np.bool_),
    )
    assert len(given.status) == count
    return batch, given


def _closed(batch: Batch, joint: Joint, answers: Answers) -> Batch:
    """No buys where the unit's group sells at a loss, no loss lots where it does not: whole shares keep the side."""
    found = joint.batch
    unit = np.repeat(np.arange(len(found)), np.diff(found.asset_offset))
    wide = int(found.group.max(initial=-1)) + 1
    if wide == 0:
        return batch
    key = np.where(found.group >= 0, unit * wide + found.group, len(found) * wide)
    place = found.asset_offset[np.repeat(np.arange(len(found)), np.diff(found.lot_offset))] + found.lot_asset
    losing = (found.lot_gain < 0.0) & (found.group[place] >= 0)
    lost = np.bincount(key[place[losing]], answers.sale[losing], len(found) * wide + 1)
    sells = (lost[key] > _SOLD) & (found.group >= 0)
    upper, size = batch.upper.copy(), batch.lot_size.copy()
    at = joint.asset_at[sells]
    upper[at] = np.maximum(np.minimum(upper[at], 0.0), batch.lower[at])
    size[joint.lot_at[losing & ~sells[place]]] = 0.0
    return replace(batch, upper=upper, lot_size=size)


def _own_pieces(assembled: Assembled, joint: Joint, answers: Answers) -> dict[str, Any]:
    batch, gains = assembled.batch, member_gains(joint, answers)
    height = batch.piece_sides.shape[1] if len(batch.piece_sides) else joint.batch.piece_sides.shape[1]
    count = np.zeros(len(batch), np.int64)
    slopes, sides = np.zeros((len(batch), 2)), np.zeros((len(batch), height, 3))
    sides[:, :, 2] = np.inf
    for m, account in enumerate(joint.members.tolist()):
        unit = int(np.searchsorted(joint.start, m, side="right")) - 1
        own = batch.piece_sides[batch.piece_offset[account] : batch.piece_offset[account + 1]]
        if len(own) == 0 or answers.piece[unit] < 0:
            continue
        piece = joint.batch.piece_offset[unit] + answers.piece[unit]
        count[account], slopes[account] = 1, joint.batch.piece_slope[piece]
        sides[account] = joint.batch.piece_sides[piece]
        inside = slice(joint.start[unit], joint.start[unit + 1])
        used = sides[account, :, :2] * gains[m]
        all_used = (sides[account, :, None, :2] * (gains * joint.share[:, None])[None, inside]).sum(
            axis=(1, 2)
        )
        slack = (
            np.maximum(sides[account, :, 2] - all_used, 0.0) / (inside.stop - inside.start) / joint.share[m]
        )
        sides[account, :, 2] = used.sum(axis=1) + slack
        sides[account, -1] = own[_excess(own, gains[m])[0], -1]
    keep = count > 0
    return {
        "piece_offset": np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        "piece_slope": slopes[keep],
        "piece_constant": np.zeros(int(keep.sum())),
        "piece_sides": sides[keep],
    }


def _multipliers(batch: Batch, joint: Joint, answers: Answers, *, unit: Ints) -> Floats:
    """Prices of each account's rows and of the sides of its piece, where `Answers` has them."""
    found = joint.batch
    width, wide = batch.exposures.shape[1], found.exposures.shape[1]
    rows = np.diff(batch.row_offset)
    height = batch.piece_sides.shape[1] if len(batch.piece_sides) else 0
    out = np.zeros((len(batch), width + int(rows.max(initial=0)) + 1 + height))
    seen = np.zeros(len(found), np.int64)
    lot_rows = np.diff(found.lot_row_offset)
    for account in joint.members.tolist():
        u = unit[account]
        prices = answers.multipliers[u]
        first = wide + seen[u]
        out[account, width : width + rows[account]] = prices[first : first + rows[account]]
        seen[u] += rows[account]
        sided = wide + int(found.row_offset[u + 1] - found.row_offset[u]) + int(lot_rows[u])
        given = prices[sided : sided + max(height - 1, 0)]
        place = width + rows[account] + int(np.isfinite(batch.gain_budget[account]))
        out[account, place : place + len(given)] = given
    return out

"""Joint: accounts that one thing ties together as one unit of the engine, and its answer split into its accounts again.

An asset of a joint unit is a security of one account, a fraction of the unit's value U. Every account keeps its rows,
limits and cash; what they share is the taxpayer's year on their summed gains and the wash groups across them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.batch import Batch
from trimtab.optimize.minimum import spread, take
from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints
from trimtab.optimize.yearregions import Reach, regions
from trimtab.optimize.years import AccountYears

LotRow = tuple[int, Floats, float]
"""A row over the lots of a unit: (unit, cells, upper limit)."""


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """A batch of joint units. Unit j is the accounts `members[start[j]:start[j+1]]` (places in the assembled batch).

    `share` is each member's part of its unit's value, `value` U in dollars. `asset_at` and `lot_at` say where each
    asset and lot of `batch` stands in the assembled batch, `asset_of` and `lot_of` which member it belongs to; `wash`
    is the group of each asset in it (−1: none).
    """

    start: Ints
    members: Ints
    share: Floats
    value: Floats
    batch: Batch
    asset_at: Ints
    lot_at: Ints
    asset_of: Ints
    lot_of: Ints


def join(
    assembled: Assembled, years: AccountYears, weight: Floats, *, units: Sequence[Ints], keys: Ints
) -> Joint:
    """Join accounts of an assembled batch into units.

    `units` lists the places of each unit's accounts; all its taxed ones share one taxpayer, year and `weight` (the
    tax_weight of each account of the batch). `keys` gives each asset of the batch the number of its wash group (−1:
    none); assets of a unit with the same number replace each other. Tax budgets are left out: see `budget_rows`.
    """
    assert assembled.batch.lot_row_offset[-1] == 0, "an account's own lot rows are not joined"
    start = _offsets(np.array([len(unit) for unit in units], np.int64))
    members = np.concatenate([np.zeros(0, np.int64), *units])
    batch = take(assembled.batch, members)
    unit_of = np.repeat(np.arange(len(units)), np.diff(start))
    own = assembled.value[members]
    value = np.add.reduceat(own, start[:-1]) if len(units) else np.zeros(0)
    share = own / value[unit_of]
    asset_of = np.repeat(np.arange(len(members)), np.diff(batch.asset_offset))
    lot_of = np.repeat(np.arange(len(members)), np.diff(batch.lot_offset))
    taxed = years.taxed[members]
    gain = np.where(taxed[lot_of], batch.lot_gain, 0.0)
    asset_at, lot_at = (
        spread(offset, members) for offset in (assembled.batch.asset_offset, assembled.batch.lot_offset)
    )
    scaled = _scaled(batch, start, share=share, owners=(asset_of, lot_of))
    lot_offset = batch.lot_offset[start]
    year = (batch.lot_term, gain * scaled["lot_size"], lot_offset)
    joined = replace(
        batch,
        **scaled,
        **_risk(batch, start, share),
        **_pieces(years, weight, members=members, start=start, value=value, gains=year),
        **{name: np.full(len(units), np.inf) for name in ("gain_budget", "turnover", "max_trades")},
        asset_offset=batch.asset_offset[start],
        lot_offset=lot_offset,
        row_offset=batch.row_offset[start],
        lot_row_offset=batch.lot_row_offset[start],
        security=np.where(batch.security >= 0, np.arange(len(asset_of)), -1),
        group=_groups(keys[asset_at], batch.asset_offset[start], losing=_losing(gain, lot_of, batch)),
        exclusive=np.where(batch.exclusive < 0, _losing(batch.lot_gain, lot_of, batch), batch.exclusive),
        lot_gain=gain,
        cells=_blocks(batch, start),
    )
    joint = Joint(start, members, share, value, joined, asset_at, lot_at, asset_of, lot_of)
    return replace(joint, batch=with_lot_rows(joint, _gain_budgets(assembled, joint)))


def _scaled(batch: Batch, start: Ints, *, share: Floats, owners: tuple[Ints, Ints]) -> dict[str, Any]:
    """Amounts as fractions of the unit, and places within it; `owners`: the member of each asset and lot."""
    asset_of, lot_of = owners
    unit_of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    row_of = np.repeat(np.arange(len(share)), np.diff(batch.row_offset))
    before, rows = (
        offset[:-1] - offset[start[:-1]][unit_of] for offset in (batch.asset_offset, batch.row_offset)
    )
    amounts = ("target", "held", "lower", "upper", "min_trade", "ticket")
    return {
        **{name: getattr(batch, name) * share[asset_of] for name in amounts},
        **{name: getattr(batch, name) * share[row_of] for name in ("row_lower", "row_upper")},
        "cost_row": np.where(batch.cost_row >= 0, batch.cost_row + rows[asset_of], -1),
        "lot_asset": batch.lot_asset + before[lot_of],
        "lot_size": batch.lot_size * share[lot_of],
    }


def _risk(batch: Batch, start: Ints, share: Floats) -> dict[str, Any]:
    """Aversion per unit, exposures and specific risk per asset: every account's tracking in factors of its own.

    γ_a·V_a·|G'e_a|² in fractions of the unit is (γ_a/share_a)·|G'e|² of what the account holds of the unit.
    """
    aversion = np.maximum.reduceat(batch.risk_aversion, start[:-1]) if len(start) > 1 else np.zeros(0)
    unit_of = np.repeat(np.arange(len(start) - 1), np.diff(start))
    base = np.where(aversion[unit_of] > 0.0, aversion[unit_of], 1.0)
    scale = batch.risk_aversion / base / share
    blocks, widths = [], []
    for a in range(len(share)):
        security = batch.security[batch.asset_offset[a] : batch.asset_offset[a + 1]]
        block = (
            np.where(security[:, None] >= 0, batch.exposures[security], 0.0) if len(batch.specific) else None
        )
        used = np.flatnonzero(np.any(block != 0.0, axis=0)) if block is not None else np.zeros(0, np.int64)
        blocks.append(
            np.sqrt(scale[a]) * block[:, used] if block is not None else np.zeros((len(security), 0))
        )
        widths.append(len(used))
    width = np.array(widths, np.int64)
    widest = int(np.add.reduceat(width, start[:-1]).max(initial=0)) if len(start) > 1 else 0
    exposures = np.zeros((len(batch.security), widest))
    before = np.concatenate([[0], np.cumsum(width)])
    for a, block in enumerate(blocks):
        left = before[a] - before[start[unit_of[a]]]
        exposures[batch.asset_offset[a] : batch.asset_offset[a + 1], left : left + width[a]] = block
    asset_of = np.repeat(np.arange(len(share)), np.diff(batch.asset_offset))
    known = batch.specific[np.maximum(batch.security, 0)] if len(batch.specific) else np.zeros(len(asset_of))
    return {
        "risk_aversion": aversion,
        "exposures": exposures,
        "specific": np.where(batch.security >= 0, known * scale[asset_of], 0.0),
    }


def _losing(gain: Floats, lot_of: Ints, batch: Batch) -> Bools:
    """Whether each asset has a lot at a loss, by these gains."""
    place = batch.asset_offset[:-1][lot_of] + batch.lot_asset
    return np.asarray(np.bincount(place[gain < 0.0], minlength=len(batch.security)) > 0)


def _groups(keys: Ints, offset: Ints, *, losing: Bools) -> Ints:
    """Wash groups numbered within each unit: those of several assets, with a loss that could be sold among them."""
    group = np.full(len(keys), -1, np.int64)
    for u in range(len(offset) - 1):
        inside = slice(offset[u], offset[u + 1])
        own = keys[inside]
        lossy = np.unique(own[losing[inside] & (own >= 0)])
        names, counts = np.unique(own[np.isin(own, lossy)], return_counts=True)
        names = names[counts > 1]
        member = np.isin(own, names)
        group[inside] = np.where(member, np.searchsorted(names, own), -1)
    return group


def _blocks(batch: Batch, start: Ints) -> Floats:
    """Each account's rows over its own assets, as rows over the assets of its unit."""
    rows, assets = np.diff(batch.row_offset), np.diff(batch.asset_offset)
    cells, _ = batch.cell_offsets()
    parts = [np.zeros(0)]
    for u in range(len(start) - 1):
        inside = range(start[u], start[u + 1])
        table = np.zeros((int(rows[inside].sum()), int(assets[inside].sum())))
        top, left = 0, 0
        for a in inside:
            own = batch.cells[cells[a] : cells[a + 1]].reshape(rows[a], assets[a])
            table[top : top + rows[a], left : left + assets[a]] = own
            top, left = top + rows[a], left + assets[a]
        parts.append(table.ravel())
    return np.concatenate(parts)


def _pieces(
    years: AccountYears,
    weight: Floats,
    *,
    members: Ints,
    start: Ints,
    value: Floats,
    gains: tuple[Ints, Floats, Ints],
) -> dict[str, Any]:
    """The year of each unit's taxpayer on the summed gains, in fractions of U; the last side of a piece is unused."""
    first = _first_taxed(years.taxed[members], start)
    whose = np.flatnonzero(first >= 0)
    place = members[first[whose]]
    own = years.take(place)
    found = regions(own.params, own.position, reach=_reach(gains, value).take(whose))
    count = np.zeros(len(value), np.int64)
    count[whose] = np.diff(found.start)
    unit = np.repeat(whose, np.diff(found.start))
    sides = np.concatenate([found.sides, np.zeros((len(unit), 1, 3))], axis=1)
    sides[:, -1, 2] = np.inf
    sides[:, :, 2] /= value[unit][:, None]
    factor = weight[members[first[unit]]] if len(unit) else np.zeros(0)
    return {
        "piece_offset": _offsets(count),
        "piece_slope": found.slope * factor[:, None],
        "piece_constant": found.constant / value[unit] * factor,
        "piece_sides": sides,
    }


def _first_taxed(taxed: Bools, start: Ints) -> Ints:
    """The first taxed member of each unit (−1: none)."""
    found = [np.flatnonzero(taxed[a:b]) for a, b in pairwise(start)]
    return np.array([start[u] + at[0] if len(at) else -1 for u, at in enumerate(found)], np.int64)


def _reach(gains: tuple[Ints, Floats, Ints], value: Floats) -> Reach:
    """The box of short and long gains (dollars) that each unit's lots can reach: terms, gains in fractions, offsets."""
    term, gain, offset = gains
    unit = np.repeat(np.arange(len(value)), np.diff(offset))

    def total(of: int, sign: float) -> Floats:
        part = np.where(term == of, sign * np.maximum(sign * gain, 0.0), 0.0)
        return np.asarray(np.bincount(unit, part, len(value)) * value, np.float64)

    return Reach(total(SHORT, -1.0), total(SHORT, 1.0), total(LONG, -1.0), total(LONG, 1.0))


def _gain_budgets(assembled: Assembled, joint: Joint) -> list[LotRow]:
    """Each account's own gain budget as a row over the unit's lots."""
    rows = []
    raw = assembled.batch.lot_gain[joint.lot_at]
    for m, account in enumerate(joint.members):
        budget = assembled.batch.gain_budget[account]
        if np.isfinite(budget):
            unit = int(np.searchsorted(joint.start, m, side="right")) - 1
            lots = slice(joint.batch.lot_offset[unit], joint.batch.lot_offset[unit + 1])
            cells = np.where(joint.lot_of[lots] == m, raw[lots], 0.0)
            rows.append((unit, cells, float(budget * joint.share[m])))
    return rows


def with_lot_rows(joint: Joint, rows: Sequence[LotRow]) -> Batch:
    """The batch with more rows over its lots: (unit, cells, upper limit), unit after unit."""
    batch = joint.batch
    _, cell = batch.cell_offsets()
    counts, cells, lower, upper = [], [np.zeros(0)], [np.zeros(0)], [np.zeros(0)]
    for u in range(len(batch)):
        own = slice(batch.lot_row_offset[u], batch.lot_row_offset[u + 1])
        new = [row for row in rows if row[0] == u]
        cells += [batch.lot_cells[cell[u] : cell[u + 1]], *(row[1] for row in new)]
        lower += [batch.lot_row_lower[own], np.full(len(new), -np.inf)]
        upper += [batch.lot_row_upper[own], np.array([row[2] for row in new])]
        counts.append(own.stop - own.start + len(new))
    return replace(
        batch,
        lot_row_offset=_offsets(np.array(counts, np.int64)),
        lot_cells=np.concatenate(cells),
        lot_row_lower=np.concatenate(lower),
        lot_row_upper=np.concatenate(upper),
    )


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

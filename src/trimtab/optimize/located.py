"""Located: joint units that hold one target together (`location: on`): their risk is taken once, on summed weights.

All accounts of such a unit have the same lines. A security has the same exposures in each of them, and its specific
risk is a factor of its own, so that what one account holds too much of another may hold too little of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from trimtab.optimize.assemble import Assembled
from trimtab.optimize.batch import Answers
from trimtab.optimize.joint import Joint
from trimtab.optimize.minimum import spread
from trimtab.optimize.problem import Floats, Ints
from trimtab.optimize.terms import Terms

HouseRow = tuple[str, float, float]
"""A row on the summed trades of a unit: the name its accounts' rows have, lower, upper (fractions of the unit)."""


@dataclass(frozen=True, slots=True, eq=False)
class Houses:
    """The located units of a joint batch, by number, with their rows; `net`: per account of the assembled batch, what
    of its value is its owner's. Sums of a household are of such values, and so is its risk.
    """

    rows: Mapping[int, Sequence[HouseRow]]
    net: Floats


def locate(joint: Joint, assembled: Assembled, houses: Houses) -> Joint:
    """The joint units with one risk term over the accounts of each located one, and its rows on their sums."""
    if not houses.rows:
        return joint
    batch = joint.batch
    parts = {unit: _parts(joint, unit, houses) for unit in houses.rows}
    blocks = {
        unit: _block(joint, assembled, unit) * (np.sqrt(part.whole) * part.of_asset)[:, None]
        for unit, part in parts.items()
    }
    widest = max(batch.exposures.shape[1], *(block.shape[1] for block in blocks.values()))
    exposures = np.zeros((len(batch.security), widest))
    exposures[:, : batch.exposures.shape[1]] = batch.exposures
    specific = batch.specific.copy()
    for unit, block in blocks.items():
        assets = slice(batch.asset_offset[unit], batch.asset_offset[unit + 1])
        exposures[assets] = 0.0
        exposures[assets, : block.shape[1]] = block
        specific[assets] = 0.0
    names = np.array(assembled.row_names)[spread(assembled.batch.row_offset, joint.members)]
    at, _ = batch.cell_offsets()
    counts, cells, lower, upper = [], [], [], []
    for u in range(len(batch)):
        rows = slice(batch.row_offset[u], batch.row_offset[u + 1])
        table = batch.cells[at[u] : at[u + 1]].reshape(rows.stop - rows.start, -1)
        added = houses.rows.get(u, ())
        weigh = parts[u].of_asset if added else 1.0
        sums = [table[names[rows] == name].sum(axis=0) * weigh for name, _, _ in added]
        cells += [table.ravel(), *sums]
        lower += [batch.row_lower[rows], np.array([row[1] for row in added])]
        upper += [batch.row_upper[rows], np.array([row[2] for row in added])]
        counts.append(len(table) + len(added))
    changed = replace(
        batch,
        exposures=exposures,
        specific=specific,
        row_offset=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        cells=np.concatenate(cells),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
    )
    return replace(joint, batch=changed)


def _block(joint: Joint, assembled: Assembled, unit: int) -> Floats:
    """Exposures of a unit's assets, specific risk as one column per security."""
    found = joint.batch
    at = joint.asset_at[found.asset_offset[unit] : found.asset_offset[unit + 1]]
    security = assembled.batch.security[at]
    known = np.unique(security[security >= 0])
    if len(known) == 0:
        return np.zeros((len(at), 0))
    risky, row = security >= 0, np.maximum(security, 0)
    common = np.where(risky[:, None], assembled.batch.exposures[row], 0.0)
    alone = (security[:, None] == known) * np.sqrt(assembled.batch.specific[known])
    block = np.concatenate([common, alone], axis=1)
    return np.asarray(block[:, np.any(block != 0.0, axis=0)])


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The accounts of a unit (places in the assembled batch) and each one's `share` of what the household owns;
    `whole`: that in terms of the unit's value; `of_asset`: what a fraction of the unit is of it, per asset.
    """

    accounts: list[int]
    share: Floats
    whole: float
    of_asset: Floats


def _parts(joint: Joint, unit: int, houses: Houses) -> _Parts:
    inside = slice(joint.start[unit], joint.start[unit + 1])
    members = joint.members[inside]
    owned = joint.share[inside] * houses.net[members]
    whole = float(owned.sum())
    batch = joint.batch
    of_asset = joint.asset_of[batch.asset_offset[unit] : batch.asset_offset[unit + 1]]
    return _Parts(members.tolist(), owned / whole, whole, houses.net[joint.members[of_asset]] / whole)


def _lines(assembled: Assembled, account: int) -> slice:
    """An account's assets without its cash."""
    offset = assembled.batch.asset_offset
    return slice(offset[account], offset[account + 1] - 1)


def _astray(assembled: Assembled, part: _Parts, trade: Floats) -> Floats:
    """What a household holds beyond its summed target after `trade`, per line, in fractions of what it owns."""
    batch = assembled.batch
    parts = [_lines(assembled, a) for a in part.accounts]
    first = batch.security[parts[0]]
    assert all(np.array_equal(batch.security[own], first) for own in parts), (
        "accounts of a located unit differ"
    )
    return np.asarray(
        sum(
            s * (batch.held[own] - batch.target[own] + trade[own])
            for s, own in zip(part.share, parts, strict=True)
        )
    )


def household_terms(
    terms: Terms, assembled: Assembled, joint: Joint, *, houses: Houses, trade: Floats
) -> Terms:
    """The terms with the variance of the household's sums for each account of a located unit."""
    batch = assembled.batch
    variance, objective = terms.variance.copy(), terms.objective.copy()
    for unit in houses.rows:
        part = _parts(joint, unit, houses)
        security = batch.security[_lines(assembled, part.accounts[0])]
        off = np.where(security >= 0, _astray(assembled, part, trade), 0.0)
        row = np.maximum(security, 0)
        total = 0.0
        if len(batch.specific):
            factors = (batch.exposures[row] * off[:, None]).sum(axis=0)
            total = float((factors * factors).sum() + (batch.specific[row] * off * off).sum())
        for a in part.accounts:
            owned = houses.net[a] * total
            objective[a] += assembled.value[a] * batch.risk_aversion[a] * (owned - variance[a])
            variance[a] = total
    return replace(terms, variance=variance, objective=objective)


def around(assembled: Assembled, joint: Joint, answers: Answers, houses: Houses) -> Assembled:
    """Each located account by itself, the others of its unit as the answer has them: what whole shares are asked of.

    Its target is what the others leave of the household's, and its part of what each household row leaves over.
    """
    batch = assembled.batch
    target, aversion = batch.target.copy(), batch.risk_aversion.copy()
    lower, upper = batch.row_lower.copy(), batch.row_upper.copy()
    at, _ = batch.cell_offsets()
    for unit, rows in houses.rows.items():
        part = _parts(joint, unit, houses)
        after = _astray(assembled, part, answers.trade)
        for a, s in zip(part.accounts, part.share, strict=True):
            own = _lines(assembled, a)
            target[own] = batch.held[own] + answers.trade[own] - after / s
            aversion[a] *= s * houses.net[a]
        for name, least, most in rows:
            found = [
                (i, s, _moved(batch.cells, at, assembled, place=(a, i), trade=answers.trade))
                for a, s in zip(part.accounts, part.share, strict=True)
                for i in range(batch.row_offset[a], batch.row_offset[a + 1])
                if assembled.row_names[i] == name
            ]
            total = sum(s * moved for _, s, moved in found)
            for i, s, moved in found:
                lower[i] = moved - max(total - least, 0.0) / len(found) / s
                upper[i] = moved + max(most - total, 0.0) / len(found) / s
    return replace(
        assembled,
        batch=replace(batch, target=target, risk_aversion=aversion, row_lower=lower, row_upper=upper),
    )


def _moved(cells: Floats, at: Ints, assembled: Assembled, *, place: tuple[int, int], trade: Floats) -> float:
    """What an account's trade moves on one of its rows; `place`: the account, the row."""
    account, row = place
    batch = assembled.batch
    assets = slice(batch.asset_offset[account], batch.asset_offset[account + 1])
    width = assets.stop - assets.start
    first = at[account] + (row - batch.row_offset[account]) * width
    return float((cells[first : first + width] * trade[assets]).sum())

"""Securities without a history of their own: their peers' average, with honest risk around it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from trimtab.risk.algebra import row_squares
from trimtab.risk.jit import Floats, Ints

MARKET_VOLATILITY = 0.10
CLASS_VOLATILITY = 0.10
OWN_VOLATILITY = 0.05
TWIN_VOLATILITY = 0.005
TWIN = "identical group"


@dataclass(frozen=True, slots=True)
class Classification:
    """What peers are told apart by, one entry a security in the model's order; "" where unknown."""

    kinds: tuple[str, ...]
    classes: tuple[str, ...]
    sectors: tuple[str, ...]
    twins: tuple[str, ...]


def classify(securities: pl.DataFrame) -> tuple[tuple[str, ...], Classification]:
    """The security ids in ascending order, and what their peers are told apart by."""
    columns = {
        name: (pl.col(name).fill_null("") if name in securities.columns else pl.lit(""))
        .cast(pl.String)
        .alias(name)
        for name in ("kind", "asset_class", "sector", "identical_group")
    }
    rows = securities.select("security_id", *columns.values()).unique("security_id", keep="first")
    rows = rows.sort("security_id")
    kinds, classes, sectors, twins = (tuple(rows[name].to_list()) for name in columns)
    return tuple(rows["security_id"].to_list()), Classification(kinds, classes, sectors, twins)


def fill_from_peers(
    exposures: Floats, specific: Floats, *, lacking: Ints, given: Ints, what: Classification
) -> tuple[Floats, Floats, list[tuple[int, str]]]:
    """(G, D) with rows for `lacking` made from the rows of `given`, and for each of them (row, whose it took).

    Peers, nearest first: identical group, sector of the same kind, class of the same kind, class, kind, everything.
    Of an identical group it shares the first one's risk but for half a percent. Of others it takes the mean, and a
    specific variance that makes the total theirs, so that an average is never taken for a certainty.
    """
    assert lacking.size == 0 or given.size > 0
    keys = [_keys(row, what) for row in range(len(what.kinds))]
    peers: dict[tuple[str, ...], list[int]] = {}
    for row in given.tolist():
        for key in keys[row]:
            peers.setdefault(key, []).append(row)
    g, d = exposures.copy(), specific.copy()
    total = specific + row_squares(exposures)
    means: dict[tuple[str, ...], tuple[Floats, float]] = {}
    twins: dict[int, list[int]] = {}
    taken: list[tuple[int, str]] = []
    for row in lacking.tolist():
        key = next(key for key in keys[row] if key in peers)
        taken.append((row, " ".join(part for part in key if part)))
        if key[0] == TWIN:
            g[row] = exposures[peers[key][0]]
            twins.setdefault(peers[key][0], []).append(row)
            continue
        if key not in means:
            means[key] = _mean(exposures[peers[key]], total[peers[key]])
        g[row], d[row] = means[key]
    return np.hstack([g, _shared_by_twins(d, twins)]), d, taken


def _mean(exposures: Floats, total: Floats) -> tuple[Floats, float]:
    count = total.size
    mean = np.array([math.fsum(column) / count for column in exposures.T.tolist()])
    own = math.fsum(total.tolist()) / count - math.fsum((mean * mean).tolist())
    return mean, max(own, 0.0)


def _shared_by_twins(specific: Floats, twins: dict[int, list[int]]) -> Floats:
    """Columns for what was a security's own and is now shared with those that stand on it; changes `specific`."""
    columns = np.zeros((specific.size, len(twins)))
    for k, head in enumerate(sorted(twins)):
        columns[[head, *twins[head]], k] = math.sqrt(specific[head])
        specific[head] = 0.0
        specific[twins[head]] = TWIN_VOLATILITY**2
    return columns


def _keys(row: int, what: Classification) -> list[tuple[str, ...]]:
    kind, group, sector, twin = what.kinds[row], what.classes[row], what.sectors[row], what.twins[row]
    keys: list[tuple[str, ...]] = []
    if twin:
        keys.append((TWIN, twin))
    if sector:
        keys.append(("sector", sector, kind))
    if group:
        keys += [("class", group, kind), ("class", group)]
    return [*keys, ("kind", kind), ("everything",)]


def assumed(classes: Sequence[str]) -> tuple[Floats, Floats]:
    """(G, D) for a book without any usable history: 10 % common, 10 % of the class, 5 % own, a year."""
    names = sorted(set(classes))
    exposures = np.zeros((len(classes), 1 + len(names)))
    exposures[:, 0] = MARKET_VOLATILITY
    for row, name in enumerate(classes):
        exposures[row, 1 + names.index(name)] = CLASS_VOLATILITY
    return exposures, np.full(len(classes), OWN_VOLATILITY**2)

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
) -> list[tuple[int, str]]:
    """Write rows for `lacking` from the rows of `given`; returns (row, whose average it took).

    Peers, nearest first: identical group, sector of the same kind, class of the same kind, class, kind, everything.
    The specific variance makes the total the peers' mean total, so an average is never taken for a certainty.
    """
    keys = [_keys(row, what) for row in range(len(what.kinds))]
    peers: dict[tuple[str, ...], list[int]] = {}
    for row in given.tolist():
        for key in keys[row]:
            peers.setdefault(key, []).append(row)
    total = specific + row_squares(exposures)
    taken: list[tuple[int, str]] = []
    for row in lacking.tolist():
        key = next((key for key in keys[row] if key in peers), None)
        if key is None:
            continue
        rows = peers[key]
        mean = np.array([math.fsum(column) / len(rows) for column in exposures[rows].T.tolist()])
        exposures[row] = mean
        own = math.fsum(total[rows].tolist()) / len(rows) - math.fsum((mean * mean).tolist())
        specific[row] = max(own, 0.0)
        taken.append((row, " ".join(part for part in key if part)))
    return taken


def _keys(row: int, what: Classification) -> list[tuple[str, ...]]:
    kind, group, sector, twin = what.kinds[row], what.classes[row], what.sectors[row], what.twins[row]
    keys: list[tuple[str, ...]] = []
    if twin:
        keys.append(("identical group", twin))
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

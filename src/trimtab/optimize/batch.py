"""Many units as columns with offsets: what the assembler writes and the kernels read, no object per account."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from typing import Any

import numpy as np

from trimtab.optimize.problem import Bools, Floats, Ints, Problem, Solution, Status, Year


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Columns of U units. Offsets have U+1 entries; assets, lots and rows of all units stand end to end.

    `security` points into the shared `exposures` (s×k) and `specific` (s); −1 is an asset without risk.
    `cells` holds each unit's rows×assets matrix, row after row; `lot_cells` its lot rows likewise. Columns mean
    what the fields of `Problem` mean: +inf is no `gain_budget`, `turnover` or `max_trades`; −1 no `cost_row`
    or `group` (both count within the unit); `exclusive` is 1, 0, or −1 for the default; `ordered` is 1 or 0;
    `counted` is 1.0 or 0.0.
    """

    asset_offset: Ints
    lot_offset: Ints
    row_offset: Ints
    lot_row_offset: Ints
    piece_offset: Ints
    risk_aversion: Floats
    gain_budget: Floats
    turnover: Floats
    max_trades: Floats
    exposures: Floats
    specific: Floats
    security: Ints
    target: Floats
    held: Floats
    buy_cost: Floats
    sell_cost: Floats
    lower: Floats
    upper: Floats
    buy_charge: Floats
    sell_charge: Floats
    min_trade: Floats
    ticket: Floats
    counted: Floats
    cost_row: Ints
    group: Ints
    exclusive: Ints
    ordered: Ints
    lot_asset: Ints
    lot_term: Ints
    lot_size: Floats
    lot_gain: Floats
    lot_slope: Floats
    row_lower: Floats
    row_upper: Floats
    cells: Floats
    lot_row_lower: Floats
    lot_row_upper: Floats
    lot_cells: Floats
    piece_slope: Floats
    piece_constant: Floats
    piece_sides: Floats

    def __len__(self) -> int:
        return len(self.asset_offset) - 1

    @staticmethod
    def of(problems: Sequence[Problem]) -> "Batch":
        """Pack single problems; their exposures stand end to end, padded to the most factors among them."""
        factors = max((p.exposures.shape[1] for p in problems), default=0)
        height = max((p.year.sides.shape[1] for p in problems if p.year is not None), default=0)
        parts = [_parts(p, factors, height) for p in problems]
        sizes = np.array([p.pop("sizes") for p in parts], np.int64).reshape(len(parts), 5)
        starts = [np.array([0, *accumulate(sizes[:, c].tolist())], np.int64) for c in range(5)]
        joined: dict[str, Any] = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        assets, pieces = int(starts[0][-1]), int(starts[4][-1])
        joined["exposures"] = joined["exposures"].reshape(assets, factors)
        joined["piece_slope"] = joined["piece_slope"].reshape(pieces, 2)
        joined["piece_sides"] = joined["piece_sides"].reshape(pieces, height, 3)
        joined["security"] = np.arange(assets, dtype=np.int64)
        joined |= dict(zip(_OFFSETS, starts, strict=True))
        return Batch(**joined)

    def problem(self, unit: int) -> Problem:
        """One unit as a Problem of its own, for the certifier, the fallback, a file."""
        a, b = self.asset_offset[unit], self.asset_offset[unit + 1]
        each: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        assets = {name: each[name][a:b] for name in _ASSET_COLUMNS}
        security = self.security[a:b]
        rowed = slice(self.row_offset[unit], self.row_offset[unit + 1])
        lots = slice(self.lot_offset[unit], self.lot_offset[unit + 1])
        lot_rows = slice(self.lot_row_offset[unit], self.lot_row_offset[unit + 1])
        pieces = slice(self.piece_offset[unit], self.piece_offset[unit + 1])
        cell, lot_cell = self.cell_offsets()
        count = lots.stop - lots.start
        exclusive, losses = each["exclusive"][a:b], np.zeros(b - a, np.bool_)
        losses[self.lot_asset[lots][self.lot_gain[lots] < 0.0]] = True
        trades = self.max_trades[unit]
        return Problem(
            **assets,
            **{name: each[name][lots] for name in _LOT_COLUMNS},
            gain_budget=_finite(self.gain_budget[unit]),
            turnover=_finite(self.turnover[unit]),
            risk_aversion=float(self.risk_aversion[unit]),
            exposures=np.where(security[:, None] >= 0, self.exposures[security], 0.0),
            specific=np.where(security >= 0, self.specific[security], 0.0),
            rows=self.cells[cell[unit] : cell[unit + 1]].reshape(rowed.stop - rowed.start, b - a),
            row_lower=self.row_lower[rowed],
            row_upper=self.row_upper[rowed],
            exclusive=np.where(exclusive < 0, losses, exclusive > 0),
            ordered=self.ordered[a:b] > 0,
            counted=self.counted[a:b] > 0.0,
            max_trades=int(trades) if np.isfinite(trades) else None,
            lot_rows=self.lot_cells[lot_cell[unit] : lot_cell[unit + 1]].reshape(
                lot_rows.stop - lot_rows.start, count
            ),
            lot_row_lower=self.lot_row_lower[lot_rows],
            lot_row_upper=self.lot_row_upper[lot_rows],
            year=Year(self.piece_slope[pieces], self.piece_constant[pieces], self.piece_sides[pieces])
            if pieces.stop > pieces.start
            else None,
        )

    def cell_offsets(self) -> tuple[Ints, Ints]:
        """Where each unit's `cells` and `lot_cells` start."""
        rows, lot_rows = np.diff(self.row_offset), np.diff(self.lot_row_offset)
        cells = np.cumsum(rows * np.diff(self.asset_offset))
        lot_cells = np.cumsum(lot_rows * np.diff(self.lot_offset))
        return np.concatenate([[0], cells]), np.concatenate([[0], lot_cells])


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers of a batch in its own columns: trade per asset, sale per lot, the rest per unit.

    `multipliers` has one row per unit (factors, rows, extra rows, then zeros); `conflict` marks rows.
    """

    trade: Floats
    sale: Floats
    status: Ints
    objective: Floats
    lower_bound: Floats
    iterations: Ints
    nodes: Ints
    piece: Ints
    multipliers: Floats
    conflict: Bools

    def solution(self, batch: Batch, unit: int) -> Solution:
        """One unit's answer."""
        rows = slice(batch.row_offset[unit], batch.row_offset[unit + 1])
        status = Status(int(self.status[unit]))
        return Solution(
            trade=self.trade[batch.asset_offset[unit] : batch.asset_offset[unit + 1]],
            sale=self.sale[batch.lot_offset[unit] : batch.lot_offset[unit + 1]],
            status=status,
            objective=float(self.objective[unit]),
            lower_bound=float(self.lower_bound[unit]),
            iterations=int(self.iterations[unit]),
            nodes=int(self.nodes[unit]),
            multipliers=self.multipliers[unit],
            region=int(self.piece[unit]),
            conflict=self.conflict[rows] if status is Status.INFEASIBLE else None,
        )


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


_ASSET_COLUMNS = (
    "target", "held", "buy_cost", "sell_cost", "lower", "upper", "buy_charge", "sell_charge", "min_trade", "ticket",
    "cost_row", "group",
)  # fmt: skip
_OFFSETS = ("asset_offset", "lot_offset", "row_offset", "lot_row_offset", "piece_offset")
_LOT_COLUMNS = ("lot_asset", "lot_term", "lot_size", "lot_gain", "lot_slope")


def _parts(p: Problem, factors: int, height: int) -> dict[str, Any]:
    n, lots, rows = len(p.target), len(p.lot_size), len(p.row_lower)
    exposures = np.zeros((n, factors))
    exposures[:, : p.exposures.shape[1]] = p.exposures
    lot_rows = 0 if p.lot_rows is None else len(p.lot_rows)
    year = p.year or Year(np.zeros((1, 2)), np.zeros(1), np.zeros((1, 0, 3)))
    sides = np.full((len(year.constant), height, 3), np.inf)
    sides[:, : year.sides.shape[1]] = year.sides
    pieces = 0 if p.year is None else len(year.constant)

    def given(value: Any, default: Any, count: int) -> Any:
        return np.full(count, default) if value is None else np.atleast_1d(value)

    return {
        "sizes": (n, lots, rows, lot_rows, pieces),
        "risk_aversion": np.array([p.risk_aversion]),
        "gain_budget": given(p.gain_budget, np.inf, 1),
        "turnover": given(p.turnover, np.inf, 1),
        "max_trades": given(p.max_trades, np.inf, 1).astype(np.float64),
        "exposures": exposures.ravel(),
        "specific": p.specific,
        "target": p.target,
        "held": p.held,
        "buy_cost": p.buy_cost,
        "sell_cost": p.sell_cost,
        "lower": p.lower,
        "upper": p.upper,
        "buy_charge": p.buy_cost if p.buy_charge is None else p.buy_charge,
        "sell_charge": p.sell_cost if p.sell_charge is None else p.sell_charge,
        "min_trade": given(p.min_trade, 0.0, n),
        "ticket": given(p.ticket, 0.0, n),
        "counted": np.ones(n) if p.counted is None else p.counted.astype(np.float64),
        "cost_row": given(p.cost_row, -1, n),
        "group": given(p.group, -1, n),
        "exclusive": np.full(n, -1) if p.exclusive is None else p.exclusive.astype(np.int64),
        "ordered": np.zeros(n, np.int64) if p.ordered is None else p.ordered.astype(np.int64),
        "lot_asset": p.lot_asset,
        "lot_term": given(p.lot_term, 0, lots),
        "lot_size": p.lot_size,
        "lot_gain": p.lot_gain,
        "lot_slope": p.lot_slope,
        "row_lower": p.row_lower,
        "row_upper": p.row_upper,
        "cells": p.rows.ravel(),
        "lot_row_lower": given(p.lot_row_lower, 0.0, 0),
        "lot_row_upper": given(p.lot_row_upper, 0.0, 0),
        "lot_cells": np.zeros(0) if p.lot_rows is None else p.lot_rows.ravel(),
        "piece_slope": year.slope[:pieces].ravel(),
        "piece_constant": year.constant[:pieces],
        "piece_sides": sides[:pieces].ravel(),
    }

"""Lots a file never saw come, of which its sales tell all the same: by name, by the gain told, by the term told."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from trimtab.core.dates import WASH_DAYS
from trimtab.feeds.statement import Line
from trimtab.ledger.shard import PART_MARK

IN: Final = frozenset({"buy", "reinvest", "option_buy", "transfer_in", "gift_in", "inherit", "split_shares"})
"""Kinds that bring shares."""
_YEAR: Final = dt.timedelta(days=364)


@dataclass(slots=True)
class Told:
    """Receipts that stand for such lots, and the lots whose term is told but whose day of purchase is not."""

    lines: list[Line]
    receipts: list[Line] = field(default_factory=list)
    undated: set[str] = field(default_factory=set)


def told_lots(lines: Sequence[Line]) -> Told:
    """The lines with sales naming their lots, and a receipt for every lot named that no line brought."""
    days = [str(line.row["date"]) for line in lines if line.row.get("date")]
    if not days:
        return Told(list(lines))
    told, seen = Told([]), Counter[str]()
    came = {str(line.row.get("id", "")) for line in lines if line.row.get("type") in IN}
    bought = {
        (line.row.get("account"), line.row.get("symbol")) for line in lines if line.row.get("type") in IN
    }
    for line in lines:
        row = line.row
        if row.get("type") == "sell" and row.get("date"):
            names = list(_unknown(row, came))
            alone = (row.get("account"), row.get("symbol")) not in bought and "relief" not in row
            if not names and "gain" in row and alone:
                stem = f"sold/{row.get('id') or line.place}"
                seen[stem] += 1
                names = [(f"{stem}/{seen[stem]}", str(row.get("qty", "")))]
                pick = {"lot": names[0][0], "qty": names[0][1]}
                line = Line(line.place, {**row, "relief": {"method": "SPEC", "lots": [pick]}})
            for lot, shares in names:
                _receive(told, line, (lot, shares), begins=min(days), alone=len(_picks(row)) <= 1)
        told.lines.append(line)
    return told


def _picks(row: Mapping[str, Any]) -> Sequence[Any]:
    relief = row.get("relief")
    lots = relief.get("lots") if isinstance(relief, Mapping) else None
    return lots if isinstance(lots, list) else ()


def _unknown(row: Mapping[str, Any], came: set[str]) -> Iterable[tuple[str, str]]:
    """Lots named with their shares that no line brought; lots that actions made of others have a slash in their id."""
    for pick in _picks(row):
        if isinstance(pick, Mapping) and isinstance(pick.get("lot"), str) and pick.get("qty"):
            lot = pick["lot"]
            if lot not in came and lot.split(PART_MARK)[0] not in came and "/" not in lot:
                yield lot, str(pick["qty"])


def _receive(told: Told, line: Line, lot: tuple[str, str], *, begins: str, alone: bool) -> None:
    row, (lot_id, shares) = line.row, lot
    begin = dt.date.fromisoformat(begins)
    receipt: dict[str, Any] = {
        "type": "transfer_in",
        "id": lot_id,
        "date": (begin - dt.timedelta(days=1)).isoformat(),
        "account": row.get("account"),
        "symbol": row.get("symbol"),
        "qty": shares,
    }
    basis = _basis(row) if alone else None
    if basis is not None:
        receipt["basis"] = basis
    term = str(row.get("term", "")).upper()[:1]
    if basis is not None and term in ("S", "L"):
        sold = dt.date.fromisoformat(str(row["date"]))
        recent = max(sold - _YEAR, begin - dt.timedelta(days=WASH_DAYS + 1))
        receipt["acquired"] = (sold - 2 * _YEAR if term == "L" else recent).isoformat()
        told.undated.add(lot_id)
    same = [old for old in told.receipts if old.row["id"] == lot_id]
    if same and same[0].row.get("account") == row.get("account"):
        told.receipts.remove(same[0])
        receipt = _together(same[0].row, receipt)
    told.receipts.append(Line(line.place, receipt))


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A lot sold in two sales: shares and bases added, the earlier stand-in for its day."""
    both = {**other, "qty": _add(one["qty"], other["qty"])}
    both.pop("basis", None)
    if "basis" in one and "basis" in other:
        both["basis"] = _add(one["basis"], other["basis"])
    return both


def _add(one: object, other: object) -> str:
    try:
        return format(Decimal(str(one)) + Decimal(str(other)), "f")
    except InvalidOperation:
        return str(one)


def _basis(row: Mapping[str, Any]) -> str | None:
    """Proceeds less the gain told; None where no gain is, or where it exceeds the proceeds."""
    try:
        basis = Decimal(str(row["amount"])) - Decimal(str(row["gain"]))
    except (KeyError, InvalidOperation):
        return None
    return format(basis, "f") if basis >= 0 else None

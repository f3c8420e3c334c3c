"""Rows of Form 8949 from relieved pieces: box by what the broker's form carries, codes by where it is wrong."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from trimtab.core.amounts import Money
from trimtab.core.dates import Term
from trimtab.ledger.form8949 import Form1099B, Row8949, row, sale_of
from trimtab.ledger.lots import Closed

COVERED_FROM: Final = dt.date(2011, 1, 1)
"""Stock bought since then is covered: its basis is on the 1099-B (tax.md 10)."""
VARIOUS, UNKNOWN = "VARIOUS", "unknown"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the broker's own view shows of a piece: basis (None unknown), and box 1g."""

    basis: Money | None
    washed: Money


def form_row(closed: Closed, broker: Shown, *, covered: bool, dated: bool) -> Row8949 | None:
    """The row of one piece; None where basis or term is unknown.

    Shares bought in the account since 2011 are taken as covered, all others as not. Where the day is unknown but
    surely more than a year before, column (b) says VARIOUS.
    """
    form = Form1099B.REPORTED if covered and closed.acquired >= COVERED_FROM else Form1099B.NOT_REPORTED
    if closed.basis is None or (closed.term is None and not dated):
        return None
    sale = sale_of(closed, form=form, basis_shown=broker.basis, wash_shown=broker.washed)
    assert sale is not None
    found = row(sale)
    return found if dated else replace(found, acquired=VARIOUS)


def part_of(closed: Closed) -> str:
    """Part I or II by the term; empty where it is unknown."""
    return {Term.SHORT: "I", Term.LONG: "II"}.get(closed.term, "") if closed.term else ""

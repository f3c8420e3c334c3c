"""A ledger as rows of the book: open lots with parts told apart, sales one row a piece, purchases."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import polars as pl

from trimtab.core.amounts import NANO, Money, Rounding, divide
from trimtab.ledger.columns import MONEY
from trimtab.ledger.entries import Entry, Gift, Inheritance, Purchase, Receipt, Sale, Split
from trimtab.ledger.lots import Ledger, Lot
from trimtab.ledger.shard import PART_MARK

_LOTS: Mapping[str, type[pl.DataType] | pl.DataType] = {
    "account_id": pl.String,
    "lot_id": pl.String,
    "security_id": pl.String,
    "quantity": MONEY,
    "unit_cost": MONEY,
    "acquired": pl.Date,
    "adjusted_acquired": pl.Date,
}
_LINES: Mapping[str, type[pl.DataType] | pl.DataType] = {
    "account_id": pl.String,
    "transaction_id": pl.String,
    "date": pl.Date,
    "kind": pl.String,
    "security_id": pl.String,
    "quantity": MONEY,
    "amount": MONEY,
    "gain": MONEY,
    "term": pl.String,
    "lot_id": pl.String,
    "order": pl.String,
    "underlying": pl.String,
    "acquired": pl.Date,
    "new": MONEY,
    "old": MONEY,
}


def lots_frame(lots: Iterable[Lot]) -> pl.DataFrame:
    """The book's `lots`: unit cost to the billionth, parts of one lot marked, sorted by account and lot."""
    seen: Counter[tuple[str, str]] = Counter()
    rows = []
    for lot in sorted(
        lots, key=lambda lot: (lot.account_id, lot.lot_id, lot.security_id, *lot.purchase_order())
    ):
        seen[lot.account_id, lot.lot_id] += 1
        part = seen[lot.account_id, lot.lot_id]
        rows.append(
            (
                lot.account_id,
                lot.lot_id if part == 1 else f"{lot.lot_id}{PART_MARK}{part}",
                lot.security_id,
                lot.quantity.decimal(),
                _unit_cost(lot),
                lot.acquired,
                lot.adjusted_acquired,
            )
        )
    return pl.DataFrame(rows, schema=_LOTS, orient="row").sort("account_id", "lot_id")


def _unit_cost(lot: Lot) -> Decimal | None:
    if lot.basis is None:
        return None
    return Money(divide(lot.basis.nano * NANO, lot.quantity.nano, Rounding.HALF_EVEN)).decimal()


def transactions_frame(ledger: Ledger, entries: Sequence[Entry], through: dt.date) -> pl.DataFrame:
    """The book's `transactions` up to a day: what came, splits, and sales with one row a lot piece.

    `gain` is before the wash rule: proceeds less adjusted basis.
    """
    rows = [row for entry in entries if entry.date <= through for row in _rows(entry)]
    orders = {
        entry.entry_id: entry.order_id for entry in entries if isinstance(entry, Sale) and entry.order_id
    }
    seen: Counter[str] = Counter()
    for row in ledger.closed:
        if row.disposed > through or not row.quantity:
            continue
        seen[row.sale_id] += 1
        gain = None if row.basis is None else (row.proceeds - row.basis).decimal()
        rows.append(
            (
                row.account_id,
                f"{row.sale_id}{PART_MARK}{seen[row.sale_id]:03d}",
                row.disposed,
                "sell",
                row.security_id,
                row.quantity.decimal(),
                row.proceeds.decimal(),
                gain,
                row.term,
                row.lot_id,
                orders.get(row.sale_id, row.sale_id),
                None,
                row.acquired,
                None,
                None,
            )
        )
    return pl.DataFrame(rows, schema=_LINES, orient="row").sort("account_id", "transaction_id")


def _rows(entry: Entry) -> list[tuple[object, ...]]:
    match entry:
        case Purchase():
            return [_purchase_row(entry)]
        case Gift() | Inheritance() | Receipt():
            kind = {Gift: "gift_in", Inheritance: "inherit", Receipt: "transfer_in"}[type(entry)]
            shares = entry.quantity.decimal()
            names = (entry.account_id, entry.entry_id, entry.date, kind, entry.security_id)
            return [(*names, shares, None, None, None, entry.entry_id, None, None, None, None, None)]
        case Split():
            names = ("", entry.entry_id, entry.date, "split", entry.security_id)
            ratio = (Decimal(entry.ratio.numerator), Decimal(entry.ratio.denominator))
            return [(*names, None, None, None, None, None, None, None, None, *ratio)]
        case _:
            return []


def _purchase_row(entry: Purchase) -> tuple[object, ...]:
    return (
        entry.account_id,
        entry.entry_id,
        entry.date,
        "option_buy" if entry.underlying_id else "buy",
        entry.security_id,
        entry.quantity.decimal(),
        None if entry.amount is None else entry.amount.decimal(),
        None,
        None,
        entry.entry_id,
        entry.order_id or None,
        entry.underlying_id or None,
        None,
        None,
        None,
    )

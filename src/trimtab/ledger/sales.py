"""Shares that leave by a sale or without one: relief, closed rows, and the wash rule on the losses."""

from collections.abc import Sequence

from trimtab.core.amounts import Money, Quantity, split, total
from trimtab.core.result import Reason
from trimtab.ledger import wash
from trimtab.ledger.entries import Entry, Relief, Removal, Sale
from trimtab.ledger.lots import Lot, Moved, close
from trimtab.ledger.relief import ReliefError, Request, relieve
from trimtab.ledger.state import CASH, State, named, quantity_of
from trimtab.ledger.wash import WashRules

Piece = tuple[int, Lot]
"""A closed row's place and the lot it relieved."""


def sell(state: State, rules: WashRules, fills: Sequence[Sale]) -> None:
    """Relieve lots for the fills of one order, close them at the proceeds, let the wash rule see the losses."""
    pieces: list[Piece] = []
    for entry in fills:
        taken = take(state, entry, quantity=entry.quantity, proceeds=entry.amount, relief=entry.relief)
        pieces += close_pieces(state, entry, taken, entry.amount)
    wash.sell_at_a_loss(state, rules, pieces)


def remove(state: State, entry: Removal) -> None:
    """Let lots leave without a closed row; nothing is gained, nothing washed.

    Without identification the oldest shares leave: a standing method of relief is about sales, and may need a price.
    """
    relief = entry.relief or Relief("FIFO")
    held = state.held(entry.account_id, entry.security_id)
    everything = named(held, relief.picks) if relief.picks else quantity_of(held)
    for lot in take(state, entry, quantity=entry.quantity or everything, proceeds=None, relief=relief):
        state.post_shares(entry.entry_id, lot, -1)
        if lot.basis is not None:
            state.move(entry.entry_id, lot, Moved.REMOVED, lot.basis)


def take(
    state: State, entry: Sale | Removal, *, quantity: Quantity, proceeds: Money | None, relief: Relief | None
) -> list[Lot]:
    """Take shares off the shelf by a relief method; on failure nothing moves and the entry is reported."""
    how = relief or state.household.default_relief
    lots = state.held(entry.account_id, entry.security_id)
    try:
        taken, left = relieve(lots, Request(quantity, entry.date, proceeds, how))
    except ReliefError as reason:
        state.fail(
            entry,
            Reason.CONFLICT,
            field_name="quantity",
            value=f"{entry.security_id} {quantity}",
            message=str(reason),
            remedy="supply the missing purchase or transfer, or name lots that are held",
        )
        return []
    state.set_held(entry.account_id, entry.security_id, left)
    for lot in taken[:1]:
        state.move(entry.entry_id, lot, Moved.REVALUED, _bases(lots) - _bases([*taken, *left]))
    return taken


def _bases(lots: Sequence[Lot]) -> Money:
    return total([lot.basis for lot in lots if lot.basis is not None])


def close_pieces(state: State, entry: Entry, taken: Sequence[Lot], proceeds: Money) -> list[Piece]:
    """Close pieces already off the shelf, proceeds in proportion to shares; the losses are not yet washed."""
    if not taken:
        return []
    pieces: list[Piece] = []
    shares = split(proceeds.nano, [lot.quantity.nano for lot in taken])
    for lot, nano in zip(taken, shares, strict=True):
        row = close(lot, sale_id=entry.entry_id, proceeds=Money(nano), disposed=entry.date)
        if lot.basis is None:
            state.fail(
                entry,
                Reason.MISSING,
                field_name="basis",
                value=lot.lot_id,
                message=f"basis of lot {lot.lot_id} is unknown: gain unknown",
                remedy="supply basis and date of purchase",
            )
        elif row.basis is not None:
            state.move(entry.entry_id, lot, Moved.REVALUED, lot.basis - row.basis)
        pieces.append((len(state.closed), lot))
        state.closed.append(row)
        state.post_shares(entry.entry_id, lot, -1)
        state.post(entry.entry_id, lot.account_id, CASH, nano)
    return pieces

"""Shares that come: bought, received, given, inherited, or moved from another account of ours."""

import datetime as dt
from dataclasses import replace

from trimtab.core.amounts import Money
from trimtab.core.result import Reason
from trimtab.ledger import wash
from trimtab.ledger.entries import Gift, Inheritance, Purchase, Receipt, Relief, Transfer
from trimtab.ledger.lots import Lot, Moved
from trimtab.ledger.relief import ReliefError, Request, relieve
from trimtab.ledger.state import CASH, State, named, quantity_of
from trimtab.ledger.wash import WashRules


def purchase(state: State, rules: WashRules, entry: Purchase) -> None:
    """A new lot of the purchase date; losses waiting in their windows find it."""
    lot = replace(
        _lot(state, entry, basis=entry.amount, acquired=entry.date),
        order_id=entry.order_id or entry.entry_id,
        underlying_id=entry.underlying_id,
        purchased=True,
    )
    _arrive(state, lot)
    if entry.amount is None:
        _unknown_basis(state, entry)
    else:
        state.post(entry.entry_id, entry.account_id, CASH, -entry.amount.nano)
    wash.buy(state, rules, lot)


def receive(state: State, entry: Receipt) -> None:
    """Shares from outside: an unknown basis stays unknown, an unknown date counts from today and is reported."""
    _arrive(state, _lot(state, entry, basis=entry.basis, acquired=entry.acquired or entry.date))
    if entry.basis is None or entry.acquired is None:
        _unknown_basis(state, entry)


def gift(state: State, entry: Gift) -> None:
    """Donor's basis and date; where the value was lower, the value and day of the gift for a loss (1015(a), (d)(6))."""
    lot = _lot(state, entry, basis=entry.donor_basis + _gift_tax_share(entry), acquired=entry.donor_acquired)
    if entry.value < entry.donor_basis:
        lot = replace(lot, loss_basis=entry.value, loss_acquired=entry.date)
    _arrive(state, lot)


def inherit(state: State, entry: Inheritance) -> None:
    """Basis is the value on the day of death, up or down; the term is long at once."""
    lot = _lot(state, entry, basis=entry.value, acquired=entry.date)
    _arrive(state, replace(lot, inherited=True))


def transfer(state: State, entry: Transfer) -> None:
    """Lots change account with basis, dates and wash history; no sale, no purchase."""
    lots = state.held(entry.from_id, entry.security_id)
    relief = Relief("SPEC", entry.picks) if entry.picks else Relief("FIFO")
    quantity = named(lots, entry.picks) if entry.picks else quantity_of(lots)
    try:
        moved, left = relieve(lots, Request(quantity, entry.date, None, relief))
        problem = "" if moved else f"account {entry.from_id} holds no {entry.security_id}"
    except ReliefError as reason:
        problem = str(reason)
    if problem:
        state.fail(
            entry,
            Reason.CONFLICT,
            field_name="lots",
            value=entry.security_id,
            message=problem,
            remedy="name lots the account holds, or book the receipt with its basis",
        )
        return
    state.set_held(entry.from_id, entry.security_id, left)
    for lot in moved:
        state.post_shares(entry.entry_id, lot, -1)
        here = replace(lot, account_id=entry.to_id)
        state.add(here)
        state.post_shares(entry.entry_id, here, 1)


def _lot(
    state: State, entry: Purchase | Receipt | Gift | Inheritance, *, basis: Money | None, acquired: dt.date
) -> Lot:
    return Lot(
        lot_id=entry.entry_id,
        account_id=entry.account_id,
        security_id=entry.security_id,
        quantity=entry.quantity,
        basis=basis,
        acquired=acquired,
        adjusted_acquired=acquired,
        sequence=state.next_sequence(),
        order_id=entry.entry_id,
        bought_as=entry.security_id,
    )


def _arrive(state: State, lot: Lot) -> None:
    state.add(lot)
    state.post_shares(lot.lot_id, lot, 1)
    if lot.basis is not None:
        state.move(lot.lot_id, lot, Moved.ACQUIRED, lot.basis)


def _gift_tax_share(entry: Gift) -> Money:
    """Gift tax on the appreciation adds to basis: tax × appreciation / taxable gift, never more than the tax."""
    appreciation = entry.value - entry.donor_basis
    if appreciation.nano <= 0 or entry.taxable_gift.nano <= 0:
        return Money(0)
    part = min(appreciation.nano, entry.taxable_gift.nano)
    return Money(entry.gift_tax.nano * part // entry.taxable_gift.nano)


def _unknown_basis(state: State, entry: Purchase | Receipt) -> None:
    state.fail(
        entry,
        Reason.MISSING,
        field_name="basis",
        value="",
        message="shares came without their basis or date of purchase; the basis stays unknown",
        remedy="supply basis and date of purchase from the former custodian's statement",
    )

"""Corporate actions applied to lots, lot by lot: basis is kept, spread, carried over or recovered (Reg. 1.358-2)."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from trimtab.core.amounts import ZERO, Money, Quantity
from trimtab.core.result import Reason
from trimtab.ledger import wash
from trimtab.ledger.entries import (
    CashForFraction,
    CashMerger,
    Entry,
    Relief,
    ReturnOfCapital,
    SpinOff,
    Split,
    SymbolChange,
)
from trimtab.ledger.lots import Closed, Lot, Moved, lot_term
from trimtab.ledger.relief import Request, relieve
from trimtab.ledger.sales import Piece, close_pieces
from trimtab.ledger.state import CASH, State, quantity_of
from trimtab.ledger.wash import WashRules


def split(state: State, rules: WashRules, entry: Split) -> None:
    """Spread each basis over the new count, then sell the fractions paid in cash.

    Calls on the security cover the new count, and losses waiting for a replacement wait for as many new shares.
    """
    for security_id in (entry.security_id, *state.calls_on(entry.security_id)):
        for account_id in state.holders(security_id):
            convert(state, entry, (account_id, security_id), security_id, entry.ratio)
    wash.rescale(state, entry.security_id, entry.ratio)
    pay_fractions(state, rules, entry, (entry.security_id, entry.cash))


def convert(
    state: State, entry: Entry, shelf: tuple[str, str], new_security_id: str, ratio: Fraction
) -> list[tuple[Lot, Lot]]:
    """Exchange all lots of a shelf for `ratio` times as many shares of a security; pairs of old and new lots."""
    old = state.held(*shelf)
    pairs: list[tuple[Lot, Lot]] = []
    for lot, quantity in zip(old, counts(old, ratio), strict=True):
        state.post_shares(entry.entry_id, lot, -1)
        if quantity.nano == 0:
            state.move(entry.entry_id, lot, Moved.ROUNDED_AWAY, lot.basis or ZERO)
            continue
        new = replace(lot, security_id=new_security_id, quantity=quantity)
        state.post_shares(entry.entry_id, new, 1)
        pairs.append((lot, new))
    state.set_held(*shelf, ())
    for _, new in pairs:
        state.add(new)
    return pairs


def counts(lots: Sequence[Lot], ratio: Fraction) -> list[Quantity]:
    """New shares for each lot: rounded down together, so the account gets its total to the billionth."""
    sums = [0]
    for lot in lots:
        sums.append(sums[-1] + lot.quantity.nano)
    ends = [before * ratio.numerator // ratio.denominator for before in sums]
    return [Quantity(end - start) for start, end in pairwise(ends)]


def spin_off(state: State, rules: WashRules, entry: SpinOff) -> None:
    """The child takes its fraction of each lot's basis and the lot's dates; its shares were not bought."""
    for account_id in state.holders(entry.security_id):
        parents = state.held(account_id, entry.security_id)
        for parent, quantity in zip(parents, counts(parents, entry.ratio), strict=True):
            if quantity.nano:
                kept, child = _hive_off(entry, parent, quantity)
                state.exchange(parent, [kept])
                state.add(child)
                state.post_shares(entry.entry_id, child, 1)
    pay_fractions(state, rules, entry, (entry.child_id, entry.cash))


def _hive_off(entry: SpinOff, parent: Lot, quantity: Quantity) -> tuple[Lot, Lot]:
    carried = _fraction(parent.basis, entry.basis_fraction)
    carried_loss = _fraction(parent.loss_basis, entry.basis_fraction)
    child = replace(
        parent,
        lot_id=f"{parent.lot_id}/{entry.child_id}",
        security_id=entry.child_id,
        quantity=quantity,
        basis=carried,
        loss_basis=carried_loss,
        purchased=False,
        bought_as=entry.child_id,
    )
    kept = replace(
        parent, basis=_less(parent.basis, carried), loss_basis=_less(parent.loss_basis, carried_loss)
    )
    return kept, child


def merge_for_cash(state: State, rules: WashRules, entry: CashMerger) -> None:
    """A sale of every lot of every account at once: full gain or loss, and the wash rule applies."""
    pieces: list[Piece] = []
    for account_id in state.holders(entry.security_id):
        lots = state.held(account_id, entry.security_id)
        state.set_held(account_id, entry.security_id, ())
        pieces += close_pieces(state, entry, lots, entry.cash_per_share.times(quantity_of(lots)))
    wash.sell_at_a_loss(state, rules, pieces)


def return_capital(state: State, entry: ReturnOfCapital) -> None:
    """Lower the basis of every lot equally a share, never below zero; the excess is gain by the lot's term."""
    for lot in state.held(entry.account_id, entry.security_id):
        amount = entry.per_share.times(lot.quantity)
        state.post(entry.entry_id, lot.account_id, CASH, amount.nano)
        if lot.basis is None:
            _unknown(state, entry, lot)
            continue
        recovered = min(lot.basis, amount)
        loss_basis = None if lot.loss_basis is None else lot.loss_basis - min(lot.loss_basis, amount)
        state.exchange(lot, [replace(lot, basis=lot.basis - recovered, loss_basis=loss_basis)])
        state.move(entry.entry_id, lot, Moved.RECOVERED, recovered)
        if recovered < amount:
            state.closed.append(gain_row(entry, lot, Quantity(0), proceeds=amount - recovered, basis=ZERO))


def gain_row(entry: Entry, lot: Lot, quantity: Quantity, *, proceeds: Money, basis: Money | None) -> Closed:
    """A closed row of an action that recognizes a gain while the lot lives on."""
    return Closed(
        sale_id=entry.entry_id,
        lot_id=lot.lot_id,
        account_id=lot.account_id,
        security_id=lot.security_id,
        quantity=quantity,
        proceeds=proceeds,
        basis=basis,
        term=None if basis is None else lot_term(lot, entry.date),
        acquired=lot.acquired,
        adjusted_acquired=lot.adjusted_acquired,
        disposed=entry.date,
        inherited=lot.inherited,
    )


def rename(state: State, entry: SymbolChange) -> None:
    """The security, its lots, the losses waiting on it and its identical group go by the new name."""
    old, new = entry.security_id, entry.new_security_id
    state.rename(old, new)
    for account_id in state.holders(old):
        convert(state, entry, (account_id, old), new, Fraction(1))
    for shelf in state.every_shelf():
        shelf[:] = [_renamed(lot, old, new) for lot in shelf]
    for loss in tuple(state.pending.values()):
        state.pending[loss.row] = replace(
            loss,
            security_id=new if loss.security_id == old else loss.security_id,
            bought_as=new if loss.bought_as == old else loss.bought_as,
        )
    state.reindex()


def _renamed(lot: Lot, old: str, new: str) -> Lot:
    """The lot with the old name gone from its memory of the purchase and from what it is a call on."""
    return replace(
        lot,
        bought_as=new if lot.bought_as == old else lot.bought_as,
        underlying_id=new if lot.underlying_id == old else lot.underlying_id,
    )


def pay_fractions(
    state: State, rules: WashRules, entry: Entry, paid: tuple[str, tuple[CashForFraction, ...]]
) -> None:
    """Sell the fraction of a share each account was left with for the cash it got, oldest shares first.

    The fraction counts as received and then sold: its basis is its portion of the lot's, the gain is capital.
    """
    security_id, payments = paid
    pieces: list[Piece] = []
    for payment in payments:
        lots = state.held(payment.account_id, security_id)
        fraction = quantity_of(lots).fraction()
        if fraction.nano == 0:
            state.fail(
                entry,
                Reason.CONFLICT,
                field_name="cash_in_lieu",
                value=f"{payment.account_id} {payment.amount}",
                message="cash was paid for a fraction of a share, but none is left over",
                remedy="check the ratio and the shares held on the record date",
            )
            continue
        taken, left = relieve(lots, Request(fraction, entry.date, None, Relief("FIFO")))
        state.set_held(payment.account_id, security_id, left)
        pieces += close_pieces(state, entry, taken, payment.amount)
    wash.sell_at_a_loss(state, rules, pieces)


def _fraction(amount: Money | None, part: Fraction) -> Money | None:
    return None if amount is None else Money(amount.nano * part.numerator // part.denominator)


def _less(amount: Money | None, carried: Money | None) -> Money | None:
    return None if amount is None or carried is None else amount - carried


def _unknown(state: State, entry: Entry, lot: Lot) -> None:
    state.fail(
        entry,
        Reason.MISSING,
        field_name="basis",
        value=lot.lot_id,
        message=f"basis of lot {lot.lot_id} is unknown: it stays unknown, and so does the gain",
        remedy="supply basis and date of purchase",
    )

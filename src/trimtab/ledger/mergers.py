"""Reorganisations for stock, with and without cash (26 USC 354, 356, 358): per lot, gain up to the cash, no loss."""

from dataclasses import replace

from trimtab.core.amounts import ZERO, Money
from trimtab.core.result import Reason
from trimtab.ledger.actions import convert, gain_row, pay_fractions
from trimtab.ledger.entries import StockMerger
from trimtab.ledger.lots import Lot, Moved
from trimtab.ledger.state import CASH, State
from trimtab.ledger.wash import WashRules


def merge_for_stock(state: State, rules: WashRules, entry: StockMerger) -> None:
    """Exchange every lot; with boot, recognize the smaller of realized gain and cash on each lot by itself."""
    if entry.cash_per_share and entry.new_price is None:
        state.fail(
            entry,
            Reason.MISSING,
            field_name="fmv_new",
            value="",
            message="a merger for stock and cash needs the value of the new share to know the gain realized",
            remedy="supply the value of one new share on the day of the exchange",
        )
        return
    for account_id in state.holders(entry.security_id):
        shelf = (account_id, entry.security_id)
        for old, new in convert(state, entry, shelf, entry.new_security_id, entry.ratio):
            if entry.cash_per_share:
                state.exchange(new, [_with_boot(state, entry, old, new)])
    pay_fractions(state, rules, entry, (entry.new_security_id, entry.cash))


def _with_boot(state: State, entry: StockMerger, old: Lot, new: Lot) -> Lot:
    """The new lot after its cash: old basis − cash + gain; the gain becomes a closed row."""
    assert entry.new_price is not None
    cash = entry.cash_per_share.times(old.quantity)
    state.post(entry.entry_id, old.account_id, CASH, cash.nano)
    if old.basis is None:
        state.closed.append(gain_row(entry, old, old.quantity, proceeds=cash, basis=None))
        return new
    realized = entry.new_price.times(new.quantity) + cash - old.basis
    gain = min(max(realized, ZERO), cash)
    recovered = cash - gain
    if gain:
        state.closed.append(gain_row(entry, old, old.quantity, proceeds=cash, basis=recovered))
    else:
        state.move(entry.entry_id, old, Moved.RECOVERED, recovered)
    return replace(new, basis=old.basis - recovered, loss_basis=_floor(old.loss_basis, recovered))


def _floor(basis: Money | None, recovered: Money) -> Money | None:
    return None if basis is None else basis - min(basis, recovered)

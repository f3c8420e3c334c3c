"""The conservation laws of a ledger, as functions: what is broken, in words; nothing where all holds."""

from collections import defaultdict
from collections.abc import Callable

from trimtab.core.amounts import ZERO
from trimtab.ledger.lots import Ledger, Moved
from trimtab.ledger.state import CASH, WORLD


def legs_balance(ledger: Ledger) -> list[str]:
    """The postings of every entry sum to zero in every unit."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for leg in ledger.postings:
        sums[leg.entry_id, leg.unit] += leg.nano
    return [
        f"entry {entry}: {unit or 'cash'} is off by {nano}" for (entry, unit), nano in sums.items() if nano
    ]


def lots_are_positions(ledger: Ledger) -> list[str]:
    """Shares of the lots of an account and security are what was posted to it."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for leg in ledger.postings:
        if leg.account_id != WORLD and leg.unit != CASH:
            sums[leg.account_id, leg.unit] += leg.nano
    for lot in ledger.lots:
        sums[lot.account_id, lot.security_id] -= lot.quantity.nano
    return [
        f"{account} {security}: lots are off by {nano}" for (account, security), nano in sums.items() if nano
    ]


def basis_conserves(ledger: Ledger) -> list[str]:
    """Acquired + disallowed = relieved + remaining, with what was recovered, removed or rounded away."""
    came = {Moved.ACQUIRED, Moved.WASH_ADDED}
    known = [move for move in ledger.moves if move.why is not Moved.WASH_UNKNOWN]
    moved = sum(move.amount.nano if move.why in came else -move.amount.nano for move in known)
    relieved = sum(row.basis.nano for row in ledger.closed if row.basis is not None)
    remaining = sum(lot.basis.nano for lot in ledger.lots if lot.basis is not None)
    off = moved - relieved - remaining
    return [f"basis is off by {off} billionths"] if off else []


def disallowed_goes_somewhere(ledger: Ledger) -> list[str]:
    """What the wash rule refuses is in a replacement's basis or lost for good, and never more than the loss."""
    wrong = [
        f"sale {row.sale_id} lot {row.lot_id}: {row.disallowed} disallowed"
        for row in ledger.closed
        if row.basis is not None
        and not ZERO <= row.permanent <= row.disallowed <= max(ZERO, row.basis - row.proceeds)
    ]
    added = sum(
        move.amount.nano for move in ledger.moves if move.why in (Moved.WASH_ADDED, Moved.WASH_UNKNOWN)
    )
    refused = sum(row.disallowed.nano - row.permanent.nano for row in ledger.closed)
    if refused != added:
        wrong.append(f"{refused - added} billionths of disallowed loss went nowhere")
    return wrong


def losses_wait_within_their_rows(ledger: Ledger) -> list[str]:
    """A waiting loss is what its closed row has not yet had refused."""
    wrong = []
    for loss in ledger.pending:
        row = ledger.closed[loss.row]
        assert row.basis is not None, row
        if loss.loss_at_risk != row.basis - row.proceeds - row.disallowed:
            wrong.append(f"sale {row.sale_id} lot {row.lot_id}: {loss.loss_at_risk} waits")
    return wrong


LAWS: tuple[Callable[[Ledger], list[str]], ...] = (
    legs_balance,
    lots_are_positions,
    basis_conserves,
    disallowed_goes_somewhere,
    losses_wait_within_their_rows,
)


def broken(ledger: Ledger) -> list[str]:
    """Every law a ledger breaks, in words."""
    return [f"{law.__name__}: {word}" for law in LAWS for word in law(ledger)]

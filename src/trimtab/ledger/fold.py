"""fold(opening, entries) -> lots, gains, failures: the ledger is what its entries make of it, and nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from trimtab.core.result import Reason
from trimtab.ledger import actions, arrivals, mergers, sales, wash
from trimtab.ledger.entries import (
    CashMerger,
    CashMovement,
    Entry,
    Gift,
    Inheritance,
    Purchase,
    Receipt,
    Removal,
    ReturnOfCapital,
    Sale,
    SpinOff,
    Split,
    StockMerger,
    SymbolChange,
    Transfer,
)
from trimtab.ledger.lots import Ledger
from trimtab.ledger.state import CASH, Household, State
from trimtab.ledger.wash import WashRules

DEFAULT_RULES = WashRules()


def fold(
    opening: Ledger, entries: Iterable[Entry], *, household: Household, rules: WashRules = DEFAULT_RULES
) -> Ledger:
    """Apply entries to a ledger: by trade date, within a day in the order given.

    Pure: the same opening and entries give the same ledger, and folding in two steps gives what one step gives.
    An entry that cannot be used becomes a failure and moves nothing; the rest goes on.
    """
    state = State.of(opening, household)
    for order in _orders(sorted(entries, key=lambda entry: entry.date)):
        good = [entry for entry in order if _usable(state, entry)]
        if good:
            if state.today != good[0].date:
                state.today = good[0].date
                wash.expire(state)
            _apply(state, rules, good)
    return state.frozen()


def _orders(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Entries one by one, but the fills of one order of sale together: what it sells replaces nothing of itself."""
    for _, group in groupby(entries, key=lambda entry: (entry.date, _order_id(entry))):
        yield list(group)


def _order_id(entry: Entry) -> tuple[bool, str]:
    if isinstance(entry, Sale) and entry.order_id:
        return (True, entry.order_id)
    return (False, entry.entry_id)


def _usable(state: State, entry: Entry) -> bool:
    known = (entry.entry_id not in state.applied, state.today is None or state.today <= entry.date)
    missing = [account for account in accounts_of(entry) if account not in state.owners]
    if all(known) and not missing:
        state.applied.add(entry.entry_id)
        return True
    if missing:
        reason, message = Reason.MISSING, f"no account {missing[0]}"
        remedy = "add the account, or correct its id"
    elif not known[0]:
        reason, message = Reason.DUPLICATE, "an entry with this id was already applied"
        remedy = "send a correction if the entry has changed"
    else:
        reason, message = Reason.CONFLICT, f"dated before {state.today}, to which the ledger is folded"
        remedy = "fold again from an earlier ledger"
    state.fail(
        entry, reason, field_name="transaction_id", value=entry.entry_id, message=message, remedy=remedy
    )
    return False


def accounts_of(entry: Entry) -> tuple[str, ...]:
    """The accounts an entry names."""
    names = ("account_id", "from_id", "to_id")
    return tuple(getattr(entry, name) for name in names if hasattr(entry, name))


def _apply(state: State, rules: WashRules, order: Sequence[Entry]) -> None:
    first = order[0]
    match first:
        case Sale():
            sales.sell(state, rules, [entry for entry in order if isinstance(entry, Sale)])
        case Purchase():
            arrivals.purchase(state, rules, first)
        case CashMovement():
            state.post(first.entry_id, first.account_id, CASH, first.amount.nano)
        case Removal():
            sales.remove(state, first)
        case Receipt() | Gift() | Inheritance() | Transfer():
            _arrive(state, first)
        case _:
            _act(state, rules, first)


def _arrive(state: State, entry: Receipt | Gift | Inheritance | Transfer) -> None:
    match entry:
        case Receipt():
            arrivals.receive(state, entry)
        case Gift():
            arrivals.gift(state, entry)
        case Inheritance():
            arrivals.inherit(state, entry)
        case Transfer():
            arrivals.transfer(state, entry)


def _act(state: State, rules: WashRules, entry: Entry) -> None:
    match entry:
        case Split():
            actions.split(state, rules, entry)
        case SpinOff():
            actions.spin_off(state, rules, entry)
        case StockMerger():
            mergers.merge_for_stock(state, rules, entry)
        case CashMerger():
            actions.merge_for_cash(state, rules, entry)
        case ReturnOfCapital():
            actions.return_capital(state, entry)
        case SymbolChange():
            actions.rename(state, entry)
        case _:
            raise AssertionError(f"no rule for {type(entry).__name__}")

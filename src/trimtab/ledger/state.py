"""The working state of one fold: what a ledger becomes while entries are applied. Never leaves the fold."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trimtab.core.amounts import Money, Quantity
from trimtab.core.result import Failure, Reason
from trimtab.ledger.entries import Entry, Pick, Relief
from trimtab.ledger.lots import BasisMove, Closed, Ledger, Lot, Moved, Pending, Posting
from trimtab.ledger.relief import DEFAULT_RELIEF

WORLD = ""
"""The other side of every posting: whoever is not one of our accounts."""
CASH = ""
"""The unit of a posting in dollars."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the ledger needs it: who owns it, whether its gains are taxed."""

    account_id: str
    taxable: bool = True
    owner: str = "self"


@dataclass(frozen=True, slots=True)
class Household:
    """The accounts whose purchases see each other, the securities held substantially identical, the relief rule."""

    accounts: tuple[Account, ...]
    identical_groups: tuple[tuple[str, ...], ...] = ()
    default_relief: Relief = DEFAULT_RELIEF


@dataclass(slots=True)
class State:
    """Mutable twin of `Ledger`: lots by account and security, losses in their windows by closed row, in order of sale.

    Two indices by identical group spare the wash rule the rest: `waiting` the losses, `families` the securities held
    at any time, a call also under its underlying's group.
    """

    household: Household
    lots: dict[str, dict[str, list[Lot]]]
    closed: list[Closed]
    pending: dict[int, Pending]
    postings: list[Posting] = field(default_factory=list)
    moves: list[BasisMove] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    sequence: int = 0
    today: dt.date | None = None
    owners: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    taxed: dict[str, bool] = field(default_factory=dict)
    names: list[tuple[str, str]] = field(default_factory=list)
    applied: set[str] = field(default_factory=set)
    waiting: dict[str, dict[int, None]] = field(default_factory=dict)
    families: dict[str, dict[str, None]] = field(default_factory=dict)

    @staticmethod
    def of(ledger: Ledger, household: Household) -> "State":
        """A working copy of a ledger."""
        state = State(
            household=household,
            lots={},
            closed=list(ledger.closed),
            pending={},
            postings=list(ledger.postings),
            moves=list(ledger.moves),
            failures=list(ledger.failures),
            sequence=ledger.sequence,
            today=ledger.through,
            owners={account.account_id: account.owner for account in household.accounts},
            groups={member: names[0] for names in household.identical_groups for member in names},
            taxed={account.account_id: account.taxable for account in household.accounts},
            applied=set(ledger.applied),
        )
        for old, new in ledger.names:
            state.rename(old, new)
        for lot in ledger.lots:
            state.add(lot)
        for loss in ledger.pending:
            state.wait(loss)
        return state

    def frozen(self) -> Ledger:
        """The state as a value; lots sorted by account, security and purchase, parts alike as they stood."""
        lots = [lot for shelves in self.lots.values() for shelf in shelves.values() for lot in shelf]
        return Ledger(
            lots=tuple(
                sorted(lots, key=lambda lot: (lot.account_id, lot.security_id, *lot.purchase_order()))
            ),
            closed=tuple(self.closed),
            pending=tuple(self.pending.values()),
            postings=tuple(self.postings),
            moves=tuple(self.moves),
            failures=tuple(self.failures),
            sequence=self.sequence,
            through=self.today,
            names=tuple(self.names),
            applied=frozenset(self.applied),
        )

    def _shelf(self, account_id: str, security_id: str) -> list[Lot]:
        return self.lots.setdefault(account_id, {}).setdefault(security_id, [])

    def held(self, account_id: str, security_id: str) -> list[Lot]:
        """Open lots of a security in an account, in order of purchase."""
        return sorted(self.lots.get(account_id, {}).get(security_id, ()), key=Lot.purchase_order)

    def shelves(self, account_id: str) -> Iterator[list[Lot]]:
        """The lots of an account, one list a security."""
        return (shelf for shelf in self.lots.get(account_id, {}).values() if shelf)

    def every_shelf(self) -> Iterator[list[Lot]]:
        """The lots of all accounts, one list an account and security."""
        return (shelf for account_id in self.lots for shelf in self.shelves(account_id))

    def calls_on(self, security_id: str) -> list[str]:
        """The calls held by anybody on a security."""
        firsts = (shelf[0] for shelf in self.every_shelf())
        return sorted({lot.security_id for lot in firsts if lot.underlying_id == security_id})

    def rename(self, old: str, new: str) -> None:
        """A security goes by a new name from now on, in its identical group too."""
        self.names.append((old, new))
        self.groups.setdefault(new, self.group(old))

    def reindex(self) -> None:
        """Build the indices anew, after names or groups have changed."""
        self.waiting, self.families = {}, {}
        for loss in tuple(self.pending.values()):
            self.wait(loss)
        for shelf in self.every_shelf():
            for lot in shelf:
                self._relate(lot)

    def wait(self, loss: Pending) -> None:
        """A loss waits in its window for purchases, or is what is left of one that does: it keeps its place."""
        self.pending[loss.row] = loss
        self.waiting.setdefault(self.group(loss.security_id), {})[loss.row] = None

    def settle(self, loss: Pending) -> None:
        """A loss waits no longer."""
        del self.pending[loss.row]
        del self.waiting[self.group(loss.security_id)][loss.row]

    def waiting_for(self, lot: Lot) -> list[Pending]:
        """The losses of the identical group of a lot, or of what it is a call on, in order of sale."""
        groups = {self.group(lot.security_id), self.group(lot.underlying_id or lot.security_id)}
        if len(groups) > 1:
            return [loss for loss in self.pending.values() if self.group(loss.security_id) in groups]
        return [self.pending[row] for row in self.waiting.get(groups.pop(), ())]

    def family_shelves(self, account_id: str, security_id: str) -> Iterator[list[Lot]]:
        """The lots an account holds of a security's identical group or of calls on it, one list a security."""
        shelves = self.lots.get(account_id, {})
        return (
            shelves[member] for member in self.families.get(self.group(security_id), ()) if member in shelves
        )

    def holders(self, security_id: str) -> list[str]:
        """The accounts that hold a security, by id."""
        return sorted(account for account, shelves in self.lots.items() if shelves.get(security_id))

    def set_held(self, account_id: str, security_id: str, lots: Sequence[Lot]) -> None:
        """Put these lots in the place of all lots of a security in an account."""
        assert all((lot.account_id, lot.security_id) == (account_id, security_id) for lot in lots)
        self._shelf(account_id, security_id)[:] = lots

    def add(self, lot: Lot) -> None:
        """Put one more lot on its shelf."""
        self._shelf(lot.account_id, lot.security_id).append(lot)
        self._relate(lot)

    def _relate(self, lot: Lot) -> None:
        for related in {lot.security_id, lot.underlying_id or lot.security_id}:
            self.families.setdefault(self.group(related), {})[lot.security_id] = None

    def exchange(self, lot: Lot, parts: Sequence[Lot]) -> None:
        """Put parts in the place of one open lot; shares and shelf stay the same."""
        assert sum(part.quantity.nano for part in parts) == lot.quantity.nano
        shelf = self._shelf(lot.account_id, lot.security_id)
        place = shelf.index(lot)
        shelf[place : place + 1] = parts

    def group(self, security_id: str) -> str:
        """The name of the identical group of a security, its own where it is alone."""
        return self.groups.get(security_id, security_id)

    def taxable(self, account_id: str) -> bool:
        """Whether gains of the account are taxed."""
        return self.taxed[account_id]

    def next_sequence(self) -> int:
        """The rank of the next purchase among all."""
        self.sequence += 1
        return self.sequence

    def move(self, entry_id: str, lot: Lot, why: Moved, amount: Money) -> None:
        """Note a change of known basis."""
        if amount:
            self.moves.append(BasisMove(entry_id, lot.account_id, lot.lot_id, why, amount))

    def post(self, entry_id: str, account_id: str, unit: str, nano: int) -> None:
        """Note what an entry brought to an account (negative: took from it), both legs."""
        if nano:
            self.postings.append(Posting(entry_id, account_id, unit, nano))
            self.postings.append(Posting(entry_id, WORLD, unit, -nano))

    def post_shares(self, entry_id: str, lot: Lot, sign: int) -> None:
        """Note a lot that came (+1) or went (-1)."""
        self.post(entry_id, lot.account_id, lot.security_id, sign * lot.quantity.nano)

    def fail(
        self, entry: Entry, reason: Reason, *, field_name: str, value: str, message: str, remedy: str
    ) -> None:
        """Note that an entry, or part of it, could not be used."""
        accounts = tuple(
            getattr(entry, name) for name in ("account_id", "from_id", "to_id") if hasattr(entry, name)
        )
        self.failures.append(
            Failure(reason, "transactions", entry.entry_id, field_name, value, message, remedy, accounts)
        )


def named(lots: Sequence[Lot], picks: Sequence[Pick]) -> Quantity:
    """The shares some picks name together; a pick without a quantity names its whole lot."""
    whole = {pick.lot_id for pick in picks if pick.quantity is None}
    shares = sum(lot.quantity.nano for lot in lots if lot.lot_id in whole)
    return Quantity(shares + sum(pick.quantity.nano for pick in picks if pick.quantity is not None))


def quantity_of(lots: Sequence[Lot]) -> Quantity:
    """The shares of some lots together."""
    return Quantity(sum(lot.quantity.nano for lot in lots))

"""Lots with two dates, gains as closed rows, and the frozen state a fold returns."""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from trimtab.core.amounts import ZERO, Money, Quantity
from trimtab.core.dates import Term, term
from trimtab.core.result import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One purchase of a security in an account, or the part of it that shares one history.

    `acquired` orders relief and wash windows, `adjusted_acquired` decides the term. `basis` is None where unknown.
    `loss_basis` and `loss_acquired` are set for gifts worth less than their donor paid (26 USC 1015(a)).
    `purchased` shares may replace shares sold at a loss, once: then they are `replacement`s.
    """

    lot_id: str
    account_id: str
    security_id: str
    quantity: Quantity
    basis: Money | None
    acquired: dt.date
    adjusted_acquired: dt.date
    sequence: int = 0
    order_id: str = ""
    underlying_id: str = ""
    bought_as: str = ""
    purchased: bool = False
    replacement: bool = False
    inherited: bool = False
    loss_basis: Money | None = None
    loss_acquired: dt.date | None = None

    def __post_init__(self) -> None:
        assert self.quantity.nano > 0, f"lot {self.lot_id} of {self.account_id} holds nothing"
        assert self.basis is None or self.basis.nano >= 0, f"lot {self.lot_id}: a basis below zero"
        assert (self.loss_basis is None) == (self.loss_acquired is None), self.lot_id

    def cut(self, quantity: Quantity) -> tuple["Lot", "Lot | None"]:
        """The first `quantity` shares and the rest; bases in proportion, adding up exactly."""
        if quantity == self.quantity:
            return self, None
        basis, loss_basis = self.basis, self.loss_basis
        part = replace(
            self,
            quantity=quantity,
            basis=None if basis is None else basis.of(quantity, self.quantity),
            loss_basis=None if loss_basis is None else loss_basis.of(quantity, self.quantity),
        )
        rest = replace(
            self,
            quantity=self.quantity - quantity,
            basis=None if basis is None or part.basis is None else basis - part.basis,
            loss_basis=None
            if loss_basis is None or part.loss_basis is None
            else loss_basis - part.loss_basis,
        )
        return part, rest

    def purchase_order(self) -> tuple[dt.date, int, dt.date]:
        """Sort key: day of purchase, order of entry, then the earlier adjusted date."""
        return (self.acquired, self.sequence, self.adjusted_acquired)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """One relieved piece of a lot: what was got, what it had cost, and what of a loss the wash rule refuses.

    `basis` holds earlier wash adjustments; None where unknown. `term` is None where there is neither gain nor loss
    (a gift sold between its two bases) or where the basis is unknown. `permanent` is the part of `disallowed` that
    went into a tax-advantaged account and is lost for good (Rev. Rul. 2008-5).
    """

    sale_id: str
    lot_id: str
    account_id: str
    security_id: str
    quantity: Quantity
    proceeds: Money
    basis: Money | None
    term: Term | None
    acquired: dt.date
    adjusted_acquired: dt.date
    disposed: dt.date
    inherited: bool = False
    disallowed: Money = ZERO
    permanent: Money = ZERO

    @property
    def gain(self) -> Money | None:
        """Recognized gain, Form 8949 column (h); None where the basis is unknown."""
        return None if self.basis is None else self.proceeds - self.basis + self.disallowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A loss piece in its window: shares not yet replaced, waiting for purchases up to thirty days after the sale.

    `row` is the piece's place among the closed rows; `quantity` all its shares, in today's count after splits;
    `matched` those already replaced; `loss` the whole piece's loss.
    """

    row: int
    account_id: str
    security_id: str
    sold: dt.date
    quantity: Quantity
    matched: Quantity
    loss: Money
    acquired: dt.date
    sequence: int
    adjusted_acquired: dt.date
    order_id: str
    bought_as: str

    @property
    def exposed(self) -> Quantity:
        """Shares a purchase could still replace."""
        return self.quantity - self.matched

    @property
    def loss_at_risk(self) -> Money:
        """What such purchases would disallow."""
        return self.loss - self.loss.of(self.matched, self.quantity)


class Moved(StrEnum):
    """Why basis left or reached lots without a closed row taking all of it."""

    ACQUIRED = "acquired"
    WASH_ADDED = "wash_added"
    WASH_UNKNOWN = "wash_unknown"  # to a replacement whose own basis is unknown, and stays so
    RECOVERED = "recovered"  # a return of capital, or the cash in a merger
    REMOVED = "removed"  # given away, donated, transferred out
    REVALUED = "revalued"  # a gift relieved or averaged at its value instead of its donor's basis
    ROUNDED_AWAY = "rounded_away"  # a lot too small to survive a reverse split


@dataclass(frozen=True, slots=True)
class BasisMove:
    """A change of known basis that is not a sale: the laws count it."""

    entry_id: str
    account_id: str
    lot_id: str
    why: Moved
    amount: Money


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg of an entry: so many billionths of a security (or of the dollar, unit "") to or from an account."""

    entry_id: str
    account_id: str
    unit: str
    nano: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a fold knows: open lots, closed rows, losses in their windows, postings, moves of basis, failures."""

    lots: tuple[Lot, ...] = ()
    closed: tuple[Closed, ...] = ()
    pending: tuple[Pending, ...] = ()
    postings: tuple[Posting, ...] = ()
    moves: tuple[BasisMove, ...] = ()
    failures: tuple[Failure, ...] = ()
    sequence: int = 0
    through: dt.date | None = None
    names: tuple[tuple[str, str], ...] = ()
    applied: frozenset[str] = frozenset()


EMPTY = Ledger()


def lot_term(lot: Lot, disposed: dt.date) -> Term:
    """Long where inherited, else by the adjusted date."""
    return Term.LONG if lot.inherited else term(lot.adjusted_acquired, disposed)


def close(lot: Lot, *, sale_id: str, proceeds: Money, disposed: dt.date) -> Closed:
    """The closed row of a whole piece sold for so much; a dual-basis gift picks its basis by the price."""
    basis, acquired, adjusted = lot.basis, lot.acquired, lot.adjusted_acquired
    kind: Term | None = None if basis is None else lot_term(lot, disposed)
    if basis is not None and lot.loss_basis is not None and proceeds < basis:
        assert lot.loss_acquired is not None
        if proceeds < lot.loss_basis:
            basis, acquired, adjusted = lot.loss_basis, lot.loss_acquired, lot.loss_acquired
            kind = term(adjusted, disposed)
        else:
            basis, kind = proceeds, None
    return Closed(
        sale_id=sale_id,
        lot_id=lot.lot_id,
        account_id=lot.account_id,
        security_id=lot.security_id,
        quantity=lot.quantity,
        proceeds=proceeds,
        basis=basis,
        term=kind,
        acquired=acquired,
        adjusted_acquired=adjusted,
        disposed=disposed,
        inherited=lot.inherited,
    )

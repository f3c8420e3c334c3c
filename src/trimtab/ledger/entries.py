"""The facts that move shares or cash: frozen, dated by trade date, applied in the order given within a day."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from trimtab.core.amounts import FREE, ZERO, Money, Price, Quantity


@dataclass(frozen=True, slots=True)
class Pick:
    """So many shares of one named lot; the whole lot where the quantity is None."""

    lot_id: str
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Relief:
    """How lots are chosen: the method's name, the lots of a specific identification, the rates of least tax."""

    method: str
    picks: tuple[Pick, ...] = ()
    short_rate: Fraction = Fraction(408, 1000)
    long_rate: Fraction = Fraction(238, 1000)


@dataclass(frozen=True, slots=True)
class CashForFraction:
    """Cash an account got in place of the fraction of a share an action left it."""

    account_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened, known by its id, on its trade date."""

    entry_id: str
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase(Entry):
    """Shares bought, by order, plan or reinvestment, or a long call that covers shares of its underlying.

    `amount` is the cost with commission, None where unknown; fills of one order share `order_id`.
    """

    account_id: str
    security_id: str
    quantity: Quantity
    amount: Money | None
    order_id: str = ""
    underlying_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale(Entry):
    """Shares sold; `amount` is the proceeds net of costs. Without `relief` the household's default applies."""

    account_id: str
    security_id: str
    quantity: Quantity
    amount: Money
    relief: Relief | None = None
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Entry):
    """A split, reverse split or stock dividend in the same class: `ratio` new shares for each old one."""

    security_id: str
    ratio: Fraction
    cash: tuple[CashForFraction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpinOff(Entry):
    """A tax-free spin-off: `ratio` child shares for each parent share, `basis_fraction` of the basis goes along."""

    security_id: str
    child_id: str
    ratio: Fraction
    basis_fraction: Fraction
    cash: tuple[CashForFraction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMerger(Entry):
    """A reorganisation: `ratio` new shares and `cash_per_share` (boot) for each old share.

    `new_price` is the value of a new share, needed only where there is boot.
    """

    security_id: str
    new_security_id: str
    ratio: Fraction
    cash_per_share: Price = FREE
    new_price: Price | None = None
    cash: tuple[CashForFraction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMerger(Entry):
    """Every share is exchanged for cash: a sale of every lot."""

    security_id: str
    cash_per_share: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOfCapital(Entry):
    """A distribution that is not a dividend: lowers basis share by share, the excess is gain."""

    account_id: str
    security_id: str
    per_share: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolChange(Entry):
    """A security goes by another name; nothing else changes."""

    security_id: str
    new_security_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Entry):
    """Lots moved between two known accounts; all lots of the security where none is named."""

    from_id: str
    to_id: str
    security_id: str
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Entry):
    """Shares that came from outside; basis and date unknown (None) until somebody supplies them."""

    account_id: str
    security_id: str
    quantity: Quantity
    basis: Money | None = None
    acquired: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift(Entry):
    """Shares received as a gift, with the donor's basis and date and the value on that day (26 USC 1015)."""

    account_id: str
    security_id: str
    quantity: Quantity
    donor_basis: Money
    donor_acquired: dt.date
    value: Money
    gift_tax: Money = ZERO
    taxable_gift: Money = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance(Entry):
    """Shares inherited: basis is the value on the day of death, always long-term (26 USC 1014, 1223(9))."""

    account_id: str
    security_id: str
    quantity: Quantity
    value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Entry):
    """Shares that leave without a sale: given away, donated, or transferred to a place we do not see.

    Without a quantity all shares of the lots named leave, without lots all shares.
    """

    account_id: str
    security_id: str
    quantity: Quantity | None = None
    relief: Relief | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMovement(Entry):
    """Cash that moves without shares: dividend, interest, fund distribution, fee, journal. Positive comes in."""

    account_id: str
    amount: Money
    kind: str
    security_id: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """From the day it was known, another entry stands in the place of the one named; None strikes it out."""

    entry_id: str
    known_at: dt.date
    replacement: Entry | None


def as_known(
    entries: tuple[Entry, ...], corrections: tuple[Correction, ...], known_at: dt.date
) -> tuple[Entry, ...]:
    """The entries as they were believed on a day: corrections known by then applied, the latest last."""
    standing: dict[str, Entry | None] = {entry.entry_id: entry for entry in entries}
    for correction in sorted(corrections, key=lambda c: c.known_at):
        assert correction.entry_id in standing, f"a correction of an entry never made: {correction.entry_id}"
        if correction.known_at <= known_at:
            standing[correction.entry_id] = correction.replacement
    return tuple(entry for entry in standing.values() if entry is not None)

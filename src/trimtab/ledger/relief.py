"""Which lots are sold first: each method is a function from the lots at hand to what is taken of each."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from trimtab.core.amounts import NONE, Money, Quantity, split, total
from trimtab.core.dates import Term
from trimtab.ledger.entries import Relief
from trimtab.ledger.lots import Lot, close, lot_term


@dataclass(frozen=True, slots=True)
class Request:
    """So many shares to relieve on a date, at which proceeds (None where nothing is sold), and how."""

    quantity: Quantity
    date: dt.date
    proceeds: Money | None
    relief: Relief


Plan = list[tuple[Lot, Quantity]]
"""Every lot at hand with what is taken of it, in the order of taking; untouched lots with none."""
Method = Callable[[Sequence[Lot], Request], Plan]


class ReliefError(Exception):
    """The lots at hand do not allow what was asked; the fold turns it into a failure of the entry."""


def relieve(lots: Sequence[Lot], request: Request) -> tuple[list[Lot], list[Lot]]:
    """The pieces taken, in order, and the lots left, in order of purchase."""
    held = sum(lot.quantity.nano for lot in lots)
    if request.quantity.nano > held:
        raise ReliefError(f"{request.quantity} shares asked, {Quantity(held)} held")
    if request.relief.method not in METHODS:
        raise ReliefError(f"no relief method {request.relief.method!r}; there are {', '.join(METHODS)}")
    taken: list[Lot] = []
    left: list[Lot] = []
    for lot, quantity in METHODS[request.relief.method](lots, request):
        if quantity == NONE:
            left.append(lot)
            continue
        part, rest = lot.cut(quantity)
        taken.append(part)
        if rest is not None:
            left.append(rest)
    assert sum(part.quantity.nano for part in taken) == request.quantity.nano, (
        "a method took another quantity"
    )
    return taken, sorted(left, key=Lot.purchase_order)


def fifo(lots: Sequence[Lot], request: Request) -> Plan:
    """First bought, first sold; the real date of purchase, not the adjusted one (Reg. 1.1012-1(c)(1))."""
    return _fill(sorted(lots, key=Lot.purchase_order), request.quantity)


def lifo(lots: Sequence[Lot], request: Request) -> Plan:
    """Last bought, first sold; parts of one lot by the earlier adjusted date."""
    by_part = sorted(lots, key=lambda lot: lot.adjusted_acquired)
    return _fill(
        sorted(by_part, key=lambda lot: (lot.acquired, lot.sequence), reverse=True), request.quantity
    )


def hifo(lots: Sequence[Lot], request: Request) -> Plan:
    """Highest adjusted basis a share first, then date of purchase; lots of unknown basis last."""

    def key(lot: Lot) -> tuple[object, ...]:
        return (lot.basis is None, -_per_share(lot.basis, lot), *lot.purchase_order())

    return _fill(sorted(lots, key=key), request.quantity)


def specific(lots: Sequence[Lot], request: Request) -> Plan:
    """The lots named, in that order; within one lot the part with the earlier adjusted date first."""
    names = [pick.lot_id for pick in request.relief.picks]
    if len(set(names)) < len(names):
        raise ReliefError("a lot is named twice")
    queue = sorted(lots, key=Lot.purchase_order)
    plan: Plan = []
    for pick in request.relief.picks:
        parts = [lot for lot in queue if lot.lot_id == pick.lot_id]
        held = Quantity(sum(lot.quantity.nano for lot in parts))
        wanted = held if pick.quantity is None else pick.quantity
        if not parts or wanted > held:
            raise ReliefError(f"lot {pick.lot_id}: {wanted} shares named, {held} held")
        plan += _fill(parts, wanted)
    named = sum(quantity.nano for _, quantity in plan)
    if named != request.quantity.nano:
        raise ReliefError(f"{Quantity(named)} shares named, {request.quantity} asked")
    return [*plan, *((lot, NONE) for lot in queue if lot.lot_id not in names)]


def average(lots: Sequence[Lot], request: Request) -> Plan:
    """Average basis over all shares at hand; shares leave oldest first and keep their dates (Reg. 1.1012-1(e)).

    A gift with two bases is averaged at its value when given, as the election asks.
    """
    ordered = sorted(lots, key=Lot.purchase_order)
    bases = [lot.basis if lot.loss_basis is None else lot.loss_basis for lot in ordered]
    known = [basis for basis in bases if basis is not None]
    if len(known) < len(lots):
        raise ReliefError("an average needs the basis of every lot")
    pieces = split(total(known).nano, [lot.quantity.nano for lot in ordered])
    averaged = [
        replace(lot, basis=Money(piece), loss_basis=None, loss_acquired=None)
        for lot, piece in zip(ordered, pieces, strict=True)
    ]
    return _fill(averaged, request.quantity)


_CATEGORIES = (
    (-1, Term.SHORT),
    (-1, Term.LONG),
    (0, Term.SHORT),
    (0, Term.LONG),
    (1, Term.LONG),
    (1, Term.SHORT),
)


def mintax(lots: Sequence[Lot], request: Request) -> Plan:
    """The brokers' categories: short losses, long losses, zeros, long gains, short gains, each from the best.

    Vanguard and Schwab publish this order; it is not least tax, whatever its name.
    """

    def key(lot: Lot) -> tuple[object, ...]:
        gain, kind = _gain_per_share(lot, request)
        category = _CATEGORIES.index(((gain > 0) - (gain < 0), kind))
        return (lot.basis is None, category, gain, *lot.purchase_order())

    return _fill(sorted(lots, key=key), request.quantity)


def least_tax(lots: Sequence[Lot], request: Request) -> Plan:
    """Lowest gain × rate a share first: a small short-term gain goes before a large long-term one."""
    rates = {Term.SHORT: request.relief.short_rate, Term.LONG: request.relief.long_rate}

    def key(lot: Lot) -> tuple[object, ...]:
        gain, kind = _gain_per_share(lot, request)
        return (lot.basis is None, gain * rates[kind], *lot.purchase_order())

    return _fill(sorted(lots, key=key), request.quantity)


METHODS: dict[str, Method] = {
    "FIFO": fifo,
    "LIFO": lifo,
    "HIFO": hifo,
    "SPEC": specific,
    "AVG": average,
    "MINTAX": mintax,
    "MINTAX_RATE": least_tax,
}
DEFAULT_RELIEF = Relief("MINTAX_RATE")


def _fill(ordered: Sequence[Lot], wanted: Quantity) -> Plan:
    plan: Plan = []
    for lot in ordered:
        quantity = min(lot.quantity, wanted)
        plan.append((lot, quantity))
        wanted -= quantity
    return plan


def _per_share(amount: Money | None, lot: Lot) -> Fraction:
    return Fraction(0 if amount is None else amount.nano, lot.quantity.nano)


def _gain_per_share(lot: Lot, request: Request) -> tuple[Fraction, Term]:
    """Gain a share at the request's price, and its term; a price is needed, a basis is taken as zero if unknown."""
    if request.proceeds is None:
        raise ReliefError(f"{request.relief.method} needs a price")
    price = Fraction(request.proceeds.nano, request.quantity.nano)
    row = close(lot, sale_id="", proceeds=Money(round(price * lot.quantity.nano)), disposed=request.date)
    gain = Fraction(0) if row.term is None else price - _per_share(row.basis, lot)
    return gain, row.term or lot_term(lot, request.date)

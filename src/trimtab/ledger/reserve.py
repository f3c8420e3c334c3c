"""Lots promised to orders: reserve, post what was filled, void the rest. Nobody promises a share twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trimtab.core.amounts import NONE, Quantity
from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.ledger.lots import Lot

Place = tuple[str, str]
"""Account and lot."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """So many shares of one lot promised to one order."""

    order_id: str
    account_id: str
    lot_id: str
    quantity: Quantity


Reservations = tuple[Reservation, ...]


def free(lots: Iterable[Lot], held: Iterable[Reservation]) -> dict[Place, Quantity]:
    """Shares of each lot that are promised to nobody; a promise beyond the lot is our fault and stops here."""
    open_shares: dict[Place, Quantity] = {}
    for lot in lots:
        place = (lot.account_id, lot.lot_id)
        open_shares[place] = open_shares.get(place, NONE) + lot.quantity
    for promise in held:
        place = (promise.account_id, promise.lot_id)
        open_shares[place] = open_shares.get(place, NONE) - promise.quantity
    return open_shares


def reserve(
    lots: Iterable[Lot], held: Reservations, wanted: Sequence[Reservation]
) -> ValueWithFailures[Reservations]:
    """Promise all that is wanted or, with the reason, none of it."""
    left = free(lots, held)
    for wish in wanted:
        place = (wish.account_id, wish.lot_id)
        there = left.get(place, NONE)
        if wish.quantity > there or not wish.quantity:
            return ValueWithFailures(held, (_refusal(wish, there),))
        left[place] = there - wish.quantity
    return ValueWithFailures((*held, *wanted))


def post(held: Reservations, order_id: str, place: Place, quantity: Quantity) -> Reservations:
    """Take filled shares out of an order's promise; the ledger's own entry takes them out of the lot."""
    mine = [promise for promise in held if _is(promise, order_id, place)]
    assert sum(promise.quantity.nano for promise in mine) >= quantity.nano, (
        f"{order_id} fills more than it reserved"
    )
    rest: list[Reservation] = []
    for promise in held:
        if _is(promise, order_id, place):
            used = min(promise.quantity, quantity)
            quantity -= used
            promise = replace(promise, quantity=promise.quantity - used)
        if promise.quantity:
            rest.append(promise)
    return tuple(rest)


def void(held: Reservations, order_id: str) -> Reservations:
    """Give back all an order still has promised."""
    return tuple(promise for promise in held if promise.order_id != order_id)


def _is(promise: Reservation, order_id: str, place: Place) -> bool:
    return promise.order_id == order_id and (promise.account_id, promise.lot_id) == place


def _refusal(wish: Reservation, there: Quantity) -> Failure:
    return Failure(
        Reason.LIMIT,
        "lots",
        f"{wish.account_id} {wish.lot_id}",
        "quantity",
        wish.quantity.text(),
        f"{wish.quantity} shares wanted for order {wish.order_id}, {there} free",
        "void another order that holds the lot, or ask for fewer shares",
        (wish.account_id,),
    )

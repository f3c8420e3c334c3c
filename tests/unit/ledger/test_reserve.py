"""Lots promised to orders: all or nothing, never twice, filled and given back."""

import datetime as dt
import random

import pytest

from trimtab.core.amounts import NONE, Money, Quantity
from trimtab.core.result import Reason
from trimtab.ledger.lots import Lot
from trimtab.ledger.reserve import Reservation, Reservations, free, post, reserve, void


def lot(name: str, qty: int, account: str = "A") -> Lot:
    day = dt.date(2024, 1, 2)
    return Lot(
        lot_id=name,
        account_id=account,
        security_id="X",
        quantity=Quantity.parse(qty),
        basis=Money.parse(1),
        acquired=day,
        adjusted_acquired=day,
    )


def wish(order: str, name: str, qty: int, account: str = "A") -> Reservation:
    return Reservation(order, account, name, Quantity.parse(qty))


LOTS = [lot("L1", 6), lot("L1", 4), lot("L2", 5), lot("L1", 3, "B")]


def test_parts_of_a_lot_are_one_promise_and_accounts_are_apart() -> None:
    assert free(LOTS, [wish("O", "L1", 7)]) == {
        ("A", "L1"): Quantity.parse(3),
        ("A", "L2"): Quantity.parse(5),
        ("B", "L1"): Quantity.parse(3),
    }


def test_all_that_is_wanted_or_none_of_it() -> None:
    good = reserve(LOTS, (), [wish("O1", "L1", 7), wish("O1", "L2", 5)])
    assert good.failures == ()
    assert good.value == (wish("O1", "L1", 7), wish("O1", "L2", 5))
    bad = reserve(LOTS, good.value, [wish("O2", "L1", 3), wish("O2", "L2", 1)])
    assert bad.value == good.value
    (failure,) = bad.failures
    assert (failure.reason, failure.row, failure.value, failure.accounts) == (
        Reason.LIMIT,
        "A L2",
        "1",
        ("A",),
    )
    assert (failure.table, failure.field) == ("lots", "quantity")
    assert failure.message == "1 shares wanted for order O2, 0 free"


def test_wishes_of_one_order_count_together() -> None:
    assert reserve(LOTS, (), [wish("O", "L2", 3), wish("O", "L2", 3)]).failures
    assert not reserve(LOTS, (), [wish("O", "L2", 3), wish("O", "L2", 2)]).failures


def test_nothing_and_the_unknown_cannot_be_reserved() -> None:
    assert reserve(LOTS, (), [wish("O", "L2", 0)]).failures
    assert (
        reserve(LOTS, (), [wish("O", "L9", 1)]).failures[0].message == "1 shares wanted for order O, 0 free"
    )


def test_a_fill_takes_from_its_own_promise_only() -> None:
    held = (wish("O1", "L1", 4), wish("O2", "L1", 3), wish("O1", "L2", 2), wish("O1", "L1", 2))
    assert post(held, "O1", ("A", "L1"), Quantity.parse(5)) == (
        wish("O2", "L1", 3),
        wish("O1", "L2", 2),
        wish("O1", "L1", 1),
    )
    assert post(held, "O1", ("A", "L1"), Quantity.parse(6)) == (wish("O2", "L1", 3), wish("O1", "L2", 2))
    with pytest.raises(AssertionError, match="fills more than it reserved"):
        post(held, "O2", ("A", "L1"), Quantity.parse(4))
    with pytest.raises(AssertionError, match="fills more"):
        post(held, "O2", ("B", "L1"), Quantity.parse(1))


def test_void_gives_back_what_is_left() -> None:
    held = (wish("O1", "L1", 4), wish("O2", "L1", 3))
    assert void(held, "O1") == (wish("O2", "L1", 3),)


def test_an_overdrawn_promise_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="below zero"):
        free(LOTS, [wish("O", "L2", 6)])


@pytest.mark.parametrize("seed", range(50))
def test_in_any_order_of_acts_nobody_holds_a_share_twice(seed: int) -> None:
    rng = random.Random(seed)
    held: Reservations = ()
    open_now = {"L1": 10, "L2": 5}
    for step in range(80):
        act, order = rng.choice(["reserve", "reserve", "post", "void"]), f"O{rng.randint(0, 5)}"
        lots = [lot(name, qty) for name, qty in open_now.items() if qty]
        if act == "reserve":
            held = reserve(lots, held, [wish(f"O{step}", rng.choice(["L1", "L2"]), rng.randint(1, 6))]).value
        elif act == "void":
            held = void(held, order)
        elif held:
            promise = rng.choice(held)
            part = Quantity.parse(rng.randint(1, promise.quantity.nano // 10**9))
            held = post(held, promise.order_id, ("A", promise.lot_id), part)
            open_now[promise.lot_id] -= part.nano // 10**9
        left = free([lot(name, qty) for name, qty in open_now.items() if qty], held)
        assert all(quantity >= NONE for quantity in left.values())

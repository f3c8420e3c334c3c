"""Lots as values: what cannot be built, pieces that add up, what a sale of a lot is."""

import datetime as dt

import pytest

from trimtab.core.amounts import NANO, Money, Quantity
from trimtab.core.dates import Term
from trimtab.ledger.lots import Closed, Lot, Moved, Pending, close, lot_term

BOUGHT, GIVEN, SOLD = dt.date(2019, 1, 7), dt.date(2024, 2, 5), dt.date(2024, 9, 3)


def lot(nano: int = 10 * NANO, **more: object) -> Lot:
    named = {
        "lot_id": "L",
        "account_id": "A",
        "security_id": "X",
        "quantity": Quantity(nano),
        "basis": Money.parse(800),
        "acquired": BOUGHT,
        "adjusted_acquired": BOUGHT,
    }
    return Lot(**{**named, **more})  # type: ignore[arg-type]


GIFT = lot(loss_basis=Money.parse(500), loss_acquired=GIVEN)


def test_a_billionth_of_a_share_is_a_lot_and_nothing_is_not() -> None:
    assert lot(1).quantity == Quantity(1)
    with pytest.raises(AssertionError, match="holds nothing"):
        lot(0)
    assert lot(basis=Money(0)).basis == Money(0)
    with pytest.raises(AssertionError, match="below zero"):
        lot(basis=Money(-1))
    with pytest.raises(AssertionError):
        lot(loss_basis=Money(1))


@pytest.mark.parametrize("nano", [1, 3 * NANO, 10 * NANO - 1, 3_333_333_333])
def test_both_bases_of_the_pieces_add_up(nano: int) -> None:
    part, rest = GIFT.cut(Quantity(nano))
    assert rest is not None
    assert (part.quantity.nano, rest.quantity.nano) == (nano, 10 * NANO - nano)
    assert part.basis is not None and rest.basis is not None  # noqa: PT018
    assert part.loss_basis is not None and rest.loss_basis is not None  # noqa: PT018
    assert (part.basis + rest.basis, part.loss_basis + rest.loss_basis) == (
        Money.parse(800),
        Money.parse(500),
    )
    assert (part.basis.nano, part.loss_basis.nano) == (80 * nano, 50 * nano)


def test_a_cut_of_all_is_the_lot_and_an_unknown_basis_stays_unknown() -> None:
    assert GIFT.cut(GIFT.quantity) == (GIFT, None)
    part, rest = lot(basis=None).cut(Quantity(NANO))
    assert rest is not None
    assert (part.basis, rest.basis, part.loss_basis, rest.loss_basis) == (None, None, None, None)


@pytest.mark.parametrize(
    ("price", "basis", "acquired", "term", "gain"),
    [
        (900, 800, BOUGHT, Term.LONG, 100),
        (800, 800, BOUGHT, Term.LONG, 0),
        (799, 799, BOUGHT, None, 0),
        (500, 500, BOUGHT, None, 0),
        (499, 500, GIVEN, Term.SHORT, -1),
    ],
)
def test_a_gift_picks_its_basis_by_the_price(
    price: int, basis: int, acquired: dt.date, term: Term | None, gain: int
) -> None:
    row = close(GIFT, sale_id="S", proceeds=Money.parse(price), disposed=SOLD)
    assert (row.basis, row.acquired, row.adjusted_acquired, row.term) == (
        Money.parse(basis),
        acquired,
        acquired,
        term,
    )
    assert row.gain == Money.parse(gain)
    assert (row.sale_id, row.lot_id, row.quantity, row.disposed) == ("S", "L", GIFT.quantity, SOLD)


def test_terms_of_inherited_and_of_unknown_lots() -> None:
    young = lot(acquired=GIVEN, adjusted_acquired=GIVEN)
    assert (lot_term(young, SOLD), lot_term(lot(), SOLD)) == (Term.SHORT, Term.LONG)
    heir = lot(acquired=GIVEN, adjusted_acquired=GIVEN, inherited=True)
    assert (lot_term(heir, GIVEN), close(heir, sale_id="", proceeds=Money(1), disposed=GIVEN).inherited) == (
        Term.LONG,
        True,
    )
    unknown: Closed = close(lot(basis=None), sale_id="S", proceeds=Money(1), disposed=SOLD)
    assert (unknown.term, unknown.gain) == (None, None)


def test_what_waits_is_the_loss_less_what_was_matched() -> None:
    loss = Pending(
        row=0,
        account_id="A",
        security_id="X",
        sold=SOLD,
        quantity=Quantity(3),
        matched=Quantity(1),
        loss=Money(100),
        acquired=BOUGHT,
        sequence=1,
        adjusted_acquired=BOUGHT,
        order_id="O",
        bought_as="X",
    )
    assert (loss.exposed, loss.loss_at_risk) == (Quantity(2), Money(67))


def test_the_names_of_moves_are_written_out() -> None:
    assert [str(why) for why in Moved] == [
        *("acquired", "wash_added", "wash_unknown", "recovered", "removed", "revalued", "rounded_away"),
    ]
    assert lot().sequence == 0

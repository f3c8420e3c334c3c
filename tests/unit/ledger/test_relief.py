"""Relief methods under one contract, and what each is for."""

import datetime as dt
import random
from fractions import Fraction

import pytest

from trimtab.core.amounts import NONE, Money, Quantity
from trimtab.ledger.entries import Pick, Relief
from trimtab.ledger.lots import Lot
from trimtab.ledger.relief import DEFAULT_RELIEF, METHODS, ReliefError, Request, relieve

DAY = dt.date(2024, 6, 3)


def lot(name: str, qty: int, basis: int | None, acquired: str, **more: object) -> Lot:
    day = dt.date.fromisoformat(acquired)
    return Lot(
        lot_id=name,
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(qty),
        basis=None if basis is None else Money.parse(basis),
        acquired=day,
        adjusted_acquired=more.pop("adjusted", day),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def ask(qty: int, method: str, price: int | None = 50, **more: object) -> Request:
    proceeds = None if price is None else Money.parse(qty * price)
    return Request(Quantity.parse(qty), DAY, proceeds, Relief(method, **more))  # type: ignore[arg-type]


def taken(lots: list[Lot], request: Request) -> list[tuple[str, str]]:
    return [(piece.lot_id, piece.quantity.text()) for piece in relieve(lots, request)[0]]


LOTS = [
    lot("old", 10, 200, "2020-01-06", sequence=1),
    lot("dear", 10, 900, "2022-01-03", sequence=2),
    lot("new", 10, 450, "2024-03-04", sequence=3),
    lot("dip", 10, 520, "2024-05-01", sequence=4),
]
ORDER = {
    "FIFO": ["old", "dear", "new", "dip"],
    "LIFO": ["dip", "new", "dear", "old"],
    "HIFO": ["dear", "dip", "new", "old"],
    "SPEC": ["new", "old", "dip", "dear"],
    "AVG": ["old", "dear", "new", "dip"],
    "MINTAX": ["dip", "dear", "old", "new"],
    "MINTAX_RATE": ["dear", "dip", "new", "old"],
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_contract_of_every_method(method: str) -> None:
    """All shares asked, no more; bases add up; the order does not depend on how the lots are listed."""
    rng = random.Random(3)
    for qty in range(1, 41):
        picks = tuple(
            Pick(name, Quantity.parse(min(10, max(0, qty - 10 * i)))) for i, name in enumerate(ORDER["SPEC"])
        )
        request = ask(qty, method, picks=tuple(p for p in picks if p.quantity))
        out, left = relieve(LOTS, request)
        assert sum(p.quantity.nano for p in out) == request.quantity.nano
        assert sum(p.quantity.nano for p in [*out, *left]) == 40 * 10**9
        assert sum(p.basis.nano for p in [*out, *left] if p.basis) == 2070 * 10**9
        assert [p.lot_id for p in out] == ORDER[method][: -(-qty // 10)]
        assert [p.lot_id for p in left] == sorted((p.lot_id for p in left), key=ORDER["FIFO"].index)
        shuffled = rng.sample(LOTS, len(LOTS))
        assert relieve(shuffled, request) == (out, left)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_more_than_is_held_is_refused(method: str) -> None:
    with pytest.raises(ReliefError, match="41 shares asked, 40 held"):
        relieve(LOTS, ask(41, method))


@pytest.mark.parametrize("method", ["FIFO", "LIFO", "HIFO", "MINTAX", "MINTAX_RATE"])
def test_lots_of_unknown_basis_do_not_stop_a_sale(method: str) -> None:
    lots = [
        lot("known", 10, 100, "2023-01-03", sequence=2),
        lot("unknown", 10, None, "2020-01-03", sequence=1),
    ]
    first = {"FIFO": "unknown"}.get(method, "known")
    assert taken(lots, ask(5, method))[0][0] == first


def test_the_default_is_least_tax_at_top_rates() -> None:
    assert DEFAULT_RELIEF.method == "MINTAX_RATE"
    assert (DEFAULT_RELIEF.short_rate, DEFAULT_RELIEF.long_rate) == (Fraction(51, 125), Fraction(119, 500))


def test_an_unknown_method_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ReliefError, match="'BEST'; there are FIFO, LIFO, HIFO, SPEC, AVG, MINTAX, MINTAX_RATE"
    ):
        relieve(LOTS, ask(1, "BEST"))


def test_parts_of_a_lot_leave_by_the_earlier_adjusted_date_whatever_the_method() -> None:
    late = lot("L", 10, 500, "2024-03-04", sequence=1)
    early = lot("L", 10, 500, "2024-03-04", sequence=1, adjusted=dt.date(2023, 1, 1))
    for method in ("FIFO", "LIFO", "HIFO", "AVG"):
        piece = relieve([late, early], ask(5, method))[0][0]
        assert piece.adjusted_acquired == dt.date(2023, 1, 1), method
    assert (
        relieve([late, early], ask(5, "SPEC", picks=(Pick("L", Quantity.parse(5)),)))[0][
            0
        ].adjusted_acquired.year
        == 2023
    )


def test_named_lots_must_be_held_and_add_up() -> None:
    for picks, words in (
        ((Pick("old", Quantity.parse(4)),), "4 shares named, 5 asked"),
        ((Pick("none", Quantity.parse(5)),), "lot none: 5 shares named, 0 held"),
        ((Pick("none"),), "lot none: 0 shares named, 0 held"),
        ((Pick("old", Quantity.parse(11)),), "lot old: 11 shares named, 10 held"),
        ((Pick("old", Quantity.parse(2)), Pick("old", Quantity.parse(3))), "named twice"),
        ((), "0 shares named, 5 asked"),
    ):
        with pytest.raises(ReliefError, match=words):
            relieve(LOTS, ask(5, "SPEC", picks=picks))


def test_a_lot_named_whole_goes_whole() -> None:
    assert taken(LOTS, ask(10, "SPEC", picks=(Pick("new"),))) == [("new", "10")]


def test_an_average_needs_every_basis_and_takes_a_gift_at_its_value() -> None:
    with pytest.raises(ReliefError, match="basis of every lot"):
        relieve([*LOTS, lot("u", 1, None, "2024-01-02")], ask(5, "AVG"))
    gift = lot("g", 10, 900, "2021-01-04", loss_basis=Money.parse(0), loss_acquired=dt.date(2024, 1, 2))
    out, left = relieve([gift, lot("b", 10, 100, "2023-01-03")], ask(5, "AVG"))
    assert [(p.basis, p.loss_basis, p.loss_acquired) for p in out] == [(Money.parse(25), None, None)]
    assert [p.basis for p in left] == [Money.parse(25), Money.parse(50)]


def test_the_categories_of_mintax_in_order() -> None:
    lots = [
        lot("short gain", 1, 49, "2024-05-01"),
        lot("big short gain", 1, 10, "2024-05-01"),
        lot("long gain", 1, 40, "2020-05-01"),
        lot("big long gain", 1, 1, "2020-05-01"),
        lot("long zero", 1, 50, "2020-05-01"),
        lot("short zero", 1, 50, "2024-05-01"),
        lot("long loss", 1, 51, "2020-05-01"),
        lot("big long loss", 1, 99, "2020-05-01"),
        lot("short loss", 1, 51, "2024-05-01"),
        lot("big short loss", 1, 60, "2024-05-01"),
    ]
    assert [name for name, _ in taken(lots, ask(10, "MINTAX"))] == [
        *("big short loss", "short loss", "big long loss", "long loss", "short zero", "long zero"),
        *("long gain", "big long gain", "short gain", "big short gain"),
    ]


def test_least_tax_weighs_gains_by_the_rates_given() -> None:
    lots = [lot("long", 1, 20, "2020-05-01"), lot("short", 1, 40, "2024-05-01")]
    assert taken(lots, ask(1, "MINTAX_RATE"))[0][0] == "short"
    flat = {"short_rate": Fraction(9, 10), "long_rate": Fraction(1, 10)}
    assert taken(lots, ask(1, "MINTAX_RATE", **flat))[0][0] == "long"


def test_a_gift_between_its_bases_counts_as_zero_and_below_them_as_a_short_loss() -> None:
    gift = lot("gift", 1, 80, "2019-01-07", loss_basis=Money.parse(40), loss_acquired=dt.date(2024, 5, 1))
    gain, loss = lot("gain", 1, 49, "2020-05-01"), lot("loss", 1, 51, "2020-05-01")
    assert [name for name, _ in taken([gain, gift, loss], ask(3, "MINTAX_RATE"))] == ["loss", "gift", "gain"]
    cheap = ask(3, "MINTAX_RATE", price=20)
    assert [name for name, _ in taken([gain, gift, loss], cheap)] == ["gift", "loss", "gain"]


def test_a_gift_between_its_bases_goes_before_the_smallest_gain() -> None:
    gift = lot("gift", 1, 80, "2019-01-07", loss_basis=Money.parse(40), loss_acquired=dt.date(2024, 5, 1))
    half = lot("half", 2, 99, "2020-05-01")
    for method in ("MINTAX", "MINTAX_RATE"):
        assert [name for name, _ in taken([half, gift], ask(3, method))] == ["gift", "half"]


@pytest.mark.parametrize("method", ["HIFO", "MINTAX", "MINTAX_RATE"])
def test_of_lots_of_unknown_basis_the_older_goes_first_whatever_its_size(method: str) -> None:
    one, two = lot("one", 1, None, "2021-05-03"), lot("two", 2, None, "2021-05-03", sequence=1)
    ten = lot("ten", 10, None, "2020-05-01")
    assert [name for name, _ in taken([two, one, ten], ask(13, method))] == ["ten", "one", "two"]


def test_methods_that_weigh_gains_need_a_price() -> None:
    for method in ("MINTAX", "MINTAX_RATE"):
        with pytest.raises(ReliefError, match="needs a price"):
            relieve(LOTS, ask(1, method, price=None))
    assert relieve(LOTS, ask(1, "HIFO", price=None))[0][0].lot_id == "dear"


def test_nothing_taken_leaves_every_lot_as_it_was() -> None:
    out, left = relieve(LOTS, Request(NONE, DAY, None, Relief("FIFO")))
    assert (out, left) == ([], LOTS)

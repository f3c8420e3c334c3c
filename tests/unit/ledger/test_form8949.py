from dataclasses import replace
from datetime import date
from fractions import Fraction as F

import pytest

from trimtab.core.amounts import Money, Quantity
from trimtab.core.dates import Term
from trimtab.ledger.form8949 import Form1099B, Sale8949, row, sale_of
from trimtab.ledger.lots import Closed

SALE = Sale8949(
    acquired=date(2024, 1, 2),
    disposed=date(2024, 7, 8),
    form=Form1099B.REPORTED,
    proceeds=F(400),
    basis=F(500),
)
LATER = date(2025, 1, 3)


@pytest.mark.parametrize(
    ("form", "disposed", "part", "box"),
    [
        ("reported", SALE.disposed, "I", "A"),
        ("not_reported", SALE.disposed, "I", "B"),
        ("none", SALE.disposed, "I", "C"),
        ("reported", LATER, "II", "D"),
        ("not_reported", LATER, "II", "E"),
        ("none", LATER, "II", "F"),
    ],
)
def test_part_and_box(form, disposed, part, box):
    filled = row(replace(SALE, form=Form1099B(form), disposed=disposed))
    assert (filled.part, filled.box, filled.code, filled.adjustment, filled.gain) == (part, box, "", 0, -100)
    assert (filled.acquired, filled.disposed) == ("2024-01-02", disposed)


@pytest.mark.parametrize(
    ("form", "basis", "code", "adjustment"),
    [("reported", 450, "B", -50), ("not_reported", 500, "B", 0), ("none", 500, "", 0)],
)
def test_a_wrong_basis_is_adjusted_only_where_the_irs_has_it(form, basis, code, adjustment):
    filled = row(replace(SALE, form=Form1099B(form), basis_shown=F(450)))
    assert (filled.basis, filled.code, filled.adjustment, filled.gain) == (basis, code, adjustment, -100)


def test_a_right_basis_needs_no_code():
    assert row(replace(SALE, basis_shown=F(500))).code == ""


@pytest.mark.parametrize(
    ("change", "code", "adjustment"),
    [
        ({"wash_disallowed": F(30)}, "W", 30),
        ({"wash_disallowed": F(30), "wash_shown": F(0)}, "W", 30),
        ({"wash_shown": F(30)}, "W", 0),
        ({"wash_shown": F(0)}, "", 0),
        ({"term_shown": Term.LONG}, "T", 0),
        ({"term_shown": Term.SHORT}, "", 0),
        ({"term_shown": Term.LONG, "form": Form1099B.NONE}, "", 0),
        ({"fees": F(5)}, "E", -5),
        ({"nondeductible": F(100)}, "L", 100),
        ({"market_discount": F(7)}, "D", -7),
        ({"nominee": F(9)}, "N", -9),
        ({"collectible": True}, "C", 0),
        ({"summary": True}, "M", 0),
        ({"wash_disallowed": F(30), "basis_shown": F(480), "fees": F(5), "summary": True}, "BEMW", 5),
    ],
)
def test_codes_in_alphabetical_order_with_one_net_amount(change, code, adjustment):
    filled = row(replace(SALE, **change))
    assert (filled.code, filled.adjustment) == (code, adjustment)
    assert filled.gain == filled.proceeds - filled.basis + adjustment


def test_inherited_is_long_term_on_any_date():
    filled = row(replace(SALE, inherited=True))
    assert (filled.part, filled.box, filled.acquired) == ("II", "D", "INHERITED")


CLOSED = Closed(
    sale_id="s",
    lot_id="l",
    account_id="A",
    security_id="X",
    quantity=Quantity.parse(3),
    proceeds=Money.parse("400.50"),
    basis=Money.parse("500"),
    term=Term.LONG,
    acquired=date(2024, 5, 1),
    adjusted_acquired=date(2023, 5, 1),
    disposed=date(2024, 7, 8),
    disallowed=Money.parse("20"),
)


def test_a_relieved_piece_fills_the_form():
    sale = sale_of(
        CLOSED, form=Form1099B.REPORTED, basis_shown=Money.parse("480"), wash_shown=Money.parse("0")
    )
    assert sale == Sale8949(
        acquired=date(2023, 5, 1),
        disposed=date(2024, 7, 8),
        form=Form1099B.REPORTED,
        proceeds=F("400.5"),
        basis=F(500),
        basis_shown=F(480),
        wash_disallowed=F(20),
        wash_shown=F(0),
    )
    assert (row(sale).part, row(sale).code, row(sale).gain) == ("II", "BW", F("-79.5"))


def test_what_the_broker_does_not_show_and_what_nobody_knows():
    plain = sale_of(replace(CLOSED, inherited=True), form=Form1099B.NONE)
    assert (plain.basis_shown, plain.wash_shown, plain.inherited) == (None, None, True)
    assert sale_of(replace(CLOSED, basis=None), form=Form1099B.NONE) is None

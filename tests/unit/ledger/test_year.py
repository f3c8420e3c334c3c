from dataclasses import replace
from fractions import Fraction as F

import pytest

from trimtab.ledger.federal import Income, federal_tax, ordinary_tax
from trimtab.ledger.rates import FEDERAL
from trimtab.ledger.year import UNKNOWN, UNTAXED, Brackets, TaxpayerYear, next_year

YEAR = TaxpayerYear(short_rate=F(40, 100), long_rate=F(20, 100), ordinary_rate=F(30, 100))
SINGLE, SEPARATE = FEDERAL[2025, "single"], FEDERAL[2025, "mfs"]


def at(income, magi=0, table=SINGLE, **more):
    return replace(YEAR, brackets=Brackets(table=table, ordinary_income=F(income), magi=F(magi)), **more)


@pytest.mark.parametrize(
    ("short", "long", "tax"),
    [
        (100, 50, 50),
        (100, -40, 24),
        (-40, 100, 12),
        (100, -100, 0),
        (-1000, 0, -300),
        (0, -3000, -900),
        (-3000, -1000, -900 - 100),
        (2000, -6000, -900 - 100),
        (-18000, 0, -900 - 1500),
        (-18000, -1000, -900 - 1500 - 10),
    ],
)
def test_t_of_the_book(short, long, tax):
    assert YEAR.tax(F(short), F(long)) == tax


def test_money_of_the_year_counts_no_carried_loss():
    assert YEAR.in_money().tax(F(-30_000), F(0)) == -900
    assert YEAR.in_money().tax(F(70), F(-20)) == YEAR.tax(F(70), F(-20))


def test_room_is_taxed_at_nothing_on_long_gains_only():
    year = replace(YEAR, zero_gain_room=F(1000))
    assert year.tax(F(0), F(1000)) == 0
    assert year.tax(F(0), F(1001)) == F(1, 5)
    assert year.tax(F(-500), F(1500)) == 0
    assert year.tax(F(10), F(0)) == 4


def test_worth_of_what_is_left_over():
    year = replace(YEAR, loss_limit=F(1500), expected_gain=F(500), carry_value=F(1, 4))
    assert year.carry_span == 10_000
    assert year.carried_value(F(10_000)) == 500
    assert year.carried_value(F(10_100)) == 501
    assert year.tax(F(0), F(-11_600)) == -450 - 501


def test_position_takes_off_what_was_carried_in():
    year = replace(YEAR, ytd_short=F(10), ytd_long=F(20), carryforward_short=F(3), carryforward_long=F(5))
    assert year.position() == (7, 15)
    assert year.position(F(1), F(-2)) == (8, 13)


@pytest.mark.parametrize(
    "name", ["carryforward_short", "carryforward_long", "loss_limit", "expected_gain", "zero_gain_room"]
)
def test_dollars_below_zero_cannot_be_written(name):
    with pytest.raises(AssertionError, match=name):
        replace(YEAR, **{name: F(-1)})


def test_who_is_unknown_and_who_is_not_taxed():
    assert UNKNOWN.tax(F(100), F(100)) == F("40.8") + F("23.8")
    assert UNKNOWN.tax(F(-100), F(0)) == -37
    assert UNTAXED.tax(F(100), F(100)) == UNTAXED.tax(F(-9999), F(0)) == 0


def test_brackets_stand_in_for_flat_rates():
    year = at(40_000)
    assert year.tax(F(0), F(8_350)) == 0
    assert year.tax(F(0), F(8_450)) == 15
    assert year.tax(F(1000), F(10_000)) == 120 + F(15, 100) * (51_000 - 48_350)
    assert year.tax(F(-500), F(8_900)) == F(15, 100) * 50


def test_brackets_tax_a_gain_as_two_returns_differ():
    year = at(300_000, magi=190_000)
    due = federal_tax(SINGLE, Income(ordinary=F(300_000), short=F(7_000), long=F(9_000))).total
    niit = F(38, 1000) * (16_000 - 10_000)
    assert year.tax(F(7_000), F(9_000)) == due - ordinary_tax(SINGLE, F(300_000)) + niit


def test_brackets_limit_the_deduction_by_status_and_income():
    assert at(100_000).tax(F(-3000), F(0)) == -660
    assert at(100_000, table=SEPARATE).tax(F(-1600), F(0)) == -F(22, 100) * 1500 - 10
    assert at(1_000).tax(F(-3000), F(0)) == -100 - F(1, 10) * 2000
    assert at(-5).tax(F(-3000), F(0)) == -300
    assert at(100_000, loss_limit=F(500)).tax(F(-600), F(0)) == -110 - 10


def test_a_loss_gives_no_relief_from_niit():
    assert at(300_000, magi=500_000).tax(F(-100), F(0)) == -35


def test_first_of_january():
    year = replace(YEAR, ytd_short=F(50), ytd_long=F(60), zero_gain_room=F(9))
    rolled = next_year(year, F(-9000), F(1000))
    assert (rolled.carryforward_short, rolled.carryforward_long) == (5000, 0)
    assert (rolled.ytd_short, rolled.ytd_long, rolled.zero_gain_room) == (0, 0, 9)
    again = next_year(rolled, *rolled.position())
    assert again.carryforward_short == 2000
    assert next_year(year, F(0), F(-4000)).carryforward_long == 1000

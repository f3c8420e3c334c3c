from decimal import Decimal as D
from fractions import Fraction as F

import pytest

from trimtab.ledger.netting import Carry, RealizedYear
from trimtab.ledger.rates import ExciseTable, SplitTable, Tier
from trimtab.ledger.state_tax import (
    combined_rate,
    excise,
    flat,
    no_carryforward,
    ordinary,
    split_rates,
    tier_tax,
)

TIERS = (Tier(D(100), D("0.1")), Tier(D(300), D("0.2")), Tier(None, D("0.3")))
MA = SplitTable(D("0.085"), D("0.05"), D(2000), D("0.04"), D(1_000_000))


@pytest.mark.parametrize(("amount", "tax"), [(0, 0), (-5, 0), (100, 10), (101, "10.2"), (300, 50), (310, 53)])
def test_tiers(amount, tax):
    assert tier_tax(TIERS, F(amount)) == F(tax)


@pytest.mark.parametrize("tiers", [(), (Tier(D(5), D("0.1")),)])
def test_a_table_must_reach_every_amount(tiers):
    with pytest.raises(AssertionError):
        tier_tax(tiers, F(10))


def test_excise():
    table = ExciseTable(D(200), TIERS)
    assert excise(table, F(350)).tax == 20
    assert excise(table, F(350)).taxable == excise(table, F(350)).taxable_long == 150
    assert excise(table, F(-1)).taxable == 0


def test_ordinary_stacks_on_other_income_and_carries():
    year = RealizedYear(loss_limit=F(3000), short_gains=F(50), long_gains=F(100))
    due = ordinary(year, tiers=TIERS, other_income=F(80), long_exclusion=F(1, 2))
    assert (due.taxable_short, due.taxable_long, due.taxable) == (50, 50, 100)
    assert due.tax == F(2) + F(16)
    lost = ordinary(year, tiers=TIERS, carry=Carry(F(4000), F(0)))
    assert (lost.tax, lost.deduction, lost.carry.short) == (0, 3000, 850)


def test_ordinary_without_income_of_its_own_is_not_negative():
    year = RealizedYear(loss_limit=F(3000), short_gains=F(50))
    assert ordinary(year, tiers=flat(D("0.1")), other_income=F(-20)).tax == 3


def test_no_carryforward():
    assert no_carryforward(F(10), F(4), rate=F(1, 10)).tax == F(6, 10)
    assert no_carryforward(F(4), F(10), rate=F(1, 10)).tax == 0


def test_split_rates_net_across_after_dividends():
    due = split_rates(F(-5000), F(4000), table=MA, dividends=F(1500))
    assert (due.dividends_offset, due.taxable, due.tax) == (1500, 500, 25)
    due = split_rates(F(-5000), F(1000), table=MA, dividends=F(9000))
    assert (due.dividends_offset, due.carry.short, due.carry.long) == (2000, 2000, 0)
    due = split_rates(F(3000), F(-5000), table=MA)
    assert (due.taxable, due.carry.short, due.carry.long) == (0, 0, 2000)
    assert split_rates(F(100), F(200), table=MA).tax == F("8.5") + 10


def test_surtax_is_on_what_passes_the_threshold():
    due = split_rates(F(0), F(10_000), table=MA, other_income=F(995_000))
    assert (due.surtax, due.tax) == (200, 700)
    due = split_rates(F(5_000), F(5_000), table=MA, other_income=F(2_000_000))
    assert due.surtax == 400
    plain = SplitTable(D("0.085"), D("0.05"), D(2000), D("0.04"), None)
    assert split_rates(F(0), F(10_000), table=plain, other_income=F(995_000)).surtax == 0


def test_combined_rate():
    assert combined_rate(F(2, 10), F(1, 10), niit=F(38, 1000)) == F(338, 1000)
    assert combined_rate(F(2, 10), F(1, 10), niit=F(38, 1000), state_deductible=True) == F(318, 1000)

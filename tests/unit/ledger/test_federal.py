from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.ledger.federal import (
    Income,
    federal_tax,
    gain_bands,
    gain_tax,
    net_investment_tax,
    ordinary_tax,
)
from trimtab.ledger.rates import FEDERAL

tables = st.sampled_from(list(FEDERAL.values()))
SINGLE = FEDERAL[2025, "single"]
RATES = (10, 12, 22, 24, 32, 35, 37)


def by_dollar_ranges(table, income):
    """The rate schedule as it is printed: base tax of the bracket and a percentage of the excess."""
    base, low = F(0), F(0)
    for rate, high in zip(RATES, (*table.edges, None), strict=True):
        if high is None or income <= high:
            return base + F(rate, 100) * max(F(0), income - low)
        base, low = base + F(rate, 100) * (high - low), F(high)
    raise AssertionError


@given(tables, st.integers(-1000, 900_000))
def test_ordinary_tax_is_the_printed_schedule(table, income):
    assert ordinary_tax(table, F(income)) == by_dollar_ranges(table, F(income))


def worksheet(table, ordinary, long, dividends):
    """Qualified Dividends and Capital Gain Tax Worksheet, line by line."""
    taxable = max(F(0), ordinary + long + dividends)
    line4 = long + dividends
    line5 = max(F(0), taxable - line4)
    line7 = min(taxable, F(table.zero_top))
    line9 = line7 - min(line5, line7)
    line10 = min(taxable, line4)
    line12 = line10 - line9
    line14 = min(taxable, F(table.fifteen_top))
    line16 = max(F(0), line14 - (line5 + line9))
    line17 = min(line12, line16)
    line20 = line10 - (line9 + line17)
    total = F(15, 100) * line17 + F(20, 100) * line20 + by_dollar_ranges(table, line5)
    return min(total, by_dollar_ranges(table, taxable)), (line9, line17, line20)


@given(tables, st.integers(-60_000, 800_000), st.integers(0, 700_000), st.integers(0, 90_000))
def test_regular_tax_is_the_worksheet(table, ordinary, long, dividends):
    due = federal_tax(table, Income(ordinary=F(ordinary), long=F(long), dividends=F(dividends)))
    assert (due.regular, due.bands) == worksheet(table, F(ordinary), F(long), F(dividends))


@given(tables, st.integers(0, 130))
def test_stacking_never_costs_more_than_the_brackets(table, gain):
    due = federal_tax(table, Income(ordinary=F(table.zero_top), long=F(gain)))
    assert due.regular <= ordinary_tax(table, F(table.zero_top + gain))
    assert due.total == due.regular


def test_a_net_loss_is_deducted_up_to_the_limit_and_gains_are_netted_first():
    base = ordinary_tax(SINGLE, F(100_000))
    loss = federal_tax(SINGLE, Income(ordinary=F(100_000), short=F(-9_000)))
    assert base - loss.regular == F(22, 100) * 3000
    cancelled = federal_tax(SINGLE, Income(ordinary=F(100_000), short=F(-9_000), long=F(9_000)))
    assert cancelled.regular == base


@pytest.mark.parametrize(
    ("magi", "invested", "due"),
    [
        (200_000, 5_000, 0),
        (200_001, 5_000, "0.038"),
        (230_000, 5_000, 190),
        (230_000, -5_000, 0),
        (210_000, 50_000, 380),
    ],
)
def test_niit_is_on_the_smaller_of_income_and_excess(magi, invested, due):
    assert net_investment_tax(SINGLE, F(magi), F(invested)) == F(due)


def test_niit_only_where_magi_is_known_and_on_gains_where_nothing_else_is():
    income = Income(ordinary=F(300_000), short=F(1_000), long=F(2_000), dividends=F(500))
    assert federal_tax(SINGLE, income).niit == 0
    with_magi = Income(ordinary=F(300_000), short=F(1_000), long=F(2_000), dividends=F(500), magi=F(400_000))
    assert federal_tax(SINGLE, with_magi).niit == F(38, 1000) * 3_500


def test_bands_fill_from_below():
    assert gain_bands(SINGLE, below=F(40_000), amount=F(20_000)) == (8_350, 11_650, 0)
    assert gain_bands(SINGLE, below=F(600_000), amount=F(5)) == (0, 0, 5)
    assert gain_tax(SINGLE, F(48_450)) == 15
    assert gain_tax(SINGLE, F(-5)) == 0

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.ledger.netting import NO_CARRY, Carry, RealizedYear, net, net_year, net_years

LIMIT = F(3000)
dollars = st.integers(-20_000, 20_000).map(F)
incomes = st.none() | st.integers(-5_000, 10_000).map(F)


def carry_by_deemed_gain(short, long, *, limit, income):
    """IRC 1212(b) as it is written: the deduction counts as a short-term gain, and losses run over in turn."""
    allowed = min(limit, max(F(0), -(short + long)))
    deemed = allowed if income is None else min(allowed, max(F(0), income))
    short += deemed
    if short < 0 < long:
        move = min(-short, long)
        short, long = short + move, long - move
    elif long < 0 < short:
        move = min(-long, short)
        long, short = long + move, short - move
    return max(F(0), -short), max(F(0), -long)


@given(dollars, dollars, incomes, st.sampled_from([F(3000), F(1500), F(0)]))
def test_carry_is_that_of_the_deemed_short_term_gain(short, long, income, limit):
    netted = net(short, long, loss_limit=limit, income_before_loss=income)
    assert (netted.carry.short, netted.carry.long) == carry_by_deemed_gain(
        short, long, limit=limit, income=income
    )


@given(dollars, dollars, incomes)
def test_nothing_appears_or_vanishes(short, long, income):
    netted = net(short, long, loss_limit=LIMIT, income_before_loss=income)
    assert (
        netted.net
        == netted.taxed_short + netted.taxed_long - netted.absorbed - netted.carry.short - netted.carry.long
    )
    assert 0 <= netted.absorbed <= netted.deduction <= LIMIT
    assert netted.taxed_short == 0 or netted.deduction == 0


def test_a_year_adds_distributions_and_takes_off_what_was_carried():
    year = RealizedYear(
        loss_limit=LIMIT,
        short_gains=F(10),
        short_losses=F(4),
        long_gains=F(7),
        long_losses=F(5),
        gain_distributions=F(3),
    )
    netted = net_year(year, Carry(F(1), F(2)))
    assert (netted.short, netted.long, netted.net) == (5, 3, 8)


def test_years_roll():
    loss = RealizedYear(loss_limit=LIMIT, short_losses=F(8000))
    quiet = RealizedYear(loss_limit=LIMIT)
    carries = [netted.carry.short for netted in net_years([loss, quiet, quiet], NO_CARRY)]
    assert carries == [5000, 2000, 0]


@pytest.mark.parametrize("carried", [Carry(F(0), F(4000)), Carry(F(4000), F(0))])
def test_a_carry_keeps_its_character(carried):
    netted = net_year(RealizedYear(loss_limit=LIMIT), carried)
    left = Carry(*(F(1000) if side else F(0) for side in (carried.short, carried.long)))
    assert netted.carry == left

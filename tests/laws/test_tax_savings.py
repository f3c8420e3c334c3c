"""Savings are arithmetic: lots sum to steps, steps to the fall of T, whatever the histories."""

from dataclasses import replace
from fractions import Fraction as F

from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.ledger.netting import Carry
from trimtab.ledger.savings import Realized, Saving, Stated, savings_of_year
from trimtab.ledger.year import UNKNOWN

STATED = Stated(baseline="any", discount_rate=F(4, 100), years=7)
dollars = st.integers(-9_000, 9_000).map(F)
lots = st.dictionaries(st.sampled_from("abcdef"), st.tuples(dollars, dollars), max_size=6)
years = st.builds(
    lambda short, long, room: replace(UNKNOWN, ytd_short=short, ytd_long=long, zero_gain_room=room),
    dollars,
    dollars,
    st.integers(0, 2_000).map(F),
)


def rows(history):
    return [
        Realized(account_id="A", security_id="X", lot_id=name, short=short, long=long)
        for name, (short, long) in history.items()
    ]


def point(year, history):
    return year.position(
        sum((short for short, _ in history.values()), F(0)), sum((long for _, long in history.values()), F(0))
    )


@settings(max_examples=150, deadline=None)
@given(years, lots, lots, st.frozensets(st.sampled_from("abcdef")))
def test_the_parts_sum_to_the_fall_of_t(year, baseline, managed, gone):
    escaped = frozenset(("A", name) for name in gone)
    saved = savings_of_year(year, rows(baseline), rows(managed), stated=STATED, escaped=escaped)
    assert saved.total == year.tax(*point(year, baseline)) - year.tax(*point(year, managed))
    money = year.in_money()
    assert sum(line.used for line in saved.lines) == money.tax(*point(year, baseline)) - money.tax(
        *point(year, managed)
    )
    assert saved.total == sum(saved.of(kind) for kind in Saving)
    assert saved.harvested_used + saved.harvested_carried == saved.of(Saving.HARVESTED)


@settings(max_examples=100, deadline=None)
@given(years, lots, lots, dollars.map(abs), dollars.map(abs))
def test_other_losses_carried_in_count_once(year, baseline, managed, short, long):
    carry = Carry(short, long)
    plain = replace(year, carryforward_short=short, carryforward_long=long)
    saved = savings_of_year(year, rows(baseline), rows(managed), stated=STATED, baseline_carry=carry)
    fall = plain.tax(*point(plain, baseline)) - year.tax(*point(year, managed))
    came = year.carried_value(F(0)) - year.carried_value(short + long)
    assert saved.total == fall - came

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction as F

import pytest

from trimtab.core.amounts import Money, Quantity
from trimtab.core.dates import Term
from trimtab.ledger.exact import rounded
from trimtab.ledger.lots import Closed
from trimtab.ledger.netting import Carry
from trimtab.ledger.savings import Realized, Saving, Stated, realized_of, savings_of_year
from trimtab.ledger.year import UNKNOWN, UNTAXED, next_year

STATED = Stated(baseline="the plain model, first in first out", discount_rate=F(5, 100), years=10)
OUTSIDE = replace(UNKNOWN, ytd_short=F(6000))


def lot(name, short=0, long=0, account="A"):
    amounts = (None if amount is None else F(amount) for amount in (short, long))
    return Realized(
        account_id=account,
        security_id=f"S{name}",
        lot_id=name,
        **dict(zip(("short", "long"), amounts, strict=True)),
    )


def test_scenario_23():
    saved = savings_of_year(OUTSIDE, [lot("old", long=40_000)], [lot("down", short=-5_000)], stated=STATED)
    assert saved.of(Saving.DEFERRED) == 9_520
    assert (saved.harvested_used, saved.harvested_carried) == (2_040, 0)
    assert saved.total == 11_560
    assert rounded(saved.deferral_share) == Decimal("0.82")
    assert rounded(saved.ratio_to(F(5_000))) == Decimal("2.31")
    assert [(line.saving, line.lot_id, line.saved) for line in saved.lines] == [
        (Saving.DEFERRED, "old", 9_520),
        (Saving.HARVESTED, "down", 2_040),
    ]
    assert (saved.stated, saved.year, saved.fully_usable) == (STATED, OUTSIDE, 11_560)
    assert [(line.account_id, line.security_id) for line in saved.lines] == [("A", "Sold"), ("A", "Sdown")]


def test_present_value_of_deferral_is_the_interest_of_the_years_stated():
    saved = savings_of_year(OUTSIDE, [lot("old", long=10_000)], [], stated=replace(STATED, years=1))
    assert saved.deferred_present_value == F(2_380) * F(5, 105)


def test_a_client_who_pays_nothing_saves_nothing():
    saved = savings_of_year(UNTAXED, [lot("old", long=40_000)], [lot("down", short=-5_000)], stated=STATED)
    assert saved.total == 0
    assert saved.deferral_share is None
    room = replace(OUTSIDE, short_rate=F(0), ordinary_rate=F(0), zero_gain_room=F(90_000))
    saved = savings_of_year(room, [lot("old", long=40_000)], [lot("down", short=-5_000)], stated=STATED)
    assert saved.total == 0


def test_an_unused_loss_is_used_up_to_the_limit_and_carried_beyond():
    saved = savings_of_year(UNKNOWN, [], [lot("down", short=-5_000)], stated=STATED)
    assert saved.harvested_used == 1_110
    assert saved.harvested_carried == 2_000 * F(119, 1000)
    assert saved.fully_usable == 2_040


def test_a_gain_turned_long_term_is_saved_for_good():
    saved = savings_of_year(OUTSIDE, [lot("x", short=10_000)], [lot("x", long=12_000)], stated=STATED)
    assert saved.of(Saving.PERMANENT) == 1_700
    assert saved.of(Saving.DEFERRED) == -476
    part = savings_of_year(OUTSIDE, [lot("x", short=10_000)], [lot("x", long=4_000)], stated=STATED)
    assert part.of(Saving.PERMANENT) == 680
    assert part.of(Saving.DEFERRED) == 6_000 * F(408, 1000)


def test_a_gain_given_away_is_saved_for_good():
    gone = frozenset({("A", "x")})
    saved = savings_of_year(OUTSIDE, [lot("x", long=10_000)], [], stated=STATED, escaped=gone)
    assert (saved.of(Saving.PERMANENT), saved.of(Saving.DEFERRED)) == (2_380, 0)
    other = savings_of_year(OUTSIDE, [lot("x", long=10_000, account="B")], [], stated=STATED, escaped=gone)
    assert other.of(Saving.DEFERRED) == 2_380


def test_gains_taken_early_and_losses_left_count_against():
    saved = savings_of_year(OUTSIDE, [lot("loss", long=-100)], [lot("gain", long=1_000)], stated=STATED)
    assert saved.of(Saving.DEFERRED) == -100 * F("0.408") - 900 * F("0.238")
    assert saved.of(Saving.HARVESTED) == -F("23.8")
    assert saved.total == saved.of() == -F("278.8")


def test_what_both_did_saves_nothing():
    same = [lot("x", short=500), lot("y", long=-300)]
    saved = savings_of_year(OUTSIDE, same, same[::-1], stated=STATED)
    assert (saved.lines, saved.total) == ((), 0)


def test_an_unknown_basis_makes_the_whole_unknown_and_is_named():
    saved = savings_of_year(OUTSIDE, [lot("old", long=40_000)], [lot("old", None, None)], stated=STATED)
    assert (saved.total, saved.deferral_share, saved.ratio_to(F(1))) == (None, None, None)
    assert [row.lot_id for row in saved.unknown] == ["old"]
    assert saved.of() == 0
    saved = savings_of_year(
        OUTSIDE, [lot("dark", None, None), lot("old", long=10)], [lot("down", short=-10)], stated=STATED
    )
    assert [row.lot_id for row in saved.unknown] == ["dark"]
    assert saved.of() == F("2.38") + F("4.08")


def test_lines_in_cents_add_up():
    thirds = [lot(name, long=F(100, 3)) for name in "abc"]
    saved = savings_of_year(OUTSIDE, [*thirds, lot("d", short=7)], [lot("e", short=-1)], stated=STATED)
    cents = saved.in_cents(Saving.DEFERRED)
    assert [line.lot_id for line, _ in cents] == ["a", "b", "c", "d"]
    assert sum(amount for _, amount in cents) == rounded(saved.of(Saving.DEFERRED)) == Decimal("26.66")
    assert saved.in_cents(Saving.PERMANENT) == ()


def test_only_the_loss_beyond_the_baseline_s_is_a_harvest():
    both = [lot("x", short=-100, long=-30)], [lot("x", short=-150, long=-10)]
    saved = savings_of_year(replace(OUTSIDE, ytd_long=F(500)), *both, stated=STATED)
    assert [(line.short, line.long) for line in saved.lines] == [(50, -20)]
    assert saved.total == 50 * F("0.408") - 20 * F("0.238")


def test_a_lot_partly_sold_later_and_partly_given_away_is_all_for_good():
    saved = savings_of_year(
        replace(OUTSIDE, ytd_long=F(500)),
        [lot("x", short=100)],
        [lot("x", long=40)],
        stated=STATED,
        escaped=frozenset({("A", "x")}),
    )
    assert [(line.saving, line.short, line.long) for line in saved.lines] == [(Saving.PERMANENT, 100, -40)]
    assert saved.total == 100 * F("0.408") - 40 * F("0.238")


def test_losses_of_earlier_years_stand_on_a_line_of_their_own():
    year = replace(
        UNKNOWN, ytd_short=F(50_000), ytd_long=F(50_000), carryforward_short=F(900), carryforward_long=F(700)
    )
    saved = savings_of_year(year, [], [], stated=STATED, baseline_carry=Carry(F(400), F(300)))
    (line,) = saved.lines
    assert (line.saving, line.account_id, line.security_id, line.lot_id) == (Saving.HARVESTED, "", "", "")
    assert (line.short, line.long) == (0, 0)
    assert line.used == 500 * F("0.408") + 400 * F("0.238")
    assert line.carried == -900 * F("0.119")
    assert (saved.harvested_used, saved.harvested_carried) == (line.used, line.carried)


@pytest.mark.parametrize(("short", "long"), [(None, 0), (0, None)])
def test_half_known_is_unknown(short, long):
    assert savings_of_year(OUTSIDE, [lot("x", short, long)], [], stated=STATED).total is None


def test_kinds_by_name():
    assert [kind.value for kind in Saving] == ["permanent", "deferred", "harvested"]


def test_no_fee_no_ratio():
    assert savings_of_year(OUTSIDE, [], [], stated=STATED).ratio_to(F(0)) is None


def test_a_lot_twice_is_our_fault():
    for before, after in (([lot("x"), lot("x")], []), ([], [lot("x"), lot("x")])):
        with pytest.raises(AssertionError, match="twice"):
            savings_of_year(OUTSIDE, before, after, stated=STATED)


def test_lines_do_not_depend_on_the_order_of_rows():
    before = [lot(name, long=100 * number) for number, name in enumerate("abc", 1)]
    after = [lot(name, short=-50 * number) for number, name in enumerate("def", 1)]
    one = savings_of_year(UNKNOWN, before, after, stated=STATED)
    two = savings_of_year(UNKNOWN, before[::-1], after[::-1], stated=STATED)
    assert one == two


def test_years_add_up_to_the_tax_not_paid_and_the_loss_still_carried():
    managed = plain = UNKNOWN
    total = cash = F(0)
    years = [
        ([lot("x", long=1_000)], [lot("y", short=-20_000)], F(0)),
        ([lot("z", long=500)], [], F(6_000)),
        ([], [lot("x", long=1_500)], F(900)),
    ]
    for baseline, done, outside in years:
        managed, plain = replace(managed, ytd_short=outside), replace(plain, ytd_short=outside)
        carry = Carry(plain.carryforward_short, plain.carryforward_long)
        saved = savings_of_year(managed, baseline, done, stated=STATED, baseline_carry=carry)
        total += saved.total
        ends = []
        for year, rows in ((plain, baseline), (managed, done)):
            ends.append(year.position(sum(row.short for row in rows), sum(row.long for row in rows)))
        cash += plain.in_money().tax(*ends[0]) - managed.in_money().tax(*ends[1])
        plain, managed = next_year(plain, *ends[0]), next_year(managed, *ends[1])
    left = managed.carried_value(managed.carryforward_short + managed.carryforward_long)
    left -= plain.carried_value(plain.carryforward_short + plain.carryforward_long)
    assert left > 0
    assert total == cash + left


def closed(name, proceeds, basis, term=Term.SHORT, disallowed=0):
    day = dt.date(2024, 1, 2)
    return Closed(
        sale_id="s",
        lot_id=name,
        account_id="A",
        security_id="X",
        quantity=Quantity(1),
        proceeds=Money.parse(proceeds),
        basis=None if basis is None else Money.parse(basis),
        term=term,
        acquired=day,
        adjusted_acquired=day,
        disposed=day,
        disallowed=Money.parse(disallowed),
    )


def test_realized_gains_are_those_recognized_by_lot_and_term():
    rows = [
        closed("a", 10, 15, disallowed=2),
        closed("b", 9, 4, Term.LONG),
        closed("a", 10, 4),
        closed("c", 3, None, None),
        closed("c", 3, 1),
        closed("gift", 3, 3, None),
    ]
    found = {row.lot_id: (row.short, row.long) for row in realized_of(rows)}
    assert found == {"a": (3, 0), "b": (0, 5), "c": (None, None), "gift": (0, 0)}
    assert [row.lot_id for row in realized_of(rows)] == ["a", "b", "c", "gift"]

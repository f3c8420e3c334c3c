from datetime import date
from fractions import Fraction as F

import pytest

from trimtab.ledger.donations import GiftLot, deduction_floor, donate, rank_gifts

ON = date(2025, 6, 2)
OLD, NEW = date(2020, 1, 2), date(2025, 1, 2)


def test_long_term_appreciated_is_worth_its_value_within_30_percent():
    gift = donate(F(20), F(100), acquired=OLD, donated=ON, agi=F(200))
    assert (gift.contribution, gift.agi_limit, gift.deduct_now, gift.carryforward) == (100, F(3, 10), 60, 40)
    assert (gift.gain_escaping, gift.loss_forgone) == (80, 0)


@pytest.mark.parametrize(
    ("basis", "value", "acquired", "contribution"),
    [(20, 100, NEW, 20), (100, 60, OLD, 60), (100, 60, NEW, 60), (60, 60, OLD, 60)],
)
def test_other_shares_give_the_smaller_of_basis_and_value_within_50_percent(
    basis, value, acquired, contribution
):
    gift = donate(F(basis), F(value), acquired=acquired, donated=ON, agi=F(40))
    assert (gift.contribution, gift.agi_limit) == (contribution, F(1, 2))
    assert gift.deduct_now == min(20, contribution)
    assert gift.deduct_now + gift.carryforward == contribution
    assert gift.loss_forgone == max(0, basis - value)


def test_any_gain_at_all_makes_shares_appreciated():
    assert donate(F(199, 2), F(100), acquired=OLD, donated=ON, agi=F(1000)).agi_limit == F(3, 10)


def test_income_below_zero_allows_nothing_now():
    assert donate(F(20), F(100), acquired=OLD, donated=ON, agi=F(-9)).deduct_now == 0


def test_the_floor_starts_in_2026():
    assert deduction_floor(date(2025, 12, 31), F(100_000)) == 0
    assert deduction_floor(date(2026, 1, 1), F(100_000)) == 500
    assert deduction_floor(date(2026, 1, 1), F(-1)) == 0


def test_gifts_are_ranked_by_gain_per_dollar_and_short_term_or_loss_lots_never_given():
    lots = [
        GiftLot(lot_id="half", basis=F(50), value=F(100), acquired=OLD),
        GiftLot(lot_id="short", basis=F(1), value=F(100), acquired=NEW),
        GiftLot(lot_id="b", basis=F(10), value=F(1000), acquired=OLD),
        GiftLot(lot_id="a", basis=F(1), value=F(100), acquired=OLD),
        GiftLot(lot_id="loss", basis=F(101), value=F(100), acquired=OLD),
        GiftLot(lot_id="flat", basis=F(100), value=F(100), acquired=OLD),
    ]
    assert [lot.lot_id for lot in rank_gifts(lots, on=ON)] == ["a", "b", "half"]
    assert rank_gifts(lots, on=ON) == rank_gifts(lots[::-1], on=ON)

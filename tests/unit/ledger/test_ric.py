from datetime import date
from fractions import Fraction as F

import pytest

from trimtab.ledger.ric import FundLoss, fund_loss

BOUGHT = date(2024, 8, 31)


@pytest.mark.parametrize(("sold", "long"), [(date(2025, 2, 28), 100), (date(2025, 3, 1), 0)])
def test_six_months_are_counted_by_the_calendar(sold, long):
    loss = fund_loss(F(100), BOUGHT, sold, gain_distributions=F(500))
    assert loss == FundLoss(short=F(100 - long), long=F(long))


def test_exempt_dividends_then_distributions_then_short_term():
    loss = fund_loss(F(100), BOUGHT, date(2024, 9, 30), gain_distributions=F(30), exempt_dividends=F(20))
    assert loss == FundLoss(short=F(50), long=F(30), disallowed=F(20))
    loss = fund_loss(F(45), BOUGHT, date(2024, 9, 30), gain_distributions=F(30), exempt_dividends=F(20))
    assert loss == FundLoss(short=F(0), long=F(25), disallowed=F(20))


@pytest.mark.parametrize(("sold", "long"), [(date(2025, 8, 31), False), (date(2025, 9, 1), True)])
def test_beyond_six_months_the_term_decides(sold, long):
    loss = fund_loss(F(100), BOUGHT, sold, gain_distributions=F(30), exempt_dividends=F(20))
    assert loss == (FundLoss(long=F(100)) if long else FundLoss(short=F(100)))


def test_a_gain_is_no_loss():
    assert fund_loss(F(-5), BOUGHT, date(2024, 9, 30), gain_distributions=F(30)) == FundLoss()

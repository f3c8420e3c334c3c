from fractions import Fraction as F

import pytest

from trimtab.ledger import metrics


def test_tax_alpha():
    assert (
        metrics.tax_alpha(
            portfolio_after_tax=F(10),
            benchmark_after_tax=F(7),
            portfolio_pre_tax=F(5),
            benchmark_pre_tax=F(4),
        )
        == 2
    )


def test_returns_and_losses():
    assert metrics.after_tax_return(gain=F(9), tax=F(2), beginning_value=F(70)) == F(1, 10)
    assert metrics.loss_value(F(100), F(1, 4)) == 25
    assert metrics.loss_alpha(
        short_losses=F(10), long_losses=F(20), short_rate=F(4, 10), long_rate=F(2, 10), average_value=F(100)
    ) == F(8, 100)
    assert metrics.wait_value(F(100), short_rate=F(4, 10), long_rate=F(1, 10)) == 30
    assert metrics.savings(F(9), F(4)) == 5


def test_a_share_of_nothing_is_unknown():
    assert metrics.share(F(1), F(4)) == F(1, 4)
    assert metrics.share(F(1), F(0)) is None


def test_deferral_is_worth_the_interest_on_the_loan():
    assert metrics.deferral_value(F(121), discount_rate=F(1, 10), years=2) == 21
    assert metrics.deferral_value(F(121), discount_rate=F(1, 10), years=0) == 0
    with pytest.raises(AssertionError):
        metrics.deferral_value(F(1), discount_rate=F(1, 10), years=-1)

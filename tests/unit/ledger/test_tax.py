from fractions import Fraction as F

from trimtab.ledger.tax import FlatRates, tax_by_term, tax_netted

RATES = FlatRates(short=F(40, 100), long=F(20, 100), ordinary=F(30, 100))


def test_by_term_every_loss_counts_in_full():
    assert tax_by_term(F(-100), F(50), rates=RATES) == -30


def test_netted_losses_meet_gains_first_and_then_3000_of_income():
    assert tax_netted(F(100), F(50), rates=RATES) == 50
    assert tax_netted(F(100), F(-60), rates=RATES) == 16
    assert tax_netted(F(-60), F(100), rates=RATES) == 8
    assert tax_netted(F(-5000), F(0), rates=RATES) == -900
    assert tax_netted(F(-5000), F(0), rates=RATES, loss_limit=F(1500)) == -450

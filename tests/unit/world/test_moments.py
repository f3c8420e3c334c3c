import pytest

from trimtab.world.moments import load_moments
from trimtab.world.securities import SLOTS, companies


@pytest.mark.parametrize("which", ["slot", "sector"])
def test_correlations_are_square_symmetric_and_of_one_with_themselves(which):
    moments = load_moments()
    table = getattr(moments, f"{which}_correlation")
    n = len(getattr(moments, f"{which}s"))
    assert len(table) == n
    assert all(len(row) == n for row in table)
    assert all(table[i][i] == 1.0 for i in range(n))
    assert all(table[i][j] == table[j][i] and -1 <= table[i][j] <= 1 for i in range(n) for j in range(n))


def test_every_slot_and_sector_the_world_uses_has_moments():
    moments = load_moments()
    assert tuple(moments.slots) == SLOTS
    assert {c.sector for c in companies()} == set(moments.sectors)


def test_moments_are_plausible_yearly_figures_and_no_prices():
    moments = load_moments()
    assert 0.1 < moments.slots["us_total"].volatility < 0.3
    assert moments.slots["us_short"].volatility < moments.slots["us_bond"].volatility < 0.06
    for row in moments.slots.values():
        assert -0.1 < row.mean < 0.25
        assert 0.0 <= row.dividend_yield < 0.08
    for row in moments.sectors.values():
        assert 0.3 < row.beta < 1.8
        assert row.specific_low < row.specific_high < 0.6

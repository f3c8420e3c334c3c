import numpy as np
import pytest

from harvest_accounting import PILOT, PUBLISHED, TOP, Rates, alphas, industry_returns, mean_within, window


@pytest.mark.shared
def test_the_pilot_is_met_within_a_basis_point(shared):
    months, returns = industry_returns(shared / "data" / "ff_49_industries_monthly.csv.gz")
    found = alphas(months, returns, PUBLISHED)
    assert len(found) == 83
    for (first, last), pilot in PILOT.items():
        assert mean_within(found, first, last) == pytest.approx(pilot, abs=1.0)
    assert mean_within(alphas(months, returns, TOP), 1926, 2018) == pytest.approx(88.31, abs=0.01)


def test_one_name_by_hand():
    """Falls to 0.8 in a month, then stands: 0.2 × 35 % is invested at 0.8; after ten years each lot is long-term."""
    returns = np.zeros((120, 1))
    returns[0] = -0.2
    harvested = (1 + 0.07 / 0.8) * 0.8
    held = 0.8 + 0.15 * 0.2
    assert window(returns, Rates(0.35, 0.15)) == pytest.approx(harvested**0.1 - held**0.1, abs=1e-12)


def test_a_rise_gives_nothing_to_harvest():
    assert window(np.full((120, 3), 0.01), TOP) == pytest.approx(0.0, abs=1e-12)


def test_a_loss_after_a_year_is_credited_at_the_long_rate():
    returns = np.zeros((120, 1))
    returns[12] = -0.5
    harvested = 0.5 + 0.5 * 0.15
    held = 0.5 + 0.5 * 0.15
    assert window(returns, Rates(0.35, 0.15)) == pytest.approx(harvested**0.1 - held**0.1, abs=1e-12)
    returns = np.zeros((120, 1))
    returns[11] = -0.5
    assert window(returns, Rates(0.35, 0.15)) == pytest.approx(
        (0.5 + 0.5 * 0.35) ** 0.1 - held**0.1, abs=1e-12
    )


def test_looking_seldom_misses_what_has_recovered():
    returns = np.zeros((120, 1))
    returns[0], returns[1] = -0.2, 0.25
    assert window(returns, TOP) > 0
    assert window(returns, TOP, every=3) == pytest.approx(0.0, abs=1e-12)

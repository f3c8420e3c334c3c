import hashlib
import math
from datetime import date

import numpy as np
import pytest

from trimtab.core.calendar import new_york
from trimtab.world.market import WEEKS, simulate
from trimtab.world.moments import load_moments


def returns(market, security_id):
    total = market.total[:, market.ids.index(security_id)]
    return total[1:] / total[:-1] - 1


def test_weekly_dates_end_on_the_business_date(market):
    assert len(market.dates) == WEEKS
    assert market.dates[-1] == date(2025, 6, 27)
    gaps = {(b - a).days for a, b in zip(market.dates, market.dates[1:], strict=False)}
    assert gaps == {6, 7, 8}, "the session before where the day is a holiday"
    assert all(new_york().is_session(d) for d in market.dates)
    assert date(2024, 7, 5) in market.dates
    assert date(2025, 4, 17) in market.dates, "the day before Good Friday"


def test_prices_are_whole_cents_and_above_zero(market):
    cents = market.close * 100
    assert (market.close > 0).all()
    assert np.allclose(cents, np.rint(cents), rtol=0, atol=1e-6)
    assert (market.close[-1] >= 20).all()
    assert (market.close[-1] <= 220).all()


def test_a_seed_gives_the_same_market_and_another_a_different_one(market):
    again = simulate(7, load_moments(), date(2025, 6, 27))
    other = simulate(8, load_moments(), date(2025, 6, 27))
    assert (again.close == market.close).all()
    assert (again.total == market.total).all()
    assert (other.close != market.close).any()


def test_the_business_date_moves_only_the_calendar(market):
    later = simulate(7, load_moments(), date(2026, 1, 2))
    assert (later.close == market.close).all()
    assert later.dates[-1] == date(2026, 1, 2)


@pytest.mark.parametrize("fund", ["VTI", "VWO", "BND", "GLDM", "BSV"])
def test_volatility_over_many_seeds_is_near_the_moments(fund):
    moments = load_moments()
    slot = {"VTI": "us_total", "VWO": "emerging", "BND": "us_bond", "GLDM": "gold", "BSV": "us_short"}[fund]
    drawn = [returns(simulate(s, moments, date(2025, 6, 27)), fund) for s in range(12)]
    variance = sum(float(((r - r.mean()) ** 2).mean()) for r in drawn) / len(drawn)
    assert math.sqrt(variance * 52) == pytest.approx(moments.slots[slot].volatility, rel=0.12)
    mean = sum(float(r.mean()) for r in drawn) / len(drawn) * 52
    assert mean == pytest.approx(moments.slots[slot].mean, abs=0.055)


def test_twins_move_together_and_classes_as_the_table_says(market):
    def correlation(a, b):
        return float(np.corrcoef(returns(market, a), returns(market, b))[0, 1])

    assert correlation("VTI", "ITOT") > 0.99
    assert correlation("VTI", "VEA") > 0.75
    assert abs(correlation("VTI", "BND")) < 0.3
    assert 0.2 < correlation("CALDE", "VTI") < 0.95
    assert correlation("CALDE", "ALDER") > correlation("CALDE", "MILLR")


def test_total_return_beats_the_close_by_what_is_paid(market):
    column = market.ids.index("USHY")
    years = (WEEKS - 1) / 52
    total = math.log(market.total[-1, column] / market.total[0, column])
    close = math.log(market.close[-1, column] / market.close[0, column])
    assert (total - close) / years == pytest.approx(
        load_moments().slots["high_yield"].dividend_yield, rel=0.1
    )


def test_index_weights_sum_to_one_exactly(market):
    assert sum(round(w * 1_000_000) for w in market.index_weights.values()) == 1_000_000
    assert len(market.index_weights) == 60
    assert max(market.index_weights.values()) < 0.1


def test_the_prices_of_a_seed_are_the_same_on_every_machine(market):
    """Pinned: a new value means other moments or other draws, never another processor."""
    cents = np.rint(market.close * 100).astype("<i8").tobytes()
    assert (
        hashlib.sha256(cents).hexdigest()
        == "8c88688a32ffe46cfc24f5e7d0b595d4b7fbcc7aeb08d4fb720ce62d6a8333d9"
    )

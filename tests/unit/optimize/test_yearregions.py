import random
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from tests.tax_years import random_point, random_year

from trimtab.ledger.year import UNKNOWN, UNTAXED
from trimtab.optimize.yearregions import Reach, regions
from trimtab.optimize.yeartax import params_of, year_tax


@pytest.fixture(scope="module")
def years():
    rng = random.Random(3)
    return [random_year(rng, brackets=number % 3 == 0) for number in range(240)]


def columns(points):
    return tuple(np.array([float(point[k]) for point in points]) for k in (0, 1))


def values(pieces, short, long, slack=1e-6):
    """T of every region that holds at a point."""
    slope, constant, sides = pieces
    inside = (sides[:, :, 0] * short + sides[:, :, 1] * long <= sides[:, :, 2] + slack).all(axis=1)
    return slope[inside, 0] * short + slope[inside, 1] * long + constant[inside]


@pytest.mark.parametrize("seed", range(3))
def test_regions_cover_every_proposal_and_give_the_tax_it_adds(years, seed):
    rng = random.Random(seed)
    params = params_of(years)
    at, after = columns([random_point(rng) for _ in years]), columns([random_point(rng) for _ in years])
    found = regions(params, at)
    added = year_tax(*after, params) - year_tax(*at, params)
    for number in range(len(years)):
        short, long = after[0][number] - at[0][number], after[1][number] - at[1][number]
        ours = values(found.of(number), short, long)
        assert len(ours)
        assert ours == pytest.approx(added[number], rel=1e-9, abs=1e-6)
        assert values(found.of(number), 0.0, 0.0) == pytest.approx(0.0, abs=1e-6)


def test_a_flat_year_has_six_regions_and_room_makes_eight():
    params = params_of([UNKNOWN, replace(UNKNOWN, zero_gain_room=F(5)), UNTAXED])
    found = regions(params, (np.zeros(3), np.zeros(3)))
    assert np.diff(found.start).tolist() == [6, 8, 6]
    assert found.slope.shape == (20, 2)


def test_amounts_as_fractions_of_a_value():
    found = regions(params_of([UNKNOWN]), (np.array([-1000.0]), np.array([0.0])))
    whole, parts = found.of(0), found.of(0, value=100_000.0)
    assert values(parts, 0.02, 0.01, 1e-12) * 100_000 == pytest.approx(values(whole, 2000.0, 1000.0)[0])
    assert parts[0].tolist() == whole[0].tolist()
    assert found.of(0)[2][0, 0, 2] == whole[2][0, 0, 2]


def test_only_what_the_lots_can_reach_is_kept():
    params = params_of([UNKNOWN, UNKNOWN])
    at = (np.array([10_000.0, 0.0]), np.array([10_000.0, 0.0]))
    box = Reach(*(np.array([value, value]) for value in (-100.0, 100.0, -200.0, 50.0)))
    found = regions(params, at, reach=box)
    assert np.diff(found.start).tolist() == [1, 4]
    slope, constant, _ = found.of(0)
    assert (slope.tolist(), constant.tolist()) == ([[0.408, 0.238]], pytest.approx([0.0], abs=1e-9))


@pytest.mark.parametrize("seed", range(2))
def test_reach_never_drops_a_region_that_is_needed(years, seed):
    rng = random.Random(90 + seed)
    params = params_of(years)
    at = columns([random_point(rng) for _ in years])
    low, high = np.full(len(years), -4000.0), np.full(len(years), 9000.0)
    kept, full = regions(params, at, reach=Reach(low, high, low, high)), regions(params, at)
    assert (np.diff(kept.start) <= np.diff(full.start)).all()
    for number in range(len(years)):
        for _ in range(5):
            short, long = rng.uniform(-4000, 9000), rng.uniform(-4000, 9000)
            assert values(kept.of(number), short, long) == pytest.approx(
                values(full.of(number), short, long)[0], abs=1e-6
            )


def test_no_account_no_region():
    found = regions(params_of([]), (np.zeros(0), np.zeros(0)))
    assert (found.start.tolist(), len(found.constant)) == ([0], 0)

import random

import numpy as np
import pytest
from tests.tax_years import random_point, random_year

from trimtab.ledger.regions import path_rates as exact_path_rates
from trimtab.ledger.regions import year_regions
from trimtab.optimize.yearpath import gradient, niit_room, path_rates
from trimtab.optimize.yeartax import params_of, year_tax


def columns(points):
    return tuple(np.array([float(point[k]) for point in points]) for k in (0, 1))


@pytest.fixture(scope="module")
def years():
    rng = random.Random(11)
    return [random_year(rng, brackets=number % 2 == 0) for number in range(300)]


@pytest.mark.parametrize("seed", range(4))
def test_gains_at_mean_rates_sum_to_the_change_of_t(years, seed):
    rng = random.Random(seed)
    params = params_of(years)
    before, after = columns([random_point(rng) for _ in years]), columns([random_point(rng) for _ in years])
    short, long = path_rates(before, after, params)
    change = year_tax(*after, params) - year_tax(*before, params)
    ours = short * (after[0] - before[0]) + long * (after[1] - before[1])
    assert np.max(np.abs(ours - change) / np.maximum(np.abs(change), 1.0)) < 1e-9


def test_each_mean_is_that_of_the_exact_form(years):
    rng = random.Random(5)
    rows = years[:60]
    before, after = [random_point(rng) for _ in rows], [random_point(rng) for _ in rows]
    short, long = path_rates(columns(before), columns(after), params_of(rows))
    for number, year in enumerate(rows):
        exact = exact_path_rates(year_regions(year), before[number], after[number])
        moved = [after[number][k] != before[number][k] for k in (0, 1)]
        for ours, theirs, moves in zip((short[number], long[number]), exact, moved, strict=True):
            assert not moves or ours == pytest.approx(float(theirs), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_is_the_slope_of_a_small_step_off_the_edges(years, seed):
    rng = random.Random(50 + seed)
    params = params_of(years)
    short, long = columns([random_point(rng) for _ in years])
    short, long = short + 0.37, long + 0.19
    on_short, on_long = gradient(short, long, params)
    here, step = year_tax(short, long, params), 1e-3
    assert (year_tax(short + step, long, params) - here) / step == pytest.approx(on_short, abs=1e-4)
    assert (year_tax(short, long + step, params) - here) / step == pytest.approx(on_long, abs=1e-4)


def test_a_path_of_no_length_has_the_rates_of_its_point(years):
    params = params_of(years[:50])
    at = (np.full(50, 123.4), np.full(50, -55.1))
    assert [part.tolist() for part in path_rates(at, at, params)] == [
        part.tolist() for part in gradient(*at, params)
    ]


def test_room_before_the_niit_is_of_bracket_years_only(years):
    room = niit_room(params_of(years[:40]))
    for year, value in zip(years[:40], room, strict=True):
        threshold = 0 if year.brackets is None else year.brackets.table.niit_threshold - year.brackets.magi
        assert value == max(0.0, float(threshold))


@pytest.mark.parametrize("first", [0, 1])
def test_accounts_all_of_one_sort_have_the_rates_they_have_among_others(years, first):
    rng = random.Random(8)
    before, after = columns([random_point(rng) for _ in years]), columns([random_point(rng) for _ in years])
    mixed = path_rates(before, after, params_of(years))
    alone = path_rates(
        tuple(part[first::2] for part in before),
        tuple(part[first::2] for part in after),
        params_of(years[first::2]),
    )
    assert [part.tolist() for part in alone] == [part[first::2].tolist() for part in mixed]

import random
from dataclasses import replace
from fractions import Fraction as F

import pytest
from tests.tax_years import random_point, random_year

from trimtab.ledger.rates import FEDERAL
from trimtab.ledger.regions import Marginal, marginal_rates, path_rates, year_regions
from trimtab.ledger.year import UNTAXED, Brackets, TaxpayerYear

YEAR = TaxpayerYear(short_rate=F(40, 100), long_rate=F(20, 100), ordinary_rate=F(30, 100))


@pytest.mark.parametrize("brackets", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_regions_cover_the_plane_and_agree_with_t(seed, brackets):
    rng = random.Random(seed)
    year = random_year(rng, brackets=brackets)
    regions = year_regions(year)
    for _ in range(60):
        point = random_point(rng)
        found = [region for region in regions if region.contains(*point)]
        assert found
        assert {region.tax(*point) for region in found} == {year.tax(*point)}


@pytest.mark.parametrize("brackets", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_slopes_are_those_of_small_steps(seed, brackets):
    rng = random.Random(100 + seed)
    year = random_year(rng, brackets=brackets)
    regions, step = year_regions(year), F(1, 10**6)
    for _ in range(12):
        short, long = random_point(rng)
        here = year.tax(short, long)
        assert marginal_rates(regions, short, long) == Marginal(
            short_left=(here - year.tax(short - step, long)) / step,
            short_right=(year.tax(short + step, long) - here) / step,
            long_left=(here - year.tax(short, long - step)) / step,
            long_right=(year.tax(short, long + step) - here) / step,
        )


@pytest.mark.parametrize("brackets", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_gains_at_the_paths_mean_rates_sum_to_the_change_of_t(seed, brackets):
    rng = random.Random(200 + seed)
    year = random_year(rng, brackets=brackets)
    regions = year_regions(year)
    for _ in range(8):
        before, after = random_point(rng), random_point(rng)
        short, long = path_rates(regions, before, after)
        change = short * (after[0] - before[0]) + long * (after[1] - before[1])
        assert change == year.tax(*after) - year.tax(*before)


def test_a_flat_year_has_the_regions_of_the_page():
    assert len(year_regions(YEAR)) == 6
    assert len(year_regions(replace(YEAR, zero_gain_room=F(5)))) == 8
    assert len(year_regions(replace(YEAR, loss_limit=F(0)))) == 4
    assert len(year_regions(UNTAXED)) == 4


def test_on_an_edge_left_and_right_differ():
    at_origin = marginal_rates(year_regions(YEAR), F(0), F(0))
    assert at_origin == Marginal(
        short_left=F(30, 100), short_right=F(40, 100), long_left=F(30, 100), long_right=F(20, 100)
    )
    inside = marginal_rates(year_regions(YEAR), F(10), F(10))
    assert (
        (inside.short_left, inside.long_left)
        == (inside.short_right, inside.long_right)
        == (F(4, 10), F(2, 10))
    )


def test_t_is_not_convex():
    year = YEAR
    middle = year.tax(F(10), F(0))
    assert 2 * middle > year.tax(F(10), F(-10)) + year.tax(F(10), F(10))


def test_a_path_within_one_region_has_its_rates():
    regions = year_regions(YEAR)
    assert path_rates(regions, (F(1), F(1)), (F(5), F(9))) == (F(4, 10), F(2, 10))
    assert path_rates(regions, (F(1), F(1)), (F(1), F(1))) == (F(4, 10), F(2, 10))


def test_an_edge_of_the_smaller_tax_splits_a_cell():
    table = FEDERAL[2026, "single"]
    year = replace(YEAR, brackets=Brackets(table=table, ordinary_income=F(table.zero_top), magi=F(0)))
    regions = year_regions(year)
    inside = marginal_rates(regions, F(0), F(500))
    assert (inside.long_left, inside.long_right) == (F(12, 100), F(12, 100))
    beyond = marginal_rates(regions, F(0), F(30_000))
    assert (beyond.long_left, beyond.long_right) == (F(15, 100), F(15, 100))


def at_income(income):
    return replace(
        YEAR, brackets=Brackets(table=FEDERAL[2025, "single"], ordinary_income=F(income), magi=F(0))
    )


def test_a_few_dollars_below_the_edge_are_still_taxed_at_the_smaller_rate():
    regions = year_regions(at_income(48_475 - 20))
    assert marginal_rates(regions, F(0), F(10)).long_right == F(12, 100)
    assert marginal_rates(regions, F(0), F(60)).long_right == F(15, 100)


def test_a_net_loss_comes_down_through_the_brackets():
    regions = year_regions(at_income(103_350 + 1_000))
    slopes = [marginal_rates(regions, F(-loss), F(0)).short_left for loss in (999, 1_000, 2_999, 3_000)]
    assert slopes == [F(24, 100), F(22, 100), F(22, 100), F(10, 100)]


def test_points_off_the_whole_dollars_lie_in_a_region():
    assert marginal_rates(year_regions(YEAR), F(1, 2), F(1, 3)).long_right == F(20, 100)
    assert marginal_rates(year_regions(YEAR), F(-1, 2), F(1, 3)).long_right == F(30, 100)

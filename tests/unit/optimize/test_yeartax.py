import random
from fractions import Fraction as F

import numpy as np
import polars as pl
import pytest
from tests.tax_years import random_point, random_year

from trimtab.core.result import Reason
from trimtab.ledger.rates import FEDERAL
from trimtab.ledger.year import UNKNOWN, UNTAXED
from trimtab.optimize.yeartax import (
    FLAT,
    exact_year,
    gain_slope,
    ordinary_slope,
    params_from_frame,
    params_of,
    year_tax,
)


@pytest.fixture(scope="module")
def years():
    rng = random.Random(7)
    return [random_year(rng, brackets=number % 2 == 0) for number in range(400)]


@pytest.mark.parametrize("seed", range(4))
def test_columns_equal_the_exact_form(years, seed):
    rng = random.Random(seed)
    points = [random_point(rng) for _ in years]
    short, long = (np.array([float(point[k]) for point in points]) for k in (0, 1))
    ours = year_tax(short, long, params_of(years))
    exact = np.array([float(year.tax(*point)) for year, point in zip(years, points, strict=True)])
    assert np.max(np.abs(ours - exact) / np.maximum(np.abs(exact), 1.0)) < 1e-9


def test_base_is_outside_less_carried_in(years):
    params = params_of(years)
    bases = [year.position() for year in years]
    assert params.base_short.tolist() == [float(base[0]) for base in bases]
    assert params.base_long.tolist() == [float(base[1]) for base in bases]
    assert params.base_known.all()
    assert len(params) == 400


def test_take_spreads_a_taxpayer_over_accounts(years):
    params = params_of(years).take(np.array([3, 3, 0]))
    assert params.table.tolist() == params_of([years[3], years[3], years[0]]).table.tolist()
    assert params.short_rate.tolist() == [float(years[n].short_rate) for n in (3, 3, 0)]


def taxpayers(**changes):
    columns = {
        "taxpayer_id": ["T1", "T2", "T3"],
        "short_rate": [0.35, 0.408, 0.3],
        "long_rate": [0.15, 0.238, 0.2],
        "ordinary_rate": [None, 0.37, None],
        "ytd_short": ["100.25", None, "0"],
        "ytd_long": ["-50", None, "0"],
        "carryforward_short": [None, "7", None],
        "carryforward_long": ["3", None, None],
        "loss_limit": ["3000", "1500", None],
        "expected_gain": [None, "100", None],
        "zero_gain_room": [None, None, "4000"],
        "filing_status": [None, "mfs", "mfj"],
        "ordinary_income": [None, "90000", None],
        "magi": [None, "95000", "1"],
    } | changes
    money = [
        "ytd_short",
        "ytd_long",
        "carryforward_short",
        "carryforward_long",
        "loss_limit",
        "expected_gain",
        "zero_gain_room",
        "ordinary_income",
        "magi",
    ]
    texts = {"taxpayer_id": pl.String, "filing_status": pl.String}
    frame = pl.DataFrame(columns, schema_overrides=texts)
    return frame.with_columns(pl.col(money).cast(pl.Decimal(38, 9)), pl.col("ordinary_rate").cast(pl.Float64))


def test_frame_of_the_book_with_its_defaults_and_two_rows_more():
    found = params_from_frame(taxpayers(), tax_year=2026)
    params = found.value
    assert found.failures == ()
    assert len(params) == 5
    assert params.short_rate.tolist() == [0.35, 0.408, 0.3, 0.408, 0.0]
    assert params.ordinary_rate.tolist() == [0.35, 0.37, 0.3, 0.37, 0.0]
    assert params.base_short.tolist() == [100.25, -7.0, 0.0, 0.0, 0.0]
    assert params.base_long.tolist() == [-53.0, 0.0, 0.0, 0.0, 0.0]
    assert params.base_known.tolist() == [True, False, True, False, True]
    assert params.loss_limit.tolist() == [3000, 1500, 3000, 3000, 3000]
    assert params.expected_gain.tolist() == [0, 100, 0, 0, 0]
    assert params.zero_gain_room.tolist() == [0, 0, 4000, 0, 0]
    assert params.carry_value.tolist() == [0.5] * 5
    tables = [table for table in FEDERAL.values() if (table.year, table.status) == (2026, "mfs")]
    assert params.table.tolist() == [FLAT, list(FEDERAL.values()).index(tables[0]), FLAT, FLAT, FLAT]
    assert params.ordinary_income.tolist()[:2] == [0, 90_000]
    assert params.magi.tolist()[1] == 95_000


def test_an_empty_frame_still_has_the_unknown_and_the_untaxed():
    params = params_from_frame(taxpayers().head(0), tax_year=2026).value
    assert params.short_rate.tolist() == [0.408, 0.0]
    assert params.base_known.tolist() == [False, True]
    gain = np.array([10.0, 10.0])
    assert year_tax(gain, gain, params).tolist() == pytest.approx([6.46, 0.0])


def test_a_status_without_a_table_falls_back_to_flat_rates_and_says_so():
    found = params_from_frame(taxpayers(filing_status=[None, "wed", "mfj"]), tax_year=2026)
    assert found.value.table.tolist() == [FLAT] * 5
    assert [(f.reason, f.row, f.field, f.value) for f in found.failures] == [
        (Reason.INVALID, "T2", "filing_status", "wed")
    ]
    assert "flat rates" in found.failures[0].message
    late = params_from_frame(taxpayers(), tax_year=2031)
    assert [(f.row, f.field) for f in late.failures] == [("T2", "year")]


def test_the_exact_year_of_a_row_agrees_with_its_columns():
    frame = taxpayers()
    params = params_from_frame(frame, tax_year=2025).value
    years = [exact_year(row, tax_year=2025) for row in frame.iter_rows(named=True)]
    again = params_of([*years, UNKNOWN, UNTAXED])
    for name in (
        "short_rate",
        "long_rate",
        "ordinary_rate",
        "loss_limit",
        "expected_gain",
        "zero_gain_room",
        "carry_value",
        "table",
        "ordinary_income",
        "magi",
        "base_short",
        "base_long",
    ):
        assert getattr(params, name).tolist() == getattr(again, name).tolist(), name
    assert exact_year({"short_rate": 0.1}, tax_year=2025).long_rate == UNKNOWN.long_rate
    assert exact_year({}, tax_year=2025, carry_value=0.25).carry_value == F(1, 4)
    odd = {"filing_status": "wed", "ordinary_income": 1, "magi": 1}
    assert exact_year(odd, tax_year=2025).brackets is None


def test_slopes_begin_at_the_edge():
    number = list(FEDERAL).index((2025, "single"))
    table = np.full(4, number)
    income = np.array([-1.0, 0.0, 11_925.0, 700_000.0])
    assert ordinary_slope(income, table) == pytest.approx([0.0, 0.10, 0.12, 0.37])
    assert gain_slope(np.array([48_349.0, 48_350.0, 533_400.0, -5.0]), table) == pytest.approx(
        [0, 0.15, 0.20, 0]
    )

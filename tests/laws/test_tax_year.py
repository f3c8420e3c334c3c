"""T of the taxpayer's year is Schedule D and what the book says of the loss left over: an independent worksheet."""

import numpy as np
import pytest

from trimtab.ledger.rates import FEDERAL
from trimtab.optimize.yeartax import FLAT, YearParams, year_tax

COUNT = 200_000


def schedule_d(short_gain, short_loss, short_carry, long_gain, long_loss, long_carry, p):
    """Lines 1–21 and the two worksheets, written from the form and not from the formula of the book."""
    line7 = short_gain - short_loss - short_carry
    line15 = long_gain - long_loss - long_carry
    line16 = line7 + line15
    gain_year = line16 > 0
    both = (line7 > 0) & (line15 > 0)
    ordinary_gain = np.where(both, line7, np.where(gain_year & (line7 > 0), line16, 0.0))
    preferential = np.where(both, line15, np.where(gain_year & (line15 > 0), line16, 0.0))
    line21 = np.where(line16 < 0, np.minimum(p.loss_limit, -line16), 0.0)
    tax = (
        ordinary_gain * p.short_rate
        + np.where(preferential > p.zero_gain_room, preferential - p.zero_gain_room, 0.0) * p.long_rate
        - line21 * p.ordinary_rate
    )
    short_over = np.where(
        line7 < 0, np.maximum(-line7 - (line21 + np.where(line15 > 0, line15, 0.0)), 0.0), 0.0
    )
    used_on_short = np.where(line7 < 0, np.minimum(line21, -line7), 0.0)
    long_over = np.where(
        line15 < 0,
        np.maximum(-line15 - (np.where(line7 > 0, line7, 0.0) + line21 - used_on_short), 0.0),
        0.0,
    )
    carried = short_over + long_over
    reach = 5 * (p.loss_limit + p.expected_gain)
    worth = np.where(
        carried <= reach,
        carried * p.carry_value,
        reach * p.carry_value + (carried - reach) * 0.05,
    )
    return tax - worth * p.long_rate, line7, line15


def amounts(rng, signs):
    """Dollars and cents of every size; a third are nothing at all."""
    size = 10.0 ** rng.uniform(0, 6.5, COUNT)
    return np.where(signs > 0, np.round(size, 2), 0.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_t_is_schedule_d_on_random_sign_combinations(seed):
    rng = np.random.default_rng(seed)
    parts = [amounts(rng, rng.integers(0, 3, COUNT)) for _ in range(6)]
    zero = np.zeros(COUNT)
    params = YearParams(
        short_rate=rng.choice([0.0, 0.1, 0.37, 0.408, 0.541], COUNT),
        long_rate=rng.choice([0.0, 0.15, 0.238, 0.371], COUNT),
        ordinary_rate=rng.choice([0.0, 0.12, 0.37], COUNT),
        loss_limit=rng.choice([0.0, 1500.0, 3000.0], COUNT),
        expected_gain=rng.choice([0.0, 0.0, 2500.0], COUNT),
        zero_gain_room=rng.choice([0.0, 0.0, 18_350.0], COUNT),
        carry_value=rng.choice([0.0, 0.5, 1.0], COUNT),
        table=np.full(COUNT, FLAT),
        ordinary_income=zero,
        magi=zero,
        base_short=zero,
        base_long=zero,
        base_known=np.ones(COUNT, dtype=np.bool_),
    )
    expected, short, long = schedule_d(*parts, params)
    signs = {
        (int(np.sign(s)), int(np.sign(t)), int(np.sign(s + t))) for s, t in zip(short, long, strict=True)
    }
    assert len(signs) >= 9
    ours = year_tax(short, long, params)
    assert np.max(np.abs(ours - expected) / np.maximum(np.abs(expected), 1.0)) < 1e-9


def schedule(income, edges):
    """Tax Rate Schedule as printed, one status: base amount and a percentage of the excess."""
    rates = (0.10, 0.12, 0.22, 0.24, 0.32, 0.35, 0.37)
    tax, base, low = np.zeros_like(income), 0.0, 0.0
    for rate, high in zip(rates, (*edges, np.inf), strict=True):
        tax = np.where(income > low, base + rate * (np.minimum(income, high) - low), tax)
        base, low = base + rate * (high - low), high
    return tax


def gain_worksheet(taxable, preferential, table):
    """Qualified Dividends and Capital Gain Tax Worksheet, from line 1 (taxable income) to line 25."""
    taxable = np.maximum(taxable, 0.0)
    line5 = np.maximum(taxable - preferential, 0.0)
    line7 = np.minimum(taxable, table.zero_top)
    line9 = line7 - np.minimum(line5, line7)
    line10 = np.minimum(taxable, preferential)
    line16 = np.maximum(np.minimum(taxable, table.fifteen_top) - (line5 + line9), 0.0)
    line17 = np.minimum(line10 - line9, line16)
    line20 = line10 - (line9 + line17)
    stacked = 0.15 * line17 + 0.20 * line20 + schedule(line5, table.edges)
    return np.minimum(stacked, schedule(taxable, table.edges))


@pytest.mark.parametrize("table", FEDERAL.values(), ids=lambda table: f"{table.year} {table.status}")
def test_with_brackets_t_is_the_difference_of_two_returns(table):
    rng = np.random.default_rng(table.year)
    count = 5_000
    income = np.round(
        np.where(rng.random(count) < 0.5, rng.uniform(-20_000, 120_000, count), rng.uniform(0, 9e5, count)), 2
    )
    magi = income + np.round(rng.uniform(0, 60_000, count), 2)
    size = 10.0 ** rng.uniform(0, 5.8, (2, count))
    short, long = np.round(size * rng.choice([-1, 0, 1], (2, count)), 2)
    number = list(FEDERAL.values()).index(table)
    flat = np.zeros(count)
    params = YearParams(
        short_rate=flat,
        long_rate=np.full(count, 0.2),
        ordinary_rate=flat,
        loss_limit=np.full(count, 3000.0),
        expected_gain=flat,
        zero_gain_room=flat,
        carry_value=np.full(count, 0.5),
        table=np.full(count, number),
        ordinary_income=income,
        magi=magi,
        base_short=flat,
        base_long=flat,
        base_known=flat == 0,
    )
    net = short + long
    ordinary_gain = np.where((short > 0) & (long > 0), short, np.where(short > 0, np.maximum(net, 0), 0.0))
    preferential = np.where((short > 0) & (long > 0), long, np.where(long > 0, np.maximum(net, 0), 0.0))
    limit = 1500.0 if table.status == "mfs" else 3000.0
    line21 = np.minimum(np.maximum(-net, 0), limit)
    absorbed = np.minimum(line21, np.maximum(income, 0.0))
    after = gain_worksheet(income + ordinary_gain - absorbed + preferential, preferential, table)
    threshold = {"mfj": 250_000, "mfs": 125_000}.get(table.status, 200_000)
    form8960 = 0.038 * np.minimum(np.maximum(net, 0), np.maximum(magi + net - threshold, 0))
    left = np.maximum(-net, 0) - absorbed
    worth = 0.2 * (0.5 * np.minimum(left, 15_000) + 0.05 * np.maximum(left - 15_000, 0))
    expected = after - schedule(np.maximum(income, 0), table.edges) + form8960 - worth
    ours = year_tax(short, long, params)
    assert np.max(np.abs(ours - expected) / np.maximum(np.abs(expected), 1.0)) < 1e-9

"""How much long gain adds no tax, with the year as it stands and what is realized today."""

from fractions import Fraction

import numpy as np
import pytest

from trimtab.desk.gain_harvest import free_room
from trimtab.ledger.year import TaxpayerYear
from trimtab.optimize.years import AccountYears
from trimtab.optimize.yeartax import params_of


def room(*, zero=15000, short=0.0, long=0.0, today=(0.0, 0.0), most=1e6, rate="0.15"):
    year = TaxpayerYear(
        short_rate=Fraction("0.3"), long_rate=Fraction(rate), ordinary_rate=Fraction("0.3"),
        zero_gain_room=Fraction(zero),
    )  # fmt: skip
    flags, none = np.ones(1, np.bool_), np.zeros(1)
    params = params_of([year])
    years = AccountYears(
        ("A",), np.array([-1]), params, flags, flags, flags, none, none, np.array([short]), np.array([long]),
        none, none, none, none,
    )  # fmt: skip
    return free_room(years, np.array([today[0]]), np.array([today[1]]), np.array([most]))[0]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, 15000),
        ({"zero": 0}, 0),
        ({"most": 4000.0}, 4000),
        ({"long": 14000.0}, 1000),
        ({"today": (0.0, 9000.0)}, 6000),
        ({"long": 16000.0}, 0),
        ({"long": 16000.0, "today": (0.0, -3000.0)}, 2000),
        ({"long": -2000.0}, 0),
        ({"short": 5000.0}, 15000),
    ],
)
def test_room(case, expected):
    assert room(**case) == pytest.approx(expected, abs=0.02)

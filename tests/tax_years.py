"""Random taxpayer's years, for the tests of T."""

import random
from fractions import Fraction as F

from trimtab.ledger.rates import FEDERAL
from trimtab.ledger.year import Brackets, TaxpayerYear


def random_year(rng: random.Random, *, brackets: bool) -> TaxpayerYear:
    """A year of odd and even rates, limits and rooms; with brackets, an income near or far from an edge."""
    return TaxpayerYear(
        short_rate=F(rng.choice([0, 10, 37, 40]), 100),
        long_rate=F(rng.choice([0, 150, 200, 238]), 1000),
        ordinary_rate=F(rng.choice([0, 12, 37]), 100),
        loss_limit=F(rng.choice([0, 1500, 3000])),
        expected_gain=F(rng.choice([0, 0, 1000])),
        zero_gain_room=F(rng.choice([0, 0, 25_000])),
        carry_value=F(rng.choice([0, 1, 2]), 2),
        ytd_short=F(rng.randint(-5000, 5000)),
        ytd_long=F(rng.randint(-5000, 5000)),
        carryforward_short=F(rng.choice([0, 4000])),
        carryforward_long=F(rng.choice([0, 9000])),
        brackets=_brackets(rng) if brackets else None,
    )


def _brackets(rng: random.Random) -> Brackets:
    table = rng.choice(list(FEDERAL.values()))
    near = [
        -5000,
        0,
        1500,
        table.zero_top - 1000,
        table.edges[1] - 50,
        table.edges[2] + 1000,
        table.fifteen_top - 20_000,
    ]
    income = F(rng.choice([*near, rng.randint(0, 900_000)]))
    return Brackets(table=table, ordinary_income=income, magi=income + rng.randint(0, 50_000))


def random_point(rng: random.Random) -> tuple[F, F]:
    """S and L of every size, on the axes and on S + L = 0 often."""
    scale = rng.choice([100, 5000, 60_000, 1_000_000])
    short, long = F(rng.randint(-scale, scale)), F(rng.randint(-scale, scale))
    match rng.randint(0, 9):
        case 0 | 1:
            return F(0), long
        case 2 | 3:
            return short, F(0)
        case 4:
            return short, -short
        case _:
            return short, long

"""When a transition ends: budgets of each year, terms that turn, what is unknown."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from trimtab.optimize.transition import Budgets, finish_dates
from trimtab.optimize.years import AccountYears
from trimtab.optimize.yeartax import params_from_frame

AS_OF = date(2025, 6, 27)
LONG_AGO = date(2016, 1, 1)


def years_of(own_long: float = 0.0, *, taxed: bool = True) -> AccountYears:
    payers = pl.DataFrame({"taxpayer_id": ["T"], "short_rate": [0.4], "long_rate": [0.2]})
    whole = {name: pl.lit(None, dtype=pl.Float64) for name in (
        "ordinary_rate", "ytd_short", "ytd_long", "carryforward_short", "carryforward_long", "loss_limit",
        "expected_gain", "zero_gain_room", "ordinary_income", "magi")}  # fmt: skip
    params = params_from_frame(
        payers.with_columns(**whole, filing_status=pl.lit(None, dtype=pl.String)), tax_year=2025
    ).value
    row = np.array([0 if taxed else len(params) - 1])
    yes, nothing = np.array([True]), np.zeros(1)
    others = [nothing, nothing, nothing, np.array([own_long]), nothing, nothing, nothing, nothing]
    return AccountYears(("A",), np.array([-1]), params.take(row), np.array([taxed]), yes, yes, *others)


def ends(
    lots: list[tuple[float | None, date]],
    *,
    tax: float = 1000.0,
    gain: float = np.inf,
    now: float = 0.0,
    parts: int = 1,
    until: date | None = None,
    then: float = 0.0,
    own_long: float = 0.0,
    taxed: bool = True,
) -> date | None:
    left = pl.DataFrame(
        [("A", "X", f"{i}", amount, day) for i, (amount, day) in enumerate(lots)],
        schema={"account_id": pl.String, "security_id": pl.String, "lot_id": pl.String, "realized": pl.Float64,
                "first_long": pl.Date},
        orient="row",
    )  # fmt: skip
    last = np.iinfo(np.int64).max if until is None else until.toordinal() - date(1970, 1, 1).toordinal()

    def one(value: float) -> np.ndarray:
        return np.array([value])

    budgets = Budgets(
        one(now),
        one(np.inf),
        one(tax),
        one(gain),
        np.array([last]),
        one(then),
        one(np.inf),
        np.array([parts]),
    )
    found = finish_dates(
        left, years_of(own_long, taxed=taxed), budgets, realized=(np.zeros(1), np.zeros(1)), as_of=AS_OF
    )
    return found["finish"][0]


def test_nothing_left_is_done_today() -> None:
    assert ends([]) == AS_OF


@pytest.mark.parametrize(
    ("gain", "day"),
    [
        (4999.0, date(2026, 1, 1)),
        (5000.0, date(2026, 1, 1)),
        (5001.0, date(2027, 1, 1)),
        (15000.0, date(2028, 1, 1)),
        (15001.0, date(2029, 1, 1)),
    ],
)
def test_each_year_takes_its_budget(gain: float, day: date) -> None:
    assert ends([(gain, LONG_AGO)]) == day


def test_lots_add_up_whatever_their_number() -> None:
    assert ends([(2500.5, LONG_AGO)] * 4) == date(2028, 1, 1)
    assert ends([(2500.0, LONG_AGO)] * 4) == date(2027, 1, 1)


def test_losses_make_room() -> None:
    assert ends([(9000.0, LONG_AGO), (-4000.0, LONG_AGO)]) == date(2026, 1, 1)


def test_a_lot_that_turns_long_term_waits_for_the_day_and_its_rate() -> None:
    assert ends([(5000.0, date(2026, 1, 20))]) == date(2026, 1, 20)
    assert ends([(5000.0, date(2025, 8, 1))], now=1000.0) == date(2025, 8, 1)


def test_prorated_budgets_come_by_the_quarter() -> None:
    assert ends([(5000.0, LONG_AGO)], parts=4) == date(2026, 10, 1)
    assert ends([(3750.0, LONG_AGO)], parts=4) == date(2026, 7, 1)


def test_gains_may_be_what_is_budgeted() -> None:
    assert ends([(5000.0, LONG_AGO)], tax=np.inf, gain=2500.0) == date(2027, 1, 1)


def test_never_where_no_budget_lets_it_go_or_a_gain_is_unknown() -> None:
    assert ends([(10.0, LONG_AGO)], tax=0.0) is None
    assert ends([(None, LONG_AGO)]) is None


def test_after_the_plan_the_firms_own_budget_governs() -> None:
    assert ends([(10000.0, LONG_AGO)], until=date(2026, 6, 1), then=2000.0) == date(2027, 1, 1)
    assert ends([(10000.0, LONG_AGO)], until=date(2026, 6, 1), then=500.0) == date(2028, 1, 1)


def test_no_tax_where_none_is_owed() -> None:
    assert ends([(1e6, LONG_AGO)], tax=0.0, taxed=False) == date(2026, 1, 1)

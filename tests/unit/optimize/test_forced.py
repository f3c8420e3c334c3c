"""Which lots give the losses asked for, and how much is wanted of them."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from trimtab.optimize.forced import forced_losses, losses_wanted, with_forced
from trimtab.optimize.years import AccountYears

M = pl.Decimal(38, 9)
AS_OF = date(2025, 6, 27)


def money(rows, *names):
    return pl.DataFrame(rows).with_columns(pl.col(name).cast(M) for name in names)


def years(short=0.0, long=0.0):
    zero, flags = np.zeros(1), np.ones(1, np.bool_)
    numbers = (zero, zero, np.array([short]), np.array([long]), zero, zero, zero, zero)
    return AccountYears(("A",), np.array([-1]), None, flags, flags, flags, *numbers)


def settings(amount, protect=None):
    rows = [{"account_id": "A", "force_loss": amount, "force_loss_protect": protect, "harvest_min_loss": 100}]
    return money(rows, "force_loss", "harvest_min_loss").with_columns(
        pl.col("force_loss_protect").cast(pl.Date)
    )


def sold(*rows):
    frame = pl.DataFrame(
        [{"account_id": "A", "date": day, "gain": gain} for day, gain in rows],
        schema={"account_id": pl.String, "date": pl.Date, "gain": M},
    )
    return {"transactions": frame}


@pytest.mark.parametrize(
    ("amount", "sales", "netted", "protect", "wanted"),
    [
        (10000, [], 0.0, None, 10000),
        (10000, [(date(2025, 3, 3), -8000)], 0.0, None, 2000),
        (10000, [(date(2024, 12, 31), -8000)], 0.0, None, 10000),
        (10000, [], -9000.0, None, 1000),
        (10000, [(date(2025, 3, 3), -12000)], 0.0, None, 0),
        (5000, [(date(2025, 3, 3), -5000), (date(2025, 4, 1), 4000)], 0.0, date(2025, 12, 31), 4000),
        (5000, [(date(2025, 3, 3), -5000), (date(2025, 4, 1), 4000)], 0.0, date(2025, 6, 26), 0),
        (5000, [(date(2025, 2, 3), 4000), (date(2025, 3, 3), -5000)], 0.0, date(2025, 12, 31), 0),
    ],
)
def test_what_is_still_wanted(amount, sales, netted, protect, wanted):
    found = losses_wanted(sold(*sales), settings(amount, protect), years(long=netted), as_of=AS_OF)
    assert found["wanted"].to_list() == [Decimal(wanted)]


LOTS = [  # lot, security, quantity, price, cost, kept
    ("deep", "X", 100, 50, 80, None),
    ("flat", "Y", 100, 100, 101, None),
    ("held", "Z", 100, 10, 100, "hold_lot"),
    ("mild", "Y", 200, 100, 110, None),
]


def forced(wanted, *, no_sell=None, hold=None):
    facts = money(
        [
            {
                "account_id": "A", "security_id": name, "lot_id": lot, "quantity": quantity, "clean": price,
                "unit_basis": cost, "gain": quantity * (price - cost), "size": quantity * price, "kept": kept,
                "waits": None, "turn": None,
            }
            for lot, name, quantity, price, cost, kept in LOTS
        ],
        "quantity", "clean", "unit_basis", "gain", "size",
    )  # fmt: skip
    holdings = money(
        [{"account_id": "A", "security_id": n, "quantity": 300, "frozen": None} for n in "XYZ"], "quantity"
    )
    rules = money(
        [{"account_id": "A", "security_id": "Y", "no_sell": no_sell, "hold_quantity": hold}], "hold_quantity"
    ).cast({"no_sell": pl.String})
    asked = money([{"account_id": "A", "wanted": wanted}], "wanted")
    found = forced_losses(facts, asked, holdings=holdings, rules=rules, settings=settings(1))
    return {row["lot_id"]: (int(row["forced"]), int(row["forced_loss"])) for row in found.to_dicts()}


def test_the_deepest_lots_go_first_the_last_in_part():
    assert forced(2995) == {"deep": (100, 2995)}
    assert forced(3000) == {"deep": (100, 3000)}
    assert forced(3005) == {"deep": (100, 3000), "mild": (1, 5)}


def test_all_there_is():
    assert forced(99999) == {"deep": (100, 3000), "flat": (100, 100), "mild": (200, 2000)}


def test_restrictions_come_first():
    assert forced(99999, no_sell="never_sell") == {"deep": (100, 3000)}
    assert forced(99999, hold=150) == {"deep": (100, 3000), "mild": (150, 1500)}


def test_the_line_must_sell_what_is_forced_as_far_as_it_may():
    lines = money(
        [
            {
                "account_id": "A",
                "security_id": "X",
                "quantity": 200,
                "weight": 0.5,
                "lower": -0.5,
                "upper": 1.0,
            },
            {
                "account_id": "A",
                "security_id": "Y",
                "quantity": 200,
                "weight": 0.5,
                "lower": -0.1,
                "upper": 1.0,
            },
        ],
        "quantity",
    )
    asked = money([{"account_id": "A", "security_id": n, "forced": 100} for n in "XY"], "forced")
    assert with_forced(lines, asked)["upper"].to_list() == [-0.25, -0.1]

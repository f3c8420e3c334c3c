"""Lots: the gate of losses by season, what waits, what is kept, what a loss saves."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.optimize.lotfacts import lot_facts

MONEY = pl.Decimal(38, 9)
YOUNG = pl.DataFrame(schema=dict.fromkeys(("account_id", "security_id", "lot_id", "young"), pl.String))


def _facts(as_of: date = date(2025, 6, 27), **given: object) -> dict[str, object]:
    """One lot of 100 shares at $100; what is given overrides its columns, those of its account or its marks."""
    cost = Decimal(str(given.pop("cost", 100)))
    young = [("A", "X", "L", given.pop("young"))] if "young" in given else []
    lot = {
        "account_id": "A", "security_id": "X", "lot_id": "L", "quantity": Decimal(100), "unit_value": Decimal(100),
        "clean": Decimal(100), "unit_basis": cost, "acquired": date(2020, 1, 6), "since": date(2020, 1, 6),
        "size": Decimal(10000), "gain": 100 * (100 - cost), "long": True, "long_soon": False,
    }  # fmt: skip
    settings = {
        "account_id": "A", "lot_relief": "least_tax", "harvest": True, "harvest_gate": "none",
        "harvest_ratio_january": 0.8, "harvest_ratio_december": 0.95, "harvest_min_loss": Decimal(100),
    }  # fmt: skip
    account = {"account_id": "A", "taxed": True, "short_rate": 0.408, "long_rate": 0.238}
    marks = {"account_id": "A", "security_id": "X", "sigma": 0.2, "no_gain": None, "no_short_gain": None,
             "held_lots": [], "washed": None, "all_go": None}  # fmt: skip
    for name, value in given.items():
        for row in (lot, settings, account, marks):
            if name in row:
                row[name] = value
    money = dict.fromkeys(("quantity", "unit_value", "clean", "unit_basis", "size", "gain"), MONEY)
    dates = {"acquired": pl.Date, "since": pl.Date}
    flags = {"no_gain": pl.Boolean, "no_short_gain": pl.Boolean, "washed": pl.Boolean, "all_go": pl.Boolean}
    listed = {"held_lots": pl.List(pl.String)}
    found = lot_facts(
        pl.DataFrame([lot], schema_overrides=money | dates),
        accounts=pl.DataFrame([account]),
        settings=pl.DataFrame([settings], schema_overrides={"harvest_min_loss": MONEY}),
        marks=pl.DataFrame([marks], schema_overrides=flags | listed | {"sigma": pl.Float64}),
        young=pl.DataFrame(young, schema=YOUNG.schema, orient="row"),
        as_of=as_of,
    )
    return found.to_dicts()[0]


@pytest.mark.parametrize(
    ("day", "price_of_basis", "credited"),
    [
        (date(2025, 1, 15), 0.80, True),
        (date(2025, 1, 15), 0.805, False),
        (date(2025, 12, 1), 0.95, True),
        (date(2025, 12, 1), 0.951, False),
        (date(2025, 1, 15), 0.85, False),
        (date(2025, 12, 1), 0.85, True),
    ],
)
def test_ratio_gate_by_season(day: date, price_of_basis: float, credited: bool) -> None:
    cost = Decimal(100) / Decimal(str(price_of_basis))
    assert _facts(day, cost=cost, harvest_gate="ratio")["credited"] is credited


@pytest.mark.parametrize(
    ("day", "loss_fraction", "credited"),
    [
        (date(2025, 1, 15), 0.131, True),  # 0.65 × 20 %
        (date(2025, 1, 15), 0.129, False),
        (date(2025, 12, 1), 0.0321, True),  # 0.16 × 20 %
        (date(2025, 12, 1), 0.0319, False),
    ],
)
def test_volatility_gate_by_season(day: date, loss_fraction: float, credited: bool) -> None:
    cost = Decimal(100) / Decimal(str(1 - loss_fraction))
    assert _facts(day, cost=cost, harvest_gate="volatility")["credited"] is credited


def test_without_a_volatility_no_loss_is_credited() -> None:
    assert _facts(cost=150, harvest_gate="volatility", sigma=None)["credited"] is False


@pytest.mark.parametrize(("cost", "credited"), [(101, True), (100.99, False), (99, True)])
def test_least_loss_and_gains_always_count(cost: float, credited: bool) -> None:
    assert _facts(cost=cost)["credited"] is credited


def test_harvesting_off_gives_no_credit() -> None:
    found = _facts(cost=150, harvest=False)
    assert (found["credited"], found["saved"]) == (False, 0.0)


def test_what_a_loss_saves() -> None:
    assert _facts(cost=110)["saved"] == pytest.approx(1000 * 0.238)
    assert _facts(cost=110, long=False)["saved"] == pytest.approx(1000 * 0.408)
    assert _facts(cost=110, taxed=False)["saved"] == 0.0
    assert _facts(cost=90)["saved"] == 0.0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"gain": None}, "missing_basis"),
        ({"since": None}, "missing_basis"),
        ({"gain": None, "taxed": False}, None),
        ({"cost": 90, "long": False, "long_soon": True}, "wait_long_term"),
        ({"cost": 110, "long": False, "long_soon": True}, None),
        ({"cost": 110, "washed": True}, "wash_sale"),
        ({"cost": 90, "washed": True}, None),
        ({"cost": 110, "washed": True, "taxed": False}, None),
        ({"cost": 110, "acquired": date(2025, 6, 20)}, None),
        ({"cost": 110, "young": "redemption_fee"}, "redemption_fee"),
        ({"taxed": False, "young": "round_trip"}, "round_trip"),
    ],
)
def test_what_waits(given: dict[str, object], why: str | None) -> None:
    found = _facts(**given)
    assert found["waits"] == why
    assert why is None or found["saved"] == 0.0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"held_lots": ["L"]}, "hold_lot"),
        ({"held_lots": ["M"]}, None),
        ({"no_gain": True, "cost": 90}, "no_gain"),
        ({"no_gain": True, "cost": 110}, None),
        ({"no_gain": True, "gain": None}, "no_gain"),
        ({"no_short_gain": True, "cost": 90, "long": False}, "no_short_gain"),
        ({"no_short_gain": True, "cost": 90}, None),
    ],
)
def test_what_is_kept(given: dict[str, object], why: str | None) -> None:
    assert _facts(**given)["kept"] == why


@pytest.mark.parametrize(("all_go", "why"), [(None, "wash_sale"), (True, None)])
def test_an_old_loss_waits_beside_a_recent_purchase_unless_all_must_go(
    all_go: bool | None, why: str | None
) -> None:
    rows = [("OLD", date(2020, 1, 6)), ("NEW", date(2025, 5, 28)), ("PAST", date(2025, 5, 27))]
    base = _facts(cost=110)
    lots = pl.DataFrame(
        [
            {"account_id": "A", "security_id": "X", "lot_id": lot, "quantity": Decimal(10), "unit_value": Decimal(100),
             "clean": Decimal(100), "unit_basis": Decimal(110), "acquired": day, "since": day, "size": Decimal(1000),
             "gain": Decimal(-100), "long": False, "long_soon": False}
            for lot, day in rows
        ]
    )  # fmt: skip
    assert base["waits"] is None
    settings = pl.DataFrame(
        [{"account_id": "A", "lot_relief": "least_tax", "harvest": True, "harvest_gate": "none",
          "harvest_ratio_january": 0.8, "harvest_ratio_december": 0.95, "harvest_min_loss": Decimal(0)}]
    )  # fmt: skip
    marks = pl.DataFrame(
        [{"account_id": "A", "security_id": "X", "sigma": 0.2, "no_gain": None, "no_short_gain": None, "held_lots": [],
          "washed": False, "all_go": all_go}],
        schema_overrides={"no_gain": pl.Boolean, "no_short_gain": pl.Boolean, "held_lots": pl.List(pl.String)},
    )  # fmt: skip
    rates = pl.DataFrame([{"account_id": "A", "taxed": True, "short_rate": 0.4, "long_rate": 0.2}])
    found = lot_facts(
        lots, accounts=rates, settings=settings, marks=marks, young=YOUNG, as_of=date(2025, 6, 27)
    )
    assert dict(found.select("lot_id", "waits").iter_rows()) == {
        "OLD": why,
        "NEW": None,
        "PAST": why,
    }

"""Limits as numbers: sides of a line, caps and floors, classes, nodes and sums."""

from decimal import Decimal

import polars as pl
import pytest

from trimtab.optimize.limits import class_rows, class_yields, group_rows, line_bounds

MONEY = pl.Decimal(38, 9)
TEXTS = ("no_buy", "no_sell", "must_sell")


def _bounds(
    *, forced: bool = False, facts: dict[str, object] | None = None, **given: object
) -> dict[str, object]:
    """One line of 100 shares at $100 in an account of $100,000, with one lot."""
    line = {
        "account_id": "A", "security_id": "X", "weight": 0.1, "target": 0.05, "quantity": Decimal(100),
        "unit_value": Decimal(100), "legacy": False, "hold_only": False, "buyable": True, "frozen": None,
    }  # fmt: skip
    rule = {"account_id": "A", "security_id": "X", "no_buy": None, "no_sell": None, "must_sell": None,
            "max_weight": None, "min_weight": None, "hold_quantity": None}  # fmt: skip
    for name, value in given.items():
        (line if name in line else rule)[name] = value
    lot = {
        "account_id": "A",
        "security_id": "X",
        "size": Decimal(10000),
        "kept": None,
        "waits": None,
        **(facts or {}),
    }
    weights = {"max_weight": pl.Float64, "min_weight": pl.Float64, "hold_quantity": MONEY}
    found = line_bounds(
        pl.DataFrame([line], schema_overrides={"frozen": pl.String, "quantity": MONEY, "unit_value": MONEY}),
        pl.DataFrame([lot], schema_overrides={"kept": pl.String, "waits": pl.String, "size": MONEY}),
        values=pl.DataFrame({"account_id": ["A"], "value": [100000.0]}),
        rules=pl.DataFrame([rule], schema_overrides={**dict.fromkeys(TEXTS, pl.String), **weights}),
        forced=forced,
    )
    return found.to_dicts()[0]


@pytest.mark.parametrize(
    ("given", "lower", "upper"),
    [
        ({}, -0.1, 1.0),
        ({"no_buy": "r"}, -0.1, 0.0),
        ({"no_sell": "r"}, 0.0, 1.0),
        ({"frozen": "break"}, 0.0, 0.0),
        ({"buyable": False}, -0.1, 0.0),
        ({"must_sell": "r"}, -0.1, -0.1),
        ({"hold_quantity": Decimal(40)}, -0.06, 1.0),
        ({"hold_quantity": Decimal(400)}, 0.0, 1.0),
        ({"max_weight": 0.15}, -0.1, 0.05),
        ({"max_weight": 0.08}, -0.1, -0.02),
        ({"max_weight": 0.08, "no_sell": "r"}, 0.0, 0.0),
        ({"min_weight": 0.12}, 0.02, 1.0),
        ({"min_weight": 0.12, "no_buy": "r"}, 0.0, 0.0),
        ({"min_weight": 0.05}, -0.05, 1.0),
    ],
)
def test_sides(given: dict[str, object], lower: float, upper: float) -> None:
    found = _bounds(**given)
    assert (found["lower"], found["upper"]) == (pytest.approx(lower), pytest.approx(upper))


@pytest.mark.parametrize(
    ("facts", "forced", "lower"),
    [
        ({"kept": "hold_lot"}, True, 0.0),
        ({"waits": "wait_long_term"}, False, 0.0),
        ({"waits": "x"}, True, -0.1),
    ],
)
def test_lots_that_stay(facts: dict[str, object], forced: bool, lower: float) -> None:
    assert _bounds(forced=forced, facts=facts)["lower"] == pytest.approx(lower)


@pytest.mark.parametrize(
    ("given", "unmet", "shortfall"),
    [
        ({"max_weight": 0.08, "no_sell": "r"}, "max_weight", 0.02),
        ({"min_weight": 0.12, "no_buy": "r"}, "min_weight", 0.02),
        ({"max_weight": 0.08}, None, 0.0),
    ],
)
def test_what_a_line_cannot_do_is_said(given: dict[str, object], unmet: str | None, shortfall: float) -> None:
    found = _bounds(**given)
    assert (found["unmet"], found["shortfall"]) == (unmet, pytest.approx(shortfall))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"legacy": True, "buyable": False}, "not_in_target"),
        ({"hold_only": True, "buyable": False}, "hold_only"),
        ({"buyable": False}, "not_approved"),
        ({"frozen": "stale_price", "no_buy": "r"}, "stale_price"),
    ],
)
def test_why_nothing_is_bought(given: dict[str, object], why: str) -> None:
    assert _bounds(**given)["no_buy"] == why


def _class(
    weight: float, target: float, *, points: float = 0.0, lowest: float = 0.0, ticket: float | None = None
) -> tuple[float, float]:
    lines = pl.DataFrame(
        {
            "account_id": "A",
            "security_id": "X",
            "asset_class": "c",
            "weight": weight,
            "target": target,
            "ticket": pl.Series([ticket], dtype=pl.Float64),
        }
    )
    accounts = pl.DataFrame(
        {
            "account_id": "A",
            "cross_hedge_points": points,
            "value": 1000.0,
            "target_cash": 0.0,
            "lowest_cash": lowest,
        }
    )
    row = class_rows(lines, accounts).to_dicts()[0]
    assert row["row"] == "class:c"
    return row["lower"], row["upper"]


def test_a_class_moves_toward_its_target_and_not_past_it() -> None:
    assert _class(0.6, 0.5) == (pytest.approx(-0.1, abs=3e-4), 0.0)
    assert _class(0.4, 0.5) == (pytest.approx(0.0, abs=3e-4), pytest.approx(0.1))
    assert _class(0.6, 0.5, points=2.0) == (pytest.approx(-0.12, abs=3e-4), pytest.approx(0.02))
    assert _class(0.5, 0.5)[0] < 0.0  # the cost of trading within it
    assert _class(0.6, 0.5, ticket=25.0) == (pytest.approx(-0.125, abs=3e-4), 0.0)
    assert _class(0.5, 0.5, lowest=100.0)[0] == pytest.approx(
        -0.05, abs=3e-4
    )  # its part of cash that must stay


def _yields(
    upper: tuple[float, float], *, cash: float = 1000.0, unwanted: bool = False, least: int = 100
) -> dict[str, object]:
    """Two classes of one line each in $100,000: x at 30 % for 60 %, y at 40 % for 39 %; what they yield, by class."""
    lines = pl.DataFrame(
        {"account_id": "A", "security_id": ["X", "Y"], "asset_class": ["x", "y"], "weight": [0.3, 0.4],
         "target": [0.6, 0.39], "upper": upper, "no_sell": [None, None], "unwanted": [unwanted, False]},
        schema_overrides={"no_sell": pl.String},
    )  # fmt: skip
    account = {"account_id": "A", "value": 1e5, "cash_free": cash, "lowest_cash": 0.0, "cash_max": 0.02,
               "min_trade": Decimal(least), "min_trade_bps": 2.0}  # fmt: skip
    rows = class_yields(lines, pl.DataFrame([account], schema_overrides={"min_trade": MONEY})).to_dicts()
    return {row["row"][-1]: (round(row["gone"], 9), round(row["taken"], 9)) for row in rows}


def test_a_class_yields_to_cash_that_has_no_other_place() -> None:
    assert _yields((0.0, 1.0), cash=30000.0) == {"x": (0.0, 0.0), "y": (0.0, 0.28)}
    assert _yields((1.0, 1.0), cash=30000.0) == {"x": (0.0, 0.0), "y": (0.0, 0.0)}
    assert _yields((0.1, 1.0), cash=30000.0) == {"x": (0.0, 0.18), "y": (0.0, 0.18)}
    assert _yields((0.0, 1.0), cash=2000.0)["y"] == (0.0, 0.0)
    # What must be sold brings cash, and makes room in a class that can take it.
    assert _yields((-0.3, 1.0)) == {"x": (0.0, 0.0), "y": (0.0, 0.29)}


def test_a_class_yields_to_what_must_go() -> None:
    assert _yields((0.0, 1.0), unwanted=True)["x"] == (0.3, 0.0)
    assert _yields((1.0, 1.0), unwanted=True)["x"] == (0.0, 0.0)
    assert _yields((1.0, 1.0), unwanted=True, least=30000)["x"] == (0.3, 0.0)


def test_sums_over_a_selector() -> None:
    lines = pl.DataFrame({"account_id": "A", "security_id": ["X", "Y", "Z"], "weight": [0.1, 0.2, 0.3]})
    groups = pl.DataFrame(
        {"account_id": "A", "rule": ["max_weight", "max_weight", "min_weight"], "selector": ["s", "s", "t"],
         "value": [0.25, 0.25, 0.4], "security_id": ["X", "Y", "Z"]}
    )  # fmt: skip
    rows, members = group_rows(lines, groups)
    found = {row["row"]: (row["lower"], row["upper"]) for row in rows.to_dicts()}
    assert found["max_weight:s"] == (float("-inf"), pytest.approx(-0.05))
    assert found["min_weight:t"] == (pytest.approx(0.1), float("inf"))
    assert sorted(members["security_id"]) == ["X", "Y", "Z"]

"""The tax of going all the way to target: least-tax lots, netted, unknown where a basis is."""

from decimal import Decimal

import polars as pl
import pytest

from trimtab.optimize.realign import least_tax_sales

MONEY = pl.Decimal(38, 9)


def _facts(*lots: tuple[str, float, float | None, bool], order: str = "") -> pl.DataFrame:
    turns = {name: turn for turn, name in enumerate(order.split())}
    rows = [
        {"account_id": "A", "security_id": "X", "lot_id": name, "size": Decimal(str(size)), "long": long,
         "gain": None if gain is None else Decimal(str(gain)), "rate": 0.238 if long else 0.408, "taxed": True,
         "turn": turns.get(name)}
        for name, size, gain, long in lots
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"size": MONEY, "gain": MONEY, "turn": pl.Int64})


def _sold(
    sell: float, *lots: tuple[str, float, float | None, bool], order: str = ""
) -> dict[str, tuple[float, float | None]]:
    amounts = pl.DataFrame({"account_id": ["A"], "security_id": ["X"], "sell": [sell]})
    found = least_tax_sales(amounts, _facts(*lots, order=order), by="security_id")
    return {row["lot_id"]: (row["part"], row["realized"]) for row in found.to_dicts()}


LOTS = (
    ("gain", 1000, 500, True),
    ("loss", 1000, -200, True),
    ("short", 1000, 350, False),
    ("unknown", 1000, None, True),
)


def test_least_tax_first_and_parts_of_the_last() -> None:
    assert _sold(1500, *LOTS) == {"loss": (1.0, -200.0), "gain": (0.5, 250.0)}


def test_a_fixed_order_is_kept_whatever_it_costs() -> None:
    assert _sold(1500, *LOTS, order="short loss gain unknown") == {
        "short": (1.0, 350.0),
        "loss": (0.5, -100.0),
    }


def test_rates_decide_and_not_gains_alone() -> None:
    assert list(_sold(2000, *LOTS)) == ["loss", "gain"]  # 500 × 23.8 % < 350 × 40.8 %


def test_unknown_basis_goes_last_and_stays_unknown() -> None:
    found = _sold(3500, *LOTS)
    assert found["unknown"] == (pytest.approx(0.5), None)


def test_more_than_is_held_sells_all() -> None:
    assert [part for part, _ in _sold(9000, *LOTS).values()] == [1.0] * 4

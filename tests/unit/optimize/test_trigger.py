"""Standing and triggers: drift, classes, and every band on both sides."""

from decimal import Decimal

import polars as pl
import pytest

from trimtab.optimize.trigger import standing, triggers


def _standing(us: float, bond: float, cash: float, *, old: float = 0.0):
    lines = pl.DataFrame(
        {"account_id": "A", "slot": ["s/us", "s/us", "s/bond", "held:OLD"], "asset_class": ["eq", "eq", "fi", "eq"],
         "weight": [us / 2, us / 2, bond, old], "target": [0.594, 0.0, 0.396, 0.0]}
    )  # fmt: skip
    return standing(lines, pl.DataFrame({"account_id": ["A"], "weight": [cash], "target": [0.01]}))


def test_products_of_a_slot_are_pooled_and_cash_counts() -> None:
    found = _standing(0.589, 0.381, 0.03).accounts.to_dicts()[0]
    assert found["drift"] == pytest.approx(0.02)
    assert (found["worst_class"], found["worst_class_deviation"]) == ("cash", pytest.approx(0.02))
    legacy = _standing(0.494, 0.396, 0.01, old=0.1).accounts.to_dicts()[0]
    assert legacy["drift"] == pytest.approx(0.1)
    assert legacy["worst_class_deviation"] == pytest.approx(0.0)


def _asked(now, **given: object) -> list[str]:
    settings = {"account_id": "A", "band_class_abs": 0.05, "band_class_rel": 0.2, "band_security_rel": None,
                "band_tracking_error": 0.01}  # fmt: skip
    others = {"account_id": "A", "tracking_error": 0.0, "harvest_value": 0.0, "min_benefit": 25.0, "cash_min": 0.005,
              "cash_max": 0.02, "cash_short": False, "forced": False, "changed": False}  # fmt: skip
    for name, value in given.items():
        (settings if name in settings else others)[name] = value
    frame = triggers(
        now,
        pl.DataFrame([settings], schema_overrides={"band_security_rel": pl.Float64}),
        pl.DataFrame([others]),
    )
    return frame["triggers"][0].to_list()


@pytest.mark.parametrize(
    ("weights", "given", "words"),
    [
        ((0.594, 0.396, 0.01), {}, []),
        ((0.644, 0.346, 0.01), {}, []),
        ((0.6441, 0.3459, 0.01), {}, ["class_band"]),
        ((0.644, 0.346, 0.01), {"band_class_rel": 0.05}, ["class_band"]),
        ((0.594, 0.386, 0.02), {}, []),
        ((0.594, 0.3859, 0.0201), {}, ["cash_band"]),
        ((0.594, 0.4011, 0.0049), {}, ["cash_band"]),
        ((0.594, 0.396, 0.01), {"tracking_error": 0.0101}, ["tracking_error_band"]),
        ((0.594, 0.396, 0.01), {"tracking_error": 0.01}, []),
        ((0.594, 0.396, 0.01), {"tracking_error": None}, []),
        ((0.594, 0.396, 0.01), {"harvest_value": 25.0}, ["harvest"]),
        ((0.594, 0.396, 0.01), {"harvest_value": 24.99}, []),
        ((0.594, 0.396, 0.01), {"cash_short": True, "forced": True}, ["cash_short", "forced"]),
        ((0.604, 0.386, 0.01), {"band_security_rel": 0.02}, ["security_band"]),
        ((0.604, 0.386, 0.01), {"band_security_rel": 0.03}, []),
    ],
)
def test_bands(weights: tuple[float, float, float], given: dict[str, object], words: list[str]) -> None:
    assert _asked(_standing(*weights), **given) == words


def test_money_of_settings_needs_no_float() -> None:
    assert _asked(_standing(0.594, 0.396, 0.01), min_benefit=Decimal(10), harvest_value=11.0) == ["harvest"]

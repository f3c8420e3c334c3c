"""What a Problem refuses, keeps, and writes down."""

from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.optimize.small import FEATURES, small

from trimtab.optimize.problem import Problem, Solution, Status, Year

BASE = small(1, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": np.array([np.nan] * len(BASE.target))}, r"target\[0\] is not a finite number"),
        ({"specific": BASE.specific - 1.0}, r"specific\[0\] is negative"),
        ({"held": BASE.held[1:]}, r"held: shape"),
        ({"exposures": BASE.exposures[:, 0]}, r"exposures: shape"),
        ({"risk_aversion": -1.0}, r"risk_aversion\[0\] is negative"),
        ({"lower": BASE.upper + 1.0}, r"lower\[0\] is above"),
        ({"row_lower": BASE.row_upper + 1.0}, r"row_lower\[0\] is above"),
        ({"lot_asset": BASE.lot_asset + 100}, r"lot_asset\[0\] is outside"),
        ({"lot_asset": BASE.lot_asset + 0.5}, r"lot_asset: expected integers"),
        ({"cost_row": 7}, r"cost_row\[0\] is outside"),
        ({"group": np.full(len(BASE.target), -2)}, r"group\[0\] is outside"),
        ({"upper": BASE.upper * np.nan}, r"upper\[0\] is not a finite number"),
        ({"exclusive": np.ones(1, bool)}, r"exclusive: shape"),
        ({"gain_budget": np.nan}, r"gain_budget\[0\] is not a finite number"),
        (
            {"year": Year(np.zeros((1, 2)), np.zeros(1), np.zeros((1, 0, 3)))},
            r"lot_term: a problem with a `year`",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(BASE, **change)


def test_a_year_has_a_piece() -> None:
    with pytest.raises(ValueError, match="no piece"):
        Year(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 0, 3)))


def test_limits_may_be_infinite_and_lists_will_do() -> None:
    wide = replace(BASE, lower=[-np.inf] * len(BASE.target), upper=[np.inf] * len(BASE.target))
    assert wide.lower.dtype == np.float64


def test_it_is_frozen_whole_and_does_not_share_what_it_was_given() -> None:
    held = BASE.held.copy()
    mine = replace(BASE, held=held)
    with pytest.raises(FrozenInstanceError):
        mine.held = held  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        mine.held[0] = 1.0
    held[0] = 9.0
    assert mine.held[0] == BASE.held[0]


def test_saved_and_loaded_it_is_the_same_to_the_bit(tmp_path: Path) -> None:
    problem = small(5, list(FEATURES))
    problem.save(tmp_path / "p.npz")
    again = Problem.load(tmp_path / "p.npz")
    for field in fields(Problem):
        one, other = getattr(problem, field.name), getattr(again, field.name)
        if isinstance(one, Year):
            assert all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Year))
        else:
            assert np.array_equal(one, other), field.name


def test_losses_are_below_zero() -> None:
    assert np.array_equal(BASE.losses, BASE.lot_gain < 0.0)


def test_a_gap_is_never_negative() -> None:
    none = np.zeros(1)
    assert Solution(none, none, Status.SOLVED, 1.0, 1.0 + 1e-12, 0, 0, none).gap == 0.0
    assert Solution(none, none, Status.SOLVED, 1.0, 0.75, 0, 0, none).gap == 0.25

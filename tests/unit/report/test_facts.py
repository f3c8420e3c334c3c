"""The figures people ask for first: known accounts only, and the unknown counted."""

import polars as pl
import pytest
from tests.unit.report.samples import sample_view

from trimtab.report.facts import failure_kinds, slowest, spreads, tax_sums, turnover

EVALUATIONS = sample_view().evaluations


def test_spreads() -> None:
    drift, error = spreads(EVALUATIONS)
    assert (drift.name, error.name) == ("Drift", "Tracking error")
    assert drift.mean == pytest.approx(((0.12 + 0.04 + 0.04) / 3, (0.02 + 0.04 + 0.04) / 3))
    assert drift.weighted == pytest.approx(((0.12 * 3 + 0.08) / 5, (0.02 * 3 + 0.08) / 5))
    assert drift.worst == (0.12, 0.04)
    assert error.worst == (0.02, 0.01)


def test_nothing_known_is_unknown() -> None:
    lost = EVALUATIONS.filter(pl.col("account_id") == "A4")
    assert spreads(lost)[0].mean == (None, None)
    assert turnover(lost) is None
    assert tax_sums(lost).unknown == 1


def test_tax_sums_leave_the_unknown_out_of_both() -> None:
    sums = tax_sums(EVALUATIONS)
    assert (sums.added, sums.realignment, sums.avoided) == (-400.0, 3500.0, 3900.0)
    assert (sums.harvested, sums.unknown) == (2000.0, 2)


def test_turnover_is_weighted_by_value() -> None:
    assert turnover(EVALUATIONS) == pytest.approx(0.1 * 3 / 5)


def test_slowest() -> None:
    assert slowest(EVALUATIONS, 5)["account_id"].to_list() == ["A1", "A2"]
    assert len(slowest(EVALUATIONS, 1)) == 1


def test_failures_with_one_remedy_are_counted() -> None:
    row = failure_kinds(sample_view()).row(0, named=True)
    assert (row["count"], row["row"], row["value"], row["table"]) == (2, "A4/L1", "-1", "lots")

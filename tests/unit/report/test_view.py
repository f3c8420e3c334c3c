"""What a report reads: names where the book has them, ids where it has none."""

import pytest
from tests.unit.report.samples import sample_view


def test_evaluations_have_names_and_floats() -> None:
    frame = sample_view().evaluations
    assert frame["title"].to_list() == ["Old & <new> stock", "A2", "A3", "A4"]
    assert frame["firm"].to_list() == ["First, Inc.", "First, Inc.", "F2", "unknown firm"]
    assert frame["tax"].to_list() == [-400.0, 0.0, None, None]
    assert frame["value"].dtype.is_float()


def test_security_names() -> None:
    assert sample_view().security_names() == {"VTI": "VTI Total market", "BND": "BND", "OLD": "OLDX Old Co"}


def test_parts_of_the_summary() -> None:
    view = sample_view()
    assert view.part("decision_counts") == {"propose": 1, "hold": 2, "error": 1}
    assert view.number("enrolled") == 4
    with pytest.raises(AssertionError, match="no table of counts"):
        view.part("enrolled")
    with pytest.raises(AssertionError, match="no number"):
        view.number("digests")

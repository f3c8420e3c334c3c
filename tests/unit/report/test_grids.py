"""The tables of a report: capped, with what was left out said."""

from tests.unit.report.samples import many, sample_view

from trimtab.report import grids

VIEW = sample_view()


def test_spreads() -> None:
    assert grids.spread_grid(VIEW).rows[2] == ("Drift, worst account", "12.00%", "4.00%")


def test_why() -> None:
    rows = grids.why_grid(VIEW).rows
    assert rows[0] == ("hold", "every class, cash and tracking error lie within their bands", "2")
    assert ("propose", "a class left its band; a loss is worth harvesting", "1") in rows


def test_release_says_zero_where_it_is_zero() -> None:
    assert [row[1] for row in grids.release_grid(VIEW).rows] == ["0", "2", "2"]


def test_flags_most_frequent_first() -> None:
    assert [row[0] for row in grids.flag_grid(VIEW).rows] == ["unhonoured:gain_harvest", "missing_basis"]


def test_failures() -> None:
    assert grids.failure_grid(VIEW).rows == (
        ("lots.quantity", "A4/L1", "-1", "invalid: negative", "fix it", "2"),
    )


def test_more_than_fits_is_said() -> None:
    grid = grids.failure_grid(many(VIEW, 1))
    assert len(grid.rows) == grids.MOST
    assert grid.note == "… and 176 more in failures.csv"


def test_conflicts() -> None:
    grid = grids.conflict_grid(VIEW.tables["conflicts"])
    assert grid.rows == (("A1", "max_weight:OLD", "$1,500", "OLD cannot move that far", "unknown"),)
    assert grids.conflict_grid(VIEW.tables["conflicts"], with_account=False).columns[0] == "limit"


def test_time() -> None:
    assert grids.stage_grid(VIEW).rows == (
        ("Read the book", "250 ms"), ("Solve and round", "1.8 s"), ("All", "2.0 s"),
    )  # fmt: skip
    assert grids.slowest_grid(VIEW).rows[0] == ("A1", "Old & <new> stock", "First, Inc.", "propose", "1.5 s")

"""The pictures of a run carry the run's numbers."""

import polars as pl
from tests.unit.report.samples import many, sample_view

from trimtab.report import figures

EVALUATIONS = sample_view().evaluations


def rows(figure: object) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in figure.rows}  # type: ignore[attr-defined]


def test_drift_histogram() -> None:
    figure = figures.drift_histogram(EVALUATIONS)
    found = rows(figure)
    assert found["10–15%"] == ("1", "0")
    assert found["3–5%"] == ("2", "2")
    assert found["2–3%"] == ("0", "1")
    assert sum(int(row[0]) for row in found.values()) == 3
    assert "1 account where it is unknown left out" in figure.heading.text


def test_error_histogram() -> None:
    found = rows(figures.error_histogram(EVALUATIONS))
    assert found["0.25–0.5%"] == ("2", "2")
    assert found["2–3%"] == ("1", "0")
    assert found["1–1.5%"] == ("0", "1")


def test_drift_moves_are_those_of_proposing_accounts() -> None:
    figure = figures.drift_moves(EVALUATIONS)
    assert figure is not None
    assert figure.rows == (("A1", "12.0%", "2.0%"),)
    assert figures.drift_moves(EVALUATIONS.filter(pl.col("decision") != "propose")) is None


def test_tax_by_firm() -> None:
    figure = figures.tax_by_firm(EVALUATIONS)
    assert rows(figure)["First, Inc."] == ("$3.50K", "−$400", "$3.90K")
    assert rows(figure)["F2"] == ("unknown", "unknown", "unknown")
    assert "2 accounts of unknown tax left out" in figure.heading.text


def test_decisions_by_firm() -> None:
    found = rows(figures.decisions_by_firm(EVALUATIONS))
    assert found["First, Inc."] == ("1", "1", "0", "0")
    assert found["unknown firm"] == ("0", "0", "0", "1")


def test_many_firms_are_drawn_together() -> None:
    evaluations = many(sample_view(), 50).evaluations
    figure = figures.decisions_by_firm(evaluations)
    assert len(figure.rows) == figures.FIRMS_MOST
    told = sum(int(cell) for row in figure.rows for cell in row[1:])
    assert told == 54
    assert any(row[0].endswith("other firms") for row in figure.rows)


def test_budget_use_is_of_taxable_accounts() -> None:
    figure = figures.budget_use(EVALUATIONS)
    assert rows(figure)["50–75%"] == ("1",)
    assert sum(int(row[1]) for row in figure.rows) == 1
    assert "1 account with unknown use left out" in figure.heading.text
    spent = EVALUATIONS.with_columns(budget_used=pl.lit(700.0), budget_left=pl.lit(0.0))
    assert rows(figures.budget_use(spent))["all of it"] == ("2",)
    none = EVALUATIONS.with_columns(budget_used=pl.lit(0.0), budget_left=pl.lit(0.0))
    assert rows(figures.budget_use(none))["none"] == ("2",)

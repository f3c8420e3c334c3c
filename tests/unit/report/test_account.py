"""One account in full: everything the tables say of it, and nothing of another."""

from dataclasses import replace

import polars as pl
import pytest
from tests.unit.report.samples import sample_view

from trimtab.report.account import class_figure, classes, most_told, slot_figure, story

VIEW = sample_view()


def test_the_proposing_account_with_most_kinds_of_reasons_is_shown() -> None:
    assert most_told(VIEW) == "A1"
    evaluations = VIEW.tables["evaluations"].with_columns(decision=pl.lit("propose"))
    dull = VIEW.tables["reasons"].head(1).with_columns(account_id=pl.lit("A2"))
    tables = {
        **VIEW.tables,
        "evaluations": evaluations,
        "reasons": pl.concat([VIEW.tables["reasons"], *[dull] * 9]),
    }
    assert most_told(replace(VIEW, tables=tables)) == "A1", "many reasons of one kind tell less"
    empty = replace(VIEW, tables={**VIEW.tables, "evaluations": VIEW.tables["evaluations"].clear()})
    assert most_told(empty) is None


def test_a_story() -> None:
    one = story(VIEW, "A1")
    assert one.title == "Old & <new> stock"
    assert one.sentence == "Trades are proposed: a class left its band; a loss is worth harvesting."
    assert one.flags == ["the basis of a lot is unknown"]
    assert one.trades.select("side", "security_id", "text").rows() == [
        ("sell", "OLD", "Sell OLD at a loss of $2000."),
        ("buy", "VTI", "Buy VTI."),
    ]
    assert one.kept["security_id"].to_list() == ["BND"]
    assert one.settings["key"].to_list() == ["min_trade"]


def test_of_one_security() -> None:
    one = story(VIEW, "A1", security_id="OLD")
    assert one.trades["security_id"].to_list() == ["OLD"]
    assert (len(one.kept), len(one.lots), len(one.settings)) == (0, 1, 1)


def test_an_account_that_could_not_be_evaluated() -> None:
    one = story(VIEW, "A4")
    assert one.sentence == "The account could not be evaluated: its data could not be used; see the failures."
    assert (one.flags, classes(one)) == ([], [])


def test_an_account_of_another_run_is_refused() -> None:
    with pytest.raises(AssertionError, match="not an account"):
        story(VIEW, "Z9")


def test_classes_have_cash_with_what_the_target_leaves() -> None:
    rows = {row.name: row for row in classes(story(VIEW, "A1"))}
    assert list(rows) == ["US equity", "US bond", "Cash"]
    assert rows["US equity"].before == pytest.approx(0.65)
    assert rows["Cash"].target == pytest.approx(0.01)
    assert rows["Cash"].before == pytest.approx(1000 / 300_000)


def test_figures_of_an_account() -> None:
    one, names = story(VIEW, "A1"), VIEW.security_names()
    assert class_figure(one).rows[0] == ("US equity", "60.0%", "65.0%", "60.5%")
    drawn = slot_figure(one, names)
    assert [row[0] for row in drawn.rows] == ["VTI Total market", "BND", "OLDX Old Co"]
    assert "not drawn" not in drawn.heading.text


def test_lines_near_their_target_are_not_drawn_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trimtab.report.account.LINES_MOST", 2)
    drawn = slot_figure(story(VIEW, "A1"), {})
    assert [row[0] for row in drawn.rows] == ["VTI", "OLD"]
    assert "1 line nearer to target not drawn" in drawn.heading.text

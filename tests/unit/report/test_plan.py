"""The plan of an account as tiles and a picture; what is unknown says so."""

from dataclasses import replace
from datetime import date

from tests.unit.report.samples import sample_view

from trimtab.report.account import Story, story
from trimtab.report.plan import plan_figure, plan_tiles

VIEW = sample_view()
DAY = date(2020, 6, 1)


def saying(**evaluation: object) -> Story:
    one = story(VIEW, "A1")
    return replace(one, evaluation={**one.evaluation, **evaluation})


def test_budget_done_and_finish() -> None:
    tiles = plan_tiles(story(VIEW, "A1"))
    assert [tile.value for tile in tiles] == ["$1,000 of tax", "75%", "1 March 2022"]
    assert tiles[0].note == "approved 2 January 2020, point 3 of the frontier"


def test_the_picture_says_what_its_table_says() -> None:
    figure = plan_figure(story(VIEW, "A1"), DAY)
    assert figure is not None
    assert figure.rows == (
        ("in place", "75%", "75%"),
        ("tax used", "60%", "$600 of $1,000"),
        ("time", "19%", "until 1 March 2022"),
    )
    assert all(said in figure.svg for _, _, said in figure.rows)


def test_without_a_plan_there_is_neither() -> None:
    assert plan_tiles(story(VIEW, "A2")) == ()
    assert plan_figure(story(VIEW, "A2"), DAY) is None


def test_what_is_unknown_says_so() -> None:
    one = saying(plan_finish=None, plan_progress=None, budget_left=None)
    assert [tile.value for tile in plan_tiles(one)][1:] == ["unknown", "not known"]
    figure = plan_figure(one, DAY)
    assert figure is not None
    assert [row[1:] for row in figure.rows] == [
        ("unknown", "unknown"),
        ("unknown", "$600, no limit"),
        ("unknown", "finish not known"),
    ]
    figure = plan_figure(saying(budget_used=None, budget_left=None), DAY)
    assert figure is not None
    assert figure.rows[1][2] == "unknown"
    done = plan_figure(saying(plan_finish=date(2020, 1, 2), budget_used=0.0, budget_left=0.0), DAY)
    assert done is not None
    assert [row[1] for row in done.rows] == ["75%", "100%", "100%"]

"""Shapes as text: escaped, scaled, with round ticks."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.report import svg


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([13], (0, 5, 10, 15)),
        ([0.249], (0, 0.05, 0.1, 0.15, 0.2, 0.25)),
        ([-4800, 8780], (-5000, 0, 5000, 10000)),
        ([], (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
    ],
)
def test_ticks_are_round(values: list[float], ticks: tuple[float, ...]) -> None:
    assert svg.scale(values, start=0, end=100).ticks == pytest.approx(ticks)


def test_whole_ticks() -> None:
    assert svg.scale([2], start=0, end=100, whole=True).ticks == (0, 1, 2)


@given(st.lists(st.floats(-1e9, 1e9), max_size=5))
def test_every_value_lies_on_its_scale(values: list[float]) -> None:
    along = svg.scale(values, start=10, end=110)
    slack = 1e-9 * (along.high - along.low)
    for value in [0.0, *values]:
        assert along.low - slack <= value <= along.high + slack
        assert along(value) == pytest.approx(
            10 + 100 * (value - along.low) / (along.high - along.low), abs=1e-6
        )


def test_a_value_outside_stands_at_the_edge() -> None:
    along = svg.scale([10], start=0, end=100)
    assert (along(-5), along(99)) == (0, 100)


def test_text_is_escaped() -> None:
    drawn = svg.document(
        "a", size=(10, 5.5), title="<t>", text='"d" & e',
        body=[svg.label(1, 2, "<x>"), svg.rect(0, 0, 1, 9, tone="k", tip="<y>")],
    )  # fmt: skip
    root = ElementTree.fromstring(drawn)
    assert root.attrib["viewBox"] == "0 0 10 5.5"
    assert root.attrib["aria-labelledby"] == "a-title a-desc"
    assert ["".join(part.itertext()) for part in root] == ["<t>", '"d" & e', "<x>", "<y>"]


def test_long_names_are_cut() -> None:
    assert svg.shortened("a long name", 20) == "a long name"
    assert svg.shortened("a long name", 8) == "a long…"


def test_legends_say_each_series() -> None:
    squares = svg.legend(0, 10, [("one", "before"), ("two", "after")])
    assert squares.count("<rect") == 2
    marks = svg.legend(0, 10, [("one", "ring"), ("two", "target")], marks=True)
    assert (marks.count("<circle"), marks.count("<line"), marks.count("<rect")) == (1, 1, 0)

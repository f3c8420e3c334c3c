"""Charts: well-formed, titled, the same numbers in the table; unknown is said and never drawn as zero."""

from xml.etree import ElementTree

import pytest

from trimtab.report.charts import Figure, Heading, Move, Series, bars, columns, moves, stacks
from trimtab.report.numbers import money, percent

HEADING = Heading("chart", "A title", "What it shows.")
NS = "{http://www.w3.org/2000/svg}"


def parts(figure: Figure, tag: str, tone: str = "") -> list[ElementTree.Element]:
    """Elements of a drawn chart by tag and class."""
    root = ElementTree.fromstring(figure.svg)
    return [one for one in root.iter(f"{NS}{tag}") if not tone or one.get("class") == tone]


def texts(figure: Figure) -> list[str]:
    return [one.text or "" for one in parts(figure, "text")]


def whole(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f}"


SERIES = [Series("before", "before", (4.0, 0.0, None)), Series("after", "after", (2.0, 1.0, 3.0))]


def test_columns() -> None:
    figure = columns(HEADING, ["a", "b", "c"], SERIES, form=whole, across="kind")
    assert figure.columns == ("kind", "before", "after")
    assert figure.rows == (("a", "4", "2"), ("b", "0", "1"), ("c", "unknown", "3"))
    drawn = [
        float(bar.attrib["height"])
        for bar in parts(figure, "rect", "after")
        if bar.find(f"{NS}title") is not None
    ]
    assert drawn == pytest.approx([100, 50, 150], rel=0.01)
    tips = [one.text for one in parts(figure, "title")]
    assert tips[0] == "A title"
    assert "before, a: 4" in tips
    assert not any("before, b" in (tip or "") or "before, c" in (tip or "") for tip in tips)
    assert "?" in texts(figure)


def test_bars_stand_on_a_common_zero() -> None:
    series = [Series("tax", "warn", (-50.0, None)), Series("avoided", "after", (100.0, 25.0))]
    figure = bars(HEADING, ["one", "two"], series, form=money, down="firm")
    assert figure.rows == (("one", "−$50", "$100"), ("two", "unknown", "$25"))
    axis = float(parts(figure, "line", "axis")[0].attrib["x1"])
    loss = next(bar for bar in parts(figure, "rect", "warn") if bar.find(f"{NS}title") is not None)
    assert float(loss.attrib["x"]) + float(loss.attrib["width"]) == pytest.approx(axis, abs=0.2)
    gains = [bar for bar in parts(figure, "rect", "after") if bar.find(f"{NS}title") is not None]
    assert [float(bar.attrib["x"]) for bar in gains] == pytest.approx([axis, axis], abs=0.2)
    assert float(gains[0].attrib["width"]) == pytest.approx(4 * float(gains[1].attrib["width"]), rel=0.02)
    assert "unknown" in texts(figure)


def test_stacks_add_up() -> None:
    series = [Series("propose", "after", (30.0, 0.0)), Series("hold", "quiet", (70.0, 1.0))]
    figure = stacks(HEADING, ["one", "two"], series, form=whole, down="firm")
    assert figure.rows == (("one", "30", "70"), ("two", "0", "1"))
    assert {"30", "70", "100", "1"} <= set(texts(figure))
    first, second = (
        next(b for b in parts(figure, "rect", tone) if b.find(f"{NS}title") is not None)
        for tone in ("after", "quiet")
    )
    assert float(second.attrib["x"]) == pytest.approx(
        float(first.attrib["x"]) + float(first.attrib["width"]) + 1, abs=0.2
    )


def test_moves_with_and_without_target() -> None:
    rows = [Move("A & B", 0.10, 0.02, 0.0), Move("C", 0.05, None, 0.05)]
    figure = moves(HEADING, rows, form=percent, down="account")
    assert figure.columns == ("account", "target", "before", "after")
    assert figure.rows[1] == ("C", "5.00%", "5.00%", "unknown")
    assert "after: unknown" in texts(figure)
    # two rows and the key each have a ring; only one row has an after
    assert (len(parts(figure, "circle", "ring")), len(parts(figure, "circle", "after"))) == (3, 2)
    assert len(parts(figure, "line", "target")) == 3
    bare = moves(HEADING, [Move("A", 0.1, 0.2)], form=percent, down="account")
    assert bare.columns == ("account", "before", "after")
    assert not parts(bare, "line", "target")


def test_no_rows_is_still_a_chart() -> None:
    for figure in (
        columns(HEADING, [], SERIES, form=whole, across="x"),
        bars(HEADING, [], SERIES, form=whole, down="x"),
        stacks(HEADING, [], SERIES, form=whole, down="x"),
        moves(HEADING, [], form=percent, down="x"),
    ):
        assert figure.rows == ()
        assert ElementTree.fromstring(figure.svg).find(f"{NS}desc").text == "What it shows."

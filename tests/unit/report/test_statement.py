"""The investment policy statement as a page: well-formed, every value with who set it, since when, instead of what."""

from datetime import date

from tests.unit.report.test_html import Page

from trimtab.policy.statement import Line
from trimtab.report.statement import statement_page

LINES = (
    Line(
        "tax",
        "budget_tax",
        "500 dollars",
        "tax a year",
        "account A1",
        ("1000 dollars (firm F1)",),
        "since 2020-01-02",
    ),
    Line("tax", "harvest", "true", "take losses", "default"),
    Line(
        "restrictions", "never_buy", "tag:<tobacco>", "no tobacco", "household H1", window="until 2030-01-01"
    ),
)


def test_the_page_says_it_all() -> None:
    text = statement_page(
        LINES, title="Ann <b>", as_of=date(2020, 6, 1), facts=[("firm", "F1")], digest="d" * 64
    )
    page = Page(text)
    assert page.count("h1") == 1
    words = [word.strip() for word in page.words]
    for said in (
        "Investment policy statement: Ann <b>",
        "account A1 since 2020-01-02",
        "1000 dollars (firm F1)",
        "household H1 until 2030-01-01",
        "tag:<tobacco>",
        "1 of 2 set by someone.",
        "1 in force.",
        "d" * 64,
    ):
        assert said in words, said

"""The page: well-formed, self-contained, accessible, small; unknown is unknown, and nothing of the data is markup."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest
from tests.unit.report.samples import many, sample_view

from trimtab.report.html import report_page

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "circle", "line"}


class Page(HTMLParser):
    """Checks that tags close in order, and gathers what a test asks for."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"{tag} closes out of order"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


@pytest.fixture(scope="module")
def text() -> str:
    return report_page(sample_view())


def test_the_page_is_well_formed(text: str) -> None:
    page = Page(text)
    assert page.count("h1") == 1
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert {link[1:] for link in links if link} <= set(ids)


def test_every_chart_has_a_title_a_description_and_a_table_beside_it(text: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", text, flags=re.DOTALL)
    assert len(figures) == 9
    for figure in figures:
        name = re.search(r'aria-labelledby="(\S+)-title (\S+)-desc"', figure)
        assert name is not None
        assert f'<title id="{name[1]}-title">' in figure
        assert f'<desc id="{name[1]}-desc">' in figure
        assert figure.count("<table>") == 1
        assert "<td" in figure


def test_nothing_is_fetched_and_nothing_runs(text: str) -> None:
    assert not re.findall(r"<(script|link|img|iframe|object)\b|@import|url\(", text)
    assert set(re.findall(r"https?://[^\"' )]+", text)) == {"http://www.w3.org/2000/svg"}


def test_light_dark_and_print(text: str) -> None:
    assert "@media (prefers-color-scheme: dark)" in text
    assert "@media print" in text
    assert '<html lang="en">' in text


def test_the_data_is_never_markup(text: str) -> None:
    assert "Sample &lt;book&gt;" in text
    assert "Old &amp; &lt;new&gt; stock" in text
    assert "<book>" not in text
    assert "<new>" not in text


def test_what_the_header_says(text: str) -> None:
    said = " ".join(" ".join(Page(text).words).split())
    assert "Business date 1 June 2020" in said
    assert "1 not evaluated" in said
    assert "The market is simulated." in said
    for digest in ("b" * 64, "r" * 64, "trimtab test"):
        assert digest in said


def test_unknown_is_said(text: str) -> None:
    assert '<td class="n unknown">unknown</td>' in text


def test_the_account_that_is_asked_for() -> None:
    assert "One account in full: A3" in report_page(sample_view(), account_id="A3")


def test_a_run_without_accounts_has_a_page() -> None:
    view = sample_view()
    tables = {name: frame.clear() for name, frame in view.tables.items()}
    empty = type(view)(
        "none", view.as_of, tables, {**view.summary, "enrolled": 0, "evaluated": 0, "accounts_per_second": None},
        view.accounts.clear(), view.firms.clear(), view.securities.clear(),
        view.plans.clear(), view.gifts.clear(),
    )  # fmt: skip
    said = " ".join(Page(report_page(empty)).words)
    assert "0 accounts" in said
    assert "none was evaluated" in said
    assert "unknown" in said


def test_ten_thousand_accounts_stay_below_a_megabyte() -> None:
    view = many(sample_view(), 10_000)
    long = view.tables["reasons"].filter(pl.col("decision") == "hold")
    view.tables["reasons"].extend(pl.concat([long] * 5_000))  # type: ignore[attr-defined]
    assert len(report_page(view).encode()) < 1_000_000

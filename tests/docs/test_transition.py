"""The page on arrival and transition: its commands run and say those lines; the pages show plan and statement."""

from pathlib import Path

import pytest
from tests.docs.worked import follow, page
from tests.e2e.tiny import lay
from tests.unit.report.test_html import Page


def test_the_worked_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay("plans", tmp_path / "book")
    follow(page("transition.md"), tmp_path, capsys)
    report = " ".join(Page((tmp_path / "night" / "report.html").read_text(encoding="utf-8")).words)
    for said in ("Plan of the year", "$2,000 of tax", "until 1 January 2031", "Gift candidates"):
        assert said in report
    statement = " ".join(Page((tmp_path / "statement.html").read_text(encoding="utf-8")).words)
    for said in (
        "Investment policy statement: a plan approved today",
        "budget tax fraction",
        "set by",
        "instead of",
    ):
        assert said in statement

"""The page on taxes saved: its command runs, says those lines and writes those files."""

from pathlib import Path

import pytest
from tests.docs.worked import follow, page
from tests.e2e.tiny import lay
from tests.unit.report.test_html import Page


def test_the_worked_example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay("savings", tmp_path / "book")
    follow(page("savings.md"), tmp_path, capsys)
    assert {file.name for file in (tmp_path / "savings").iterdir()} == {
        "savings.csv", "savings_firms.csv", "savings_lots.csv",
    }  # fmt: skip
    words = " ".join(Page((tmp_path / "savings.html").read_text(encoding="utf-8")).words)
    for said in ("Taxes saved in 2025", "not forgiven", "$11,560.00", "2.31", "unknown"):
        assert said in words

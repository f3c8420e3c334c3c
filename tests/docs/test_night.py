"""docs/night.md names files and functions that stand where it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "night.md").read_text(encoding="utf-8")
PLACES = re.findall(r"`([a-z_/]+\.py)`(?: `([a-z_]+)`)?", TEXT)


@pytest.mark.parametrize(("file", "function"), PLACES)
def test_the_place_is_there(file: str, function: str) -> None:
    found = [
        path for path in (ROOT / "src" / "trimtab").rglob("*.py") if path.as_posix().endswith(f"/{file}")
    ]
    assert found, f"there is no {file}"
    assert not function or any(f"def {function}(" in path.read_text(encoding="utf-8") for path in found)


def test_the_page_names_most_of_the_way() -> None:
    assert len(PLACES) >= 20

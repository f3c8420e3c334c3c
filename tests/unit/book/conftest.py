"""A reader of small books for the tests of this folder."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.book.read import Book, read_book

Reader = Callable[..., Book]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Write the small book with some files changed, and read it."""

    def read_changed(changes: Mapping[str, str | bytes | None] | None = None) -> Book:
        return read_book(write_small_book(tmp_path / "book", changes))

    return read_changed

"""The title page says the date; what it does not say stops the book, not the program."""

from datetime import date
from pathlib import Path

import pytest

from trimtab.book.title import UNDATED, read_title
from trimtab.core.result import Reason


def title(folder: Path, text: str | bytes):
    (folder / "book.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_title(folder)


@pytest.mark.parametrize("as_of", ["2020-06-01", '"2020-06-01"', "2020-06-01T00:00:00"])
def test_a_date_or_its_text(tmp_path: Path, as_of: str) -> None:
    read = title(tmp_path, f'as_of = {as_of}\nschema = "1"\ncurrency = "USD"')
    assert (read.as_of, read.name, read.failures) == (date(2020, 6, 1), tmp_path.name, ())


@pytest.mark.parametrize(
    ("text", "reason", "field"),
    [
        ('schema = "1"\ncurrency = "USD"', Reason.MISSING, "as_of"),
        ('as_of = 5\nschema = "1"\ncurrency = "USD"', Reason.PARSING, "as_of"),
        ('as_of = 2020-06-01\ncurrency = "USD"', Reason.MISSING, "schema"),
        ('as_of = 2020-06-01\nschema = "1"\ncurrency = "EUR"', Reason.INVALID, "currency"),
        ("as_of =", Reason.PARSING, ""),
        (b"\xff\xfe", Reason.PARSING, ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str | bytes, reason: Reason, field: str) -> None:
    (failure,) = title(tmp_path, text).failures
    assert (failure.reason, failure.field, failure.table) == (reason, field, "book.toml")


def test_no_title_is_undated(tmp_path: Path) -> None:
    assert read_title(tmp_path).as_of == UNDATED


def test_unknown_keys_are_noticed(tmp_path: Path) -> None:
    read = title(tmp_path, 'as_of = 2020-06-01\nschema = "1"\ncurrency = "USD"\nnam = "x"\n')
    assert read.notices == ("book.toml: unknown key nam is ignored; did you mean name?",)

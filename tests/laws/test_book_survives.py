"""Laws of survival: no bytes in any file of a book raise, and no damage to one account's lots stops another."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.small_book import TABLES, write_small_book

from trimtab.book.check import check_book
from trimtab.book.read import read_book

FILES = sorted(TABLES)
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file of the book with a slice replaced by other bytes, or cut off there."""
    name = draw(st.sampled_from(FILES))
    whole = TABLES[name].encode()
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(len(whole), start + 40)))
    junk = draw(
        st.one_of(
            st.binary(max_size=12),
            st.text(alphabet=',"\n\r;0123456789.-eE NaN', max_size=12).map(str.encode),
            st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
        )
    )
    return name, whole[:start] + junk + (b"" if draw(st.booleans()) else whole[end:])


@given(st.lists(damages(), min_size=1, max_size=2))
@CALM
def test_no_damage_raises(changes: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        book = read_book(write_small_book(Path(place), dict(changes)))
        check_book(book)
        assert len(book.digest) == 64


@given(st.text(alphabet="0123456789.-eENaN$ ,", max_size=8))
@CALM
def test_a_cell_of_one_account_stops_no_other(cell: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        quoted = f'"{cell}"'
        changes = {"lots.csv": TABLES["lots.csv"].replace("VTI,7,", f"VTI,{quoted},")}
        book = read_book(write_small_book(Path(place), changes))
        assert set(book.isolated) <= {"A2"}
        kept = book.tables["lots"].filter(account_id="A2")
        assert (kept.height == 0) == ("A2" in book.isolated) or float(cell) == 0

"""Records are counted before they are cells."""

import pytest

from trimtab.book.records import count_records


def odd(data: bytes) -> list[tuple[int, int]]:
    return count_records(data, careful=True).odd.rows()


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n",
        b"a,b\n1,2",
        b"a,b\r\n1,2\r\n\r\n3,4\r\n\r\n",
        b'a,b\n"1,1","2\n2"\n3,"say ""x"""\n',
        b"\xef\xbb\xbfa,b\n1,2\n",
        b"a\n1\n\n2\n",
    ],
)
def test_even_records(data: bytes) -> None:
    records = count_records(data)
    assert records.header[0] == "a"
    assert not records.cut
    assert records.odd.is_empty()
    assert odd(data) == []


def test_short_and_long_records_are_counted_by_number() -> None:
    assert odd(b"a,b\n1,2\n3\n4,5,6\n7,8\n") == [(1, 1), (2, 3)]
    assert count_records(b"a,b\n1,2\n3\n4,5\n").odd.rows() == [(1, 1)]


def test_only_a_careful_count_finds_records_that_make_up_for_one_another() -> None:
    data = b"a,b\n1\n4,5,6\n"
    assert count_records(data).odd.is_empty()
    assert odd(data) == [(0, 1), (1, 3)]


def test_a_short_last_record_without_a_line_end_is_a_cut() -> None:
    records = count_records(b"a,b\n1,2\n3")
    assert records.cut
    assert records.data == b"a,b\n1,2\n"
    assert not count_records(b"a,b\n1,2\n3\n").cut
    assert not count_records(b"a,b\n1,2\n3,4,5").cut


def test_a_quote_that_never_closes_is_a_cut() -> None:
    records = count_records(b'a,b\n"x",2\n3,"4\n5,6\n')
    assert records.cut
    assert records.data == b'a,b\n"x",2\n'
    assert records.odd.is_empty()


def test_nothing_at_all() -> None:
    assert count_records(b"").header == ()

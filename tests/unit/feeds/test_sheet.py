import pytest

from trimtab.feeds.cells import CellError
from trimtab.feeds.sheet import Record, sheet_of, text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_by_its_mark_or_the_western_page(encoding):
    assert text_of("Société, 5".encode(encoding)) == "Société, 5"


def test_nuls_are_dropped():
    assert text_of(b"a\0b") == "ab"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_most_used(mark):
    sheet = sheet_of(f"a{mark}b{mark}c\n1{mark}2{mark}3\n")
    assert sheet.rows == ((1, ("a", "b", "c")), (2, ("1", "2", "3")))


def test_lines_are_counted_through_quoted_breaks():
    sheet = sheet_of('a,b\n"x\ny",2\n3,4\n')
    assert [line for line, _ in sheet.rows] == [1, 2, 4]


def test_a_table_ends_at_a_blank_row_unless_gaps_are_read_over():
    sheet = sheet_of("a,b\n1,2\n\n3,4\n")
    assert [r.get("a") for r in sheet.table(0)] == ["1"]
    assert [r.get("a") for r in sheet.table(0, gaps=True)] == ["1", "3"]
    assert sheet.unread(0) == 4
    assert sheet_of("a,b\n1,2\n\nfooter\n").unread(0) == 0


def test_a_record_says_what_it_has_too_much_or_too_little_of():
    sheet = sheet_of("a,b,\n1,2,,\n1,2,3\n1\n")
    plain, long, short = sheet.table(0)
    assert (plain.extra, plain.short) == ((), False)
    assert long.extra == ("3",)
    assert short.short


def test_a_bad_cell_names_its_column():
    record = Record(7, {"qty": "x", "when": "2024-13-01"})
    assert record.place == "line 7"
    with pytest.raises(CellError) as caught:
        record.number("quantity", "qty")
    assert caught.value.field == "qty"
    with pytest.raises(CellError) as caught:
        record.day("when")
    assert caught.value.field == "when"


def test_a_cell_that_swallows_the_file_is_damage():
    assert sheet_of('a,b\n1,"' + "x" * 140_000).damage
    assert not sheet_of("a,b\n1,2\n").damage

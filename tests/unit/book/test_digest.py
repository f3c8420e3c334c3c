"""The fingerprint of a book holds every fact and nothing else."""

import pytest
from tests.small_book import TABLES, spoiled

from trimtab.book.digest import digest_table
from trimtab.book.tables_wishes import TABLES_IN


def test_a_digest_that_must_never_change(read) -> None:
    assert read().digest == "4c63cbda7d6f2ce204f9453568cc200e5b5926cc41968ef4671ad1b30fd76e26"


def test_order_of_rows_and_columns_line_ends_and_number_text_do_not_matter(read) -> None:
    head, *rows = TABLES["lots.csv"].splitlines()
    changed = "\r\n".join([head, *reversed(rows)]).replace("10.5,", "10.500,")
    reordered = 'name,firm_id\nSecond,F2\n"First, Inc.",F1\n'
    assert read({"lots.csv": changed, "firms.csv": reordered}).digest == read().digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lots.csv", "10.5", "10.500000001"),
        ("lots.csv", "BND,5,90", "BND,5,"),
        ("lots.csv", "2016-03-04", "2016-03-05"),
        ("firms.csv", "Second", "Seconds"),
        ("models.csv", "BND,0.4", "BND,0.4000000000000001"),
        ("book.toml", "2020-06-01", "2020-06-02"),
        ("accounts.csv", "A4,F2,taxable,75", "A4,F2,taxable,-75"),
    ],
)
def test_every_fact_matters(read, name: str, old: str, new: str) -> None:
    assert read(spoiled(name, old, new)).digest != read().digest


def test_text_does_not_flow_from_cell_to_cell(read) -> None:
    one = read({"firms.csv": "firm_id,name\nF1,ab\nF2,c\n"}).tables["firms"]
    other = read({"firms.csv": "firm_id,name\nF1,a\nF2,bc\n"}).tables["firms"]
    assert digest_table(TABLES_IN["firms"], one) != digest_table(TABLES_IN["firms"], other)

"""Faults become failures in a steady order, capped, with every account still named."""

from trimtab.book import failures
from trimtab.book.failures import failures_frame
from trimtab.book.tables_out import FAILURES

HEAD = "account_id,lot_id,security_id,quantity,unit_cost,acquired\n"


def test_a_thousand_rows_of_a_kind_are_listed_and_the_rest_counted(read) -> None:
    rows = "".join(f"{'A1' if n < 1000 else 'A2'},L{n},VTI,-{n + 1},1,2019-01-02\n" for n in range(1200))
    book = read({"lots.csv": HEAD + rows})
    assert len(book.failures) == 1001
    assert book.failures[-1].message == "the value is below 0: 200 more rows, 1200 in all"
    assert book.failures[-1].accounts == ("A2",)
    assert [failure.row for failure in book.failures[:2]] == ["A1/L0 (row 2)", "A1/L1 (row 3)"]


def test_fewer_are_listed_where_they_concern_very_many_accounts(read, monkeypatch) -> None:
    monkeypatch.setattr(failures, "NAMED_MAX", 1)
    rows = "".join(f"A{n},L1,VTI,-1,1,2019-01-02\n" for n in range(1, 5))
    book = read({"lots.csv": HEAD + rows})
    assert [failure.accounts for failure in book.failures] == [("A1",), ("A2",), ("A3", "A4")]


def test_failures_do_not_depend_on_the_order_of_rows_but_for_their_numbers(read) -> None:
    rows = ["A1,L1,VTI,-1,1,2019-01-02\n", "A2,L1,NOPE,1,1,2019-01-02\n", "A3,L1,VTI,1,1,2030-01-02\n"]
    one, other = (read({"lots.csv": HEAD + "".join(order)}) for order in (rows, rows[::-1]))
    assert [(f.field, f.value, f.accounts) for f in one.failures] == [
        (f.field, f.value, f.accounts) for f in other.failures
    ]
    assert one.digest == other.digest


def test_the_failures_table(read) -> None:
    frame = failures_frame(read({"lots.csv": HEAD + "A1,L1,VTI,-1,1,2019-01-02\n"}).failures)
    assert frame.columns == list(FAILURES.names)
    assert frame.rows() == [
        ("lots", "A1/L1 (row 2)", "quantity", "-1", "invalid: the value is below 0", "write at least 0")
    ]
    assert failures_frame([]).height == 0

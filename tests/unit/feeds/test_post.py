import pytest

from trimtab.core.result import Reason
from trimtab.feeds.post import posted
from trimtab.feeds.statement import Line

BUY = {"type": "buy", "date": "2024-01-02", "account": "A", "symbol": "X", "qty": "3", "amount": "30"}


def entries(*rows):
    return posted([Line(f"line {n}", row) for n, row in enumerate(rows, start=1)], "file")


def ids(*rows):
    return [entry.entry_id for entry, _ in entries(*rows).value]


def test_ids_come_out_the_same_however_often_a_file_is_read():
    assert ids(BUY, BUY, {**BUY, "account": "B"}) == [
        "A/2024-01-02/buy/X/1",
        "A/2024-01-02/buy/X/2",
        "B/2024-01-02/buy/X/1",
    ]


def test_an_id_two_accounts_share_is_told_apart_in_the_lots_named_too():
    sell = {
        **BUY,
        "id": "S",
        "type": "sell",
        "relief": {"method": "SPEC", "lots": [{"lot": "T", "qty": "1"}, {"lot": "U"}]},
    }
    found = entries({**BUY, "id": "T"}, {**BUY, "id": "T", "account": "B"}, sell).value
    assert [entry.entry_id for entry, _ in found] == ["A/T", "B/T", "S"]
    assert [pick.lot_id for pick in found[2][0].relief.picks] == ["A/T", "U"]


def test_a_split_that_each_account_reports_happens_once_with_all_cash():
    split = {"type": "split", "date": "2024-01-02", "symbol": "X", "new": "1", "old": "3"}
    rows = [{**split, "id": a, "cash_in_lieu": [{"account": a, "amount": "1"}]} for a in ("A", "B")]
    (found,) = entries(*rows).value
    assert [(cash.account_id, str(cash.amount)) for cash in found[0].cash] == [("A", "1"), ("B", "1")]
    assert len(entries(split, {**split, "new": "2"}).value) == 2


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"qty": "-3"}, "qty", Reason.INVALID),
        ({"qty": "1e400"}, "qty", Reason.INVALID),
        ({"qty": None}, "qty", Reason.MISSING),
        ({"symbol": ""}, "symbol", Reason.MISSING),
        ({"symbol": ["X"]}, "symbol", Reason.INVALID),
        ({"date": "0001-01-01"}, "date", Reason.INVALID),
        ({"type": "barter"}, "", Reason.INVALID),
        ({"type": "sell", "relief": {"lots": [{"lot": "L", "qty": "-1"}]}}, "qty", Reason.INVALID),
        ({"type": "split", "new": "1", "old": "0"}, "", Reason.INVALID),
        ({"amount": "0.0000000001"}, "", Reason.INVALID),
    ],
)
def test_a_row_that_is_no_entry_says_where_and_why(change, field, reason):
    found = entries(BUY, {**BUY, **change})
    (failure,) = found.failures
    assert (failure.row, failure.field, failure.reason, failure.accounts) == ("line 2", field, reason, ("A",))
    assert failure.message
    assert failure.remedy
    assert len(found.value) == 1

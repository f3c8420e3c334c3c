import pytest

from trimtab.core.result import Reason
from trimtab.feeds.parse import parse

HEADER = "account_id,transaction_id,date,kind,security_id,quantity,amount"


def read(*rows, header=HEADER):
    return parse("t.csv", "\n".join([header, *rows]).encode())


def lines(*rows, header=HEADER):
    return [dict(line.row) for line in read(*rows, header=header).lines]


def test_what_the_plain_fixture_comes_to(fixture, come_to):
    found = come_to(fixture("plain.csv"))
    assert not found.failures
    sold = [
        (r.closed.sale_id, r.closed.lot_id, str(r.closed.gain), str(r.closed.disallowed), r.closed.term)
        for r in found.rows
    ]
    assert sold == [("S1", "B2", "120", "0", "S"), ("S2", "B1", "-20", "30", "L")]
    assert {(lot.lot_id, str(lot.quantity), str(lot.basis)) for lot in found.lots} == {
        *(("B1", "150", "750"), ("B2", "40", "300"), ("B4", "30", "170"))
    }
    assert [account.taxable for account in found.accounts] == [True, False]
    assert str(found.years[2024][0].distributed_long) == "12.5"


def test_it_works_without_any_set_up():
    statement = read(
        "2024-01-02,bought,X,5,50", header="trade_date,action,ticker,shares,net amount".replace(" ", "_")
    )
    assert [dict(line.row) for line in statement.lines] == [
        {"type": "buy", "date": "2024-01-02", "account": "account", "symbol": "X", "qty": "5", "amount": "50"}
    ]
    assert statement.missing


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("A,T,2024-13-02,buy,X,5,50", "date", Reason.INVALID),
        ("A,T,,buy,X,5,50", "date", Reason.MISSING),
        ("A,T,2024-01-02,barter,X,5,50", "kind", Reason.INVALID),
        ("A,T,2024-01-02,buy,X,five,50", "quantity", Reason.INVALID),
        ("A,T,2024-01-02,buy,X,-5,50", "quantity", Reason.INVALID),
        ("A,T,2024-01-02,buy,X,,50", "quantity", Reason.MISSING),
        ("A,T,2024-01-02,sell,X,5,", "amount", Reason.MISSING),
        ("A,T,2024-01-02,sell,X,5,-50", "amount", Reason.INVALID),
        ("A,T,2024-01-02,sell,X,5,50,extra", "", Reason.INVALID),
    ],
)
def test_a_bad_row_names_line_field_and_remedy_and_the_rest_goes_on(row, field, reason):
    statement = read("A,G,2024-01-01,buy,X,1,1", row)
    (failure,) = statement.failures
    assert (failure.table, failure.row, failure.field, failure.reason) == ("t.csv", "line 3", field, reason)
    assert failure.remedy
    assert len(statement.lines) == 1


def test_money_and_shares_that_leave_may_be_signed():
    assert lines("A,T,2024-01-02,buy,X,5,-50")[0]["amount"] == "50"
    assert lines("A,T,2024-01-02,sell,X,-5,50")[0]["qty"] == "5"


@pytest.mark.parametrize(
    ("more", "relief"),
    [
        ("L1,,", {"method": "SPEC", "lots": [{"lot": "L1", "qty": "5"}]}),
        (",L1:2;L2:3,", {"method": "SPEC", "lots": [{"lot": "L1", "qty": "2"}, {"lot": "L2", "qty": "3"}]}),
        (",L1,", {"method": "SPEC", "lots": [{"lot": "L1"}]}),
        (",,hifo", {"method": "HIFO", "lots": []}),
    ],
)
def test_sells_may_name_lots_or_a_method(more, relief):
    assert (
        lines(f"A,T,2024-01-02,sell,X,5,50,{more}", header=f"{HEADER},lot_id,lots,method")[0]["relief"]
        == relief
    )


def test_a_method_nobody_knows_is_refused():
    (failure,) = read("A,T,2024-01-02,sell,X,5,50,best", header=f"{HEADER},method").failures
    assert failure.field == "method"


def test_purchases_go_by_the_lot_they_made_where_it_is_theirs_alone():
    header = f"{HEADER},lot_id"
    assert lines("A,T,2024-01-02,buy,X,5,50,L1", header=header)[0]["id"] == "L1"
    twice = lines("A,T,2024-01-02,buy,X,5,50,L1", "A,U,2024-01-02,buy,X,5,50,L1", header=header)
    assert [line["id"] for line in twice] == ["T", "U"]


def test_actions_belong_to_a_security_and_transfers_to_two_accounts():
    header = f"{HEADER},new,old,to,cash_in_lieu"
    split, transfer = lines(
        "A,T,2024-01-02,split,X,,,3,2,,7.5", "A,U,2024-01-03,transfer,X,,,,,B,", header=header
    )
    assert "account" not in split
    assert (split["new"], split["old"], split["cash_in_lieu"]) == (
        "3",
        "2",
        [{"account": "A", "amount": "7.5"}],
    )
    assert (transfer["from"], transfer["to"]) == ("A", "B")


def test_a_missing_column_is_said_once_and_blank_rows_are_read_over():
    statement = read("2024-01-02,buy,X,5", "2024-01-03,buy,X,5", header="date,kind,security_id,amount")
    assert [(f.row, f.field) for f in statement.failures] == [("header", "quantity")]
    assert not read("2024-01-02,transfer_in,X,5", header="date,kind,security_id,quantity").failures
    assert len(read("A,T,2024-01-02,buy,X,5,50", "", "A,U,2024-01-02,buy,X,5,50").lines) == 2

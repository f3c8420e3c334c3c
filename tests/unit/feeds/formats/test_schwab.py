import pytest

from trimtab.core.result import Reason
from trimtab.feeds.parse import parse

TITLE = '"Transactions  for account Example XXXX-0001 as of 07/01/2024 09:00:00 ET"'
HEADER = '"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount",'


def read(*rows):
    return parse("s.csv", "\r\n".join([TITLE, HEADER, *rows]).encode())


def kinds(statement):
    return [(line.row["type"], line.row.get("qty"), line.row.get("amount")) for line in statement.lines]


def test_what_the_transactions_come_to(fixture, come_to):
    statement = fixture("schwab_transactions.csv")
    found = come_to(statement)
    assert (statement.rows, statement.passed) == (11, 1)
    assert [account.account_id for account in found.accounts] == ["Example XXXX-0001"]
    known, unknown = sorted(found.rows, key=lambda row: row.unknown)
    assert (str(known.closed.basis), str(known.closed.gain), known.closed.term) == ("900.75", "179.15", "S")
    assert (unknown.closed.security_id, unknown.closed.basis, unknown.form) == ("DLTA", None, None)
    assert [(lot.security_id, str(lot.quantity), lot.basis and str(lot.basis)) for lot in found.lots] == [
        *(("ALFA", "30", "300.25"), ("BETA", "20", "200"), ("GAMA", "12.5", None))
    ]
    assert found.years[2024][0].unknown == 1
    assert [f.reason for f in found.failures] == [Reason.NOT_APPLICABLE, Reason.MISSING]
    assert any("total" in note for note in found.notices)


def test_positions_of_two_accounts_with_their_basis(fixture, come_to):
    statement = fixture("schwab_positions.csv")
    assert [(p.account_id, p.security_id, p.quantity, p.basis) for p in statement.positions] == [
        ("Example XXXX-0001", "ALFA", "30", "300.25"),
        ("Example XXXX-0001", "BETA", "20", None),
        ("Roth IRA XXXX-0002", "ALFA", "5", "55.00"),
    ]
    found = come_to(statement)
    assert {(lot.security_id, lot.basis and str(lot.basis)) for lot in found.lots} == {
        ("ALFA", "300.25"),
        ("BETA", None),
    }
    assert found.undated >= {lot.lot_id for lot in found.lots}
    assert any("20 BETA" in line for line in found.missing)


def test_lots_with_their_days(fixture, come_to):
    found = come_to(fixture("schwab_lots.csv"))
    assert {(str(lot.quantity), str(lot.basis), lot.acquired.isoformat()) for lot in found.lots} == {
        *(("20", "200.17", "2024-01-10"), ("10", "100.08", "2021-03-05"))
    }
    assert not found.undated
    assert not found.notices


def test_a_bank_account_holds_nothing(fixture, come_to):
    statement = fixture("schwab_checking.csv")
    assert (statement.rows, statement.passed, statement.lines) == (2, 2, ())
    assert not come_to(statement).rows


def test_an_as_of_date_is_the_day_it_happened():
    (line,) = read('"06/20/2024 as of 06/19/2024","Sell","X","X CORP","1","$5","","$5.00",').lines
    assert line.row["date"] == "2024-06-19"


def test_a_merger_is_a_row_out_and_a_row_in():
    statement = read(
        '"03/25/2021","Stock Merger","NEW","NEW CORP","50","","","",',
        '"03/25/2021","Stock Merger","OLD","OLD CORP","-100","","","",',
    )
    (line,) = statement.lines
    assert {name: line.row[name] for name in ("type", "symbol", "new_symbol", "new", "old")} == {
        "type": "merger_stock",
        "symbol": "OLD",
        "new_symbol": "NEW",
        "new": "50",
        "old": "100",
    }


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ('"01/02/2024","Reinvest Shares","X","X","2","$5","","-$10.00",', ("reinvest", "2", "10.00")),
        ('"01/02/2024","Stock Plan Activity","X","X","3","","","",', ("buy", "3", None)),
        ('"01/02/2024","Journaled Shares","X","X","-4","","","",', ("transfer_out", "4", None)),
        (
            '"01/02/2024","Long Term Cap Gain","X","X","","","","$1.50",',
            ("gain_distribution_long", None, "1.50"),
        ),
        ('"01/02/2024","Credit Interest","","","","","","$0.02",', ("interest", None, "0.02")),
        ('"01/02/2024","Non-Qualified Div","X","X","","","","$0.09",', ("dividend", None, "0.09")),
    ],
)
def test_actions_in_the_ledgers_words(row, kind):
    assert kinds(read(row)) == [kind]


@pytest.mark.parametrize(
    "action", ["Journal", "MoneyLink Transfer", "Wire Funds", "Margin Interest", "ADR Mgmt Fee"]
)
def test_cash_is_passed_over(action):
    statement = read(f'"01/02/2024","{action}","","","","","","-$5.00",')
    assert (statement.passed, statement.lines, statement.failures) == (1, (), ())


@pytest.mark.parametrize(
    "row",
    [
        '"01/02/2024","Cash In Lieu","X","X","","","","$18.02",',
        '"01/02/2024","Expired","X 07/19/2024 30.00 C","CALL","-1","","","",',
        '"01/02/2024","Spin-off","X","X","5","","","",',
        '"01/02/2024","Teleported","X","X","5","","","",',
        '"13/45/2024","Sell","X","X","5","","","$1",',
        '"01/02/2024","Sell","X","X","five","","","$1",',
    ],
)
def test_what_cannot_be_counted_is_said(row):
    statement = read(row)
    assert not statement.lines
    assert [f.row for f in statement.failures] == ["line 3"]


def test_rows_after_a_blank_line_are_not_dropped_in_silence():
    statement = read(
        '"01/02/2024","Buy","X","X","5","$1","$0","-$5",',
        "",
        '"01/03/2024","Buy","X","X","5","$1","$0","-$5",',
    )
    assert [f.row for f in statement.failures] == ["line 5"]

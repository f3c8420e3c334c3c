import pytest

from trimtab.feeds.parse import parse

HEADER = (
    "Run Date,Account,Action,Symbol,Security Description,Security Type,Quantity,Price ($),Commission ($),Fees ($),"
    "Accrued Interest ($),Amount ($),Settlement Date"
)


def read(*rows):
    return parse("f.csv", "\n".join(["", "Brokerage", "", HEADER, *rows]).encode())


def test_what_the_history_comes_to(fixture, come_to):
    statement = fixture("fidelity_history.csv")
    assert (statement.rows, statement.passed, len(statement.lines)) == (7, 2, 5)
    found = come_to(statement)
    assert [(a.account_id, a.taxable) for a in found.accounts] == [("Z00000001", True), ("Z00000002", False)]
    (row,) = found.rows
    assert (str(row.closed.proceeds), str(row.closed.basis), row.form.code) == ("269.98", "300", "W")
    assert row.closed.disallowed.decimal().quantize(1) == 11
    assert row.closed.permanent.text().startswith("10.00666")
    assert not found.failures


def test_positions_pass_over_the_core_account(fixture, come_to):
    statement = fixture("fidelity_positions.csv")
    assert (statement.rows, statement.passed) == (3, 1)
    (lot,) = come_to(statement).lots
    assert (lot.security_id, str(lot.quantity), str(lot.basis)) == ("ALFA", "0.5", "4.5")
    assert come_to(statement).undated == {"Z00000001/opening/ALFA", "Z00000002/opening/ALFA"}


def test_closed_lots_keep_the_brokers_basis_and_term(fixture, come_to):
    found = come_to(fixture("fidelity_closed.csv"))
    assert [
        (r.closed.security_id, str(r.closed.gain), r.closed.term, r.form.acquired) for r in found.rows
    ] == [*(("ALFA", "-30.02", "S", "2024-04-02"), ("BETA", "15", "L", "VARIOUS"))]
    assert not found.lots
    assert not found.failures


def test_a_closed_lot_without_basis_is_unknown_and_one_without_proceeds_a_failure(come_to):
    header = "Symbol(CUSIP),Quantity,Date Acquired,Date Sold,Proceeds,Cost Basis"
    rows = "X(1),5,01/02/2024,02/02/2024,$10,--\nX(1),5,01/02/2024,02/02/2024,--,$1"
    found = come_to(parse("c.csv", f"{header}\n{rows}".encode()))
    (row,) = found.rows
    assert row.closed.basis is row.closed.gain is None
    assert [f.row for f in found.failures] == ["line 3", "sale line 2 X"]


@pytest.mark.parametrize(
    ("action", "cells", "kind"),
    [
        ("YOU BOUGHT PROSPECTUS", "5,10,,,,-50", "buy"),
        ("REINVESTMENT X CORP", "5,10,,,,-50", "reinvest"),
        ("YOU SOLD", "-5,10,,,,50", "sell"),
        ("IN LIEU OF FRX SHARE", "-0.5,10,,,,5", "sell"),
        ("LONG-TERM CAP GAIN X", ",,,,,5", "gain_distribution_long"),
        ("SHORT-TERM CAP GAIN X", ",,,,,5", "gain_distribution_short"),
        ("INTEREST EARNED", ",,,,,5", "interest"),
        ("TRANSFERRED FROM VS", "5,,,,,", "transfer_in"),
        ("TRANSFER OF ASSETS ACAT DELIVER", "-5,,,,,", "transfer_out"),
        ("DISTRIBUTION X CORP", "5,,,,,", "split_shares"),
        ("RETURN OF CAPITAL", ",,,,,5", "return_of_capital_total"),
    ],
)
def test_actions_in_the_ledgers_words(action, cells, kind):
    (line,) = read(f" 01/02/2024,Z1, {action}, X, X CORP,Cash,{cells},").lines
    assert line.row["type"] == kind
    assert not line.row.get("qty", "1").startswith("-")


def test_accrued_interest_is_no_part_of_a_bonds_basis():
    (line,) = read(" 01/02/2024,Z1, YOU BOUGHT, 912810XX1, BOND,Cash,1000,99,,,4,-994,").lines
    assert line.row["amount"] == "990"


@pytest.mark.parametrize(
    "action", ["DEBIT CARD PURCHASE", "DIRECT DEPOSIT", "PURCHASE INTO CORE ACCOUNT", "CHECK PAID"]
)
def test_cash_is_passed_over(action):
    statement = read(f" 01/02/2024,Z1, {action}, , No Description,Cash,,,,,,-5,")
    assert (statement.passed, statement.lines, statement.failures) == (1, (), ())


@pytest.mark.parametrize("action", ["EXPIRED CALL", "ASSIGNED PUTS", "SOMETHING NEW"])
def test_what_cannot_be_counted_is_said(action):
    statement = read(f" 01/02/2024,Z1, {action}, XYZ, X,Cash,5,,,,,,")
    assert not statement.lines
    assert len(statement.failures) == 1

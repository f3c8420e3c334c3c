import datetime as dt

import pytest

from trimtab.core.result import Reason
from trimtab.feeds.checks import in_time_order, rolled
from trimtab.feeds.statement import Line, Position, Statement


def row(kind, date, qty=None, account="A", symbol="X", **more):
    fields = {"type": kind, "date": date, "account": account, "symbol": symbol, "qty": qty, **more}
    return {name: value for name, value in fields.items() if value is not None}


def roll(*rows, positions=(), complete=False):
    lines = tuple(Line(f"line {n}", r) for n, r in enumerate(rows, start=1))
    return rolled(Statement(source="test", lines=lines, positions=positions, complete=complete))


def openings(statement):
    return {line.row["symbol"]: line.row["qty"] for line in statement.lines if line.place == "opening"}


def position(quantity, date="2024-12-31", basis=None, symbol="X"):
    day = dt.date.fromisoformat(date)
    return Position(place="p", account_id="A", security_id=symbol, date=day, quantity=quantity, basis=basis)


def test_newest_first_is_turned_around_within_a_day_too():
    rows = [row("sell", "2024-02-02"), row("buy", "2024-02-02"), row("buy", "2024-01-01")]
    told = in_time_order([Line(str(n), r) for n, r in enumerate(rows)])
    assert [line.place for line in told] == ["2", "1", "0"]
    assert [line.place for line in in_time_order(told[::-1])] == ["2", "1", "0"]


def test_what_sales_need_and_no_line_brought_was_held_before_at_unknown_basis():
    found = roll(row("buy", "2024-01-10", "10"), row("sell", "2024-02-10", "25"))
    (opening,) = [line for line in found.lines if line.place == "opening"]
    assert (opening.row["qty"], opening.row["date"]) == ("15", "2024-01-09")
    assert "basis" not in opening.row
    assert any("15 X in A" in line for line in found.missing)


def test_a_complete_file_has_nothing_before_it():
    assert not openings(roll(row("sell", "2024-02-10", "25"), complete=True))


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        ([row("split", "2024-01-05", new="2", old="1"), row("sell", "2024-02-01", "30")], {"X": "15"}),
        (
            [
                row("sell", "2024-01-02", "5"),
                row("split", "2024-01-05", new="2", old="1"),
                row("sell", "2024-02-01", "10"),
            ],
            {"X": "10"},
        ),
        (
            [row("symbol_change", "2024-01-05", new_symbol="Y"), row("sell", "2024-02-01", "7", symbol="Y")],
            {"X": "7"},
        ),
        (
            [
                row("buy", "2024-01-02", "4"),
                row("merger_stock", "2024-01-05", new_symbol="Y", new="1", old="2"),
                row("sell", "2024-02-01", "3", symbol="Y"),
            ],
            {"Y": "1"},
        ),
        (
            [
                row("merger_stock", "2024-01-05", new_symbol="Y", new="1", old="1", exchanged="9"),
                row("sell", "2024-02-01", "9", symbol="Y"),
            ],
            {"X": "9"},
        ),
        (
            [
                row("buy", "2024-01-02", "4"),
                row("spinoff", "2024-01-05", child="Y", new="1", old="2"),
                row("sell", "2024-02-01", "2", symbol="Y"),
            ],
            {},
        ),
        (
            [
                row("transfer_out", "2024-01-02", "4"),
                row("transfer_in", "2024-01-03", "4"),
                row("sell", "2024-01-04", "4"),
            ],
            {"X": "4"},
        ),
        (
            [
                row("buy", "2024-01-02", "4"),
                row("transfer", "2024-01-03", **{"from": "A", "to": "B"}),
                row("sell", "2024-01-04", "4", account="B"),
            ],
            {},
        ),
        (
            [row("split", "2024-01-05", new="3", old="1"), row("sell", "2024-02-01", "1")],
            {"X": "0.333333334"},
        ),
    ],
)
def test_openings_through_actions(rows, held):
    assert openings(roll(*rows)) == held


def test_positions_tell_of_more_than_sales_need():
    found = roll(row("buy", "2024-01-10", "10"), row("sell", "2024-02-10", "4"), positions=(position("16"),))
    assert openings(found) == {"X": "10"}


def test_a_position_is_of_its_day_and_not_of_the_last_transaction():
    rows = (row("buy", "2024-01-10", "10"), row("sell", "2024-02-10", "10"))
    assert not openings(roll(*rows, positions=(position("10", date="2024-01-31"),)))


def test_a_position_below_what_the_transactions_leave_is_a_break():
    found = roll(row("buy", "2024-01-10", "10"), positions=(position("4"),))
    assert [(f.reason, f.accounts) for f in found.failures] == [(Reason.CONFLICT, ("A",))]


def test_a_position_alone_keeps_its_basis_and_its_day():
    (line,) = roll(positions=(position("4", basis="40"), position("1", basis="9"))).lines
    assert (line.row["qty"], line.row["basis"], line.row["date"]) == ("5", "49", "2024-12-31")


def test_shares_added_by_a_split_become_its_ratio_once_for_all_accounts():
    found = roll(
        row("buy", "2024-01-02", "10"),
        row("buy", "2024-01-02", "30", account="B"),
        row("split_shares", "2024-02-01", "5"),
        row("split_shares", "2024-02-01", "15", account="B"),
    )
    splits = [line.row for line in found.lines if line.row["type"] == "split"]
    assert [(split["new"], split["old"]) for split in splits] == [("3", "2")]


def test_a_split_of_shares_nobody_saw_is_a_failure():
    found = roll(row("split_shares", "2024-02-01", "5"))
    assert [(f.row, f.field, f.reason) for f in found.failures] == [("line 1", "quantity", Reason.MISSING)]


def test_a_return_of_capital_in_one_amount_is_told_a_share():
    found = roll(row("buy", "2024-01-02", "8"), row("return_of_capital_total", "2024-02-01", amount="2"))
    assert found.lines[-1].row["type"] == "return_of_capital"
    assert found.lines[-1].row["per_share"] == "0.25"

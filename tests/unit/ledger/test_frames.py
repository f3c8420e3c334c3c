"""A ledger as the frames of the book: names of parts, kinds of lines, what a line leaves open."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from trimtab.core.amounts import NANO, Money, Price, Quantity
from trimtab.ledger import entries as e
from trimtab.ledger.fold import fold
from trimtab.ledger.frames import lots_frame, transactions_frame
from trimtab.ledger.lots import EMPTY
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import WashRules

HOME = Household((Account("A"), Account("B")))
JAN, FEB, MAR, APR = (dt.date(2024, month, 8) for month in (1, 2, 3, 4))
LATER = dt.date(2024, 4, 20)


def bought(name: str, day: dt.date, qty: int, cost: int, **more: str) -> e.Purchase:
    return e.Purchase(
        entry_id=name,
        date=day,
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(qty),
        amount=Money.parse(cost),
        **more,
    )


ENTRIES: list[e.Entry] = [
    bought("L1", JAN, 10, 1000, order_id="O1"),
    e.Sale(
        entry_id="S1",
        date=MAR,
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(4),
        amount=Money.parse(100),
        relief=e.Relief("FIFO"),
        order_id="O2",
    ),
    bought("L2", MAR + dt.timedelta(days=9), 10, 700),
    e.Split(entry_id="P1", date=APR, security_id="X", ratio=Fraction(3, 2)),
    e.Receipt(
        entry_id="R1", date=APR, account_id="B", security_id="X", quantity=Quantity.parse(3), basis=None
    ),
    e.Inheritance(
        entry_id="N1",
        date=APR,
        account_id="B",
        security_id="X",
        quantity=Quantity.parse(2),
        value=Money.parse(7),
    ),
    bought("L3", LATER, 3, 1),
]


def test_parts_of_a_lot_are_marked_from_the_second_and_unit_costs_keep_nine_places() -> None:
    ledger = fold(EMPTY, ENTRIES, household=HOME, rules=WashRules())
    rows = lots_frame(ledger.lots[::-1])
    assert rows.select("account_id", "lot_id", "quantity", "unit_cost").rows() == [
        ("A", "L1", Decimal(9), Decimal("66.666666667")),
        ("A", "L2", Decimal(6), Decimal("96.666666667")),  # 280 of cost and 300 refused, on 4 × 3 / 2 shares
        ("A", "L2~2", Decimal(9), Decimal("46.666666667")),
        ("A", "L3", Decimal(3), Decimal("0.333333333")),
        ("B", "N1", Decimal(2), Decimal("3.5")),
        ("B", "R1", Decimal(3), None),
    ]
    first, second = rows.filter(rows["lot_id"].str.starts_with("L2")).iter_rows(named=True)
    assert first["acquired"] == second["acquired"] == second["adjusted_acquired"] == dt.date(2024, 3, 17)
    assert first["adjusted_acquired"] == first["acquired"] - (MAR - JAN)


def test_lines_up_to_a_day_with_the_gain_before_the_wash_rule() -> None:
    ledger = fold(EMPTY, ENTRIES, household=HOME, rules=WashRules())
    rows = transactions_frame(ledger, ENTRIES, APR)
    assert rows.select("account_id", "transaction_id", "kind", "lot_id", "order", "gain").rows() == [
        ("", "P1", "split", None, None, None),
        ("A", "L1", "buy", "L1", "O1", None),
        ("A", "L2", "buy", "L2", None, None),
        ("A", "S1~001", "sell", "L1", "O2", Decimal(-300)),
        ("B", "N1", "inherit", "N1", None, None),
        ("B", "R1", "transfer_in", "R1", None, None),
    ]
    sold = rows.row(3, named=True)
    assert (sold["quantity"], sold["amount"], sold["acquired"]) == (Decimal(4), Decimal(100), JAN)
    assert rows.select("new", "old").row(0) == (Decimal(3), Decimal(2))
    assert rows["amount"].to_list() == [None, Decimal(1000), Decimal(700), Decimal(100), None, None]
    before = transactions_frame(ledger, ENTRIES, MAR - dt.timedelta(days=1))
    assert before["transaction_id"].to_list() == ["L1"]


def test_sales_of_two_lots_of_unknown_basis_and_of_calls() -> None:
    call = bought("C1", JAN, 10, 5, underlying_id="X")
    unknown = e.Receipt(
        entry_id="R1", date=JAN, account_id="A", security_id="Y", quantity=Quantity.parse(3), basis=None
    )
    gone = e.CashMerger(entry_id="G1", date=FEB, security_id="Y", cash_per_share=Price(5 * NANO))
    back = e.ReturnOfCapital(
        entry_id="K1", date=FEB, account_id="A", security_id="X", per_share=Price.parse(2)
    )
    entries: list[e.Entry] = [call, unknown, back, gone]
    ledger = fold(EMPTY, entries, household=HOME, rules=WashRules())
    assert any(not row.quantity for row in ledger.closed)  # the excess of the return of capital: no shares
    rows = transactions_frame(ledger, entries, FEB)
    assert rows.select("transaction_id", "kind", "underlying", "gain", "term").rows() == [
        ("C1", "option_buy", "X", None, None),
        ("G1~001", "sell", None, None, None),
        ("R1", "transfer_in", None, None, None),
    ]

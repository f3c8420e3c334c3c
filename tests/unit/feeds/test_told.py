from trimtab.feeds.statement import Line
from trimtab.feeds.told import told_lots

SELL = {
    "type": "sell",
    "id": "S",
    "date": "2024-03-01",
    "account": "A",
    "symbol": "X",
    "qty": "5",
    "amount": "50",
}


def told(*rows):
    return told_lots([Line(str(n), row) for n, row in enumerate(rows)])


def picks(*lots):
    return {"method": "SPEC", "lots": [{"lot": lot, "qty": shares} for lot, shares in lots]}


def test_a_lot_named_that_no_line_brought_is_received_before_at_what_its_sale_tells():
    found = told({**SELL, "relief": picks(("OLD", "5")), "gain": "-10", "term": "L"})
    (receipt,) = found.receipts
    assert receipt.row == {
        "type": "transfer_in",
        "id": "OLD",
        "date": "2024-02-29",
        "account": "A",
        "symbol": "X",
        "qty": "5",
        "basis": "60",
        "acquired": "2022-03-04",
    }
    assert found.undated == {"OLD"}


def test_a_short_term_stands_without_a_day_that_could_wash():
    (receipt,) = told({**SELL, "relief": picks(("OLD", "5")), "gain": "-10", "term": "short"}).receipts
    assert receipt.row["acquired"] == "2024-01-30"


def test_without_a_gain_its_basis_stays_unknown_and_so_does_its_day():
    (receipt,) = told({**SELL, "relief": picks(("OLD", "5"))}).receipts
    assert "basis" not in receipt.row
    assert "acquired" not in receipt.row


def test_one_gain_is_not_divided_over_two_lots():
    found = told({**SELL, "relief": picks(("OLD", "2"), ("ELDER", "3")), "gain": "1", "term": "S"})
    assert [("basis" in r.row, r.row["qty"]) for r in found.receipts] == [(False, "2"), (False, "3")]


def test_two_sales_of_one_lot_make_one_receipt():
    rows = [
        {**SELL, "id": i, "relief": picks(("OLD", "5")), "gain": "-10", "term": "L"} for i in ("S1", "S2")
    ]
    (receipt,) = told(*rows).receipts
    assert (receipt.row["qty"], receipt.row["basis"]) == ("10", "120")


def test_lots_that_lines_brought_or_actions_made_are_left_alone():
    buy = {**SELL, "type": "buy", "id": "OLD"}
    assert not told(buy, {**SELL, "relief": picks(("OLD~2", "5"))}).receipts
    assert not told({**SELL, "relief": picks(("OLD/CHILD", "5"))}).receipts


def test_a_sale_with_its_gain_and_no_purchase_is_its_own_lot():
    found = told({**SELL, "gain": "20", "term": "S"})
    assert found.receipts[0].row["basis"] == "30"
    assert found.lines[0].row["relief"]["lots"][0]["lot"] == found.receipts[0].row["id"]
    assert not told({**SELL, "type": "buy", "id": "B"}, {**SELL, "gain": "20", "term": "S"}).receipts


def test_nothing_comes_of_nothing():
    assert told().lines == []

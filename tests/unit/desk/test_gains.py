import csv
import io
import json
from fractions import Fraction

import pytest

from trimtab.cli.gains_view import facts
from trimtab.core.result import Reason
from trimtab.desk.gains import advantaged, gains
from trimtab.feeds.parse import parse
from trimtab.feeds.statement import Registration
from trimtab.ledger.conformance import compare

HEADER = "account_id,transaction_id,date,kind,security_id,quantity,amount,lot_id,gain,term,tax_type,owner"
BOOK_NAMES = {
    "account": "account_id",
    "id": "transaction_id",
    "type": "kind",
    "symbol": "security_id",
    "qty": "quantity",
}


def come_to(*rows, header=HEADER, **more):
    return gains([parse("t.csv", "\n".join([header, *rows]).encode())], table="t.csv", **more)


def figures(found):
    return [
        [str(v) for v in (r.closed.proceeds, r.closed.basis, r.closed.disallowed, r.closed.gain)]
        for r in found.rows
    ]


LOSS = ("A,B1,2024-01-02,buy,X,10,1000,,,,taxable,self", "A,S1,2024-03-01,sell,X,10,400,,,,taxable,self")


def test_a_purchase_elsewhere_washes_the_households_loss_and_not_the_brokers():
    found = come_to(*LOSS, "B,B2,2024-03-05,buy,X,5,200,,,,taxable,self")
    assert figures(found) == [["400", "1000", "300", "-300"]]
    assert str(found.rows[0].broker.washed) == "0"
    assert found.differs
    household, broker = found.years[2024]
    assert (str(household.short), str(broker.short)) == ("-300", "-600")
    assert (found.rows[0].form.code, found.rows[0].form.box) == ("W", "A")


def test_where_broker_and_household_see_the_same_nothing_is_said_to_differ():
    assert not come_to(*LOSS, "A,B2,2024-03-05,buy,X,5,200,,,,taxable,self").differs


def test_a_broker_sees_one_security_and_not_its_twin():
    trade = {"account": "A", "qty": "10"}
    transactions = [
        {**trade, "id": "B1", "type": "buy", "date": "2024-01-02", "symbol": "MF", "amount": "1000"},
        {**trade, "id": "S1", "type": "sell", "date": "2024-03-01", "symbol": "MF", "amount": "400"},
        {**trade, "id": "B2", "type": "buy", "date": "2024-03-05", "symbol": "ETF", "amount": "400"},
    ]
    case = {"identical_groups": [["MF", "ETF"]], "transactions": transactions}
    household, broker = gains([parse("c", json.dumps(case).encode())], table="c").years[2024]
    assert (str(household.disallowed), str(broker.disallowed)) == ("600", "0")


def test_the_brokers_figures_are_divided_over_our_pieces_of_a_lot_and_add_up():
    partly = come_to(
        "A,B1,2024-01-02,buy,X,3,30,,,,taxable,self",
        "A,S1,2024-03-01,sell,X,3,10,,,,taxable,self",
        "B,B2,2024-03-05,buy,X,10,100,,,,taxable,self",
        "B,S2,2025-06-05,sell,X,10,900,,,,taxable,self",
    )
    shown = [row.broker.basis.decimal() for row in partly.rows if row.closed.sale_id == "S2"]
    assert (len(shown), sum(shown)) == (2, 100)


def test_a_basis_the_household_changed_is_corrected_with_code_b():
    found = come_to(
        *LOSS,
        "B,B2,2024-03-05,buy,X,10,300,,,,taxable,self",
        "B,S2,2024-06-05,sell,X,10,1200,,,,taxable,self",
    )
    row = found.rows[1].form
    assert (row.code, str(row.basis), str(row.adjustment), str(row.gain)) == ("B", "300", "-600", "300")


def test_an_iras_purchase_loses_the_loss_for_good():
    found = come_to(*LOSS, "R,B2,2024-03-05,buy,X,10,300,,,,roth_ira,spouse")
    assert str(found.years[2024][0].permanent) == "600"
    assert not found.lots
    assert any("R" in note for note in found.notices)


def test_a_purchase_of_somebody_elses_washes_nothing():
    assert (
        str(come_to(*LOSS, "C,B2,2024-03-05,buy,X,5,200,,,,taxable,child").years[2024][0].disallowed) == "0"
    )


def test_types_given_by_the_caller_stand_before_the_files():
    rows = [row.replace("taxable,self", ",") for row in LOSS]
    assert any("tax type of A" in line for line in come_to(*rows).missing)
    found = come_to(*rows, types=[Registration("A", "ira")])
    assert (found.rows, found.missing) == ((), ())


def test_a_basis_the_file_does_not_know_is_unknown_and_never_zero():
    found = come_to("A,S1,2024-03-01,sell,X,10,400,,,,taxable,self")
    (row,) = found.rows
    assert (row.closed.basis, row.closed.gain, row.closed.term, row.form) == (None, None, None, None)
    assert found.years[2024][0].unknown == 1
    assert found.years[2024][0].tax is None
    assert [(f.reason, f.field, f.accounts) for f in found.failures] == [(Reason.MISSING, "basis", ("A",))]


def test_an_unknown_day_is_long_only_where_it_surely_is():
    old = "A,T1,2022-01-02,transfer_in,X,10,,,,,taxable,self,500"
    sold = "A,S1,{},sell,X,10,700,,,,taxable,self,"
    header = f"{HEADER},basis"
    soon = come_to(old, sold.format("2022-06-01"), header=header)
    assert (soon.rows[0].closed.term, soon.rows[0].form) == (None, None)
    assert [f.field for f in soon.failures] == ["acquired"]
    late = come_to(old, sold.format("2024-06-01"), header=header)
    assert (late.rows[0].closed.term, late.rows[0].form.acquired, late.failures) == ("L", "VARIOUS", ())
    assert late.rows[0].form.box == "E"


def test_a_lot_told_only_by_its_sale_has_the_gain_and_term_told():
    found = come_to("A,S1,2024-03-01,sell,X,10,400,OLD,-100,L,taxable,self")
    assert figures(found) == [["400", "500", "0", "-100"]]
    assert (found.rows[0].closed.term, found.rows[0].dated, found.failures) == ("L", False, ())


def test_inherited_shares_say_so():
    found = come_to(
        "A,I1,2024-01-02,inherit,X,10,,,,,taxable,self,900",
        "A,S1,2024-02-01,sell,X,10,1000,,,,taxable,self,",
        header=f"{HEADER},fmv",
    )
    assert (found.rows[0].form.acquired, found.rows[0].form.part) == ("INHERITED", "II")


def test_one_year_alone():
    rows = (*LOSS, "A,B3,2024-05-02,buy,X,10,100,,,,,", "A,S3,2025-06-01,sell,X,10,400,,,,,")
    assert [set(come_to(*rows, year=year).years) for year in (None, 2024, 2025)] == [
        {2024, 2025},
        {2024},
        {2025},
    ]
    assert [len(come_to(*rows, year=year).rows) for year in (2024, 2025, 2023)] == [1, 1, 0]


def test_the_methods_of_relief_a_caller_may_name():
    rows = (
        "A,B1,2024-01-02,buy,X,10,100,,,,,",
        "A,B2,2024-01-03,buy,X,10,300,,,,,",
        "A,S1,2024-02-01,sell,X,10,400,,,,,",
    )
    assert figures(come_to(*rows))[0][1] == "100"
    assert figures(come_to(*rows, relief="HIFO"))[0][1] == "300"
    assert figures(come_to(*rows, relief="AVG"))[0][1] == "200"


def test_tax_at_top_rates_with_the_funds_long_gains():
    rows = ("A,B1,2024-01-02,buy,X,10,100,,,,,", "A,S1,2024-02-01,sell,X,10,200,,,,,")
    found = come_to(*rows, "A,D1,2024-12-20,gain_distribution_long,X,,50,,,,,")
    assert found.years[2024][0].tax == Fraction("52.70")


def test_open_windows_are_part_of_the_coverage():
    said = come_to(*LOSS).coverage
    assert any("2024-03-31" in line and "600.00" in line for line in said)
    assert any("A" in line for line in said)
    late = come_to("A,B0,2024-02-20,buy,X,10,1000,,,,,", "A,S1,2024-03-01,sell,X,10,400,,,,,")
    assert any("begins on 2024-02-20" in line for line in late.coverage)


def test_order_of_accounts_and_files_does_not_matter():
    rows = [*LOSS, "B,B2,2024-03-05,buy,X,5,200,,,,taxable,self"]
    assert figures(come_to(*rows)) == figures(come_to(rows[2], *rows[:2])) == figures(come_to(*rows[::-1]))


def test_what_the_ledger_cannot_use_names_its_line():
    found = come_to("A,T,2024-01-02,buy,X,10,100,,,,,", "A,T,2024-01-03,buy,X,10,100,,,,,")
    assert [(f.reason, f.table, f.row) for f in found.failures] == [(Reason.DUPLICATE, "t.csv", "line 3")]


@pytest.mark.parametrize(
    ("kind", "sheltered"),
    [
        ("Roth IRA", True),
        ("traditional_ira", True),
        ("401(k)", True),
        ("tax_deferred", True),
        ("joint", False),
        ("", False),
    ],
)
def test_registrations_that_shelter(kind, sheltered):
    assert advantaged(kind) is sheltered


@pytest.fixture(scope="module")
def lots_cases(shared):
    document = json.loads((shared / "cases" / "tax_lots.json").read_text())
    return [case for case in document["cases"] if case["kind"] == "lots"]


def as_csv(given):
    """A case's transactions in the plain columns of the book."""
    accounts = {account["id"]: account for account in given["accounts"]}
    rows = []
    for told in given["transactions"]:
        relief = told.get("relief") or {}
        row = {
            BOOK_NAMES.get(k, k): v for k, v in told.items() if k not in ("relief", "cash_in_lieu", "lots")
        }
        row |= {name: relief[name] for name in ("method", "st_rate", "lt_rate") if name in relief}
        picks = [
            pick if isinstance(pick, dict) else {"lot": pick}
            for pick in relief.get("lots") or told.get("lots") or ()
        ]
        row["lots"] = ";".join(f"{p['lot']}:{p['qty']}" if p.get("qty") else p["lot"] for p in picks)
        account = accounts.get(told.get("account"), {})
        row |= {"tax_type": account.get("type"), "owner": account.get("owner")}
        paid = told.get("cash_in_lieu") or [{}]
        rows += [
            {**row, **({"account_id": cash["account"], "cash_in_lieu": cash["amount"]} if cash else {})}
            for cash in paid
        ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.shared
def test_every_lots_case_comes_out_as_expected_from_json(lots_cases):
    for case in lots_cases:
        found = gains([parse("case", json.dumps(case).encode())], table="case")
        assert not compare(case, case["expected"], facts(found, form=False)), case["id"]
        assert not found.failures, case["id"]


@pytest.mark.shared
def test_every_lots_case_comes_out_as_expected_from_a_csv(lots_cases):
    plain = [
        case for case in lots_cases if not case["input"].get("identical_groups") and not case.get("policy")
    ]
    assert len(plain) > 60
    for case in plain:
        found = gains(
            [parse("case", as_csv(case["input"]))], table="case", relief=case["input"].get("default_relief")
        )
        assert not compare(case, case["expected"], facts(found, form=False)), case["id"]

import pytest
from tests.small_book import write_small_book

from trimtab.book.read import NotABookError
from trimtab.desk.gains import gains
from trimtab.desk.gains_book import statements_of

HEADER = "account_id,transaction_id,date,kind,security_id,quantity,amount,lot_id,gain,term\n"
SOLD = "A1,S1,2020-05-20,sell,VTI,4,400,OLD,-100,L\n"


@pytest.fixture
def come_to(tmp_path):
    def of(*rows, **changes):
        folder = write_small_book(tmp_path / "book", {"transactions.csv": HEADER + "".join(rows), **changes})
        return gains(statements_of(folder), table="book")

    return of


def test_a_sale_of_an_older_lot_has_the_gain_and_term_the_book_tells(come_to):
    found = come_to(SOLD)
    (row,) = found.rows
    assert [str(v) for v in (row.closed.proceeds, row.closed.basis, row.closed.gain)] == [
        "400",
        "500",
        "-100",
    ]
    assert (row.closed.term, row.closed.lot_id, row.dated) == ("L", "OLD", False)
    assert found.years[2020][0].unknown == 0


def test_a_purchase_of_the_household_in_its_ira_washes_the_loss_for_good(come_to):
    bought = "A2,B1,2020-05-22,buy,VTI,1,110,N1,,\n"
    found = come_to(SOLD, bought, "A3,B2,2020-05-22,buy,VTI,3,330,N2,,\n")
    assert str(found.rows[0].closed.permanent) == "25"
    assert found.differs
    assert found.households == 3


CHAIN = (
    "A1,B1,2019-03-01,buy,VTI,10,1200,N1,,\n",
    "A1,S1,2020-01-10,sell,VTI,10,1000,N1,-200,S\n",
    "A1,B2,2020-01-15,buy,VTI,10,1010,N2,,\n",
    "A1,S2,2020-03-05,sell,VTI,10,1300,N2,90,\n",
)


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("", "S"),  # 315 days held are added: 2019-03-06, long-term from 2020-03-07
        ("firm,F1,wash_holding_period,tack_days\n", "S"),
        ("firm,F1,wash_holding_period,original_date\n", "L"),  # 2019-03-01, long-term from 2020-03-02
        ("desk,,wash_holding_period,original_date\n", "L"),
    ],
)
def test_the_policy_says_how_a_holding_period_passes_on(come_to, said, term):
    found = come_to(*CHAIN, **{"policies.csv": "scope,scope_id,key,value\n" + said})
    assert str(found.rows[0].closed.disallowed) == "200"
    assert found.rows[1].closed.term == term


def test_open_lots_are_the_books_own(come_to):
    found = come_to(SOLD)
    assert [(lot.account_id, lot.lot_id, lot.basis and lot.basis.text(2)) for lot in found.lots] == [
        ("A4", "L1", "80.00"),
        ("A1", "L1", "1051.296296284"),
        ("A1", "L2", "450.00"),
        ("A3", "L1", "5600.00"),
    ]


def test_a_recent_lot_no_transaction_tells_of_counts_as_a_purchase(come_to):
    lots = (
        "account_id,lot_id,security_id,quantity,unit_cost,acquired\n"
        "A1,L9,VTI,2,100,2020-05-10\nA1,L8,VTI,50,100,2015-03-04\n"
    )
    found = come_to(SOLD, **{"lots.csv": lots})
    assert str(found.rows[0].closed.disallowed) == "50"


def test_the_window_stays_open_to_the_books_day(come_to):
    assert any("ends on 2020-06-01" in line for line in come_to(SOLD).coverage)


def test_a_sale_in_parts_of_a_lot_bought_in_the_books_days(come_to):
    found = come_to(
        "A1,B1,2020-05-01,buy,VTI,10,1000,N1,,\n",
        "A1,S1,2020-05-02,sell,VTI,4,500,N1,100,S\n",
        "A1,S2,2020-05-03,sell,VTI,6,720,N1,120,S\n",
    )
    assert [str(row.closed.gain) for row in found.rows] == ["100", "120"]


def test_bad_rows_of_the_book_are_its_failures(come_to):
    found = come_to(SOLD, "A1,S2,2020-13-20,sell,VTI,4,400,OLD,-100,L\n")
    assert [(f.table, f.field) for f in found.failures] == [("transactions", "date")]


def test_a_folder_that_is_no_book_has_failures_and_no_rows(tmp_path):
    (tmp_path / "empty").mkdir()
    found = gains(statements_of(tmp_path / "empty"), table="empty")
    assert not found.rows
    assert found.failures
    with pytest.raises(NotABookError):
        statements_of(tmp_path / "none")

"""What must hold between columns and between tables."""

import pytest
from tests.small_book import TABLES, spoiled


def test_history_after_the_business_date_is_not_seen(read) -> None:
    book = read({"prices.csv": TABLES["prices.csv"] + "2020-06-02,VTI,999\n"})
    assert not book.failures
    assert book.tables["prices"].height == 4
    assert "prices: 1 rows after 2020-06-01 are set aside" in book.notices


def test_a_lot_of_no_quantity_is_set_aside(read) -> None:
    book = read(spoiled("lots.csv", "VTI,7,", "VTI,0,"))
    assert not book.failures
    assert book.tables["lots"].height == 4


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        (
            "policies",
            "scope,scope_id,key,value,since,until\nfirm,F1,min_trade,5,2020-02-01,2020-01-01\n",
            "since",
        ),
        (
            "restrictions",
            "scope,scope_id,rule,selector,since,until\nfirm,F1,freeze,*,2020-02-01,2020-01-01\n",
            "since",
        ),
        ("plans", "account_id,approved,until\nA1,2020-02-01,2020-01-01\n", "approved"),
    ],
)
def test_dates_stand_in_order(read, name: str, text: str, field: str) -> None:
    (failure,) = read({f"{name}.csv": text}).failures
    assert (failure.table, failure.field) == (name, field)
    assert "A1" in failure.accounts
    assert "A3" not in failure.accounts


def test_bounds_of_a_node_stand_in_order(read) -> None:
    text = TABLES["models.csv"].replace("firm_id\n", "firm_id,lower,upper\n").replace(",\n", ",,0.7,0.5\n", 1)
    text = text.replace(",F2\n", ",F2,,\n").replace("1,\n", "1,,,\n").replace("0.4,\n", "0.4,,,\n")
    book = read({"models.csv": text.replace("0.6,,0.7", "0.6,,0.7")})
    assert [failure.field for failure in book.failures] == ["lower"]
    assert book.tables["models"]["model_id"].unique().to_list() == ["M2"]


def test_a_taxpayer_of_another_household(read) -> None:
    (failure,) = read(spoiled("accounts.csv", "A3,F2,taxable,250,H2,T2", "A3,F2,taxable,250,H2,T1")).failures
    assert (failure.field, failure.accounts) == ("taxpayer_id", ("A3",))


def test_policy_keys_may_be_given(tmp_path) -> None:
    from tests.small_book import write_small_book

    from trimtab.book.read import read_book

    folder = write_small_book(tmp_path, {"policies.csv": "scope,scope_id,key,value\ndesk,,own_key,5\n"})
    assert not read_book(folder, policy_keys=["own_key"]).failures
    (failure,) = read_book(folder).failures
    assert failure.accounts == ("A1", "A2", "A3", "A4")


@pytest.mark.parametrize(
    "selector", ["security:VTI", "class:us_equity", "tag:tobacco>=0.15", "tag:tobacco", "*"]
)
def test_selectors_of_the_contract(read, selector: str) -> None:
    text = f"scope,scope_id,rule,selector\naccount,A1,never_buy,{selector}\n"
    assert not read({"restrictions.csv": text}).failures


@pytest.mark.parametrize("selector", ["VTI", "security:", "tag:a>=b", "sektor:Energy"])
def test_a_selector_of_no_known_form_isolates_its_scope(read, selector: str) -> None:
    text = f"scope,scope_id,rule,selector\naccount,A1,never_buy,{selector}\n"
    assert list(read({"restrictions.csv": text}).isolated) == ["A1"]


def test_a_lot_of_the_business_date_itself_is_sound(read) -> None:
    assert not read(spoiled("lots.csv", "2016-03-04", "2020-06-01")).failures

"""What rows name must exist; what names a faulty row goes with it."""

import pytest
from tests.small_book import TABLES, spoiled

HEADS = {
    "positions": "account_id,security_id,quantity\n{account},{security},1\n",
    "open_orders": "account_id,order_id,security_id,side,quantity\n{account},O1,{security},buy,1\n",
    "menu": "account_id,security_id\n{account},{security}\n",
    "scheduled_buys": "account_id,security_id,date\n{account},{security},2020-06-03\n",
}


@pytest.mark.parametrize("name", list(HEADS))
@pytest.mark.parametrize(("account", "security", "isolated"), [("A3", "NOPE", ["A3"]), ("NOPE", "VTI", [])])
def test_accounts_and_securities_must_exist(
    read, name: str, account: str, security: str, isolated: list[str]
) -> None:
    book = read({f"{name}.csv": HEADS[name].format(account=account, security=security)})
    (failure,) = book.failures
    assert (failure.table, failure.value) == (name, "NOPE")
    assert list(failure.accounts) == isolated
    assert book.tables[name].is_empty()


@pytest.mark.parametrize(
    ("name", "old", "new", "isolated"),
    [
        ("accounts.csv", "A1,F1", "A1,F9", ["A1"]),
        ("accounts.csv", "250,H2", "250,H9", ["A3"]),
        ("accounts.csv", "H2,T2,M2", "H2,T9,M2", ["A3"]),
        ("accounts.csv", "H2,T2,M2", "H2,T2,M9", ["A3"]),
        ("households.csv", "H2,F2", "H2,F9", ["A3"]),
        ("taxpayers.csv", "T2,H2", "T2,H9", ["A3", "A4"]),
        ("models.csv", "vti,eq,security", "vti,eq,sleeves", ["A1", "A2", "A3", "A4"]),
    ],
)
def test_a_broken_reference_isolates_whom_it_concerns(
    read, name: str, old: str, new: str, isolated: list[str]
) -> None:
    book = read(spoiled(name, old, new))
    assert len(book.failures) == 1
    assert list(book.isolated) == isolated


def test_references_into_an_absent_optional_table_are_labels(read) -> None:
    assert not read({"households.csv": None, "taxpayers.csv": None}).failures


def test_loose_references_are_set_aside_with_a_notice(read) -> None:
    book = read({"tags.csv": "security_id,tag\nVTI,broad\nNOPE,tobacco\n"})
    assert not book.failures
    assert book.tables["tags"]["security_id"].to_list() == ["VTI"]
    assert "tags: 1 rows about security_id not in securities are set aside" in book.notices


def test_lots_of_a_faulty_security_go_with_it_and_only_it_is_reported(read) -> None:
    book = read(spoiled("securities.csv", "BND,etf", "BND,fund"))
    (failure,) = book.failures
    assert failure.table == "securities"
    assert failure.accounts == ("A1", "A2", "A3", "A4")
    assert "BND" not in book.tables["lots"]["security_id"]


def test_a_faulty_account_leaves_the_others_alone(read) -> None:
    book = read(spoiled("accounts.csv", "A2,F1,tax_deferred", "A2,F1,tax_free"))
    assert list(book.isolated) == ["A2"]
    assert book.tables["accounts"]["account_id"].to_list() == ["A1", "A3", "A4"]
    assert "A2" not in book.tables["lots"]["account_id"]


@pytest.mark.parametrize(
    ("scope", "scope_id", "isolated"),
    [
        ("household", "H9", []),
        ("account", "", ["A1", "A2", "A3", "A4"]),
        ("desk", "", []),
        ("custodian", "x", []),
    ],
)
def test_scopes_must_name_somebody(read, scope: str, scope_id: str, isolated: list[str]) -> None:
    book = read({"policies.csv": f"scope,scope_id,key,value\n{scope},{scope_id},min_trade,5\n"})
    assert len(book.failures) == (scope not in ("desk", "custodian"))
    assert list(book.isolated) == isolated


def test_a_security_node_without_a_security(read) -> None:
    (failure, *_) = read(spoiled("models.csv", "security,BND", "security,")).failures
    assert (failure.field, failure.message) == ("ref", "a security must be named here")


def test_the_first_thousand_unknown_names_get_hints_only_where_near(read) -> None:
    lots = TABLES["lots.csv"] + "".join(f"A1,X{n},QQ{n},1,1,2015-03-04\n" for n in range(1500))
    book = read({"lots.csv": lots})
    assert len(book.failures) == 1001
    assert book.failures[-1].message == "there is no such row in securities: 500 more rows, 1500 in all"
    assert list(book.isolated) == ["A1"]
